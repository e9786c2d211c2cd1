// A list to choose from by typing: what to create, which command. Arrows move, Enter chooses, Escape closes.
import Box from "@cloudscape-design/components/box";
import Input, { type InputProps } from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import { useEffect, useId, useRef, useState } from "react";

import { useFirstFocus } from "../layout/focus";
import { VARIABLES } from "./colors";

export interface Choice {
  id: string;
  group: string;
  text: string;
  what?: string;
  keys?: string;
}

interface Props {
  title: string;
  choices: readonly Choice[];
  onChoose: (id: string) => void;
  onClose: () => void;
}

export function Chooser({ title, choices, onChoose, onClose }: Props) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const input = useFirstFocus<InputProps.Ref>();
  const listId = useId();
  const found = matching(choices, typed);
  const current = found[Math.min(at, found.length - 1)];
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [current?.id]);
  const optionId = (choice: Choice) => `${listId}-${choice.id}`;
  return (
    <Modal visible header={title} onDismiss={onClose} closeAriaLabel="Close">
      <div className="chooser" style={VARIABLES}>
        <Input
          ref={input}
          type="search"
          value={typed}
          ariaLabel={title}
          placeholder="Type to find"
          nativeInputAttributes={{ role: "combobox", "aria-expanded": true, "aria-controls": listId, ...(current !== undefined && { "aria-activedescendant": optionId(current) }) }}
          onChange={({ detail }) => {
            setTyped(detail.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const { key } = event.detail;
            if (key === "Enter" && current !== undefined) onChoose(current.id);
            if (key !== "ArrowDown" && key !== "ArrowUp") return;
            event.preventDefault();
            const step = key === "ArrowDown" ? 1 : found.length - 1;
            if (found.length > 0) setAt((Math.min(at, found.length - 1) + step) % found.length);
          }}
        />
        <ul ref={list} role="listbox" id={listId} aria-label={title}>
          {found.map((choice, number) => [
            choice.group !== found[number - 1]?.group && (
              <li key={`group ${choice.group}`} className="group" role="presentation">
                {choice.group}
              </li>
            ),
            <li key={choice.id} id={optionId(choice)} role="option" aria-selected={choice === current} onMouseMove={() => setAt(number)} onClick={() => onChoose(choice.id)}>
              <span>{choice.text}</span>
              <span className="what">{choice.what}</span>
              {choice.keys !== undefined && <kbd>{choice.keys}</kbd>}
            </li>,
          ])}
        </ul>
        {found.length === 0 && <Box color="text-body-secondary">Nothing is called that.</Box>}
      </div>
    </Modal>
  );
}

/** Those in which a word begins with each of the words that were typed; first those whose text begins so. */
export function matching(choices: readonly Choice[], typed: string): Choice[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = choices.filter(({ text, what, group }) => {
    const all = `${text} ${what ?? ""} ${group}`.toLowerCase().split(/[\s(]+/);
    return words.every((word) => all.some((each) => each.startsWith(word)));
  });
  const begins = ({ text }: Choice) => words[0] !== undefined && text.toLowerCase().startsWith(words[0]);
  return [...found.filter(begins), ...found.filter((choice) => !begins(choice))];
}

// Messages at the top of the page: what was done, what failed, what is on its way.
import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";

import { asApiError } from "../api/use";

export interface Flash {
  /** One message for each id: a later one takes the place of an earlier one. */
  id: string;
  type: "success" | "error" | "info" | "warning" | "in-progress";
  header: ReactNode;
  content?: ReactNode;
  action?: ReactNode;
}

interface Held {
  flashes: readonly Flash[];
  show: (flash: Flash) => void;
  /** Shows an error with the API's own code and text. */
  fail: (id: string, header: string, error: unknown) => void;
  drop: (id: string) => void;
}

const Context = createContext<Held | null>(null);

export function FlashProvider({ children }: { children: ReactNode }) {
  const [flashes, setFlashes] = useState<readonly Flash[]>([]);
  const drop = useCallback((id: string) => setFlashes((all) => all.filter((flash) => flash.id !== id)), []);
  const show = useCallback((flash: Flash) => setFlashes((all) => [flash, ...all.filter(({ id }) => id !== flash.id)].slice(0, 5)), []);
  const fail = useCallback(
    (id: string, header: string, error: unknown) => {
      const { code, message, messages } = asApiError(error);
      const lines = messages.length > 0 ? messages : [message];
      show({ id, type: "error", header, content: <><strong>{code}</strong>{lines.map((line) => <div key={line}>{line}</div>)}</> });
    },
    [show],
  );
  const held = useMemo(() => ({ flashes, show, fail, drop }), [flashes, show, fail, drop]);
  return <Context value={held}>{children}</Context>;
}

export function useFlashes(): Held {
  const held = useContext(Context);
  if (held === null) throw new Error("outside of FlashProvider");
  return held;
}

export function Flashes() {
  const { flashes, drop } = useFlashes();
  const items = flashes.map((flash): FlashbarProps.MessageDefinition => ({
    id: flash.id,
    type: flash.type === "in-progress" ? "info" : flash.type,
    loading: flash.type === "in-progress",
    header: flash.header,
    content: flash.content,
    action: flash.action,
    dismissible: true,
    dismissLabel: "Dismiss message",
    onDismiss: () => drop(flash.id),
  }));
  return <Flashbar items={items} />;
}

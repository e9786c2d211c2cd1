// Search everything: names, values, addresses and ids. "/" opens it.
import Autosuggest, { type AutosuggestProps } from "@cloudscape-design/components/autosuggest";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";

import { useAsked } from "../api/use";
import { KINDS, search, shown } from "./found";

const WAIT = 150; // milliseconds without a key before we ask

export function Search() {
  const [typed, setTyped] = useState("");
  const [asked, setAsked] = useState("");
  const input = useRef<AutosuggestProps.Ref>(null);
  const navigate = useNavigate();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), WAIT);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      const target = event.target;
      const writes = target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
      if (event.key !== "/" || writes || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", open);
    return () => document.removeEventListener("keydown", open);
  }, []);
  const { value, loading, error } = useAsked(asked, (signal) => (asked === "" ? Promise.resolve(undefined) : search(asked, signal)));
  const found = value?.found ?? [];
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  const everything = (text: string) => `/search?${new URLSearchParams({ q: text })}`;
  return (
    <Autosuggest
      ref={input}
      value={typed}
      onChange={({ detail }) => setTyped(detail.value)}
      onSelect={({ detail }) => {
        setTyped("");
        navigate(detail.selectedOption === undefined ? everything(detail.value.trim()) : detail.value);
      }}
      options={kinds.map((kind) => ({
        label: KINDS[kind],
        options: found
          .filter((each) => each.kind === kind)
          .map((each) => shown(each, asked))
          .map(({ title, detail, path }) => ({ value: path, label: title, description: detail })),
      }))}
      filteringType="none"
      enteredTextLabel={(text) => `Everything with "${text}"`}
      placeholder="Search names, values, addresses, ids ( / )"
      ariaLabel="Search everything"
      statusType={error !== undefined ? "error" : loading && asked !== "" ? "loading" : "finished"}
      loadingText="Searching"
      errorText={error?.message ?? ""}
      empty={asked === "" ? "A name, an address, a value or an id" : `Nothing holds "${asked}"`}
    />
  );
}

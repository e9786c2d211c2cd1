// The draft of a version, kept in the browser until it is saved or thrown away.
import { useEffect, useReducer, useRef, useState } from "react";

import type { TrafficPolicy } from "../api/operations";
import { read } from "../policy/document";
import { type Draft, EMPTY_DRAFT, keep, type Kept, restore } from "../policy/draft";
import { draftOf, initial, reduce } from "./state";

const PAUSE = 300; // milliseconds without a change before the draft is kept

/** Where the draft of a version is kept; without a version, that of a new policy. */
export const draftKey = (accountId: string, base: TrafficPolicy | undefined): string =>
  `meridian.draft.${accountId}.${base === undefined ? "new" : `${base.Id}.${base.Version}`}`;

export function useDraft(key: string, base: TrafficPolicy | undefined) {
  const [found] = useState<Kept | undefined>(() => restore(localStorage.getItem(key)));
  const [first] = useState<Draft>(() => (base === undefined ? EMPTY_DRAFT : { graph: read(base.Document), moved: {} }));
  const [state, dispatch] = useReducer(reduce, found?.draft ?? first, initial);
  const [name, setName] = useState(found?.name ?? "");
  const [comment, setComment] = useState(found?.comment ?? "");
  const [restored, setRestored] = useState(found === undefined ? undefined : found.at);
  const draft = draftOf(state);
  const changed = draft !== first || name !== "" || comment !== "";
  const isSaved = useRef(false);
  useEffect(() => {
    if (!changed || isSaved.current) return;
    const timer = setTimeout(() => {
      if (!isSaved.current) localStorage.setItem(key, keep({ draft, name, comment, at: Date.now() }));
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [key, draft, name, comment, changed]);
  const discard = () => {
    dispatch({ do: "load", draft: first });
    setName("");
    setComment("");
    setRestored(undefined);
    localStorage.removeItem(key);
  };
  // What was typed just before saving is kept a moment later, and must not come back as a draft.
  const forget = () => {
    isSaved.current = true;
    localStorage.removeItem(key);
  };
  return { state, dispatch, name, setName, comment, setComment, restored, changed, discard, forget };
}

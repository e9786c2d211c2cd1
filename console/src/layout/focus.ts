// Which field of a dialog has the focus first.
import { type RefObject, useEffect, useRef } from "react";

interface Focusable {
  focus: () => void;
}

/** For the `ref` of the field that is typed into first. A dialog gives its focus to its close button; this comes after. */
export function useFirstFocus<Field extends Focusable>(): RefObject<Field | null> {
  const field = useRef<Field>(null);
  useEffect(() => {
    const timer = setTimeout(() => field.current?.focus());
    return () => clearTimeout(timer);
  }, []);
  return field;
}

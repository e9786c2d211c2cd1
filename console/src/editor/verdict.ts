// What the server says of a draft, a moment after it has changed.
import { useEffect, useMemo, useState } from "react";

import type { ApiError } from "../api/client";
import { native } from "../api/client";
import { asApiError } from "../api/use";
import { spotAt } from "../policy/place";
import type { Spot } from "../policy/walk";

/** One line of docs/reference/policies.md's reply. */
export interface Problem {
  pointer: string;
  severity: "error" | "warning";
  text: string;
}

export interface Verdict {
  valid: boolean;
  problems: readonly Problem[];
}

export interface Judged {
  /** Undefined until the first answer; stays while a further one is asked for. */
  verdict: Verdict | undefined;
  /** Whether the verdict is of the document as it is now. */
  current: boolean;
  error: ApiError | undefined;
}

const PAUSE = 200; // milliseconds without a change before the server is asked

/** Asks the server whether a document would be taken. */
export function useVerdict(document: string): Judged {
  const [state, setState] = useState<{ document: string; verdict?: Verdict; error?: ApiError }>({ document: "" });
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      native<Verdict>("POST", "/meridian/policies/check", JSON.parse(document), abort.signal).then(
        (verdict) => setState({ document, verdict }),
        (error: unknown) => {
          if (!abort.signal.aborted) setState((before) => ({ ...before, document, error: asApiError(error) }));
        },
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [document]);
  return useMemo(() => ({ verdict: state.verdict, current: state.document === document, error: state.error }), [state, document]);
}

export type Severity = Problem["severity"];

/** The worst problem of each box (`rule:geo`) and arm (`rule:geo/1`). */
export function marks(problems: readonly Problem[]): Map<string, { severity: Severity; text: string }> {
  const found = new Map<string, { severity: Severity; text: string }>();
  for (const { pointer, severity, text } of problems) {
    const spot = spotAt(pointer) ?? { key: "start" };
    const key = markKey(spot);
    const before = found.get(key);
    found.set(key, {
      severity: before?.severity === "error" ? "error" : severity,
      text: before === undefined ? text : `${before.text}\n${text}`,
    });
  }
  return found;
}

export const markKey = ({ key, arm }: Spot): string => (arm === undefined ? key : `${key}/${arm}`);

// What a page shows of the server: asked when it opens, and again when told to.
import { useCallback, useEffect, useRef, useState } from "react";

import { ApiError } from "./client";

export interface Asked<Value> {
  /** Undefined until the first answer. Stays through later questions and failures. */
  value: Value | undefined;
  error: ApiError | undefined;
  loading: boolean;
  /** Asks again. */
  again: () => void;
}

/** Asks whenever `key` changes; an answer to an earlier question is passed over. `every`: also so often, in milliseconds. */
export function useAsked<Value>(key: string, ask: (signal: AbortSignal) => Promise<Value>, every?: number): Asked<Value> {
  const [state, setState] = useState<{ key: string; value?: Value; error?: ApiError; loading: boolean }>({ key, loading: true });
  const [count, setCount] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const abort = new AbortController();
    setState((before) => (before.key === key ? { ...before, loading: true } : { key, loading: true }));
    latest.current(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setState({ key, value, loading: false });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setState((before) => ({ ...before, error: asApiError(error), loading: false }));
      },
    );
    return () => abort.abort();
  }, [key, count]);
  useEffect(() => {
    if (every === undefined) return;
    const timer = setInterval(() => document.visibilityState === "visible" && setCount((before) => before + 1), every);
    return () => clearInterval(timer);
  }, [every]);
  const again = useCallback(() => setCount((before) => before + 1), []);
  return { value: state.value, error: state.error, loading: state.loading, again };
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError("ConsoleFailure", error instanceof Error ? error.message : String(error), 0, "");
}

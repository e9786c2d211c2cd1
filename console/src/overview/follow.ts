// The overview, looked at again and again, with the counts of the last minutes.
import { useEffect, useRef, useState } from "react";

import { type ApiError, native } from "../api/client";
import type { LiveState } from "../api/events";
import { asApiError } from "../api/use";
import type { Counted, Overview } from "./overview";

const EVERY = 2000; // milliseconds
const KEPT = 150; // looks: five minutes

export interface Followed {
  latest: Overview | undefined;
  counted: readonly { at: number; counted: Counted }[];
  error: ApiError | undefined;
  state: LiveState;
  pause: (paused: boolean) => void;
}

export function useOverview(): Followed {
  const [found, setFound] = useState<Omit<Followed, "state" | "pause">>({ latest: undefined, counted: [], error: undefined });
  const [paused, pause] = useState(false);
  const busy = useRef(false);
  useEffect(() => {
    if (paused) return;
    const abort = new AbortController();
    const look = async () => {
      if (busy.current || document.visibilityState !== "visible") return;
      busy.current = true;
      try {
        const latest = await native<Overview>("GET", "/meridian/overview", undefined, abort.signal);
        const more = latest.edge === null ? [] : [{ at: Date.parse(latest.at) / 1000, counted: latest.edge }];
        setFound(({ counted }) => ({ latest, counted: [...counted, ...more].slice(-KEPT), error: undefined }));
      } catch (error) {
        if (!abort.signal.aborted) setFound((before) => ({ ...before, error: asApiError(error) }));
      } finally {
        busy.current = false;
      }
    };
    void look();
    const timer = setInterval(() => void look(), EVERY);
    return () => {
      clearInterval(timer);
      abort.abort();
      busy.current = false;
    };
  }, [paused]);
  return { ...found, state: paused ? "paused" : found.error === undefined && found.latest !== undefined ? "live" : "reconnecting", pause };
}

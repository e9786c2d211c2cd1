// The overview, looked at again and again, with the counts of the last minutes.
import { useEffect, useRef, useState } from "react";

import { type ApiError, native } from "../api/client";
import type { LiveState } from "../api/events";
import { asApiError } from "../api/use";
import { type Counts, looked, NO_COUNTS, type Overview } from "./overview";

const EVERY = 2000; // milliseconds
const KEPT = 150; // looks: five minutes

export interface Followed {
  latest: Overview | undefined;
  counts: Counts;
  error: ApiError | undefined;
  state: LiveState;
  pause: (paused: boolean) => void;
}

export function useOverview(): Followed {
  const [found, setFound] = useState<Omit<Followed, "state" | "pause">>({ latest: undefined, counts: NO_COUNTS, error: undefined });
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
        setFound(({ counts }) => ({ latest, counts: looked(counts, latest, KEPT), error: undefined }));
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

// What happens to health checks, as it happens: the stream of docs/reference/checks.md.
import { useEffect, useRef, useState } from "react";

export type LiveState = "live" | "paused" | "reconnecting";

const KINDS = ["flip", "override", "options", "switch"];

/** An event as the history and the stream tell it. */
export interface CheckEvent {
  id: number;
  check_id: string;
  check_name: string;
  at: string;
  kind: "flip" | "override" | "options" | "switch";
  healthy: boolean | null;
  reason: string;
  by: string;
}

/** Follows the stream of one check, or of all, until paused. `onEvent` may change from one time to the next. */
export function useEvents(onEvent: (event: CheckEvent) => void, check?: string): { state: LiveState; pause: (paused: boolean) => void } {
  const [paused, pause] = useState(false);
  const [connected, setConnected] = useState(false);
  const latest = useRef(onEvent);
  latest.current = onEvent;
  useEffect(() => {
    if (paused) return;
    const source = new EventSource(check === undefined ? "/meridian/events" : `/meridian/events?check=${check}`);
    source.onopen = () => setConnected(true);
    source.onerror = () => setConnected(false); // it comes back by itself, with the last id it has
    for (const kind of KINDS) source.addEventListener(kind, (event: MessageEvent<string>) => latest.current(JSON.parse(event.data) as CheckEvent));
    return () => {
      source.close();
      setConnected(false);
    };
  }, [paused, check]);
  return { state: paused ? "paused" : connected ? "live" : "reconnecting", pause };
}

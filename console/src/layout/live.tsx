// Whether what is shown follows what happens, and a button that stops it.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import type { LiveState } from "../api/events";

const MARKS = {
  live: ["success", "Live"],
  paused: ["stopped", "Paused"],
  reconnecting: ["in-progress", "Reconnecting"],
} as const;

export function LiveMark({ state, pause }: { state: LiveState; pause: (paused: boolean) => void }) {
  const [type, text] = MARKS[state];
  return (
    <SpaceBetween direction="horizontal" size="xxs" alignItems="center">
      <span aria-live="polite">
        <StatusIndicator type={type}>{text}</StatusIndicator>
      </span>
      <Button variant="icon" iconName={state === "paused" ? "play" : "pause"} ariaLabel={state === "paused" ? "Follow what happens" : "Pause"} onClick={() => pause(state !== "paused")} />
    </SpaceBetween>
  );
}

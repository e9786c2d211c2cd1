// The state of a check: an icon and a word, and beside them since when, and whether an operator says so.
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Icon from "@cloudscape-design/components/icon";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

import { type Brief, type Word, wordOf } from "./check";

const TYPES: Readonly<Record<Word, StatusIndicatorProps.Type>> = { Healthy: "success", Unhealthy: "error", Unknown: "pending", Disabled: "stopped" };
const ICONS = {
  Healthy: ["status-positive", "success"],
  Unhealthy: ["status-negative", "error"],
  Unknown: ["status-pending", "subtle"],
  Disabled: ["status-stopped", "subtle"],
} as const;

/** The same, for the top of a page. */
export function BigState({ check }: { check: Pick<Brief, "healthy" | "seen" | "disabled" | "override"> }) {
  const word = wordOf(check);
  const [name, variant] = ICONS[word];
  return (
    <SpaceBetween direction="horizontal" size="xs" alignItems="center">
      <Icon name={name} size="medium" variant={variant} />
      <Box fontSize="heading-xl" fontWeight="bold">
        {word}
      </Box>
      {check.override !== null && <Badge color="blue">Override</Badge>}
    </SpaceBetween>
  );
}

export function StateMark({ check }: { check: Pick<Brief, "healthy" | "seen" | "disabled" | "override"> }) {
  const word = wordOf(check);
  return (
    <>
      <StatusIndicator type={TYPES[word]}>{word}</StatusIndicator> {check.override !== null && <Badge color="blue">Override</Badge>}
    </>
  );
}

// Health checks of a draft, each as it is or as one supposes it.
import Box from "@cloudscape-design/components/box";
import SegmentedControl from "@cloudscape-design/components/segmented-control";

import { native } from "../api/client";
import { useAsked } from "../api/use";

interface Props {
  checks: readonly string[];
  supposed: Readonly<Record<string, boolean>>;
  onChange: (supposed: Readonly<Record<string, boolean>>) => void;
}

export function Checks({ checks, supposed, onChange }: Props) {
  const names = useAsked("check names", async (signal) => {
    const { checks: found } = await native<{ checks: readonly { id: string; name: string; target: string }[] }>("GET", "/meridian/checks", undefined, signal);
    return new Map(found.map(({ id, name, target }) => [id, name || target]));
  });
  if (checks.length === 0) return <Box color="text-body-secondary">No arm has a health check.</Box>;
  const set = (check: string, state: string) => {
    const { [check]: _, ...others } = supposed;
    onChange(state === "as-is" ? others : { ...others, [check]: state === "up" });
  };
  return (
    <ul className="checks">
      {checks.map((check) => {
        const name = names.value?.get(check);
        const state = supposed[check] === undefined ? "as-is" : supposed[check] ? "up" : "down";
        return (
          <li key={check}>
            <span title={check}>{name === undefined ? <span className="mono">{check}</span> : name}</span>
            <SegmentedControl
              label={`Suppose ${name ?? check}`}
              selectedId={state}
              options={[
                { id: "as-is", text: "As it is" },
                { id: "up", text: "Up", iconName: "status-positive" },
                { id: "down", text: "Down", iconName: "status-negative" },
              ]}
              onChange={({ detail }) => set(check, detail.selectedId)}
            />
          </li>
        );
      })}
    </ul>
  );
}

// What is wrong with the draft or hardly meant; each leads to its box.
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { Failure } from "../layout/error";
import { refOf } from "../policy/graph";
import { spotAt } from "../policy/place";
import type { Spot } from "../policy/walk";
import { sentence } from "./arm-fields";
import type { Judged, Problem } from "./verdict";

/** Such as "2 errors, 1 warning". */
export function summary(problems: readonly Problem[]): string {
  const count = (severity: Problem["severity"]) => problems.filter((problem) => problem.severity === severity).length;
  const parts = [
    [count("error"), "error"],
    [count("warning"), "warning"],
  ] as const;
  const named = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}${number === 1 ? "" : "s"}`);
  return named.length === 0 ? "No problems" : named.join(", ");
}

export function Problems({ judged, onGo }: { judged: Judged; onGo: (spot: Spot) => void }) {
  if (judged.error !== undefined && judged.verdict === undefined) return <Failure error={judged.error} />;
  const problems = judged.verdict?.problems ?? [];
  if (problems.length === 0) return <Box color="text-body-secondary">Nothing is wrong with this policy: it can be saved.</Box>;
  return (
    <ul className="problems">
      {problems.map((problem) => {
        const spot = spotAt(problem.pointer);
        return (
          <li key={`${problem.pointer} ${problem.text}`}>
            <SpaceBetween direction="horizontal" size="xs">
              <StatusIndicator type={problem.severity}>{problem.severity === "error" ? "Error" : "Warning"}</StatusIndicator>
              {spot !== undefined && (
                <Link onFollow={() => onGo(spot)}>
                  {spot.key === "start" ? "Start" : refOf(spot.key).id}
                  {spot.arm === undefined ? "" : `, arm ${spot.arm + 1}`}
                </Link>
              )}
              <span>{sentence(problem.text)}</span>
            </SpaceBetween>
          </li>
        );
      })}
    </ul>
  );
}

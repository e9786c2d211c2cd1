// Which edges have a change, in words.
import type { ChangeOnItsWay } from "../overview/overview";

type Reached = Pick<ChangeOnItsWay, "published" | "reached" | "waiting" | "failed">;

const MOST = 5; // edges that are named

/** Of a change on its way, such as "fra and iad have it; waiting for syd." */
export function reachedText({ published, reached, waiting, failed }: Reached): string {
  const [broken] = Object.keys(failed);
  if (broken !== undefined) return `${broken} could not load it: ${failed[broken]}`;
  if (!published) return "Not published yet.";
  if (reached.length + waiting.length === 0) return "No edge is live.";
  const have = reached.length === 0 ? "No edge has it yet" : `${list(reached)} ${reached.length === 1 ? "has" : "have"} it`;
  return waiting.length === 0 ? `${have}.` : `${have}; waiting for ${list(waiting)}.`;
}

/** Of one that is in sync; empty where no edge is live any more. */
export const servedText = ({ reached }: Reached): string => (reached.length === 0 ? "" : `Served by ${list(reached)}.`);

function list(names: readonly string[]): string {
  const shown = names.length > MOST ? [...names.slice(0, MOST - 1), `${names.length - MOST + 1} more`] : names;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

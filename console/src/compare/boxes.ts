// Which boxes of two versions of a policy differ.
import { type Graph, has, type Ref, keyOf, refOf, refs, same } from "../policy/graph";

export type BoxChange = "added" | "removed" | "changed";

/** By the key of the box, in the order of the version before, then of the one after; `start` is the start. */
export function boxChanges(before: Graph, after: Graph): Map<string, BoxChange> {
  const found = new Map<string, BoxChange>();
  if (!same(before.start, after.start) || before.recordType !== after.recordType) found.set("start", "changed");
  for (const ref of refs(before)) {
    if (!has(after, ref)) found.set(keyOf(ref), "removed");
    else if (JSON.stringify(boxOf(before, ref)) !== JSON.stringify(boxOf(after, ref))) found.set(keyOf(ref), "changed");
  }
  for (const ref of refs(after)) if (!has(before, ref)) found.set(keyOf(ref), "added");
  return found;
}

const boxOf = (graph: Graph, { kind, id }: Ref) => (kind === "rule" ? graph.rules[id] : graph.endpoints[id]);

/** Such as "2 boxes added (par, spain), 1 changed (places)"; empty if none differs. */
export function changesText(changes: ReadonlyMap<string, BoxChange>): string {
  const parts = (["added", "removed", "changed"] as const).flatMap((kind) => {
    const names = [...changes].filter(([, change]) => change === kind).map(([key]) => (key === "start" ? "the start" : refOf(key).id));
    return names.length === 0 ? [] : [`${names.length} ${kind} (${names.join(", ")})`];
  });
  return parts.length === 0 ? "" : `Boxes: ${parts.join(", ")}.`;
}

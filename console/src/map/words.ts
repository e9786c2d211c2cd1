// What boxes are called in sentences.
import type { Graph, Ref } from "../policy/graph";

/** Such as "to 192.0.2.1 (frankfurt)" or "to the rule nearest". */
export function refText(graph: Graph, to: Ref | undefined): string {
  if (to === undefined) return "leads nowhere yet";
  if (to.kind === "rule") return `to the rule ${to.id}`;
  const value = graph.endpoints[to.id]?.value ?? "";
  return value === "" || value === to.id ? `to ${to.id}` : `to ${value} (${to.id})`;
}

// The way through a policy's tree for those who use the keyboard: which box and arm comes next.
import { children, type Graph, has, keyOf, type Ref, refOf, refs, same } from "./graph";
import type { Port } from "./edit";

/** What stands under the cursor: the start (`start`) or a box by its key, and the number of one of its arms. */
export interface Spot {
  key: string;
  /** Undefined: the box itself. */
  arm?: number;
}

export const START: Spot = { key: "start" };

export const isRule = (graph: Graph, key: string): boolean => key !== "start" && refOf(key).kind === "rule" && has(graph, refOf(key));

/** The start, then every box in the order of the tree, each once, then those that nothing leads to. */
export function inTreeOrder(graph: Graph): string[] {
  const found = new Set<string>();
  const visit = (ref: Ref): void => {
    if (found.has(keyOf(ref)) || !has(graph, ref)) return;
    found.add(keyOf(ref));
    children(graph, ref).forEach(visit);
  };
  if (graph.start !== undefined) visit(graph.start);
  refs(graph)
    .filter((ref) => !refs(graph).some((other) => children(graph, other).some((child) => same(child, ref))))
    .forEach(visit);
  refs(graph).forEach(visit);
  return ["start", ...found];
}

/** Whether there still is such a box and arm. */
export function isThere(graph: Graph, spot: Spot): boolean {
  if (spot.key === "start") return true;
  return has(graph, refOf(spot.key)) && (spot.arm ?? -1) < armsOf(graph, spot.key);
}

/** Where a connection from this spot begins; undefined for endpoints. Of a rule's box it is the first arm that leads nowhere, else none. */
export function portOf(graph: Graph, spot: Spot): Port | undefined {
  if (spot.key === "start") return "start";
  const ref = refOf(spot.key);
  if (!isRule(graph, spot.key)) return undefined;
  const open = graph.rules[ref.id]?.arms.findIndex((arm) => arm.to === undefined) ?? -1;
  const arm = spot.arm ?? (open < 0 ? undefined : open);
  return arm === undefined ? undefined : { rule: ref.id, arm };
}

/** What a port leads to. */
export function target(graph: Graph, port: Port): Ref | undefined {
  const to = port === "start" ? graph.start : graph.rules[port.rule]?.arms[port.arm]?.to;
  return to !== undefined && has(graph, to) ? to : undefined;
}

/** The first spot that leads to a box. */
export function parent(graph: Graph, key: string): Spot | undefined {
  if (key === "start") return undefined;
  const ref = refOf(key);
  if (same(graph.start, ref)) return START;
  for (const above of inTreeOrder(graph)) {
    if (!isRule(graph, above)) continue;
    const arm = graph.rules[refOf(above).id]?.arms.findIndex(({ to }) => same(to, ref)) ?? -1;
    if (arm >= 0) return { key: above, arm };
  }
  return undefined;
}

export type Direction = "up" | "down" | "left" | "right";

/** Where an arrow leads: up and down through a box's arms and on to the next box, right to what an arm leads to, left to what leads here. */
export function step(graph: Graph, from: Spot, direction: Direction): Spot {
  switch (direction) {
    case "left":
      return from.arm === undefined ? (parent(graph, from.key) ?? from) : { key: from.key };
    case "right": {
      if (from.arm === undefined && armsOf(graph, from.key) > 0) return { key: from.key, arm: 0 };
      const port = portOf(graph, from);
      const to = port === undefined ? undefined : target(graph, port);
      return to === undefined ? from : { key: keyOf(to) };
    }
    case "down":
    case "up": {
      const arm = (from.arm ?? -1) + (direction === "down" ? 1 : -1);
      if (direction === "down" && arm < armsOf(graph, from.key)) return { key: from.key, arm };
      if (direction === "up" && from.arm !== undefined) return arm < 0 ? { key: from.key } : { key: from.key, arm };
      const order = inTreeOrder(graph);
      const next = order[order.indexOf(from.key) + (direction === "down" ? 1 : -1)];
      return next === undefined ? from : { key: next };
    }
  }
}

function armsOf(graph: Graph, key: string): number {
  return isRule(graph, key) ? (graph.rules[refOf(key).id]?.arms.length ?? 0) : 0;
}

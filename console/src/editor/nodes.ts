// From a draft to what the canvas draws. Boxes that have not changed stay the same objects, so that they are not drawn again.
import { type Edge, MarkerType, Position } from "@xyflow/react";

import type { Draft, Point } from "../policy/draft";
import { type Arm, type Graph, has, keyOf, refOf } from "../policy/graph";
import { inTreeOrder, type Spot } from "../policy/walk";
import { armText, type BoxNode, type Mark, type PlaceName } from "./boxes";
import { ENDPOINT_HEIGHT, HEAD, ROW, sizeOf } from "./layout";
import { markKey } from "./verdict";

/** The way of a simulated question: the spots that it passes, and why it passes others by. Keys as `markKey` gives. */
export interface Lit {
  spots: ReadonlySet<string>;
  excluded: ReadonlyMap<string, string>;
}

interface Drawn {
  draft: Draft;
  at: ReadonlyMap<string, Point>;
  selected: Spot;
  marks: ReadonlyMap<string, Mark>;
  lit: Lit | undefined;
  placeName: PlaceName;
}

/** The boxes in the order of the tree. `before`: those of the last drawing, by key. */
export function boxes(drawn: Drawn, before: ReadonlyMap<string, BoxNode>): BoxNode[] {
  const { graph, moved } = drawn.draft;
  return inTreeOrder(graph).map((key) => {
    const made = box(key, graph, moved[key] ?? drawn.at.get(key) ?? { x: 0, y: 0 }, drawn);
    const old = before.get(key);
    return old !== undefined && looksSame(old, made) ? old : made;
  });
}

function looksSame(a: BoxNode, b: BoxNode): boolean {
  return JSON.stringify([a.position, a.data]) === JSON.stringify([b.position, b.data]);
}

function box(key: string, graph: Graph, position: Point, { selected, marks, lit, placeName }: Drawn): BoxNode {
  const size = sizeOf(graph, key);
  const shown = {
    selected: selected.key !== key ? undefined : (selected.arm ?? -1),
    mark: marks.get(key),
    lit: lit === undefined ? undefined : lit.spots.has(key),
  };
  const frame = { id: key, position, ...size, measured: size };
  const entry = { id: "in", type: "target" as const, position: Position.Left, x: 0, y: 18, width: 1, height: 1 };
  if (key === "start") {
    const open = graph.start === undefined || !has(graph, graph.start);
    return { ...frame, type: "start", data: { ...shown, recordType: graph.recordType, open }, handles: [exit("0", size.width, ENDPOINT_HEIGHT / 2)] };
  }
  const { kind, id } = refOf(key);
  if (kind === "endpoint") {
    const endpoint = graph.endpoints[id] ?? { type: "value", value: "" };
    return { ...frame, type: "endpoint", data: { ...shown, id, endpoint, recordType: graph.recordType }, handles: [{ ...entry, y: ENDPOINT_HEIGHT / 2 }] };
  }
  const rule = graph.rules[id] ?? { kind: "geo", arms: [] };
  const arms = rule.arms.map((arm, at) => {
    const spot = markKey({ key, arm: at });
    return {
      label: armText(rule, at, placeName),
      target: arm.to !== undefined && has(graph, arm.to) ? arm.to.id : undefined,
      healthCheck: arm.healthCheck,
      evaluates: evaluates(graph, arm),
      mark: marks.get(spot),
      lit: lit === undefined ? undefined : lit.spots.has(spot),
      excluded: lit?.excluded.get(spot),
    };
  });
  const places = rule.kind === "geoproximity" || rule.kind === "geo";
  return {
    ...frame,
    type: "rule",
    data: { ...shown, id, rule, arms, places },
    handles: [entry, ...rule.arms.map((_, at) => exit(String(at), size.width, HEAD + ROW * at + ROW / 2))],
  };
}

const exit = (id: string, x: number, y: number) => ({ id, type: "source" as const, position: Position.Right, x, y, width: 1, height: 1 });

/** Whether the health of what an arm leads to counts (R-TFR-8). */
export function evaluates(graph: Graph, arm: Arm): boolean | undefined {
  if (arm.to === undefined) return undefined;
  const type = arm.to.kind === "rule" ? "rule" : graph.endpoints[arm.to.id]?.type;
  if (type === undefined || type === "value" || type === "cloudfront") return undefined;
  return arm.evaluateTargetHealth ?? true;
}

export type Line = Edge<{ spot: Spot }, "line">;

/** A line for each arm that leads somewhere. */
export function edges(graph: Graph, selected: Spot, lit: Lit | undefined): Line[] {
  const line = (spot: Spot, handle: string, to: { kind: "rule" | "endpoint"; id: string }): Line => {
    const isChosen = selected.key === spot.key && (selected.arm === spot.arm || spot.key === "start");
    const isLit = lit?.spots.has(markKey(spot));
    return {
      id: `${markKey(spot)} ${keyOf(to)}`,
      type: "line",
      source: spot.key,
      sourceHandle: handle,
      target: keyOf(to),
      targetHandle: "in",
      data: { spot },
      selected: isChosen,
      focusable: false,
      className: isLit === undefined ? "" : isLit ? "lit" : "dim",
      markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
    };
  };
  const first = graph.start !== undefined && has(graph, graph.start) ? [line({ key: "start" }, "0", graph.start)] : [];
  const rest = Object.entries(graph.rules).flatMap(([id, rule]) =>
    rule.arms.flatMap((arm, at) => (arm.to === undefined || !has(graph, arm.to) ? [] : [line({ key: keyOf({ kind: "rule", id }), arm: at }, String(at), arm.to)])),
  );
  return [...first, ...rest];
}

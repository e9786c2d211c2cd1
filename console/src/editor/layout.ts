// Where boxes stand: from left to right by dagre, in the order of the tree, so that the same tree always looks the same.
import { Graph as Dagre, layout } from "@dagrejs/dagre";

import type { Point } from "../policy/draft";
import { children, type Graph, has, keyOf, refOf } from "../policy/graph";
import { inTreeOrder } from "../policy/walk";

/** Sizes in pixels; `editor.css` draws boxes as large as these. */
export const RULE_WIDTH = 224;
export const ENDPOINT_WIDTH = 200;
export const START_WIDTH = 120;
export const HEAD = 36;
export const ROW = 28;
export const ENDPOINT_HEIGHT = 44;
const BETWEEN_BOXES = 12;
const BETWEEN_RANKS = 52;

export interface Size {
  width: number;
  height: number;
}

export function sizeOf(graph: Graph, key: string): Size {
  if (key === "start") return { width: START_WIDTH, height: ENDPOINT_HEIGHT };
  const ref = refOf(key);
  if (ref.kind === "endpoint") return { width: ENDPOINT_WIDTH, height: ENDPOINT_HEIGHT };
  return { width: RULE_WIDTH, height: HEAD + ROW * (graph.rules[ref.id]?.arms.length ?? 0) + 2 };
}

/** The upper left corner of each box. */
export function arrange(graph: Graph): Map<string, Point> {
  const order = inTreeOrder(graph);
  const dagre = new Dagre();
  dagre.setGraph({ rankdir: "LR", nodesep: BETWEEN_BOXES, ranksep: BETWEEN_RANKS });
  dagre.setDefaultEdgeLabel(() => ({}));
  for (const key of order) dagre.setNode(key, { ...sizeOf(graph, key) });
  if (graph.start !== undefined && has(graph, graph.start)) dagre.setEdge("start", keyOf(graph.start));
  for (const key of order) {
    if (key === "start") continue;
    for (const child of children(graph, refOf(key))) if (has(graph, child)) dagre.setEdge(key, keyOf(child));
  }
  // Without the heuristic, boxes of a rank keep the order they were named in: that of the arms.
  layout(dagre, { disableOptimalOrderHeuristic: true });
  return new Map(
    order.map((key) => {
      const { x, y, width, height } = dagre.node(key) as Point & Size;
      return [key, { x: Math.round(x - width / 2), y: Math.round(y - height / 2) }];
    }),
  );
}

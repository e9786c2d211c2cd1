// Panels below the canvas that look at the draft: map, simulation, comparison. Each is loaded when it is opened.
import Spinner from "@cloudscape-design/components/spinner";
import { type ComponentType, lazy, Suspense } from "react";

import type { Graph } from "../policy/graph";
import type { Spot } from "../policy/walk";
import type { Lit } from "./nodes";

export interface PanelProps {
  graph: Graph;
  /** The graph as a document. */
  document: string;
  /** Whether the server would take it. */
  valid: boolean;
  /** The stored version that the draft was begun from. */
  base: { id: string; version: number } | undefined;
  selected: Spot;
  onSelect: (spot: Spot) => void;
  /** A change to the draft; further ones of the same name are taken back together, such as the steps of a slider. */
  onChange: (graph: Graph, merging?: string) => void;
  /** Lights a way on the canvas; undefined puts it out. */
  onLight: (lit: Lit | undefined) => void;
}

export interface Panel {
  id: string;
  title: string;
  Content: ComponentType<PanelProps>;
}

/** In the order of their tabs. */
export const PANELS: readonly Panel[] = [
  { id: "map", title: "Map", Content: lazy(() => import("../map/panel")) },
  { id: "simulate", title: "Simulate", Content: lazy(() => import("../simulate/panel")) },
];

/** The panel that is open. */
export function Panels({ open, ...props }: PanelProps & { open: string }) {
  const panel = PANELS.find(({ id }) => id === open);
  if (panel === undefined) return null;
  return (
    <Suspense fallback={<Spinner />}>
      <panel.Content {...props} />
    </Suspense>
  );
}

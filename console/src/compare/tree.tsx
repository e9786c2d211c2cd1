// A version's tree to look at, with the boxes marked that differ from another version's.
import "@xyflow/react/dist/style.css";
import "../editor/editor.css";
import "./compare.css";

import { Background, Controls, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { type ComponentProps, type ReactNode, useCallback, useEffect, useMemo, useRef } from "react";

import { type BoxNode, BOXES, type PlaceName } from "../editor/boxes";
import { viewOf } from "../editor/canvas";
import { VARIABLES } from "../editor/colors";
import { arrange } from "../editor/layout";
import { boxes, edges } from "../editor/nodes";
import { useSize } from "../map/ink";
import type { Graph } from "../policy/graph";
import type { Spot } from "../policy/walk";
import type { BoxChange } from "./boxes";

interface Props {
  label: string;
  graph: Graph;
  changes: ReadonlyMap<string, BoxChange>;
  placeName: PlaceName;
}

/** The editor's boxes without anything to press; what differs is told in words beside the trees. */
const STILL = {
  start: (props: ComponentProps<typeof BOXES.start>) => still(<BOXES.start {...props} />),
  rule: (props: ComponentProps<typeof BOXES.rule>) => still(<BOXES.rule {...props} />),
  endpoint: (props: ComponentProps<typeof BOXES.endpoint>) => still(<BOXES.endpoint {...props} />),
};

const still = (box: ReactNode) => (
  <div inert style={{ inlineSize: "100%", blockSize: "100%" }}>
    {box}
  </div>
);

const NOTHING: Spot = { key: "" };
const NO_BOXES: ReadonlyMap<string, BoxNode> = new Map();

const SMALLEST = 0.45; // of the size that boxes are readable in

export function Tree(props: Props) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow({ label, graph, changes, placeName }: Props) {
  const nodes = useMemo(() => {
    const at = arrange(graph);
    const drawn = boxes({ draft: { graph, moved: {} }, at, selected: NOTHING, marks: new Map(), lit: undefined, placeName }, NO_BOXES);
    return drawn.map((node) => ({ ...node, className: changes.get(node.id) ?? "" }));
  }, [graph, changes, placeName]);
  const lines = useMemo(() => edges(graph, NOTHING, undefined).map((line) => ({ ...line, type: "default" })), [graph]);
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(frame);
  const fit = useCallback(() => {
    if (width > 0) void flow.setViewport(viewOf(new Map(nodes.map((node) => [node.id, node])), width, height, SMALLEST));
  }, [flow, nodes, width, height]);
  useEffect(fit, [fit]);
  return (
    <div ref={frame} className="editor compared" style={VARIABLES} role="group" aria-label={label}>
      <ReactFlow
        nodes={nodes}
        edges={lines}
        nodeTypes={STILL}
        onInit={fit}
        minZoom={0.2}
        maxZoom={1.6}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        preventScrolling={false}
        zoomOnScroll={false}
        disableKeyboardA11y
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={20} size={1} />
        <Controls showInteractive={false} onFitView={fit} fitViewOptions={{ duration: 0 }} />
      </ReactFlow>
    </div>
  );
}

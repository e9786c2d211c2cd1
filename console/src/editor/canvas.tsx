// The canvas: boxes and lines, moved and connected with the mouse.
import "@xyflow/react/dist/style.css";

import {
  applyNodeChanges,
  Background,
  BaseEdge,
  type Connection,
  Controls,
  EdgeLabelRenderer,
  type EdgeProps,
  type FinalConnectionState,
  getBezierPath,
  MiniMap,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import { createContext, memo, type Ref, useCallback, useContext, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";

import type { Draft, Point } from "../policy/draft";
import { mayConnect, type Port } from "../policy/edit";
import { type Graph, type Ref as BoxRef, refOf } from "../policy/graph";
import type { Spot } from "../policy/walk";
import { type BoxNode, BOXES, type Mark, type PlaceName } from "./boxes";
import { arrange } from "./layout";
import { hold, settle } from "./settle";
import { boxes, edges, type Line, type Lit } from "./nodes";

interface Props {
  draft: Draft;
  selected: Spot;
  /** Grows when what is selected is to have the keyboard's focus; 0 while that is elsewhere. */
  focus: number;
  marks: ReadonlyMap<string, Mark>;
  lit: Lit | undefined;
  placeName: PlaceName;
  onSelect: (spot: Spot) => void;
  onConnect: (from: Port, to: BoxRef) => void;
  /** A connection that ended where nothing is. */
  onDrop: (from: Port) => void;
  onDisconnect: (from: Port) => void;
  onMove: (moved: Readonly<Record<string, Point>>) => void;
  ref?: Ref<View>;
}

/** What commands do to the view. */
export interface View {
  fit: () => void;
  zoom: (by: number) => void;
}

export function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

const SMALLEST = 0.7; // of the size that boxes are readable in; larger trees reach beyond the view
const MANY = 24; // boxes, from which on a small map helps
const Disconnect = createContext<(from: Port) => void>(() => undefined);

function Flow({ draft, selected, focus, marks, lit, placeName, onSelect, onConnect, onDrop, onDisconnect, onMove, ref }: Props) {
  const { graph } = draft;
  const flow = useReactFlow<BoxNode, Line>();
  const frame = useRef<HTMLDivElement>(null);
  const at = useArranged(graph);
  const last = useRef<ReadonlyMap<string, BoxNode>>(new Map());
  const made = useMemo(() => {
    const found = boxes({ draft, at, selected, marks, lit, placeName }, last.current);
    last.current = new Map(found.map((node) => [node.id, node]));
    return found;
  }, [draft, at, selected, marks, lit, placeName]);
  const lines = useMemo(() => edges(graph, selected, lit), [graph, selected, lit]);

  // While boxes are dragged, what is drawn differs from the draft.
  const [nodes, setNodes] = useState(made);
  useEffect(() => setNodes(made), [made]);
  const onNodesChange = useCallback((changes: NodeChange<BoxNode>[]) => {
    const moves = changes.filter((change) => change.type === "position");
    if (moves.length > 0) setNodes((before) => applyNodeChanges(moves, before));
  }, []);

  const fit = useCallback(() => {
    const size = frame.current?.getBoundingClientRect();
    if (size === undefined || size.width === 0) return;
    void flow.setViewport(viewOf(last.current, size.width, size.height));
  }, [flow]);
  useImperativeHandle(ref, () => ({ fit, zoom: (by) => void flow.zoomTo(flow.getZoom() * by) }), [fit, flow]);

  const spot = useRef(selected);
  spot.current = selected;
  useEffect(() => {
    if (focus === 0) return;
    return settle(() => {
      const { key, arm: number } = spot.current;
      const arm = number === undefined ? ":not([data-arm])" : `[data-arm="${number}"]`;
      const element = frame.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]${arm}`);
      const has = hold(element);
      const node = last.current.get(key);
      const size = frame.current?.getBoundingClientRect();
      if (node !== undefined && size !== undefined) bringIntoView(flow, node, size);
      return has;
    });
  }, [focus]);

  const isValid = useCallback(
    ({ source, sourceHandle, target }: Connection | Line) => target !== "start" && mayConnect(graph, portAt(source, sourceHandle), refOf(target)),
    [graph],
  );
  return (
    <div ref={frame} style={{ blockSize: "100%" }}>
      <Disconnect value={onDisconnect}>
        <ReactFlow<BoxNode, Line>
          nodes={nodes}
          edges={lines}
          nodeTypes={BOXES}
          edgeTypes={LINES}
          onInit={fit}
          onNodesChange={onNodesChange}
          onNodeClick={(event, node) => onSelect(spotOf(event.target, node.id))}
          onNodeDragStop={(_, node, all) => {
            const before = last.current.get(node.id)?.position;
            if (before?.x === node.position.x && before.y === node.position.y) return;
            onMove(Object.fromEntries(all.map(({ id, position }) => [id, { x: Math.round(position.x), y: Math.round(position.y) }])));
          }}
          onEdgeClick={(_, line) => line.data !== undefined && onSelect(line.data.spot)}
          onConnect={({ source, sourceHandle, target }) => onConnect(portAt(source, sourceHandle), refOf(target))}
          onConnectEnd={(_, state: FinalConnectionState) => {
            if (state.toNode !== null || state.fromHandle === null || state.fromHandle.type !== "source") return;
            onDrop(portAt(state.fromHandle.nodeId, state.fromHandle.id ?? "0"));
          }}
          isValidConnection={isValid}
          connectionRadius={28}
          minZoom={0.2}
          maxZoom={1.6}
          panOnScroll
          zoomOnDoubleClick={false}
          selectNodesOnDrag={false}
          nodesFocusable={false}
          edgesFocusable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionKeyCode="Shift"
          multiSelectionKeyCode={null}
          proOptions={{ hideAttribution: true }}
          aria-label="Policy tree"
        >
          <Background gap={20} size={1} />
          <Controls showInteractive={false} onFitView={fit} fitViewOptions={{ duration: 0 }} />
          {nodes.length > MANY && <MiniMap pannable zoomable style={{ width: 132, height: 88 }} ariaLabel="Overview of the tree" />}
        </ReactFlow>
      </Disconnect>
    </div>
  );
}

/** The layout, made anew only when boxes, their sizes or their connections change. */
function useArranged(graph: Graph): ReadonlyMap<string, Point> {
  const shape = JSON.stringify([
    graph.start,
    Object.entries(graph.rules).map(([id, rule]) => [id, rule.arms.map(({ to }) => to)]),
    Object.keys(graph.endpoints),
  ]);
  return useMemo(() => arrange(graph), [shape]);
}

export const portAt = (key: string, handle: string | null | undefined): Port => (key === "start" ? "start" : { rule: refOf(key).id, arm: Number(handle ?? 0) });

function spotOf(target: EventTarget, key: string): Spot {
  const arm = target instanceof Element ? target.closest("[data-arm]")?.getAttribute("data-arm") : undefined;
  return arm === undefined || arm === null ? { key } : { key, arm: Number(arm) };
}

/** All boxes where they are readable at once, else the start at the left. */
export function viewOf(nodes: ReadonlyMap<string, BoxNode>, width: number, height: number, smallest = SMALLEST): { x: number; y: number; zoom: number } {
  const margin = 24;
  const buttons = 60; // pixels that the buttons at the left take
  const all = [...nodes.values()];
  const left = Math.min(...all.map(({ position }) => position.x));
  const top = Math.min(...all.map(({ position }) => position.y));
  const right = Math.max(...all.map((node) => node.position.x + (node.width ?? 0)));
  const bottom = Math.max(...all.map((node) => node.position.y + (node.height ?? 0)));
  const fitting = Math.min((width - margin - buttons) / (right - left), (height - 2 * margin) / (bottom - top));
  const zoom = Math.min(1, Math.max(smallest, fitting));
  const start = nodes.get("start");
  const fitsDown = (bottom - top) * zoom <= height - 2 * margin;
  const middle = fitsDown ? (top + bottom) / 2 : (start?.position.y ?? top) + (start?.height ?? 0) / 2;
  const fitsAcross = (right - left) * zoom <= width - margin - buttons;
  const x = fitsAcross ? Math.max(Math.min((width - (right - left) * zoom) / 2, 120), buttons) - left * zoom : buttons - left * zoom;
  // A tree that is too high begins around its start, and leaves no room unused above or below.
  const y = height / 2 - middle * zoom;
  return { x, y: fitsDown ? y : Math.min(margin - top * zoom, Math.max(height - margin - bottom * zoom, y)), zoom };
}

function bringIntoView(flow: ReturnType<typeof useReactFlow<BoxNode, Line>>, node: BoxNode, frame: DOMRect): void {
  const { x, y, zoom } = flow.getViewport();
  const margin = 24;
  const shift = (from: number, size: number, room: number) => {
    if (from < margin) return margin - from;
    const beyond = from + size + margin - room;
    return beyond > 0 ? -Math.min(beyond, from - margin) : 0;
  };
  const across = shift(node.position.x * zoom + x, (node.width ?? 0) * zoom, frame.width);
  const down = shift(node.position.y * zoom + y, (node.height ?? 0) * zoom, frame.height);
  if (across !== 0 || down !== 0) void flow.setViewport({ x: x + across, y: y + down, zoom });
}

function LineBetween({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, markerEnd, selected, source, sourceHandleId }: EdgeProps<Line>) {
  const [path, x, y] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  const disconnect = useContext(Disconnect);
  return (
    <>
      <BaseEdge path={path} {...(markerEnd !== undefined && { markerEnd })} interactionWidth={16} />
      {selected === true && (
        <EdgeLabelRenderer>
          <button
            type="button"
            className="cut nodrag nopan"
            tabIndex={-1}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
            title="Remove this connection (x)"
            aria-label="Remove this connection"
            onClick={() => disconnect(portAt(source, sourceHandleId))}
          >
            ×
          </button>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

const LINES = { line: memo(LineBetween) };

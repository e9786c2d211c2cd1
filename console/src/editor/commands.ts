// Everything that can be done in the editor, by name and by key.
import type { Point } from "../policy/draft";
import type { Graph } from "../policy/graph";
import { isRule, portOf, type Spot, step, target } from "../policy/walk";
import type { Choice } from "./chooser";
import { arrange } from "./layout";
import type { Action, State } from "./state";
import { draftOf } from "./state";

/** What commands do beside changing the draft. */
export interface Surroundings {
  dispatch: (action: Action) => void;
  /** Asks what to create and connects it to what is selected; unconnected if that is an endpoint. */
  create: () => void;
  open: () => void;
  save: () => void;
  commands: () => void;
  json: () => void;
  problems: () => void;
  importFile: () => void;
  exportFile: () => void;
  fit: () => void;
  zoom: (by: number) => void;
}

export interface Command {
  id: string;
  group: "Tree" | "View" | "Document";
  text: string;
  /** As written on keyboards: `a`, `del`, `ctrl-z`. Those with ctrl are heard in the whole editor, others on the canvas. */
  keys: readonly string[];
  possible: boolean;
  run: () => void;
}

export function commands(state: State, around: Surroundings): Command[] {
  const { graph } = draftOf(state);
  const { selected, history } = state;
  const { dispatch } = around;
  const onRule = isRule(graph, selected.key);
  const rule = onRule ? graph.rules[selected.key.slice("rule:".length)] : undefined;
  const port = portOf(graph, selected);
  const go = (direction: "up" | "down" | "left" | "right") => () => dispatch({ do: "select", spot: step(graph, selected, direction), focus: true });
  const shift = (by: Point) => () => dispatch({ do: "nudge", from: arrange(graph).get(selected.key) ?? { x: 0, y: 0 }, by });
  return [
    { id: "create", group: "Tree", text: "Connect, or create what it leads to", keys: ["c"], possible: true, run: around.create },
    { id: "arm", group: "Tree", text: "Add an arm", keys: ["a"], possible: rule !== undefined && rule.kind !== "failover", run: () => dispatch({ do: "add-arm" }) },
    { id: "open", group: "Tree", text: "Open the fields", keys: ["e", "enter"], possible: true, run: around.open },
    { id: "delete", group: "Tree", text: deleteText(selected, onRule), keys: ["del", "backspace"], possible: selected.key !== "start" || graph.start !== undefined, run: () => dispatch({ do: "delete" }) },
    { id: "cut", group: "Tree", text: "Remove the connection", keys: ["x"], possible: isConnected(graph, selected), run: () => port !== undefined && dispatch({ do: "disconnect", from: port }) },
    { id: "copy", group: "Tree", text: "Copy the box", keys: ["d"], possible: selected.key !== "start", run: () => dispatch({ do: "duplicate" }) },
    { id: "arm-up", group: "Tree", text: "Move the arm up", keys: ["alt-up"], possible: selected.arm !== undefined, run: () => dispatch({ do: "move-arm", by: -1 }) },
    { id: "arm-down", group: "Tree", text: "Move the arm down", keys: ["alt-down"], possible: selected.arm !== undefined, run: () => dispatch({ do: "move-arm", by: 1 }) },
    { id: "undo", group: "Tree", text: "Undo", keys: ["ctrl-z"], possible: history.past.length > 0, run: () => dispatch({ do: "undo" }) },
    { id: "redo", group: "Tree", text: "Redo", keys: ["ctrl-y", "ctrl-shift-z"], possible: history.future.length > 0, run: () => dispatch({ do: "redo" }) },
    { id: "up", group: "View", text: "Go up", keys: ["up"], possible: true, run: go("up") },
    { id: "down", group: "View", text: "Go down", keys: ["down"], possible: true, run: go("down") },
    { id: "left", group: "View", text: "Go to what leads here", keys: ["left"], possible: true, run: go("left") },
    { id: "right", group: "View", text: "Go to where it leads", keys: ["right"], possible: true, run: go("right") },
    { id: "first", group: "View", text: "Go to the start", keys: ["home"], possible: true, run: () => dispatch({ do: "select", spot: { key: "start" }, focus: true }) },
    { id: "box-left", group: "View", text: "Move the box left", keys: ["shift-left"], possible: true, run: shift({ x: -20, y: 0 }) },
    { id: "box-right", group: "View", text: "Move the box right", keys: ["shift-right"], possible: true, run: shift({ x: 20, y: 0 }) },
    { id: "box-up", group: "View", text: "Move the box up", keys: ["shift-up"], possible: true, run: shift({ x: 0, y: -20 }) },
    { id: "box-down", group: "View", text: "Move the box down", keys: ["shift-down"], possible: true, run: shift({ x: 0, y: 20 }) },
    { id: "arrange", group: "View", text: "Arrange all boxes", keys: ["l"], possible: true, run: () => dispatch({ do: "arrange" }) },
    { id: "fit", group: "View", text: "Show the whole tree", keys: ["0"], possible: true, run: around.fit },
    { id: "in", group: "View", text: "Zoom in", keys: ["+"], possible: true, run: () => around.zoom(1.25) },
    { id: "out", group: "View", text: "Zoom out", keys: ["-"], possible: true, run: () => around.zoom(0.8) },
    { id: "json", group: "View", text: "Show the JSON, or the fields", keys: ["j"], possible: true, run: around.json },
    { id: "problems", group: "View", text: "Show the problems", keys: ["p"], possible: true, run: around.problems },
    { id: "commands", group: "View", text: "All commands", keys: ["ctrl-k", "?"], possible: true, run: around.commands },
    { id: "save", group: "Document", text: "Save", keys: ["ctrl-s"], possible: true, run: around.save },
    { id: "import", group: "Document", text: "Import a document", keys: [], possible: true, run: around.importFile },
    { id: "export", group: "Document", text: "Export the document", keys: [], possible: true, run: around.exportFile },
  ];
}

function deleteText(selected: Spot, onRule: boolean): string {
  if (selected.key === "start") return "Disconnect the start";
  if (selected.arm !== undefined) return "Delete the arm";
  return onRule ? "Delete the rule, with what only it leads to" : "Delete the endpoint";
}

function isConnected(graph: Graph, selected: Spot): boolean {
  const port = selected.key === "start" || selected.arm !== undefined ? portOf(graph, selected) : undefined;
  return port !== undefined && target(graph, port) !== undefined;
}

export const choicesOf = (all: readonly Command[]): Choice[] =>
  all.filter(({ possible }) => possible).map(({ id, group, text, keys }) => ({ id, group, text, ...(keys[0] !== undefined && { keys: keys[0] }) }));

/** A key press as commands name it, such as `ctrl-shift-z`. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const names: Readonly<Record<string, string>> = { Delete: "del", ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", " ": "enter" };
  const key = names[event.key] ?? event.key.toLowerCase();
  // Shift is what makes `?` and `+` on most keyboards.
  const isSign = event.key.length === 1 && !/[a-z0-9]/i.test(event.key);
  return [(event.ctrlKey || event.metaKey) && "ctrl", event.altKey && "alt", event.shiftKey && !isSign && "shift", key].filter(Boolean).join("-");
}

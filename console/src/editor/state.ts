// The editor's state: the draft with its history, and what is selected in it.
import { type Draft, type Point } from "../policy/draft";
import { addArm, addEndpoint, addRule, connect, duplicate, mayConnect, moveArm, type Port, remove, removeArm, rename } from "../policy/edit";
import { type Graph, keyOf, type Ref, refOf, type RuleKind, same } from "../policy/graph";
import { begin, change, type History, redo, undo } from "../policy/history";
import { isThere, parent, type Spot, START } from "../policy/walk";

export interface State {
  history: History<Draft>;
  selected: Spot;
  /** Grows when the keyboard's focus is to go to what is selected, on the canvas or in the fields beside it. */
  focus: number;
  where: "canvas" | "fields";
  /** What the last change was; a further one of the same name is taken back together with it. */
  merging: string;
}

/** What can be created at the end of a connection. */
export type Creation = { rule: RuleKind } | { endpoint: string } | { existing: Ref };

export type Action =
  | { do: "select"; spot: Spot; focus?: boolean }
  | { do: "open" }
  | { do: "edit"; graph: Graph; merging?: string }
  | { do: "create"; what: Creation; from: Port | undefined }
  | { do: "disconnect"; from: Port }
  | { do: "add-arm" }
  | { do: "move-arm"; by: -1 | 1 }
  | { do: "delete" }
  | { do: "duplicate" }
  | { do: "rename"; ref: Ref; id: string }
  | { do: "move"; moved: Readonly<Record<string, Point>> }
  | { do: "nudge"; from: Point; by: Point }
  | { do: "arrange" }
  | { do: "load"; draft: Draft }
  | { do: "undo" }
  | { do: "redo" };

export const initial = (draft: Draft): State => ({ history: begin(draft), selected: START, focus: 0, where: "canvas", merging: "" });

export const draftOf = (state: State): Draft => state.history.now;

export function reduce(state: State, action: Action): State {
  const draft = draftOf(state);
  const { graph } = draft;
  const { selected } = state;
  const ref = selected.key === "start" ? undefined : refOf(selected.key);
  switch (action.do) {
    case "select":
      return action.focus === true ? focused({ ...state, selected: action.spot }) : { ...state, selected: action.spot };
    case "open":
      return { ...state, focus: state.focus + 1, where: "fields" };
    case "edit":
      return edited(state, action.graph, selected, action.merging);
    case "create":
      return created(state, action.what, action.from);
    case "disconnect":
      return edited(state, connect(graph, action.from, undefined), selected);
    case "add-arm": {
      if (ref?.kind !== "rule") return state;
      const next = addArm(graph, ref.id);
      return focused(edited(state, next, { key: selected.key, arm: (next.rules[ref.id]?.arms.length ?? 1) - 1 }));
    }
    case "move-arm": {
      if (ref?.kind !== "rule" || selected.arm === undefined) return state;
      const next = moveArm(graph, ref.id, selected.arm, action.by);
      return next === graph ? state : focused(edited(state, next, { key: selected.key, arm: selected.arm + action.by }));
    }
    case "delete":
      return deleted(state);
    case "duplicate": {
      const copy = ref === undefined ? undefined : duplicate(graph, ref);
      return copy === undefined ? state : focused(edited(state, copy.graph, { key: keyOf(copy.ref) }));
    }
    case "rename":
      return renamed(state, action.ref, action.id);
    case "move":
      return { ...state, history: change(state.history, { graph, moved: { ...draft.moved, ...action.moved } }), merging: "" };
    case "nudge": {
      const { x, y } = draft.moved[selected.key] ?? action.from;
      const moved = { ...draft.moved, [selected.key]: { x: x + action.by.x, y: y + action.by.y } };
      const merging = `nudge ${selected.key}`;
      return { ...state, history: change(state.history, { graph, moved }, state.merging === merging), merging };
    }
    case "arrange":
      return { ...state, history: change(state.history, { graph, moved: {} }), merging: "" };
    case "load":
      return settled({ ...state, history: change(state.history, action.draft), selected: START, merging: "" });
    case "undo":
      return settled({ ...state, history: undo(state.history), merging: "" });
    case "redo":
      return settled({ ...state, history: redo(state.history), merging: "" });
  }
}

function edited(state: State, graph: Graph, selected: Spot, merging = ""): State {
  const draft = draftOf(state);
  if (graph === draft.graph) return { ...state, selected };
  const merge = merging !== "" && merging === state.merging;
  return settled({ ...state, history: change(state.history, { ...draft, graph }, merge), selected, merging });
}

const focused = (state: State): State => ({ ...state, focus: state.focus + 1, where: "canvas" });

/** With a selection that is there. */
function settled(state: State): State {
  return isThere(draftOf(state).graph, state.selected) ? state : { ...state, selected: START };
}

function created(state: State, what: Creation, from: Port | undefined): State {
  const { graph, moved } = draftOf(state);
  if ("existing" in what) {
    if (from === undefined || !mayConnect(graph, from, what.existing)) return state;
    return edited(state, connect(graph, from, what.existing), state.selected);
  }
  const added = "rule" in what ? addRule(graph, what.rule, from) : addEndpoint(graph, { type: what.endpoint, value: "" }, from);
  const key = keyOf(added.ref);
  return focused({ ...state, history: change(state.history, { graph: added.graph, moved }), merging: "", selected: { key } });
}

/** Deletes the arm or the box that is selected; goes on to what led there. */
function deleted(state: State): State {
  const { graph } = draftOf(state);
  const { key, arm } = state.selected;
  if (key === "start") return graph.start === undefined ? state : focused(edited(state, connect(graph, "start", undefined), START));
  const ref = refOf(key);
  if (arm !== undefined && ref.kind === "rule") {
    const left = removeArm(graph, ref.id, arm);
    const most = (left.rules[ref.id]?.arms.length ?? 0) - 1;
    return focused(edited(state, left, most < 0 ? { key } : { key, arm: Math.min(arm, most) }));
  }
  return focused(edited(state, remove(graph, ref), parent(graph, key) ?? START));
}

function renamed(state: State, ref: Ref, id: string): State {
  const { graph, moved } = draftOf(state);
  const next = rename(graph, ref, id);
  if (next === graph) return state;
  const [before, after] = [keyOf(ref), keyOf({ ...ref, id })];
  const placed = Object.fromEntries(Object.entries(moved).map(([key, at]) => [key === before ? after : key, at]));
  const selected = state.selected.key === before ? { ...state.selected, key: after } : state.selected;
  const merging = `rename ${after}`;
  return { ...state, history: change(state.history, { graph: next, moved: placed }), selected, merging };
}

/** Whether a name is free for a box. */
export const isFree = (graph: Graph, ref: Ref, id: string): boolean =>
  same(ref, { ...ref, id }) || !Object.hasOwn(ref.kind === "rule" ? graph.rules : graph.endpoints, id);

import { describe, expect, it } from "vitest";

import { EMPTY_DRAFT } from "../policy/draft";
import { type Action, draftOf, initial, reduce, type State } from "./state";

const after = (...actions: Action[]): State => actions.reduce(reduce, initial(EMPTY_DRAFT));
const latency: Action = { do: "create", what: { rule: "latency" }, from: "start" };

describe("the editor's state", () => {
  it("selects and focuses what was created", () => {
    const state = after(latency, { do: "create", what: { endpoint: "value" }, from: { rule: "latency", arm: 1 } });
    expect(state.selected).toEqual({ key: "endpoint:endpoint" });
    expect(state.focus).toBe(2);
    expect(draftOf(state).graph.rules["latency"]?.arms[1]?.to).toEqual({ kind: "endpoint", id: "endpoint" });
  });
  it("adds an arm and selects it; deleting goes to its neighbour, then to what leads to the box", () => {
    const added = after(latency, { do: "add-arm" });
    expect(added.selected).toEqual({ key: "rule:latency", arm: 2 });
    const without = reduce(added, { do: "delete" });
    expect(without.selected).toEqual({ key: "rule:latency", arm: 1 });
    const gone = reduce(reduce(without, { do: "select", spot: { key: "rule:latency" } }), { do: "delete" });
    expect([gone.selected, draftOf(gone).graph.rules]).toEqual([{ key: "start" }, {}]);
  });
  it("takes back letters of one field at once, and those of two fields one after the other", () => {
    const type = (recordType: string, merging: string): Action => ({ do: "edit", graph: { ...EMPTY_DRAFT.graph, recordType }, merging });
    const state = after(type("T", "one"), type("TX", "one"), type("TXT", "one"));
    expect(draftOf(reduce(state, { do: "undo" })).graph.recordType).toBe("A");
    const two = reduce(state, type("SPF", "two"));
    expect(draftOf(reduce(two, { do: "undo" })).graph.recordType).toBe("TXT");
  });
  it("takes back what was created, and selects something that is there", () => {
    const state = reduce(after(latency), { do: "undo" });
    expect([state.selected, draftOf(state)]).toEqual([{ key: "start" }, EMPTY_DRAFT]);
    expect(draftOf(reduce(state, { do: "redo" })).graph.start).toEqual({ kind: "rule", id: "latency" });
  });
  it("keeps where a box was put under its new name, until boxes are arranged", () => {
    const moved = after(latency, { do: "move", moved: { "rule:latency": { x: 5, y: 6 } } }, { do: "rename", ref: { kind: "rule", id: "latency" }, id: "near" });
    expect(draftOf(moved).moved).toEqual({ "rule:near": { x: 5, y: 6 } });
    expect(moved.selected).toEqual({ key: "rule:near" });
    expect(draftOf(reduce(moved, { do: "arrange" })).moved).toEqual({});
  });
  it("refuses a connection that would close a circle", () => {
    const state = after(latency, { do: "create", what: { existing: { kind: "rule", id: "latency" } }, from: { rule: "latency", arm: 0 } });
    expect(draftOf(state).graph.rules["latency"]?.arms[0]?.to).toBeUndefined();
  });
});

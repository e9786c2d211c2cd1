import { describe, expect, it } from "vitest";

import { EMPTY_DRAFT } from "../policy/draft";
import { matching } from "./chooser";
import { choicesOf, commands, keyName, type Surroundings } from "./commands";
import { creationOf, creations } from "./create";
import { draftOf, initial, reduce } from "./state";

const nothing = () => undefined;
const around: Surroundings = {
  dispatch: nothing, create: nothing, open: nothing, save: nothing, commands: nothing, json: nothing, problems: nothing,
  importFile: nothing, exportFile: nothing, fit: nothing, zoom: nothing,
};
const empty = initial(EMPTY_DRAFT);
const latency = reduce(empty, { do: "create", what: { rule: "latency" }, from: "start" });

describe("commands", () => {
  it("have keys of their own", () => {
    const keys = commands(latency, around).flatMap((command) => command.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });
  it("are shown where they are possible", () => {
    const shown = (state: typeof empty) => choicesOf(commands(state, around)).map(({ id }) => id);
    expect(shown(empty)).not.toContain("arm");
    expect(shown(latency)).toContain("arm");
    expect(shown(empty)).not.toContain("undo");
    expect(shown(latency)).toContain("undo");
    expect(shown(latency)).not.toContain("cut");
    expect(shown(reduce(latency, { do: "select", spot: { key: "start" } }))).toContain("cut");
  });
  it.each([
    [{ key: "z", ctrlKey: true }, "ctrl-z"],
    [{ key: "z", metaKey: true }, "ctrl-z"],
    [{ key: "Z", ctrlKey: true, shiftKey: true }, "ctrl-shift-z"],
    [{ key: "Delete" }, "del"],
    [{ key: "ArrowUp", altKey: true }, "alt-up"],
    [{ key: "?", shiftKey: true }, "?"],
  ])("%j is a key", (pressed, name) => expect(keyName({ ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...pressed })).toBe(name));
});

describe("what a connection may lead to", () => {
  it("is new, or a box that closes no circle", () => {
    const below = reduce(latency, { do: "create", what: { rule: "failover" }, from: { rule: "latency", arm: 0 } });
    const { graph } = draftOf(below);
    const boxes = (from: Parameters<typeof creations>[1]) => creations(graph, from).filter(({ id }) => id.startsWith("box ")).map(({ text }) => text);
    expect(boxes({ rule: "latency", arm: 1 })).toEqual(["failover"]);
    expect(boxes({ rule: "failover", arm: 0 })).toEqual([]);
    expect(boxes("start")).toEqual(["failover"]);
  });
  it("of a multivalue rule is a value", () => {
    const many = reduce(empty, { do: "create", what: { rule: "multivalue" }, from: "start" });
    expect(creations(draftOf(many).graph, { rule: "multivalue", arm: 0 }).map(({ id }) => id)).toEqual(["type value"]);
  });
  it.each([
    ["rule geo", { rule: "geo" }],
    ["type s3-website", { endpoint: "s3-website" }],
    ["box endpoint:a b", { existing: { kind: "endpoint", id: "a b" } }],
  ])("%s", (id, what) => expect(creationOf(id)).toEqual(what));
});

it("a list is searched by words in any order", () => {
  const choices = creations(EMPTY_DRAFT.graph, "start");
  expect(matching(choices, "rule LAT")[0]?.text).toBe("Latency");
  expect(matching(choices, "latency rule")[0]?.text).toBe("Latency");
  expect(matching(choices, "value")[0]?.text).toBe("Value of type A");
  expect(matching(choices, "no such")).toEqual([]);
});

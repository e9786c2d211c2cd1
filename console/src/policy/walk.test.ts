import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { read, write } from "./document";
import { keep, restore } from "./draft";
import { duplicate, mayConnect, moveArm } from "./edit";
import { EMPTY, type Graph, refs } from "./graph";
import { lineOf, lineOfMessage, lines, spotAt } from "./place";
import { inTreeOrder, isThere, parent, portOf, START, step } from "./walk";
import { endpointTypes, ruleKinds } from "./words";

const DOCUMENTS = join(import.meta.dirname, "../../../tests/vectors/traffic");
const published = readdirSync(DOCUMENTS, { encoding: "utf8" }).filter((name) => name.endsWith(".json"));
const text = readFileSync(join(DOCUMENTS, "13-country-then-latency-then-failover.json"), "utf8");
const graph: Graph = read(text);

describe("the keyboard's way through a tree", () => {
  it("visits every box once, those below an arm before its neighbours", () => {
    expect(inTreeOrder(graph)).toEqual([
      "start", "rule:country", "endpoint:message", "rule:region", "rule:east", "endpoint:east-1", "endpoint:east-2",
      "rule:west", "endpoint:west-1", "endpoint:west-2",
    ]);
  });
  it.each(published)("visits every box of %s", (name) => {
    const found = read(readFileSync(join(DOCUMENTS, name), "utf8"));
    expect(inTreeOrder(found).length).toBe(refs(found).length + 1);
  });
  it.each([
    ["right from the start to its rule", START, "right", { key: "rule:country" }],
    ["right from a rule to its first arm", { key: "rule:country" }, "right", { key: "rule:country", arm: 0 }],
    ["right from an arm to where it leads", { key: "rule:country", arm: 1 }, "right", { key: "rule:region" }],
    ["down to the next arm", { key: "rule:country", arm: 0 }, "down", { key: "rule:country", arm: 1 }],
    ["down from the last arm to the next box", { key: "rule:country", arm: 1 }, "down", { key: "endpoint:message" }],
    ["up from the first arm to the box", { key: "rule:country", arm: 0 }, "up", { key: "rule:country" }],
    ["up from the start stays", START, "up", START],
    ["left from an arm to its box", { key: "rule:region", arm: 1 }, "left", { key: "rule:region" }],
    ["left from a box to the arm that leads there", { key: "rule:region" }, "left", { key: "rule:country", arm: 1 }],
    ["right from an endpoint stays", { key: "endpoint:message" }, "right", { key: "endpoint:message" }],
  ] as const)("%s", (_, from, direction, to) => expect(step(graph, from, direction)).toEqual(to));
  it("connects the first arm that is open, from a box", () => {
    expect(portOf({ ...EMPTY, rules: { r: { kind: "latency", arms: [{ to: { kind: "rule", id: "x" } }, { to: undefined }] } } }, { key: "rule:r" })).toEqual({ rule: "r", arm: 1 });
    expect(portOf(graph, { key: "rule:east" })).toBeUndefined();
    expect(portOf(graph, { key: "endpoint:message" })).toBeUndefined();
  });
  it("knows what is there, and what leads there", () => {
    expect([isThere(graph, { key: "rule:east", arm: 1 }), isThere(graph, { key: "rule:east", arm: 2 }), isThere(graph, { key: "rule:south" })]).toEqual([true, false, false]);
    expect(parent(graph, "endpoint:west-2")).toEqual({ key: "rule:west", arm: 1 });
    expect(parent(graph, "rule:country")).toEqual(START);
  });
});

describe("places in a document", () => {
  it.each([
    ["", undefined],
    ["/RecordType", undefined],
    ["/StartRule", { key: "start" }],
    ["/Rules/a~1b/Locations/2/Country", { key: "rule:a/b", arm: 2 }],
    ["/Rules/r/Secondary", { key: "rule:r", arm: 1 }],
    ["/Rules/r", { key: "rule:r" }],
    ["/Endpoints/x/Value", { key: "endpoint:x" }],
  ])("%s is in its box", (pointer, spot) => expect(spotAt(pointer)).toEqual(spot));
  it.each([
    ["", 1],
    ["/RecordType", 3],
    ["/Endpoints/east-1", 7],
    ["/Endpoints/east-1/Value", 7],
    ["/Rules/country/Locations/1/Country", 17],
    ["/Rules/region/Regions/1/Weight", 24],
    ["/Rules/west/Secondary", 35],
  ])("%s begins in line %d", (pointer, line) => expect(lineOf(lines(text), pointer)).toBe(line));
  it("of every published document are found after it was written, whatever its texts hold", () => {
    for (const name of published) {
      const written = write(read(readFileSync(join(DOCUMENTS, name), "utf8")));
      const found = lines(written);
      for (const [pointer, line] of found) {
        const member = pointer.slice(pointer.lastIndexOf("/") + 1).replaceAll("~1", "/").replaceAll("~0", "~");
        if (pointer !== "" && !/^\d+$/.test(member)) expect(written.split("\n")[line - 1]).toContain(JSON.stringify(member));
      }
    }
  });
  it.each([
    ["Expected ',' at position 5 (line 2 column 3)", 2],
    ["JSON.parse: bad character at line 3 column 1 of the JSON data", 3],
    ["Unexpected token } in JSON at position 2", 2],
    ["JSON Parse error: Unexpected EOF", 3],
  ])("%s", (message, line) => expect(lineOfMessage(message, "{\n1\n2")).toBe(line));
});

describe("edits", () => {
  it("refuse circles, and rules below multivalue rules", () => {
    expect(mayConnect(graph, { rule: "east", arm: 0 }, { kind: "rule", id: "country" })).toBe(false);
    expect(mayConnect(graph, { rule: "east", arm: 0 }, { kind: "rule", id: "west" })).toBe(true);
    expect(mayConnect(graph, { rule: "east", arm: 0 }, { kind: "rule", id: "nowhere" })).toBe(false);
    const many: Graph = { ...graph, rules: { ...graph.rules, many: { kind: "multivalue", arms: [] } }, endpoints: { ...graph.endpoints, one: { type: "value", value: "192.0.2.1" } } };
    expect(mayConnect(many, { rule: "many", arm: 0 }, { kind: "rule", id: "east" })).toBe(false);
    expect(mayConnect(many, { rule: "many", arm: 0 }, { kind: "endpoint", id: "message" })).toBe(false);
    expect(mayConnect(many, { rule: "many", arm: 0 }, { kind: "endpoint", id: "one" })).toBe(true);
  });
  it("change the order of arms", () => {
    expect(moveArm(graph, "region", 1, -1).rules["region"]?.arms.map(({ region }) => region)).toEqual(["us-west-1", "us-east-1"]);
    expect(moveArm(graph, "region", 1, 1)).toEqual(graph);
  });
  it("copy a box with what it leads to", () => {
    const copy = duplicate(graph, { kind: "rule", id: "east" });
    expect(copy?.ref).toEqual({ kind: "rule", id: "east-2" });
    expect(copy?.graph.rules["east-2"]).toEqual(graph.rules["east"]);
  });
});

it("a record type has the endpoints that can answer it", () => {
  expect(endpointTypes("TXT")).toEqual(["value"]);
  expect(endpointTypes("AAAA")).not.toContain("s3-website");
  expect(endpointTypes("A")).toContain("s3-website");
  expect(ruleKinds(EMPTY)).not.toContain("cidr");
});

it("a kept draft is restored, and any other text is none", () => {
  const kept = { draft: { graph, moved: { start: { x: 1, y: 2 } } }, name: "n", comment: "c", at: 5 };
  expect(restore(keep(kept))).toEqual(kept);
  for (const other of [null, "", "{}", "[]", '{"draft":{"graph":{"format":"2031"}}}']) expect(restore(other)).toBeUndefined();
});

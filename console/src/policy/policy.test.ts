import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { BadDocument, read, write } from "./document";
import { addArm, addEndpoint, addRule, connect, remove, removeArm, rename } from "./edit";
import { armLabel, closesCircle, EMPTY, type Graph, refs, share } from "./graph";
import { begin, change, redo, undo } from "./history";

const DOCUMENTS = join(import.meta.dirname, "../../../tests/vectors/traffic");
const published = readdirSync(DOCUMENTS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));

/** One country to an endpoint, everyone else to one of two regions. */
function seed(): Graph {
  const geo = addRule(EMPTY, "geo", "start");
  const country = addArm(geo.graph, "geo");
  const message = addEndpoint(country, { type: "value", value: "192.0.2.1" }, { rule: "geo", arm: 1 });
  const latency = addRule(message.graph, "latency", { rule: "geo", arm: 0 });
  const first = addEndpoint(latency.graph, { type: "value", value: "192.0.2.2" }, { rule: "latency", arm: 0 });
  return addEndpoint(first.graph, { type: "value", value: "192.0.2.3" }, { rule: "latency", arm: 1 }).graph;
}

describe("documents", () => {
  it.each(published)("%s reads, and reads the same after it was written", (name) => {
    const graph = read(readFileSync(join(DOCUMENTS, name), "utf8"));
    expect(read(write(graph))).toEqual(graph);
  });
  it("keep the collection and the locations of a network rule", () => {
    const { rules } = read(readFileSync(join(DOCUMENTS, "21-networks.json"), "utf8"));
    const arms = [
      { to: { kind: "endpoint", id: "office" }, location: "berlin" },
      { to: { kind: "rule", id: "distance" }, isDefault: true },
    ];
    expect(rules["network"]).toEqual({ kind: "cidr", collectionId: "7f5ad22e-3c0b-4d7f-9d3a-2f6e4f0a9c55", arms });
  });
  it.each([
    ["no JSON", "{", ""],
    ["no object", "[]", ""],
    ["no format", "{}", "/AWSPolicyFormatVersion"],
    ["a rule of no kind", '{"AWSPolicyFormatVersion":"2023-05-09","Rules":{"a/b":{"RuleType":"x"}}}', "/Rules/a~1b/RuleType"],
    ["arms that are no list", '{"AWSPolicyFormatVersion":"2023-05-09","Rules":{"r":{"RuleType":"geo","Locations":{}}}}', "/Rules/r/Locations"],
  ])("%s is told with its place", (_, text, at) => {
    expect(() => read(text)).toThrowError(BadDocument);
    try {
      read(text);
    } catch (error) {
      expect(error).toMatchObject({ at });
    }
  });
});

describe("edits", () => {
  it("connect what is added", () => {
    const graph = seed();
    expect(graph.start).toEqual({ kind: "rule", id: "geo" });
    expect(refs(graph)).toHaveLength(5);
  });
  it("remove a rule with what only it leads to, and keep what is shared", () => {
    const shared = connect(seed(), { rule: "geo", arm: 1 }, { kind: "endpoint", id: "endpoint-2" });
    const left = remove(shared, { kind: "rule", id: "latency" });
    expect(Object.keys(left.rules)).toEqual(["geo"]);
    expect(Object.keys(left.endpoints).sort()).toEqual(["endpoint", "endpoint-2"]);
    expect(left.rules["geo"]?.arms[0]?.to).toBeUndefined();
  });
  it("rename a box wherever it is led to", () => {
    const graph = rename(seed(), { kind: "rule", id: "latency" }, "nearest");
    expect(graph.rules["geo"]?.arms[0]?.to).toEqual({ kind: "rule", id: "nearest" });
    expect(rename(graph, { kind: "rule", id: "nearest" }, "geo")).toBe(graph);
  });
  it("know a circle", () => {
    expect(closesCircle(seed(), { kind: "rule", id: "latency" }, { kind: "rule", id: "geo" })).toBe(true);
    expect(closesCircle(seed(), { kind: "rule", id: "geo" }, { kind: "endpoint", id: "endpoint" })).toBe(false);
  });
  it("keep both sides of a failover rule", () => {
    const { graph } = addRule(EMPTY, "failover");
    expect(addArm(removeArm(graph, "failover", 0), "failover").rules["failover"]?.arms).toHaveLength(2);
  });
});

describe("labels", () => {
  const weighted = (...weights: string[]) => ({ kind: "weighted" as const, arms: weights.map((weight) => ({ to: undefined, weight })) });
  it.each([
    [["4", "5", "5", "6"], ["20 %", "25 %", "25 %", "30 %"]],
    [["0", "0"], ["50 %", "50 %"]],
    [["0", "7"], ["never", "100 %"]],
  ])("weights %j", (weights, shares) => expect(weights.map((_, at) => share(weighted(...weights), at))).toEqual(shares));
  it("say where an arm is for", () => {
    expect(armLabel({ kind: "geo", arms: [{ to: undefined, country: "US", subdivision: "TX" }] }, 0)).toBe("US-TX");
    expect(armLabel({ kind: "geoproximity", arms: [{ to: undefined, region: "us-east-1", bias: "-10" }] }, 0)).toBe("us-east-1 (-10)");
  });
});

it("changes can be taken back and made again", () => {
  const twice = change(change(begin(1), 2), 3);
  expect(undo(undo(twice)).now).toBe(1);
  expect(redo(undo(twice))).toEqual(twice);
  expect(undo(change(change(begin(1), 2), 3, true)).now).toBe(1);
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { read } from "../policy/document";
import { addEndpoint, addRule, connect } from "../policy/edit";
import { EMPTY, type Graph } from "../policy/graph";
import { arrange, sizeOf } from "./layout";

const DOCUMENTS = join(import.meta.dirname, "../../../tests/vectors/traffic");

/** A weighted rule of `wide` failover rules with two endpoints each. */
function tree(wide: number): Graph {
  let { graph } = addRule(EMPTY, "weighted", "start");
  graph = { ...graph, rules: { weighted: { kind: "weighted", arms: Array.from({ length: wide }, () => ({ to: undefined, weight: "1" })) } } };
  for (let arm = 0; arm < wide; arm++) {
    const pair = addRule(graph, "failover", { rule: "weighted", arm });
    graph = pair.graph;
    for (const side of [0, 1]) graph = addEndpoint(graph, { type: "value", value: "192.0.2.1" }, { rule: pair.ref.id, arm: side }).graph;
  }
  return graph;
}

function overlaps(graph: Graph): string[] {
  const boxes = [...arrange(graph)].map(([key, at]) => ({ key, ...at, ...sizeOf(graph, key) }));
  return boxes.flatMap((a, number) =>
    boxes
      .slice(number + 1)
      .filter((b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height)
      .map((b) => `${a.key} and ${b.key}`),
  );
}

describe("a layout", () => {
  const published = readdirSync(DOCUMENTS, { encoding: "utf8" }).filter((name) => name.endsWith(".json"));
  it.each(published)("of %s has no two boxes in one place", (name) => {
    expect(overlaps(read(readFileSync(join(DOCUMENTS, name), "utf8")))).toEqual([]);
  });
  it("of two hundred boxes has none either, and is the same again", () => {
    const graph = tree(66);
    expect(overlaps(graph)).toEqual([]);
    expect(arrange(graph)).toEqual(arrange(graph));
  });
  it("goes from left to right, and below a rule in the order of its arms", () => {
    const at = arrange(tree(4));
    const of = (key: string) => at.get(key) ?? { x: NaN, y: NaN };
    expect(of("start").x).toBeLessThan(of("rule:weighted").x);
    expect(of("rule:weighted").x).toBeLessThan(of("rule:failover").x);
    const rules = ["rule:failover", "rule:failover-2", "rule:failover-3", "rule:failover-4"].map((key) => of(key).y);
    expect(rules).toEqual([...rules].sort((a, b) => a - b));
    const ends = ["endpoint:endpoint", "endpoint:endpoint-2", "endpoint:endpoint-3", "endpoint:endpoint-4"].map((key) => of(key).y);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
  });
  it("stands a circle", () => {
    const { graph } = addRule(tree(1), "geo", { rule: "failover", arm: 1 });
    expect(arrange(connect(graph, { rule: "geo", arm: 0 }, { kind: "rule", id: "weighted" })).size).toBe(6);
  });
});

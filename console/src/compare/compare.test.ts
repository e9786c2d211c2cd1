import { expect, it } from "vitest";

import { EMPTY, type Graph } from "../policy/graph";
import { boxChanges, changesText } from "./boxes";

const endpoint = (value: string) => ({ type: "value", value });
const BEFORE: Graph = {
  ...EMPTY,
  start: { kind: "rule", id: "split" },
  rules: { split: { kind: "weighted", arms: [{ to: { kind: "endpoint", id: "a" }, weight: "1" }] } },
  endpoints: { a: endpoint("192.0.2.1"), split: endpoint("192.0.2.2") },
};

it("boxes that came, went and differ are told apart, also where a rule and an endpoint share a name", () => {
  const after: Graph = { ...BEFORE, rules: { split: { kind: "weighted", arms: [{ to: { kind: "endpoint", id: "b" }, weight: "1" }] } }, endpoints: { a: endpoint("192.0.2.1"), b: endpoint("192.0.2.3") } };
  const changes = boxChanges(BEFORE, after);
  expect([...changes]).toEqual([["rule:split", "changed"], ["endpoint:split", "removed"], ["endpoint:b", "added"]]);
  expect(changesText(changes)).toBe("Boxes: 1 added (b), 1 removed (split), 1 changed (split).");
});
it("a start that leads elsewhere has changed", () => {
  expect([...boxChanges(BEFORE, { ...BEFORE, start: { kind: "endpoint", id: "a" } })]).toEqual([["start", "changed"]]);
  expect(changesText(boxChanges(BEFORE, { ...BEFORE, recordType: "AAAA" }))).toBe("Boxes: 1 changed (the start).");
});
it("the same graph has no changes", () => expect(changesText(boxChanges(BEFORE, structuredClone(BEFORE)))).toBe(""));

import { describe, expect, it } from "vitest";

import { compare, difference, linesOf, verb } from "./events";

describe("before and after, line by line", () => {
  it.each([
    ["abc", "abc", " a  b  c"],
    ["abc", "ac", " a −b  c"],
    ["ac", "abc", " a +b  c"],
    ["abc", "axc", " a −b +x  c"],
    ["", "ab", "+a +b"],
    ["ab", "", "−a −b"],
    ["", "", ""],
  ])("%s to %s", (before, after, expected) => {
    expect(difference([...before], [...after]).map(({ mark, text }) => mark + text).join(" ")).toBe(expected);
  });
  it("gives both sides back, whatever they are", () => {
    const [before, after] = [[..."meridian"], [..."antimeridians"]];
    const found = difference(before, after);
    expect(found.filter(({ mark }) => mark !== "+").map(({ text }) => text)).toEqual(before);
    expect(found.filter(({ mark }) => mark !== "−").map(({ text }) => text)).toEqual(after);
  });
  it("compares JSON", () => {
    expect(compare({ before: { TTL: 60 }, after: { TTL: 30 } }).filter(({ mark }) => mark !== " ")).toEqual([{ mark: "−", text: '  "TTL": 60' }, { mark: "+", text: '  "TTL": 30' }]);
  });
});

describe("what an event did", () => {
  const change = { kind: "recordset", action: "route53:ChangeResourceRecordSets" };
  it.each([[null, {}, "Created"], [{}, null, "Deleted"], [{}, {}, "Changed"]] as const)("%o to %o", (before, after, word) => expect(verb({ ...change, before, after })).toBe(word));
  it.each([["route53:CreateHealthCheck", "Created"], ["route53:UpdateHealthCheck", "Changed"], ["iam:DeleteUser", "Deleted"]] as const)("%s", (action, word) => expect(verb({ kind: "healthcheck", action, before: null, after: {} })).toBe(word));
  it("nothing has no lines", () => expect(linesOf(null)).toEqual([]));
});

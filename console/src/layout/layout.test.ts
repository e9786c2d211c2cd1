import { describe, expect, it } from "vitest";

import { relative } from "./moment";
import { placeOf } from "./places";

describe("a path belongs to a place", () => {
  it.each([
    ["/", "Overview"],
    ["/zones", "Hosted zones"],
    ["/zones/Z1/records", "Hosted zones"],
    ["/policies/p/1", "Traffic policies"],
    ["/policy-records", "Policy records"],
    ["/elsewhere", "Overview"],
  ])("%s", (path, text) => expect(placeOf(path).text).toBe(text));
});

describe("times are told relative to now", () => {
  it.each([
    [0, "now"],
    [-59_000, "59 seconds ago"],
    [-3_600_000, "1 hour ago"],
    [3 * 86_400_000, "in 3 days"],
    [-400 * 86_400_000, "last year"],
  ])("%d ms", (away, text) => expect(relative(1e12 + away, 1e12)).toBe(text));
});

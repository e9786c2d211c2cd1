import { describe, expect, it } from "vitest";

import type { TrafficPolicyInstance } from "../api/operations";
import { namesWith, type Use, valuesOf } from "./resource";

const record = { Id: "i" } as TrafficPolicyInstance;
const use = (version: number, instances: number, ...values: string[]): Use => ({
  id: "p",
  name: "web",
  version,
  type: "A",
  latest: false,
  endpoints: values.map((value, at) => ({ id: `e${at}`, type: "value", value })),
  instances: Array.from({ length: instances }, () => record),
});

describe("what is found of a resource", () => {
  const uses = [use(3, 0, "front-2", "front-1"), use(1, 2, "front-1"), use(2, 1, "front-1", "front-3")];
  it("is each value once, those in use first", () => expect(valuesOf(uses)).toEqual(["front-1", "front-3", "front-2"]));
  it.each([
    ["front-1", 3],
    ["front-2", 0],
    ["front-3", 1],
  ])("%s answers for %i names", (value, count) => expect(namesWith(uses, value)).toBe(count));
});

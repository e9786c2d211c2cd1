import { describe, expect, it } from "vitest";

import { reachedText, servedText } from "./reached";

const change = (reached: string[], waiting: string[], more = {}) => ({ published: true, reached, waiting, failed: {}, ...more });

describe("which edges have a change", () => {
  it.each([
    [change([], [], { published: false }), "Not published yet."],
    [change([], []), "No edge is live."],
    [change([], ["fra"]), "No edge has it yet; waiting for fra."],
    [change(["fra"], ["iad", "syd"]), "fra has it; waiting for iad and syd."],
    [change(["fra", "iad", "syd"], []), "fra, iad and syd have it."],
    [change(["a", "b", "c", "d", "e", "f"], ["g"]), "a, b, c, d and 2 more have it; waiting for g."],
    [change(["fra"], ["iad"], { failed: { iad: "too large" } }), "iad could not load it: too large"],
  ])("%o", (of, text) => expect(reachedText(of)).toBe(text));
  it.each([
    [change(["fra", "iad"], []), "Served by fra and iad."],
    [change([], []), ""],
  ])("in sync %o", (of, text) => expect(servedText(of)).toBe(text));
});

import { describe, expect, it } from "vitest";

import { minutesOf, spans, wordOf } from "./check";

const OVERRIDE = { healthy: false, until: "2026-01-02T03:04:05Z", by: "admin", reason: "" };

describe("the word for a state", () => {
  it.each([
    [{ healthy: true, seen: true, disabled: false, override: null }, "Healthy"],
    [{ healthy: false, seen: true, disabled: false, override: null }, "Unhealthy"],
    [{ healthy: true, seen: false, disabled: false, override: null }, "Unknown"],
    [{ healthy: null, seen: false, disabled: false, override: null }, "Unknown"],
    [{ healthy: false, seen: false, disabled: false, override: OVERRIDE }, "Unhealthy"],
    [{ healthy: true, seen: true, disabled: true, override: null }, "Disabled"],
  ] as const)("%o", (state, word) => expect(wordOf(state)).toBe(word));
});

describe("the graph of a check", () => {
  const history = { events: [], graph: { start: "2026-01-02T03:00:00Z", minutes: [1, 1, 1, 0, 1] }, created_at: "2026-01-02T03:01:30Z" };
  it("says nothing of the time before the check was there", () => {
    expect(minutesOf(history).map(({ state }) => state)).toEqual(["none", "healthy", "healthy", "unhealthy", "healthy"]);
  });
  it("joins minutes of one state", () => {
    expect(spans(minutesOf(history)).map(({ from, to, state }) => [(to - from) / 60_000, state])).toEqual([[1, "none"], [2, "healthy"], [1, "unhealthy"], [1, "healthy"]]);
  });
});

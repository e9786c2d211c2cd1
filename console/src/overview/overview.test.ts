import { describe, expect, it } from "vitest";

import { perSecond, ratesOf } from "./overview";

describe("rates are differences of counts", () => {
  const samples = [
    { at: 0, counts: { a: 10, b: 100 } },
    { at: 2, counts: { a: 30, b: 104 } },
    { at: 4, counts: { a: 30, b: 2, c: 8 } },
  ];
  it("the busiest first, and nothing said where a count began anew or was not there", () => {
    expect(ratesOf(samples, 5)).toEqual({
      times: [2, 4],
      series: [
        { label: "a", rates: [10, 0] },
        { label: "c", rates: [null, null] },
        { label: "b", rates: [2, null] },
      ],
    });
  });
  it("no more than asked for", () => expect(ratesOf(samples, 1).series.map(({ label }) => label)).toEqual(["a"]));
  it("one look gives no rate", () => expect(ratesOf(samples.slice(0, 1), 5).times).toEqual([]));
  it("no look gives nothing", () => expect(ratesOf([], 5)).toEqual({ times: [], series: [] }));
});

describe("rates in words", () => {
  it.each([[0, "0"], [0.25, "0.3"], [12, "12"], [1234, "1.2 k"], [2_500_000, "2.5 M"]] as const)("%d", (rate, text) => expect(perSecond(rate)).toBe(text));
});

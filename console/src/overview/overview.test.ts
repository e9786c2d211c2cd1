import { describe, expect, it } from "vitest";

import { byEdge, byType, type Counted, type Counts, looked, NO_COUNTS, type Overview, perSecond, ratesOf } from "./overview";

const moment = (second: number) => new Date(second * 1000).toISOString();
const counted = (at: number, types: Record<string, number>): Counted => ({ at: moment(at), counters: {}, types, zones: [] });
const at = (second: number, edges: Record<string, Counted | null>, silent: readonly string[] = []): Overview => ({
  at: moment(second),
  count: { zones: 0, record_sets: 0, checks: 0, policies: 0, policy_records: 0 },
  health: { healthy: 0, unhealthy: 0, unknown: 0, disabled: 0, overridden: 0, down: [] },
  edges: Object.entries(edges).map(([name, counted]) => ({ name, live: !silent.includes(name), heard_at: "", started_at: null, failed: 0, counted })),
  changes: [],
});
const after = (...overviews: Overview[]): Counts => overviews.reduce((counts, each) => looked(counts, each, 100), NO_COUNTS);

describe("rates are differences of counts", () => {
  const { looks } = after(
    at(10, { fra: counted(9, { A: 100 }), iad: counted(10, { A: 10, MX: 3 }) }),
    at(12, { fra: counted(11, { A: 140 }), iad: counted(10, { A: 10, MX: 3 }) }),
    at(14, { fra: counted(11, { A: 140 }), iad: counted(15, { A: 20, MX: 3 }) }),
  );
  it("summed over edges, the busiest first; an edge's rate stays until it has counted again", () => {
    expect(ratesOf(looks, byType, 5)).toEqual({
      times: [10, 12, 14],
      series: [
        { label: "A", rates: [null, 20, 22] },
      ],
    });
  });
  it("of each edge", () =>
    expect(ratesOf(looks, byEdge, 5).series).toEqual([
      { label: "fra", rates: [null, 20, 20] },
      { label: "iad", rates: [null, null, 2] },
    ]));
  it("no more than asked for", () => expect(ratesOf(looks, byEdge, 1).series.map(({ label }) => label)).toEqual(["fra"]));
  it("an edge that was started again says nothing until its second count", () => {
    const { looks } = after(at(1, { fra: counted(1, { A: 100 }) }), at(2, { fra: counted(2, { A: 5 }) }), at(3, { fra: counted(3, { A: 7 }) }));
    expect(ratesOf(looks, byType, 1).series).toEqual([{ label: "A", rates: [null, null, 2] }]);
  });
  it("a silent edge and one that has not counted say nothing", () => {
    const { looks } = after(at(1, { fra: counted(1, { A: 1 }), iad: null }), at(2, { fra: counted(2, { A: 5 }), iad: null }, ["fra"]));
    expect(ratesOf(looks, byEdge, 5).series).toEqual([]);
  });
  it("no more looks are kept than asked for", () => expect(looked(after(at(1, {}), at(2, {})), at(3, {}), 2).looks.map(({ at }) => at)).toEqual([2, 3]));
  it("no look gives nothing", () => expect(ratesOf([], byType, 5)).toEqual({ times: [], series: [] }));
});

describe("rates in words", () => {
  it.each([[0, "0"], [0.25, "0.3"], [12, "12"], [1234, "1.2 k"], [2_500_000, "2.5 M"]] as const)("%d", (rate, text) => expect(perSecond(rate)).toBe(text));
});

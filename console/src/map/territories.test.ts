import { describe, expect, it } from "vitest";

import { factor, kilometres, RADIUS_KM, vectorOf } from "./sphere";
import { cellKm, COARSE, FINE, NOBODY, reaches, type Site, siteAt, territories } from "./territories";

const at = (latitude: number, longitude: number, bias = 0): Site => ({ latitude, longitude, bias });

/** Numbers that look like chance and are the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function sitesBy(next: () => number, count: number): Site[] {
  return Array.from({ length: count }, () => at(Math.round(next() * 18000 - 9000) / 100, Math.round(next() * 36000 - 18000) / 100, Math.floor(next() * 199) - 99));
}

describe("distances", () => {
  it.each([
    ["no way at all", at(48.15, 11.58), at(48.15, 11.58), 0],
    ["pole to pole", at(90, 0), at(-90, 0), Math.PI * RADIUS_KM],
    ["across the date line", at(0, 179.5), at(0, -179.5), (Math.PI * RADIUS_KM) / 180],
    ["to the antipode", at(33.33, 44.44), at(-33.33, -135.56), Math.PI * RADIUS_KM],
    ["London to Singapore", at(51.51, -0.13), at(1.35, 103.82), 10_848],
  ])("%s (R-GPX-11)", (_, a, b, km) => expect(Math.abs(kilometres(vectorOf(a), vectorOf(b)) - km)).toBeLessThan(0.01 + km / 1e4));
  it.each([
    [50, "linear", 0.5],
    [-50, "linear", 1.5],
    [-50, "reciprocal", 2],
    [50, "reciprocal", 0.5],
    [99, "linear", 0.01],
    [-99, "linear", 1.99],
    [-99, "reciprocal", 100],
    [127, "linear", 0.01],
  ] as const)("a bias of %d is %s (R-GPX-4, R-GPX-5)", (bias, negative, by) => expect(factor(bias, negative)).toBeCloseTo(by, 9));
});

describe("territories", () => {
  it("have cells of at most 16 km (R-VIS-8)", () => expect(cellKm(FINE)).toBeLessThan(16));
  it.each(["linear", "reciprocal"] as const)("are the least of the biased distances in each cell (%s)", (negative) => {
    const next = numbers(7);
    for (const count of [1, 2, 5, 30]) {
      const sites = sitesBy(next, count);
      const { sites: drawn, columns, rows } = territories(sites, negative, COARSE);
      const wrong: number[] = [];
      for (let cell = 0; cell < drawn.length; cell += 37) {
        const [row, column] = [Math.floor(cell / columns), cell % columns];
        const middle = { latitude: 90 - ((row + 0.5) / rows) * 180, longitude: ((column + 0.5) / columns) * 360 - 180 };
        const [first, second] = reaches(sites, middle, negative);
        const isTie = second !== undefined && second.biasedKm - (first?.biasedKm ?? 0) < 1e-6;
        if (!isTie && drawn[cell] !== first?.site) wrong.push(cell);
      }
      expect(wrong).toEqual([]);
    }
  });
  it("are nobody's without sites", () => expect(new Set(territories([], "linear", COARSE).sites)).toEqual(new Set([NOBODY])));
  it("reach over the date line and the poles", () => {
    const raster = territories([at(0, 179), at(0, 0)], "linear");
    expect([siteAt(raster, at(0, -179.9)), siteAt(raster, at(10, 180)), siteAt(raster, at(90, 170)), siteAt(raster, at(-90, 1))]).toEqual([0, 0, 0, 1]);
  });
  it("grow with the bias and shrink those of others (R-GPX-14)", () => {
    const share = (bias: number) => territories([at(50, 8, bias), at(40, -74)], "linear", COARSE).sites.filter((site) => site === 0).length;
    expect([-50, 0, 50].map(share)).toEqual([-50, 0, 50].map(share).sort((a, b) => a - b));
    expect(share(50)).toBeGreaterThan(share(0));
  });
});

describe("who gets a point", () => {
  it("is told with every distance, the nearest first (R-GPX-6)", () => {
    const degrees = (km: number) => (km / RADIUS_KM) * (180 / Math.PI);
    const [first, second] = reaches([at(0, degrees(100)), at(0, -degrees(150), 50)], at(0, 0), "linear");
    expect([first?.site, Math.round(first?.biasedKm ?? 0), Math.round(second?.biasedKm ?? 0)]).toEqual([1, 75, 100]);
  });
});

import { describe, expect, it } from "vitest";

import type { Atlas, Country } from "./atlas";
import { coverage, gapText } from "./coverage";
import { countryOf } from "./iso";
import { coordinates, placed } from "./sites";
import { panned, pixelOf, placeAt, showing, type View, whole, within, zoomed } from "./view";

const country = (code: string, continent: string): Country => ({ code, name: code, continent, subdivisions: [] });
const COUNTRIES = [country("DE", "EU"), country("FR", "EU"), country("US", "NA"), country("CA", "NA"), country("NA", "AF")];
const to = { to: undefined };
const geo = (...arms: object[]) => coverage({ kind: "geo", arms: arms.map((arm) => ({ ...to, ...arm })) }, COUNTRIES);

describe("coverage of a geolocation rule", () => {
  it("takes the smallest place (R-GEO-6)", () => {
    const found = geo({ isDefault: true }, { continent: "NA" }, { country: "CA" }, { country: "US", subdivision: "TX" });
    expect(found.countries.get("CA")).toEqual({ arm: 2, by: "country" });
    expect(found.countries.get("US")).toEqual({ arm: 1, by: "continent" });
    expect(found.countries.get("DE")).toEqual({ arm: 0, by: "default" });
    expect([...found.subdivisions]).toEqual([["US-TX", 3]]);
    expect(found.fallback).toBe(0);
  });
  it("tells Namibia from North America", () => {
    const found = geo({ continent: "NA" });
    expect(found.countries.has("NA")).toBe(false);
    expect(geo({ country: "NA" }).gaps).toEqual(["DE", "FR", "US", "CA"]);
  });
  it("knows the gaps of a rule without a default (R-GEO-9, R-GEO-12)", () => {
    expect(gapText(geo({ continent: "EU" }), (code) => code)).toContain("US, CA, NA");
    expect(gapText(geo({ continent: "EU" }, { continent: "NA" }, { continent: "AF" }), (code) => code)).toBe("Without a default, clients whose place nobody knows get no answer.");
    expect(gapText(geo({ country: "*" }), (code) => code)).toBeUndefined();
  });
});

describe("places", () => {
  const region = (id: string, latitude: number, longitude: number) => ({ id, city: "", country: "", latitude, longitude });
  const atlas: Atlas = { negative_bias: "linear", regions: [region("us-west-2", 46, -119)], local_zones: [region("us-west-2-den-1", 40, -105)], continents: [], countries: [] };
  const points = (...arms: object[]) => placed({ kind: "geoproximity", arms: arms.map((arm) => ({ ...to, ...arm })) }, atlas).map(({ arm, site }) => [arm, site.latitude, site.longitude, site.bias]);
  it("of regions, local zones and coordinates are known (R-GPX-10)", () => {
    expect(points({ region: "us-west-2", bias: "-10" }, { localZone: "us-west-2-den-1" }, { localZone: "us-west-2-sea-1" }, { latitude: "-1.5", longitude: "20" })).toEqual([
      [0, 46, -119, -10],
      [1, 40, -105, 0],
      [2, 46, -119, 0],
      [3, -1.5, 20, 0],
    ]);
  });
  it("that are not there have no territory", () => expect(points({}, { region: "nowhere-1" }, { latitude: "91", longitude: "0" }, { latitude: "", longitude: "" })).toEqual([]));
  it("have a bias that is at most 99 and a number", () => expect(points({ region: "us-west-2", bias: "500" }, { region: "us-west-2", bias: "x" }).map((each) => each[3])).toEqual([99, 0]));
  it("read in words", () => expect(coordinates(-33.86, 151.2)).toBe("33.9° S, 151.2° E"));
  it.each([
    ["276", "Germany", "DE"],
    [36, "Australia", "AU"],
    [undefined, "Kosovo", "XK"],
    [undefined, "Atlantis", undefined],
  ])("of the atlas: %s %s is %s", (number, name, code) => expect(countryOf(number, name)).toBe(code));
});

describe("the view", () => {
  const size = { width: 720, height: 360 };
  const world = whole(size);
  const close = (a: View, b: View) => Object.keys(a).every((key) => Math.abs(a[key as keyof View] - b[key as keyof View]) < 1e-9);
  it("shows the whole world first", () => {
    expect(world).toEqual({ scale: 2, x: 0, y: 0 });
    expect(whole({ width: 800, height: 360 })).toEqual({ scale: 2, x: 40, y: 0 });
  });
  it("keeps the place under the pointer while it zooms", () => {
    const near = zoomed(world, size, 4, 200, 100);
    expect(placeAt(near, 200, 100)).toEqual(placeAt(world, 200, 100));
    expect(close(zoomed(near, size, 1 / 4, 200, 100), world)).toBe(true);
  });
  it("stays on the world", () => {
    expect(zoomed(world, size, 0.1, 5, 5)).toEqual(world);
    expect(panned(zoomed(world, size, 2, 360, 180), size, 9999, -9999)).toEqual({ scale: 4, x: 0, y: -360 });
    expect(within({ scale: 1000, x: 0, y: 0 }, size).scale).toBe(60);
  });
  it("gives the place of a pixel and the pixel of a place", () => {
    const near = zoomed(world, size, 7, 100, 300);
    const { x, y } = pixelOf(near, { latitude: -50.5, longitude: -120.25 });
    expect(placeAt(near, x, y)?.latitude).toBeCloseTo(-50.5, 9);
    expect(placeAt(world, -1, 10)).toBeUndefined();
  });
  it("follows the crosshair", () => {
    const near = zoomed(world, size, 8, 0, 0);
    const { x, y } = pixelOf(showing(near, size, { latitude: 0, longitude: 0 }), { latitude: 0, longitude: 0 });
    expect([x, y]).toEqual([size.width - 24, size.height - 24]);
  });
});

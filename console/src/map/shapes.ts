// The shapes of countries and of the states of the US, as paths on the sheet of `view.ts`. Loaded when a map is opened.
import { geoContains, geoEquirectangular, geoPath } from "d3-geo";
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import states from "us-atlas/states-10m.json?raw";
import world from "world-atlas/countries-50m.json?raw";

import type { Country } from "./atlas";
import { countryOf } from "./iso";
import type { Place } from "./sphere";

type Named = Topology<Record<string, GeometryCollection<{ name: string }>>>;

export interface Shape {
  /** Such as `DE` or `US-TX`; undefined for what policies cannot name. */
  code: string | undefined;
  path: Path2D;
}

export interface Shapes {
  countries: readonly Shape[];
  states: readonly Shape[];
  land: Path2D;
  /** Borders between countries, without the coasts. */
  borders: Path2D;
  /** The country and, in the US, the state that a place is in. */
  at: (place: Place) => { country?: string; state?: string };
}

// One degree is one unit; a curve is drawn to a hundredth of a degree.
const SHEET = geoEquirectangular().scale(180 / Math.PI).translate([180, 90]).precision(0.05);
const PATH = geoPath(SHEET).digits(3);

let made: Shapes | undefined;

/** `countries`: to find the codes of the states by their names. */
export function shapes(countries: readonly Country[]): Shapes {
  return (made ??= make(countries));
}

function make(countries: readonly Country[]): Shapes {
  const atlas = JSON.parse(world) as Named;
  const lands = featuresOf(atlas, "countries").map((each) => ({ code: countryOf(each.id, each.properties.name), each }));
  const parts = new Map(countries.find(({ code }) => code === "US")?.subdivisions.map(({ code, name }) => [name, `US-${code}`]));
  const inside = featuresOf(JSON.parse(states) as Named, "states").flatMap((each) => {
    const code = parts.get(each.properties.name);
    return code === undefined ? [] : [{ code, each }];
  });
  const shape = ({ code, each }: { code: string | undefined; each: Feature<Geometry> }): Shape => ({ code, path: new Path2D(PATH(each) ?? "") });
  return {
    countries: lands.map(shape),
    states: inside.map(shape),
    land: new Path2D(PATH(feature(atlas, atlas.objects["land"] as GeometryCollection)) ?? ""),
    borders: new Path2D(PATH(mesh(atlas, atlas.objects["countries"] as GeometryCollection, (a, b) => a !== b)) ?? ""),
    at: ({ latitude, longitude }) => {
      const holds = ({ each }: { each: Feature<Geometry> }) => geoContains(each, [longitude, latitude]);
      const country = lands.find(holds)?.code;
      const state = country === "US" ? inside.find(holds)?.code : undefined;
      return { ...(country !== undefined && { country }), ...(state !== undefined && { state }) };
    },
  };
}

function featuresOf(topology: Named, name: string): Feature<Geometry, { name: string }>[] {
  const found = feature(topology, topology.objects[name] as GeometryCollection<{ name: string }>) as FeatureCollection<Geometry, { name: string }>;
  return found.features;
}

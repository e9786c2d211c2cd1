// Draws the territories of each rule on standard input with the console's own functions, and tells who gets each
// of its points: by the raster that is drawn, and by the list that "who gets this point?" shows.
// Usage: node territories.mjs MODULE, where MODULE is console/src/map/territories.ts as JavaScript.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { cellKm, FINE, reaches, siteAt, territories } = await import(pathToFileURL(process.argv[2]).href);

const told = JSON.parse(readFileSync(0, "utf8")).map(({ sites, negative, points }) => {
  const raster = territories(sites, negative);
  return points.map((point) => ({ drawn: siteAt(raster, point), reaches: reaches(sites, point, negative) }));
});
process.stdout.write(JSON.stringify({ cellKm: cellKm(FINE), told }));

// Draws the world on a canvas: sea, land, territories or countries, borders, pins, crosshair.
import type { Shape, Shapes } from "./shapes";
import type { Place } from "./sphere";
import type { Raster } from "./territories";
import { pixelOf, type Size, type View } from "./view";

/** How a country is filled. `hatched`: nobody there gets an answer. */
export type Fill = { color: string; faint: boolean } | "hatched";

export type Paint = { kind: "territories"; layer: HTMLCanvasElement } | { kind: "countries"; fillOf: (code: string) => Fill | undefined };

export interface Pin {
  place: Place;
  /** What stands in it. */
  text: string;
  color: string;
  chosen: boolean;
}

/** Colours as a canvas takes them. */
export interface Ink {
  sea: string;
  land: string;
  line: string;
  text: string;
  error: string;
  box: string;
}

export interface Drawn {
  view: View;
  size: Size;
  shapes: Shapes;
  paint: Paint;
  pins: readonly Pin[];
  /** The place that is asked for, and where arrow keys are. */
  crosshair: Place | undefined;
  ink: Ink;
}

/** `context` has pixels of the page as its unit. */
export function draw(context: CanvasRenderingContext2D, { view, size, shapes, paint, pins, crosshair, ink }: Drawn): void {
  context.fillStyle = ink.sea;
  context.fillRect(0, 0, size.width, size.height);
  context.save();
  context.translate(view.x, view.y);
  context.scale(view.scale, view.scale);
  context.fillStyle = ink.land;
  context.fill(shapes.land);
  if (paint.kind === "territories") drawTerritories(context, paint.layer, shapes);
  else drawCountries(context, paint.fillOf, shapes, view, ink);
  context.lineJoin = "round";
  context.strokeStyle = ink.line;
  context.lineWidth = 0.75 / view.scale;
  context.stroke(shapes.borders);
  if (paint.kind === "countries") for (const { code, path } of shapes.states) if (paint.fillOf(code ?? "") !== undefined) context.stroke(path);
  context.restore();
  if (crosshair !== undefined) drawCrosshair(context, view, crosshair, ink);
  for (const pin of pins) drawPin(context, view, pin, ink);
}

/** The sea shows them paler than the land. */
function drawTerritories(context: CanvasRenderingContext2D, layer: HTMLCanvasElement, shapes: Shapes): void {
  context.imageSmoothingEnabled = false;
  context.globalAlpha = 0.28;
  context.drawImage(layer, 0, 0, 360, 180);
  context.save();
  context.clip(shapes.land);
  context.globalAlpha = 0.62;
  context.drawImage(layer, 0, 0, 360, 180);
  context.restore();
  context.globalAlpha = 1;
}

function drawCountries(context: CanvasRenderingContext2D, fillOf: (code: string) => Fill | undefined, shapes: Shapes, view: View, ink: Ink): void {
  const hatch = hatching(context, view, ink);
  const fill = ({ code, path }: Shape) => {
    const found = code === undefined ? undefined : fillOf(code);
    if (found === undefined) return;
    context.globalAlpha = found === "hatched" ? 1 : found.faint ? 0.35 : 0.9;
    context.fillStyle = found === "hatched" ? hatch : found.color;
    context.fill(path);
  };
  shapes.countries.forEach(fill);
  shapes.states.forEach((state) => {
    if (state.code === undefined || fillOf(state.code) === undefined) return;
    // A state takes the place of its country's colour.
    context.globalAlpha = 1;
    context.fillStyle = ink.land;
    context.fill(state.path);
    fill(state);
  });
  context.globalAlpha = 1;
}

function hatching(context: CanvasRenderingContext2D, view: View, ink: Ink): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const on = tile.getContext("2d");
  if (on === null) return ink.error;
  on.strokeStyle = ink.error;
  on.globalAlpha = 0.55;
  on.lineWidth = 1.5;
  on.beginPath();
  for (const shift of [-8, 0, 8]) {
    on.moveTo(shift, 8);
    on.lineTo(shift + 8, 0);
  }
  on.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern?.setTransform(new DOMMatrix().scale(1 / view.scale));
  return pattern ?? ink.error;
}

const RADIUS = 11;

function drawPin(context: CanvasRenderingContext2D, view: View, { place, text, color, chosen }: Pin, ink: Ink): void {
  const { x, y } = pixelOf(view, place);
  context.beginPath();
  context.arc(x, y, RADIUS, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = chosen ? 3 : 1.5;
  context.strokeStyle = chosen ? ink.text : ink.box;
  context.stroke();
  context.font = "bold 12px sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 2.5;
  context.strokeStyle = "rgba(0, 0, 0, 0.6)";
  context.strokeText(text, x, y + 0.5);
  context.fillStyle = "#fff";
  context.fillText(text, x, y + 0.5);
}

function drawCrosshair(context: CanvasRenderingContext2D, view: View, place: Place, ink: Ink): void {
  const { x, y } = pixelOf(view, place);
  for (const [color, width] of [[ink.box, 4], [ink.text, 1.5]] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
      context.moveTo(x + 4 * dx, y + 4 * dy);
      context.lineTo(x + 14 * dx, y + 14 * dy);
    }
    context.stroke();
  }
}

/** A raster as a picture, one pixel a cell. `colors`: of the sites. */
export function picture(raster: Raster, colors: readonly string[]): HTMLCanvasElement {
  const layer = document.createElement("canvas");
  [layer.width, layer.height] = [raster.columns, raster.rows];
  const context = layer.getContext("2d");
  if (context === null) return layer;
  const image = context.createImageData(raster.columns, raster.rows);
  const pixels = new Uint32Array(image.data.buffer);
  const values = new Uint32Array(256);
  colors.forEach((color, site) => (values[site] = pixelOfColor(context, color)));
  for (let cell = 0; cell < pixels.length; cell++) pixels[cell] = values[raster.sites[cell] ?? 255] ?? 0;
  context.putImageData(image, 0, 0);
  return layer;
}

/** A colour as the four octets of a pixel, in the machine's own order. */
function pixelOfColor(context: CanvasRenderingContext2D, color: string): number {
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0;
}

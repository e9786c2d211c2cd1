// Which part of the world the map shows. The world is a sheet of 360 by 180 degrees, north up, the date line at both ends.
import type { Place } from "./sphere";

export interface Size {
  width: number;
  height: number;
}

/** Pixels a degree, and the pixel of the sheet's upper left corner. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

const CLOSEST = 60; // pixels a degree, two a kilometre

/** All of the world, or where the map is of another shape, all of its width or height. */
export function whole({ width, height }: Size): View {
  return within({ scale: 0, x: 0, y: 0 }, { width, height });
}

/** The nearest view that leaves no edge of the map empty that could be filled. */
export function within({ scale, x, y }: View, { width, height }: Size): View {
  const fitting = Math.min(CLOSEST, Math.max(scale, Math.min(width / 360, height / 180)));
  const shifted = (at: number, sheet: number, room: number) => (sheet <= room ? (room - sheet) / 2 : Math.min(0, Math.max(room - sheet, at)));
  return { scale: fitting, x: shifted(x, 360 * fitting, width), y: shifted(y, 180 * fitting, height) };
}

/** Closer or further, with the place under a pixel kept where it is. */
export function zoomed(view: View, size: Size, by: number, x: number, y: number): View {
  const scale = Math.min(CLOSEST, Math.max(view.scale * by, whole(size).scale));
  const grown = scale / view.scale;
  return within({ scale, x: x - (x - view.x) * grown, y: y - (y - view.y) * grown }, size);
}

export const panned = (view: View, size: Size, x: number, y: number): View => within({ ...view, x: view.x + x, y: view.y + y }, size);

/** The place under a pixel; undefined beside the world. */
export function placeAt({ scale, x, y }: View, atX: number, atY: number): Place | undefined {
  const [longitude, latitude] = [(atX - x) / scale - 180, 90 - (atY - y) / scale];
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 ? { latitude, longitude } : undefined;
}

export const pixelOf = ({ scale, x, y }: View, { latitude, longitude }: Place): { x: number; y: number } => ({
  x: x + (longitude + 180) * scale,
  y: y + (90 - latitude) * scale,
});

/** A view that shows a place, moved no further than it must. */
export function showing(view: View, size: Size, place: Place): View {
  const edge = 24; // pixels
  const { x, y } = pixelOf(view, place);
  const missing = (at: number, room: number) => Math.max(0, edge - at) - Math.max(0, at - (room - edge));
  return panned(view, size, missing(x, size.width), missing(y, size.height));
}

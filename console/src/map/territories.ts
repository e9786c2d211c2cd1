// Who gets which part of the world by a geoproximity rule: the least of the biased distances, for each cell of a raster (R-VIS-8).
import { factor, kilometres, type NegativeBias, type Place, radians, RADIUS_KM, type Vector, vectorOf } from "./sphere";

/** A resource of a rule; `bias` is -99 to 99. */
export interface Site extends Place {
  bias: number;
}

/** Cells of equal angles. Row 0 is the northernmost, column 0 begins at the date line. */
export interface Raster {
  columns: number;
  rows: number;
  /** For each cell, row by row, the number of the site that the point in its middle goes to; NOBODY if there are no sites. */
  sites: Uint8Array;
}

export const NOBODY = 255;

/** Cells are squares of 15.6 km at the equator, and narrower elsewhere. */
export const FINE = { columns: 2560, rows: 1280 } as const;
/** For while a slider moves: squares of 62.5 km. */
export const COARSE = { columns: 640, rows: 320 } as const;

/** The width of a cell at the equator, which is its height everywhere. */
export const cellKm = ({ rows }: { rows: number }): number => (Math.PI * RADIUS_KM) / rows;

export interface Reach {
  /** The number of the site. */
  site: number;
  km: number;
  biasedKm: number;
}

/** How far a point is from each site, the nearest by biased distance first; of equals the first (R-GPX-12). */
export function reaches(sites: readonly Site[], point: Place, negative: NegativeBias): Reach[] {
  const from = vectorOf(point);
  return sites
    .map((site, number) => {
      const km = kilometres(from, vectorOf(site));
      return { site: number, km, biasedKm: km * factor(site.bias, negative) };
    })
    .sort((a, b) => a.biasedKm - b.biasedKm || a.site - b.site);
}

/** The site that a cell's middle goes to, of the cell that a point is in. */
export function siteAt({ columns, rows, sites }: Raster, { latitude, longitude }: Place): number {
  const row = Math.min(rows - 1, Math.floor(((90 - latitude) / 180) * rows));
  const column = Math.min(columns - 1, Math.floor(((longitude + 180) / 360) * columns));
  return sites[row * columns + column] ?? NOBODY;
}

const BLOCK = 256; // cells along the side of the blocks that we begin with
const LEAF = 8; // and of those that we look at cell by cell

/**
 * Gives each cell to a site, exactly.
 *
 * A block of cells goes to one site as a whole where no other can win anywhere in it: distances change by no
 * more than the way, so biased ones by no more than the way times their factor. Else it is cut in four, and
 * its parts have only the sites to choose from that could win in it. So the work goes into the borders.
 */
export function territories(sites: readonly Site[], negative: NegativeBias, { columns, rows }: { columns: number; rows: number } = FINE): Raster {
  const raster: Raster = { columns, rows, sites: new Uint8Array(columns * rows).fill(NOBODY) };
  const taken = sites.slice(0, NOBODY);
  if (taken.length === 0) return raster;
  const vectors = taken.map(vectorOf);
  const factors = taken.map(({ bias }) => factor(bias, negative));
  const grid = new Grid(columns, rows);

  const split = (left: number, top: number, size: number, candidates: readonly number[]): void => {
    const right = Math.min(columns, left + size);
    const bottom = Math.min(rows, top + size);
    if (left >= right || top >= bottom) return;
    const standing = winners(grid, left, top, right, bottom, candidates);
    if (standing.length === 1) {
      for (let row = top; row < bottom; row++) raster.sites.fill(standing[0] ?? NOBODY, row * columns + left, row * columns + right);
    } else if (size <= LEAF) {
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) raster.sites[row * columns + column] = nearest(grid.middle(column, row), standing);
      }
    } else {
      const half = size / 2;
      for (const [x, y] of [[left, top], [left + half, top], [left, top + half], [left + half, top + half]] as const) split(x, y, half, standing);
    }
  };

  const biased = (from: Vector, site: number): number => kilometres(from, vectors[site] ?? from) * (factors[site] ?? 1);

  function nearest(from: Vector, candidates: readonly number[]): number {
    let [least, found] = [Infinity, NOBODY];
    for (const site of candidates) {
      const km = biased(from, site);
      if (km < least) [least, found] = [km, site];
    }
    return found;
  }

  /** Those of the candidates that could win somewhere in a block. */
  function winners(grid: Grid, left: number, top: number, right: number, bottom: number, candidates: readonly number[]): number[] {
    const centre = grid.at((left + right) / 2, (top + bottom) / 2);
    const radius = Math.max(kilometres(centre, grid.at(left, top)), kilometres(centre, grid.at(left, bottom)));
    const distances = candidates.map((site) => biased(centre, site));
    // The nearest is at most this far anywhere in the block.
    const bound = Math.min(...distances.map((km, at) => km + radius * (factors[candidates[at] ?? 0] ?? 1)));
    return candidates.filter((site, at) => (distances[at] ?? 0) - radius * (factors[site] ?? 1) <= bound);
  }

  const all = taken.map((_, number) => number);
  for (let top = 0; top < rows; top += BLOCK) for (let left = 0; left < columns; left += BLOCK) split(left, top, BLOCK, all);
  return raster;
}

/** Sines and cosines of every half column and half row. */
class Grid {
  private readonly east: Float64Array;
  private readonly north: Float64Array;

  constructor(columns: number, rows: number) {
    this.east = new Float64Array(4 * columns + 2);
    this.north = new Float64Array(4 * rows + 2);
    for (let half = 0; half <= 2 * columns; half++) {
      const angle = radians((half / (2 * columns)) * 360 - 180);
      this.east[2 * half] = Math.cos(angle);
      this.east[2 * half + 1] = Math.sin(angle);
    }
    for (let half = 0; half <= 2 * rows; half++) {
      const angle = radians(90 - (half / (2 * rows)) * 180);
      this.north[2 * half] = Math.cos(angle);
      this.north[2 * half + 1] = Math.sin(angle);
    }
  }

  /** The point at columns and rows from the upper left corner, in steps of a half. */
  at(columns: number, rows: number): Vector {
    const [x, y] = [4 * columns, 4 * rows];
    const flat = this.north[y] ?? 0;
    return [flat * (this.east[x] ?? 0), flat * (this.east[x + 1] ?? 0), this.north[y + 1] ?? 0];
  }

  middle(column: number, row: number): Vector {
    return this.at(column + 0.5, row + 0.5);
  }
}

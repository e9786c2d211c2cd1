// What is being drawn: a graph, and the boxes that somebody has put elsewhere than the layout would.
import { EMPTY, FORMATS, type Graph } from "./graph";

export interface Point {
  x: number;
  y: number;
}

export interface Draft {
  graph: Graph;
  /** By the key of the box. */
  moved: Readonly<Record<string, Point>>;
}

export const EMPTY_DRAFT: Draft = { graph: EMPTY, moved: {} };

/** A draft as it is kept between visits. */
export interface Kept {
  draft: Draft;
  /** The name of a policy that is not saved yet. */
  name: string;
  comment: string;
  /** In milliseconds since 1970. */
  at: number;
}

/** Writes what `restore` reads. */
export const keep = (kept: Kept): string => JSON.stringify(kept);

/** A kept draft; undefined for a text that is none, such as one of another version of the console. */
export function restore(text: string | null): Kept | undefined {
  if (text === null) return undefined;
  try {
    const kept = JSON.parse(text) as Partial<Kept>;
    const graph = kept.draft?.graph;
    if (graph === undefined || !FORMATS.some((format) => format === graph.format)) return undefined;
    if (typeof graph.rules !== "object" || typeof graph.endpoints !== "object") return undefined;
    return { draft: { graph, moved: kept.draft?.moved ?? {} }, name: kept.name ?? "", comment: kept.comment ?? "", at: kept.at ?? 0 };
  } catch {
    return undefined;
  }
}

// CIDR collections: networks by location, as IP-based routing names them.
import { all, call } from "../api/client";
import type { CidrBlockSummary, CollectionSummary, ListCidrBlocksResponse, ListCidrCollectionsResponse } from "../api/operations";

export interface Block {
  network: string;
  location: string;
}

export interface Collection {
  id: string;
  name: string;
  version: number;
}

export const listCollections = async (signal?: AbortSignal): Promise<Collection[]> => {
  const found = await all<ListCidrCollectionsResponse, CollectionSummary>(
    (page) => call("ListCidrCollections", { ...(page?.NextToken !== undefined && { NextToken: page.NextToken }) }, signal),
    (page) => page.CidrCollections ?? [],
    (page) => page.NextToken !== undefined,
  );
  return found.map(({ Id = "", Name = "", Version = 0 }) => ({ id: Id, name: Name, version: Version }));
};

export const listBlocks = async (id: string, signal?: AbortSignal): Promise<Block[]> => {
  const found = await all<ListCidrBlocksResponse, CidrBlockSummary>(
    (page) => call("ListCidrBlocks", { CollectionId: id, ...(page?.NextToken !== undefined && { NextToken: page.NextToken }) }, signal),
    (page) => page.CidrBlocks ?? [],
    (page) => page.NextToken !== undefined,
  );
  return found.map(({ CidrBlock = "", LocationName = "" }) => ({ network: CidrBlock, location: LocationName }));
};

/** Networks as they are typed or pasted: one a line, or with commas or blanks between; each once. */
export function readNetworks(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ""))];
}

/** What ChangeCidrCollection takes to remove these blocks. */
export function removal(blocks: readonly Block[]) {
  const locations = [...new Set(blocks.map(({ location }) => location))];
  return locations.map((LocationName) => ({ LocationName, Action: "DELETE_IF_EXISTS" as const, CidrList: blocks.filter(({ location }) => location === LocationName).map(({ network }) => network) }));
}

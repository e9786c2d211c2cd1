// Clients to ask as: one a continent, and those that a form offers.
import type { Atlas, Client } from "../map/atlas";
import { placeName } from "../map/atlas";

export interface Sample {
  /** Such as "Germany, Europe". */
  text: string;
  continent: string;
  network: string;
}

/** For each continent the country with the largest block of addresses that the data knows, in the order of the continents. */
export function samples(atlas: Atlas, clients: readonly Client[]): Sample[] {
  const continentOf = new Map(atlas.countries.map(({ code, continent }) => [code, continent]));
  return atlas.continents.flatMap(({ code, name }) => {
    const there = clients.filter(({ country, subdivision }) => subdivision === null && continentOf.get(country) === code);
    const [first] = there.sort((a, b) => lengthOf(a.network) - lengthOf(b.network) || a.country.localeCompare(b.country));
    return first === undefined ? [] : [{ text: `${placeName(atlas, first.country)}, ${name}`, continent: name, network: first.network }];
  });
}

const lengthOf = (network: string): number => Number(network.split("/")[1] ?? 0);

/** The network of what was typed: a place by its name or code, else the text itself, an address or network. */
export function networkOf(typed: string, atlas: Atlas, clients: readonly Client[]): string {
  const wanted = typed.trim().toLowerCase();
  const found = clients.find(({ country, subdivision }) => [placeName(atlas, country, subdivision), subdivision === null ? country : `${country}-${subdivision}`].some((text) => text.toLowerCase() === wanted));
  return found?.network ?? typed.trim();
}

/** Whether a text can be an address or a network of addresses. */
export const isAddress = (text: string): boolean => /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)(\/\d{1,3})?$/i.test(text.trim());

// The client that stands for a place.
import type { Client } from "./atlas";

/** Such as `DE` or `US-TX`. */
export const codeOf = ({ country, subdivision }: Client): string => (subdivision === null ? country : `${country}-${subdivision}`);

/** The client in the state if one is known there, else in the country; undefined where none is. */
export function clientAt(clients: readonly Client[], { country, state }: { country?: string; state?: string }): Client | undefined {
  const found = (code: string | undefined) => clients.find((client) => codeOf(client) === code);
  return found(state) ?? found(country);
}

// Clients by where they are: for each country and subdivision a network of it, as the geolocation data has it.
import type { Asked } from "../api/use";
import { codeOf } from "../map/client-at";
import { type Atlas, type Client, placeName, useAtlas, useClients as useNetworks } from "../map/atlas";

export interface Choice {
  /** Such as `DE` or `US-TX`. */
  code: string;
  name: string;
  network: string;
}

export function useClients(): Asked<readonly Choice[]> {
  const atlas = useAtlas();
  const networks = useNetworks();
  return {
    value: atlas.value && networks.value && choices(atlas.value, networks.value),
    error: atlas.error ?? networks.error,
    loading: atlas.loading || networks.loading,
    again: networks.error === undefined ? atlas.again : networks.again,
  };
}

/** By name. */
export function choices(atlas: Atlas, clients: readonly Client[]): Choice[] {
  return clients
    .map((client) => ({ code: codeOf(client), name: placeName(atlas, client.country, client.subdivision), network: client.network }))
    .sort((one, other) => one.name.localeCompare(other.name, "en"));
}

/** A network in this place; empty where none is known. */
export function networkOf(clients: readonly Choice[], place: string): string {
  return clients.find(({ code }) => code === place)?.network ?? "";
}

// Clients by where they are: for each country and subdivision a network of it, as the geolocation data has it.
import { native } from "../api/client";
import { type Asked, useAsked } from "../api/use";

/** Of docs/reference/places.md. */
export interface Client {
  country: string;
  subdivision: string | null;
  network: string;
}

interface Places {
  countries: readonly { code: string; name: string; subdivisions: readonly { code: string; name: string }[] }[];
  clients: readonly Client[];
}

export interface Choice extends Client {
  /** Such as `DE` or `US-TX`. */
  code: string;
  name: string;
}

export function useClients(): Asked<readonly Choice[]> {
  return useAsked("places", async (signal) => choices(await native<Places>("GET", "/meridian/places", undefined, signal)));
}

/** By name; a country stands before its subdivisions. */
export function choices({ countries, clients }: Places): Choice[] {
  const named = new Map(countries.map((country) => [country.code, country]));
  return clients
    .map((client): Choice => {
      const country = named.get(client.country);
      const name = country?.name ?? client.country;
      const part = country?.subdivisions.find(({ code }) => code === client.subdivision)?.name ?? client.subdivision;
      return { ...client, code: client.subdivision === null ? client.country : `${client.country}-${client.subdivision}`, name: part === null ? name : `${name}: ${part}` };
    })
    .sort((one, other) => one.name.localeCompare(other.name, "en"));
}

/** A network in this place; empty where none is known. */
export function networkOf(clients: readonly Choice[], place: string): string {
  return clients.find(({ code }) => code === place)?.network ?? "";
}

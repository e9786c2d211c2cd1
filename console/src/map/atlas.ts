// The places that the server knows: coordinates of regions, countries with their continents, clients to ask for.
import { native } from "../api/client";
import { type Asked, useAsked } from "../api/use";
import type { NegativeBias } from "./sphere";

interface Point {
  latitude: number;
  longitude: number;
}

export interface Region extends Point {
  id: string;
  city: string;
  country: string;
}

export interface Country {
  code: string;
  name: string;
  /** Its code. */
  continent: string;
  subdivisions: readonly { code: string; name: string }[];
}

/** A network of clients in a country or a part of it. */
export interface Client {
  country: string;
  subdivision: string | null;
  network: string;
  latitude: number | null;
  longitude: number | null;
}

/** What `GET /meridian/places` answers (docs/reference/places.md). */
export interface Atlas {
  negative_bias: NegativeBias;
  regions: readonly Region[];
  local_zones: readonly Region[];
  continents: readonly { code: string; name: string }[];
  countries: readonly Country[];
}

let kept: Promise<Atlas> | undefined;

/** Asked once for as long as the console is open. */
export function useAtlas(): Asked<Atlas> {
  return useAsked("places", () => {
    kept ??= native<Atlas>("GET", "/meridian/places").catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  });
}

let keptClients: Promise<readonly Client[]> | undefined;

/** A network in each country and subdivision; asked once. Empty where no geolocation data is installed. */
export function useClients(): Asked<readonly Client[]> {
  return useAsked("clients", () => {
    keptClients ??= native<{ clients: readonly Client[] }>("GET", "/meridian/places/clients").then(
      ({ clients }) => clients,
      (error: unknown) => {
        keptClients = undefined;
        throw error;
      },
    );
    return keptClients;
  });
}

const NAMES = new Intl.DisplayNames("en", { type: "region" });

/** A country as the server calls it, or until that is known as the browser does; a code that nobody knows stands for itself. */
export function countryName(atlas: Atlas | undefined, country: string): string {
  const found = atlas?.countries.find(({ code }) => code === country);
  return found?.name ?? (/^[A-Z]{2}$/.test(country) ? NAMES.of(country) : undefined) ?? country;
}

/** Such as "Texas, United States"; a code that nobody knows stands for itself. */
export function placeName(atlas: Atlas | undefined, country: string, subdivision?: string | null): string {
  const parts = atlas?.countries.find(({ code }) => code === country)?.subdivisions;
  const part = parts?.find(({ code }) => code === subdivision)?.name ?? subdivision;
  return [part, countryName(atlas, country)].filter(Boolean).join(", ");
}

export const continentName = (atlas: Atlas | undefined, continent: string): string => atlas?.continents.find(({ code }) => code === continent)?.name ?? continent;

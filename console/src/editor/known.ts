// What the editor knows of the account: its health checks, the places of geolocation, and its CIDR collections.
import { all, call } from "../api/client";
import type { CollectionSummary, GeoLocationDetails, HealthCheck, ListGeoLocationsResponse } from "../api/operations";
import { useAsked } from "../api/use";

export interface Known {
  checks: readonly HealthCheck[];
  places: readonly GeoLocationDetails[];
  collections: readonly CollectionSummary[];
}

const NOTHING: Known = { checks: [], places: [], collections: [] };

/** All of it; what may not be read is empty. */
export function useKnown(): Known {
  const found = useAsked("editor", async (signal) => {
    const [checks, places, collections] = await Promise.all([
      listChecks(signal).catch(() => []),
      listPlaces(signal).catch(() => []),
      listCollections(signal).catch(() => []),
    ]);
    return { checks, places, collections };
  });
  return found.value ?? NOTHING;
}

const listChecks = (signal: AbortSignal): Promise<HealthCheck[]> =>
  all(
    (before: Awaited<ReturnType<typeof firstChecks>> | undefined) => firstChecks(before?.NextMarker, signal),
    (page) => page.HealthChecks,
    (page) => page.IsTruncated,
  );

const firstChecks = (Marker: string | undefined, signal: AbortSignal) => call("ListHealthChecks", Marker === undefined ? {} : { Marker }, signal);

const listPlaces = (signal: AbortSignal): Promise<GeoLocationDetails[]> =>
  all(
    (before: ListGeoLocationsResponse | undefined) =>
      call(
        "ListGeoLocations",
        {
          ...(before?.NextContinentCode !== undefined && { StartContinentCode: before.NextContinentCode }),
          ...(before?.NextCountryCode !== undefined && { StartCountryCode: before.NextCountryCode }),
          ...(before?.NextSubdivisionCode !== undefined && { StartSubdivisionCode: before.NextSubdivisionCode }),
        },
        signal,
      ),
    (page) => page.GeoLocationDetailsList,
    (page) => page.IsTruncated,
  );

const listCollections = (signal: AbortSignal): Promise<CollectionSummary[]> =>
  all(
    (before: Awaited<ReturnType<typeof firstCollections>> | undefined) => firstCollections(before?.NextToken, signal),
    (page) => page.CidrCollections ?? [],
    (page) => page.NextToken !== undefined,
  );

const firstCollections = (NextToken: string | undefined, signal: AbortSignal) =>
  call("ListCidrCollections", NextToken === undefined ? {} : { NextToken }, signal);

/** What a check looks at, such as `HTTPS www.example.com:443/health`. */
export function checkText({ HealthCheckConfig: config }: HealthCheck): string {
  const host = config.FullyQualifiedDomainName ?? config.IPAddress ?? "";
  const port = config.Port === undefined ? "" : `:${config.Port}`;
  return [config.Type, `${host}${port}${config.ResourcePath ?? ""}`].filter((part) => part !== "").join(" ");
}

// What the record form holds, as it was typed, and the record set that it comes to.
import type { GeoLocation, GeoProximityLocation } from "../api/operations";
import { absolute, type Policy, policyOf, type RecordSet, type RecordType, sameName, shownName } from "./policy";

export interface Form {
  /** Relative to the zone; empty at its apex. */
  name: string;
  type: RecordType;
  policy: Policy;
  /** Seconds. */
  ttl: string;
  /** One a line. */
  values: string;
  isAlias: boolean;
  aliasZone: string;
  aliasName: string;
  evaluate: boolean;
  identifier: string;
  weight: string;
  region: string;
  role: "PRIMARY" | "SECONDARY";
  /** `*`, `FR`, `US-TX`, or a continent as `continent EU`. */
  area: string;
  /** A region's id, or latitude and longitude with a comma between. */
  place: string;
  bias: string;
  collection: string;
  location: string;
  healthCheck: string;
}

export interface ZoneOf {
  id: string;
  name: string;
}

/** A problem for each field that has one. */
export type Problems = Partial<Record<keyof Form, string>>;

export function emptyForm(zone: ZoneOf): Form {
  return {
    name: "",
    type: "A",
    policy: "simple",
    ttl: "300",
    values: "",
    isAlias: false,
    aliasZone: zone.id,
    aliasName: "",
    evaluate: false,
    identifier: "",
    weight: "10",
    region: "",
    role: "PRIMARY",
    area: "*",
    place: "",
    bias: "0",
    collection: "",
    location: "*",
    healthCheck: "",
  };
}

export function formOf(set: RecordSet, zone: ZoneOf): Form {
  const alias = set.AliasTarget;
  const spot = set.GeoProximityLocation;
  return {
    ...emptyForm(zone),
    name: relativeName(set.Name, zone.name),
    type: set.Type,
    policy: policyOf(set),
    ttl: set.TTL === undefined ? "" : String(set.TTL),
    values: (set.ResourceRecords ?? []).map(({ Value }) => Value).join("\n"),
    isAlias: alias !== undefined,
    aliasZone: alias?.HostedZoneId ?? zone.id,
    aliasName: alias === undefined ? "" : shownName(alias.DNSName),
    evaluate: alias?.EvaluateTargetHealth ?? false,
    identifier: set.SetIdentifier ?? "",
    weight: String(set.Weight ?? 10),
    region: set.Region ?? "",
    role: set.Failover ?? "PRIMARY",
    area: areaText(set.GeoLocation),
    place: spot?.AWSRegion ?? spot?.LocalZoneGroup ?? (spot?.Coordinates ? `${spot.Coordinates.Latitude}, ${spot.Coordinates.Longitude}` : ""),
    bias: String(spot?.Bias ?? 0),
    collection: set.CidrRoutingConfig?.CollectionId ?? "",
    location: set.CidrRoutingConfig?.LocationName ?? "*",
    healthCheck: set.HealthCheckId ?? "",
  };
}

/** Only what has to be known to send it is asked here; all else the API judges, in its own words. */
export function problemsOf(form: Form): Problems {
  const found: Problems = {};
  const whole = (text: string, least: number, most: number) => /^[+-]?\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;
  if (form.isAlias) {
    if (form.aliasName.trim() === "") found.aliasName = "Say what it leads to.";
    if (form.aliasZone.trim() === "") found.aliasZone = "Say in which zone that is.";
  } else {
    if (!whole(form.ttl, 0, 2 ** 31 - 1)) found.ttl = "A number of seconds, from 0 to 2147483647.";
    if (valuesOf(form).length === 0) found.values = "At least one value.";
  }
  if (form.policy === "simple") return found;
  if (form.identifier.trim() === "") found.identifier = "A word that tells it from the others of its name and type.";
  if (form.policy === "weighted" && !whole(form.weight, 0, 255)) found.weight = "A number from 0 to 255.";
  if (form.policy === "latency" && form.region.trim() === "") found.region = "Say in which region it is.";
  if (form.policy === "geoproximity") {
    if (form.place.trim() === "") found.place = "A region, or latitude and longitude.";
    if (!whole(form.bias, -99, 99)) found.bias = "A number from −99 to 99.";
  }
  if (form.policy === "cidr" && form.collection === "") found.collection = "Say which collection of networks.";
  return found;
}

/** What the form comes to; of a form without problems. */
export function recordSetOf(form: Form, zone: ZoneOf): RecordSet {
  return {
    Name: absoluteName(form.name, zone.name),
    Type: form.type,
    ...(form.policy === "simple" ? {} : { SetIdentifier: form.identifier.trim(), ...policyMembers(form) }),
    ...(form.isAlias
      ? {
          AliasTarget: {
            HostedZoneId: form.aliasZone.trim(),
            DNSName: form.aliasZone.trim() === zone.id ? absoluteName(form.aliasName, zone.name) : absolute(form.aliasName.trim()),
            EvaluateTargetHealth: form.evaluate,
          },
        }
      : { TTL: Number(form.ttl), ResourceRecords: valuesOf(form).map((Value) => ({ Value })) }),
    ...(form.healthCheck === "" ? {} : { HealthCheckId: form.healthCheck }),
  };
}

/** `www.example.com.` in `example.com.` → `www`. */
export function relativeName(name: string, zone: string): string {
  if (sameName(name, zone)) return "";
  const shown = shownName(name);
  const tail = `.${shownName(zone)}`;
  return shown.toLowerCase().endsWith(tail.toLowerCase()) ? shown.slice(0, -tail.length) : shown;
}

/** Relative to the zone unless it already ends with the zone's name. */
export function absoluteName(typed: string, zone: string): string {
  const text = typed.trim();
  const apex = absolute(zone);
  if (text === "" || text === "@") return apex;
  if (text.endsWith(".") || `.${text}.`.toLowerCase().endsWith(`.${apex}`.toLowerCase())) return absolute(text);
  return apex === "." ? absolute(text) : `${text}.${apex}`;
}

export function areaText(place: GeoLocation | undefined): string {
  if (place?.ContinentCode !== undefined) return `continent ${place.ContinentCode}`;
  if (place?.SubdivisionCode !== undefined) return `${place.CountryCode}-${place.SubdivisionCode}`;
  return place?.CountryCode ?? "*";
}

function valuesOf(form: Form): string[] {
  return form.values.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

function policyMembers(form: Form): Partial<RecordSet> {
  switch (form.policy) {
    case "simple":
      return {};
    case "weighted":
      return { Weight: Number(form.weight) };
    case "latency":
      return { Region: form.region.trim() };
    case "failover":
      return { Failover: form.role };
    case "geolocation":
      return { GeoLocation: areaOf(form.area) };
    case "geoproximity":
      return { GeoProximityLocation: placeOf(form) };
    case "multivalue":
      return { MultiValueAnswer: true };
    case "cidr":
      return { CidrRoutingConfig: { CollectionId: form.collection, LocationName: form.location } };
  }
}

function areaOf(text: string): GeoLocation {
  if (text.startsWith("continent ")) return { ContinentCode: text.slice("continent ".length) };
  const [CountryCode = "*", SubdivisionCode] = text.split("-", 2);
  return SubdivisionCode === undefined ? { CountryCode } : { CountryCode, SubdivisionCode };
}

function placeOf({ place, bias }: Form): GeoProximityLocation {
  const [Latitude, Longitude] = place.split(",").map((part) => part.trim());
  const with_ = Number(bias) === 0 ? {} : { Bias: Number(bias) };
  if (Latitude !== undefined && Longitude !== undefined) return { Coordinates: { Latitude, Longitude }, ...with_ };
  return /-\d+[a-z]*-\w+-\d+/.test(place.trim()) ? { LocalZoneGroup: place.trim(), ...with_ } : { AWSRegion: place.trim(), ...with_ };
}

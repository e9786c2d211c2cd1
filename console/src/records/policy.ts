// Which routing policy a record set has, and what the policies are.
import type { ResourceRecordSet } from "../api/operations";

export type RecordSet = ResourceRecordSet;
export type RecordType = RecordSet["Type"];

export const POLICIES = ["simple", "weighted", "latency", "failover", "geolocation", "geoproximity", "multivalue", "cidr"] as const;
export type Policy = (typeof POLICIES)[number];

/** What each is called, and what it does, in a sentence. */
export const POLICY_TEXTS: Readonly<Record<Policy, readonly [string, string]>> = {
  simple: ["Simple", "Every client gets all values of one record set."],
  weighted: ["Weighted", "Each client gets one of several record sets, by chance, as often as its weight is of all weights."],
  latency: ["Latency", "Each client gets the record set of the region that it reaches fastest."],
  failover: ["Failover", "Clients get the primary while it is healthy, and the secondary while it is not."],
  geolocation: ["Geolocation", "Clients get the record set of the smallest area that they are in; the default takes all others."],
  geoproximity: ["Geoproximity", "Clients get the nearest record set; a bias draws more of the map to it, or less."],
  multivalue: ["Multivalue answer", "Clients get up to eight healthy values, in random order."],
  cidr: ["IP-based", "Clients get the record set of the network that their address is in; the default takes all others."],
};

export function policyOf(set: RecordSet): Policy {
  if (set.SetIdentifier === undefined) return "simple";
  if (set.Weight !== undefined) return "weighted";
  if (set.Region !== undefined) return "latency";
  if (set.Failover !== undefined) return "failover";
  if (set.GeoLocation !== undefined) return "geolocation";
  if (set.GeoProximityLocation !== undefined) return "geoproximity";
  if (set.CidrRoutingConfig !== undefined) return "cidr";
  return "multivalue";
}

/** Names compare without case; the last dot may be missing. */
export function sameName(one: string, other: string): boolean {
  return absolute(one).toLowerCase() === absolute(other).toLowerCase();
}

export function absolute(name: string): string {
  return name.endsWith(".") ? name : `${name}.`;
}

/** What tells one record set of a zone from all others. */
export function keyOf({ Name, Type, SetIdentifier }: RecordSet): string {
  return JSON.stringify([shownName(Name).toLowerCase(), Type, SetIdentifier ?? null]);
}

/** For people: `\052` is the asterisk of a wildcard, and the last dot says nothing to them. */
export function shownName(name: string): string {
  const text = name.replace(/^\\052(?=\.)/, "*");
  return text.length > 1 ? text.replace(/\.$/, "") : text;
}

// An explanation as `/meridian/explain` gives it (docs/reference/explain.md), and what it says in words.
import { shownName } from "../records/policy";

export interface Explanation {
  client: string;
  subnet: string | null;
  steps: readonly Step[];
  response: { rcode: string; scope: number | null; answer: readonly string[]; authority: readonly string[]; additional: readonly string[] };
  overrides: { health?: readonly { id: string | null; slot: number; healthy: boolean }[] };
}

export type Step =
  | ClientStep
  | { step: "prohibited"; client: string }
  | { step: "zone"; id: string | null; apex: string | null; version: number | null; view?: string | null }
  | { step: "name"; name: string; found: "exact" | "wildcard" | "empty_non_terminal" | "delegation" | "nothing"; by: string }
  | { step: "record_set"; owner: string; type: number; ttl: number; records: readonly string[] }
  | GroupStep
  | { step: "missing_target"; owner: string; type: number }
  | { step: "outside"; target: string; resolved: boolean; healthy: boolean; asked_at: number; answer_for: string; records?: readonly string[] }
  | { step: "cname"; target: string }
  | { step: "failure"; reason: string };

export interface ClientStep {
  step: "client";
  address: string;
  prefix: number;
  from: string;
  continent: string | null;
  country: string | null;
  subdivision: string | null;
  latitude: number | null;
  longitude: number | null;
  matched_prefix: number;
  source: string;
  date: string;
}

export interface GroupStep {
  step: "group";
  owner: string;
  type: number;
  policy: string;
  last_resort: boolean;
  rule?: string;
  policy_record?: { id: string; policy_id: string; version: number };
  arms: readonly Arm[];
}

export interface Arm {
  set_identifier: string | null;
  health_check_id?: string | null;
  health_check_name?: string;
  health_check_reason?: string | null;
  alias_of?: string;
  rule?: string;
  healthy: boolean;
  excluded: string | null;
  probability: number;
  chosen: boolean;
  weight?: number;
  role?: string;
  area?: string;
  distance_km?: number | null;
  biased_km?: number | null;
  bias?: number;
  region?: string;
  latency_ms?: number | null;
  latency_origin?: string;
  location?: string;
}

export const POLICY_NAMES: Readonly<Record<string, string>> = {
  weighted: "by weight",
  failover: "by failover",
  geolocation: "by geolocation",
  geo: "by geolocation",
  geoproximity: "by geoproximity",
  latency: "by latency",
  multivalue: "of several values",
  cidr: "by the client's network",
};

const FOUND = {
  exact: "The name is there",
  wildcard: "A wildcard stands for the name",
  empty_non_terminal: "Only names below it are there",
  delegation: "The name is delegated",
  nothing: "The name is not there",
} as const;

/** What a step comes to, in a sentence. */
export function headline(step: Step): string {
  switch (step.step) {
    case "client":
      return step.country === null ? "Where the client is, is not known" : `The client is in ${placeName(step)}`;
    case "prohibited":
      return "This client may not ask here";
    case "zone":
      return step.apex === null ? "No zone here holds the name" : `The zone ${shownName(step.apex)} answers`;
    case "name":
      return FOUND[step.found];
    case "record_set":
      return `One record set answers for ${shownName(step.owner)}`;
    case "group":
      return `${step.rule === undefined ? "A choice" : `Rule ${step.rule}: a choice`} ${POLICY_NAMES[step.policy] ?? step.policy}${step.owner === "" ? "" : ` at ${shownName(step.owner)}`}`;
    case "missing_target":
      return `The alias leads to ${shownName(step.owner)}, and nothing of that type is there`;
    case "outside":
      return `It leads to ${shownName(step.target)}, outside this service`;
    case "cname":
      return `A CNAME leads on to ${shownName(step.target)}`;
    case "failure":
      return "No answer can be given";
  }
}

const REGIONS = new Intl.DisplayNames("en", { type: "region" });

export function placeName({ country, subdivision }: Pick<ClientStep, "country" | "subdivision">): string {
  if (country === null) return "an unknown place";
  const name = /^[A-Z]{2}$/.test(country) ? (REGIONS.of(country) ?? country) : country;
  return subdivision === null ? name : `${name} (${subdivision})`;
}

/** What an arm is called; those of a traffic policy's rule have their number before the name. */
export function armName(arm: Arm, inRule = false): string {
  return (inRule ? arm.set_identifier?.replace(/^\d+ (?=.)/, "") : arm.set_identifier) ?? (arm.rule !== undefined ? `Rule ${arm.rule}` : arm.alias_of !== undefined ? shownName(arm.alias_of) : "Endpoint");
}

/** What its policy compared, with its value for this client. */
export function compared(arm: Arm): string {
  const parts = [
    arm.role?.toLowerCase(),
    arm.weight === undefined ? undefined : `weight ${arm.weight}`,
    arm.area === undefined ? undefined : arm.area === "*" ? "everywhere else" : arm.area,
    arm.location === undefined ? undefined : arm.location === "*" ? "all other networks" : arm.location,
    arm.region === undefined ? undefined : `${arm.region}, ${arm.latency_ms == null ? "latency not known" : `${Math.round(arm.latency_ms)} ms ${arm.latency_origin ?? ""}`.trim()}`,
    arm.distance_km === undefined ? undefined : arm.distance_km === null ? "distance not known" : distance(arm),
    arm.rule !== undefined ? `→ rule ${arm.rule}` : arm.alias_of !== undefined ? `→ ${shownName(arm.alias_of)}` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(" · ");
}

function distance({ distance_km, biased_km, bias }: Arm): string {
  const km = (value: number | null | undefined) => `${Math.round(value ?? 0).toLocaleString("en")} km`;
  return bias ? `${km(distance_km)}, with bias ${bias > 0 ? "+" : ""}${bias} ${km(biased_km)}` : km(distance_km);
}

export function percent(probability: number): string {
  const value = probability * 100;
  if (value === 0 || value >= 99.95) return `${Math.round(value)} %`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

/** What the client-subnet scope means for resolvers that keep the answer. */
export function scopeText(scope: number | null, subnet: string | null): string {
  if (scope === null || subnet === null) return "The query has no client subnet; the resolver keeps the answer for all of its clients.";
  if (scope === 0) return "/0: the answer is the same wherever the client is.";
  return `/${scope}: the resolver keeps the answer for clients in the same /${scope}.`;
}

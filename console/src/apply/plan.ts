// What is asked when a version is applied to names, and what takes it back (docs/reference/policies.md).
import { native } from "../api/client";
import type { HostedZone, TrafficPolicyInstance } from "../api/operations";
import { shown } from "../policies/lists";
import { fullNames } from "./names";

export interface Create {
  HostedZoneId: string;
  Name: string;
  TTL: number;
  TrafficPolicyId: string;
  TrafficPolicyVersion: number;
}

export interface Update {
  Id: string;
  TTL: number;
  TrafficPolicyId: string;
  TrafficPolicyVersion: number;
}

export interface Plan {
  create: readonly Create[];
  update: readonly Update[];
}

/** Three lists of one length; `before` is null for what was created. */
export interface Applied {
  TrafficPolicyInstances: readonly TrafficPolicyInstance[];
  before: readonly (TrafficPolicyInstance | null)[];
  changes: readonly string[];
}

/** Names that are typed for one zone. */
export interface Names {
  zoneId: string | undefined;
  typed: string;
}

export function apply(plan: Plan, dryRun: boolean, signal?: AbortSignal): Promise<Applied> {
  return native("POST", "/meridian/policies/apply", { ...plan, dry_run: dryRun }, signal);
}

/** Records keep their TTL; new names get this one. A zone without a typed name is left out, unless it is "@". */
export function planOf(version: { Id: string; Version: number }, moving: readonly TrafficPolicyInstance[], names: readonly Names[], zones: readonly HostedZone[], ttl: number): Plan {
  const to = { TrafficPolicyId: version.Id, TrafficPolicyVersion: version.Version };
  const create = names.flatMap(({ zoneId, typed }) => {
    const zone = zones.find(({ Id }) => Id === zoneId);
    if (zone === undefined || typed.trim() === "") return [];
    return fullNames(typed, shown(zone.Name)).map((Name) => ({ HostedZoneId: zone.Id, Name, TTL: ttl, ...to }));
  });
  return { create, update: moving.map(({ Id, TTL }) => ({ Id, TTL, ...to })) };
}

/** What puts records back to what they were; those that were created stay. */
export function reverse(before: readonly (TrafficPolicyInstance | null)[]): Plan {
  const update = before.flatMap((each) => (each === null ? [] : [{ Id: each.Id, TTL: each.TTL, TrafficPolicyId: each.TrafficPolicyId, TrafficPolicyVersion: each.TrafficPolicyVersion }]));
  return { create: [], update };
}

/** Such as "www.example.com, shop.example.com and 3 more". */
export function listed(names: readonly string[], most = 3): string {
  const some = names.slice(0, most).map(shown);
  if (names.length > most) return `${some.join(", ")} and ${names.length - most} more`;
  return some.length < 2 ? some.join("") : `${some.slice(0, -1).join(", ")} and ${some.at(-1)}`;
}

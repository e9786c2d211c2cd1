// Where a resource is in traffic policies, and another one in its place (docs/reference/policies.md, R-VIS-13).
import { native } from "../api/client";
import type { TrafficPolicyInstance } from "../api/operations";
import type { Applied } from "../apply/plan";

export interface Use {
  id: string;
  name: string;
  version: number;
  type: string;
  latest: boolean;
  endpoints: readonly { id: string; type: string; value: string }[];
  instances: readonly TrafficPolicyInstance[];
}

export interface Replaced extends Applied {
  versions: readonly { id: string; name: string; before: number; version: number; endpoints: readonly string[] }[];
}

export async function findUses(value: string, signal: AbortSignal): Promise<readonly Use[]> {
  const { uses } = await native<{ uses: readonly Use[] }>("GET", `/meridian/policies/uses?${new URLSearchParams({ value })}`, undefined, signal);
  return uses;
}

export function replace(value: string, replacement: string, dryRun: boolean, signal?: AbortSignal): Promise<Replaced> {
  return native("POST", "/meridian/policies/replace", { value, replacement, dry_run: dryRun }, signal);
}

/** The values that were found, each once, those that names answer by first. */
export function valuesOf(uses: readonly Use[]): string[] {
  const inUse = uses.filter(({ instances }) => instances.length > 0);
  return [...new Set([...inUse, ...uses].flatMap(({ endpoints }) => endpoints.map(({ value }) => value)))];
}

/** How many names answer by a version that has the value. */
export function namesWith(uses: readonly Use[], value: string): number {
  return uses.filter(({ endpoints }) => endpoints.some((each) => each.value === value)).reduce((sum, { instances }) => sum + instances.length, 0);
}

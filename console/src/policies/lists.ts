// Whole listings of policies, their versions, policy records and zones.
import { all, call } from "../api/client";
import type {
  HostedZone,
  ListHostedZonesResponse,
  ListTrafficPoliciesResponse,
  ListTrafficPolicyInstancesResponse,
  ListTrafficPolicyVersionsResponse,
  TrafficPolicy,
  TrafficPolicyInstance,
  TrafficPolicySummary,
} from "../api/operations";

export const listPolicies = (signal?: AbortSignal): Promise<TrafficPolicySummary[]> =>
  all(
    (before: ListTrafficPoliciesResponse | undefined) => call("ListTrafficPolicies", before === undefined ? {} : { TrafficPolicyIdMarker: before.TrafficPolicyIdMarker }, signal),
    (page) => page.TrafficPolicySummaries,
    (page) => page.IsTruncated,
  );

/** The newest first. */
export async function listVersions(id: string, signal?: AbortSignal): Promise<TrafficPolicy[]> {
  const found = await all(
    (before: ListTrafficPolicyVersionsResponse | undefined) =>
      call("ListTrafficPolicyVersions", { Id: id, ...(before !== undefined && { TrafficPolicyVersionMarker: before.TrafficPolicyVersionMarker }) }, signal),
    (page) => page.TrafficPolicies,
    (page) => page.IsTruncated,
  );
  return found.reverse();
}

export const listInstances = (signal?: AbortSignal): Promise<TrafficPolicyInstance[]> =>
  all(
    (before: ListTrafficPolicyInstancesResponse | undefined) =>
      call(
        "ListTrafficPolicyInstances",
        {
          ...(before?.HostedZoneIdMarker !== undefined && { HostedZoneIdMarker: before.HostedZoneIdMarker }),
          ...(before?.TrafficPolicyInstanceNameMarker !== undefined && { TrafficPolicyInstanceNameMarker: before.TrafficPolicyInstanceNameMarker }),
          ...(before?.TrafficPolicyInstanceTypeMarker !== undefined && { TrafficPolicyInstanceTypeMarker: before.TrafficPolicyInstanceTypeMarker }),
        },
        signal,
      ),
    (page) => page.TrafficPolicyInstances,
    (page) => page.IsTruncated,
  );

/** The public zones: policy records stand in those alone. */
export async function listZones(signal?: AbortSignal): Promise<HostedZone[]> {
  const found = await all(
    (before: ListHostedZonesResponse | undefined) => call("ListHostedZones", before?.NextMarker === undefined ? {} : { Marker: before.NextMarker }, signal),
    (page) => page.HostedZones,
    (page) => page.IsTruncated,
  );
  return found.filter(({ Config }) => Config?.PrivateZone !== true);
}

/** Without the dot at its end. */
export const shown = (name: string): string => name.replace(/(.)\.$/, "$1");

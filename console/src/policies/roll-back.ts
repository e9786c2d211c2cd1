// Back to what policy records were before their last change, as the audit trail has it.
import { native } from "../api/client";
import type { TrafficPolicyInstance } from "../api/operations";
import { type Applied, apply, reverse } from "../apply/plan";

interface Event {
  before: TrafficPolicyInstance | null;
  after: TrafficPolicyInstance | null;
}

/** All of them in one step. Fails if of one no earlier state is known. */
export async function rollBack(records: readonly TrafficPolicyInstance[]): Promise<Applied> {
  const before = await Promise.all(
    records.map(async (record) => {
      const query = new URLSearchParams({ kind: "trafficpolicyinstance", resource: record.Id, limit: "50" });
      const { events } = await native<{ events: readonly Event[] }>("GET", `/meridian/audit?${query}`);
      const found = earlier(record, events);
      if (found === undefined) throw new Error(`${record.Name} has answered by version ${record.TrafficPolicyVersion} from its beginning, so there is nothing to go back to. Choose a version yourself.`);
      return found;
    }),
  );
  return apply(reverse(before), false);
}

/** What a record was before it came to what it is; `events` the newest first. */
export function earlier(record: TrafficPolicyInstance, events: readonly Event[]): TrafficPolicyInstance | undefined {
  const own = answersBy(record);
  const came = events.find(({ before, after }) => before !== null && after !== null && answersBy(after) === own && answersBy(before) !== own);
  return came?.before ?? undefined;
}

const answersBy = ({ TrafficPolicyId, TrafficPolicyVersion, TTL }: TrafficPolicyInstance): string => `${TrafficPolicyId} ${TrafficPolicyVersion} ${TTL}`;

// The button that rolls back: one click, and a message until every name server answers so.
import { useState } from "react";

import type { TrafficPolicyInstance } from "../api/operations";
import { listed } from "../apply/plan";
import { followAll } from "../apply/served";
import { useFlashes } from "../layout/flashes";
import { rollBack } from "./roll-back";

export function useRollBack(onChanged: () => void): { busy: boolean; run: (records: readonly TrafficPolicyInstance[]) => void } {
  const flashes = useFlashes();
  const [busy, setBusy] = useState(false);
  const run = (records: readonly TrafficPolicyInstance[]) => {
    const names = listed(records.map(({ Name }) => Name));
    setBusy(true);
    rollBack(records)
      .then(
        ({ TrafficPolicyInstances: found, changes }) => {
          const versions = [...new Set(found.map(({ TrafficPolicyVersion }) => TrafficPolicyVersion))].join(" and ");
          followAll(flashes, "roll-back", changes, `${names} ${records.length === 1 ? "is" : "are"} back at version ${versions}`, onChanged);
          onChanged();
        },
        (error: unknown) => flashes.fail("roll-back", `${names} ${records.length === 1 ? "was" : "were"} not rolled back`, error),
      )
      .finally(() => setBusy(false));
  };
  return { busy, run };
}

// Record sets as rows of a table for other programs.
import { policyOf, POLICY_TEXTS, type RecordSet, shownName } from "./policy";
import { condition } from "./sentence";

export const CSV_HEADER = ["Name", "Type", "TTL", "Routing policy", "Identifier", "Condition", "Values", "Alias of", "Health check"] as const;

/** Values stand in one cell, a line each. */
export function csvRow(set: RecordSet): (string | number)[] {
  return [
    shownName(set.Name),
    set.Type,
    set.TTL ?? "",
    POLICY_TEXTS[policyOf(set)][0],
    set.SetIdentifier ?? "",
    condition(set),
    (set.ResourceRecords ?? []).map(({ Value }) => Value).join("\n"),
    set.AliasTarget === undefined ? "" : shownName(set.AliasTarget.DNSName),
    set.HealthCheckId ?? "",
  ];
}

// What the server would say to a batch, without applying it: `explain` judges it as ChangeResourceRecordSets does.
import { useEffect, useState } from "react";

import { type ApiError, native } from "../api/client";
import type { Change } from "../api/operations";
import { useAsked } from "../api/use";
import { shownName } from "../records/policy";

const WAIT = 300; // milliseconds without a change before we ask

/** `text`, but only after it has stayed for a while. */
export function useSettled(text: string, wait = WAIT): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), wait);
    return () => clearTimeout(timer);
  }, [text, wait]);
  return settled;
}

export interface Judgement {
  error: ApiError | undefined;
  judging: boolean;
}

export function useJudgement(zoneId: string, changes: readonly Change[], comment: string): Judgement {
  const text = JSON.stringify({ HostedZoneId: zoneId, ChangeBatch: { Changes: changes, ...(comment && { Comment: comment }) } });
  const settled = useSettled(text);
  const [first] = changes;
  const { error, loading, value } = useAsked(settled, async (signal) => {
    if (first === undefined) return true;
    const query = new URLSearchParams({ name: shownName(first.ResourceRecordSet.Name), type: first.ResourceRecordSet.Type, zone: zoneId });
    await native("POST", `/meridian/explain?${query}`, JSON.parse(settled), signal);
    return true;
  });
  const judging = settled !== text || (loading && value === undefined);
  return { error: judging ? undefined : error, judging };
}

// A page of a zone's record sets, asked from the server; where it begins and what is looked for stand in the page's address.
import { useState } from "react";
import { useSearchParams } from "react-router";

import { all, call, native } from "../api/client";
import type { ListResourceRecordSetsResponse } from "../api/operations";
import { type Asked, useAsked } from "../api/use";
import { absoluteName, type ZoneOf } from "../records/form";
import { type Group, grouped, pageOf, type Start } from "../records/group";
import type { RecordSet, RecordType } from "../records/policy";
import type { RecordsPage } from "./records";

const SIZE = "100"; // record sets a page

export interface Listing {
  page: Asked<RecordsPage>;
  /** From 1, of the pages turned since the listing's beginning or the last jump. */
  number: number;
  turn: (page: number) => void;
  filtered: boolean;
  /** The name from which on the listing is shown, as it was typed. */
  from: string;
  jump: (name: string) => void;
  /** What is looked for in the whole zone: a part of a name, a value, an identifier, and a type; both empty for all. */
  text: string;
  type: string;
  look: (text: string, type: string) => void;
  /** More were found than are shown. */
  more: boolean;
}

const FOUND = "500"; // record sets that a search shows at most

export function useRecords(zone: ZoneOf): Listing {
  const [parameters, setParameters] = useSearchParams();
  const from = parameters.get("from") ?? "";
  const [turned, setTurned] = useState<{ from: string; starts: readonly Start[] }>({ from, starts: [] });
  const starts = turned.from === from ? turned.starts : [];
  const start: Start | undefined = starts.at(-1) ?? (from === "" ? undefined : { name: absoluteName(from, zone.name) });
  const text = parameters.get("q") ?? "";
  const type = parameters.get("of") ?? "";
  const filtered = text !== "" || type !== "";
  const asked = useAsked(JSON.stringify([zone.id, filtered ? [text, type] : start]), async (signal): Promise<Found> => {
    if (!filtered) return { ...pageOf(await call("ListResourceRecordSets", { HostedZoneId: zone.id, MaxItems: SIZE, ...startOf(start) }, signal)), more: false };
    const query = new URLSearchParams({ limit: FOUND, ...(text && { q: text }), ...(type && { type }) });
    const found = await native<{ ResourceRecordSets: readonly RecordSet[]; more: boolean }>("GET", `/meridian/zones/${zone.id}/records?${query}`, undefined, signal);
    return { groups: grouped(found.ResourceRecordSets), next: undefined, more: found.more };
  });
  const page: Asked<RecordsPage> = { ...asked, value: asked.value && { groups: asked.value.groups, hasNext: asked.value.next !== undefined } };
  const turn = (to: number) => {
    const next = asked.value?.next;
    if (to <= starts.length) setTurned({ from, starts: starts.slice(0, to - 1) });
    else if (next !== undefined) setTurned({ from, starts: [...starts, next] });
  };
  const change = (to: Readonly<Record<string, string>>) =>
    setParameters(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [key, value] of Object.entries(to)) {
          if (value.trim() === "") after.delete(key);
          else after.set(key, value.trim());
        }
        return after;
      },
      { replace: true },
    );
  const jump = (name: string) => change({ from: name, q: "", of: "" });
  const look = (q: string, of: string) => change({ q, of });
  return { page, number: filtered ? 1 : starts.length + 1, turn, filtered, from, jump, text, type, look, more: asked.value?.more ?? false };
}

/** All of a zone, page by page. */
export function everyRecordSet(zoneId: string): Promise<RecordSet[]> {
  return all<ListResourceRecordSetsResponse, RecordSet>(
    (page) =>
      call("ListResourceRecordSets", {
        HostedZoneId: zoneId,
        MaxItems: "300",
        ...(page?.NextRecordName !== undefined && { StartRecordName: page.NextRecordName }),
        ...(page?.NextRecordType !== undefined && { StartRecordType: page.NextRecordType }),
        ...(page?.NextRecordIdentifier !== undefined && { StartRecordIdentifier: page.NextRecordIdentifier }),
      }),
    (page) => page.ResourceRecordSets,
    (page) => page.IsTruncated,
  );
}

interface Found {
  groups: readonly Group[];
  next: Start | undefined;
  more: boolean;
}

function startOf(start: Start | undefined): { StartRecordName?: string; StartRecordType?: RecordType } {
  if (start === undefined) return {};
  return { StartRecordName: start.name, ...(start.type === undefined ? {} : { StartRecordType: start.type }) };
}

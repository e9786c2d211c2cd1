// A page of a zone's record sets, asked from the server; where it begins and what is looked for stand in the page's address.
import { useState } from "react";
import { useSearchParams } from "react-router";

import { call } from "../api/client";
import { type Asked, useAsked } from "../api/use";
import { absoluteName, type ZoneOf } from "../records/form";
import { pageOf, type Start } from "../records/group";
import type { RecordType } from "../records/policy";
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
}

export function useRecords(zone: ZoneOf): Listing {
  const [parameters, setParameters] = useSearchParams();
  const from = parameters.get("from") ?? "";
  const [turned, setTurned] = useState<{ from: string; starts: readonly Start[] }>({ from, starts: [] });
  const starts = turned.from === from ? turned.starts : [];
  const start: Start | undefined = starts.at(-1) ?? (from === "" ? undefined : { name: absoluteName(from, zone.name) });
  const asked = useAsked(JSON.stringify([zone.id, start]), async (signal) => pageOf(await call("ListResourceRecordSets", { HostedZoneId: zone.id, MaxItems: SIZE, ...startOf(start) }, signal)));
  const page: Asked<RecordsPage> = { ...asked, value: asked.value && { groups: asked.value.groups, hasNext: asked.value.next !== undefined } };
  const turn = (to: number) => {
    const next = asked.value?.next;
    if (to <= starts.length) setTurned({ from, starts: starts.slice(0, to - 1) });
    else if (next !== undefined) setTurned({ from, starts: [...starts, next] });
  };
  const jump = (name: string) =>
    setParameters((before) => {
      const after = new URLSearchParams(before);
      if (name.trim() === "") after.delete("from");
      else after.set("from", name.trim());
      return after;
    });
  return { page, number: starts.length + 1, turn, filtered: false, from, jump };
}

function startOf(start: Start | undefined): { StartRecordName?: string; StartRecordType?: RecordType } {
  if (start === undefined) return {};
  return { StartRecordName: start.name, ...(start.type === undefined ? {} : { StartRecordType: start.type }) };
}

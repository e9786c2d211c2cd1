// A page of a zone's listing, as groups of one name and type.
import type { ListResourceRecordSetsResponse } from "../api/operations";
import { type RecordSet, type RecordType, sameName } from "./policy";

export interface Group {
  name: string;
  type: RecordType;
  /** One without policy, or all arms of one. */
  sets: readonly RecordSet[];
}

/** Where a page of a listing begins. */
export interface Start {
  name: string;
  type?: RecordType;
}

/** In the order of the listing, in which those of one name and type stand together. */
export function grouped(sets: readonly RecordSet[]): Group[] {
  const groups: { name: string; type: RecordType; sets: RecordSet[] }[] = [];
  for (const set of sets) {
    const last = groups.at(-1);
    if (last !== undefined && last.type === set.Type && sameName(last.name, set.Name)) last.sets.push(set);
    else groups.push({ name: set.Name, type: set.Type, sets: [set] });
  }
  return groups;
}

/** Groups of a page that are whole, and where the next page begins; a group that fills the page alone is cut. */
export function pageOf(reply: ListResourceRecordSetsResponse): { groups: Group[]; next: Start | undefined } {
  const groups = grouped(reply.ResourceRecordSets);
  const { NextRecordName: name, NextRecordType: type } = reply;
  if (!reply.IsTruncated || name === undefined || type === undefined) return { groups, next: undefined };
  const last = groups.at(-1);
  const cut = last !== undefined && last.type === type && sameName(last.name, name);
  return { groups: cut && groups.length > 1 ? groups.slice(0, -1) : groups, next: { name, type } };
}

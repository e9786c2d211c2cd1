// Changes that are not sent yet, and the batch that they come to.
import type { Change } from "../api/operations";
import { keyOf, type RecordSet, sameName, shownName } from "./policy";

/** `before` alone is deleted, `after` alone is created; one of them is always there. */
export interface Pending {
  id: string;
  before?: RecordSet | undefined;
  after?: RecordSet | undefined;
}

/**
 * The batch. What is there is deleted as it was seen and created as it shall be, so that a change that
 * somebody else has made meanwhile is never overwritten: the batch is refused instead. SOA and NS of the
 * apex cannot be deleted and are replaced. Aliases come last, after what they lead to (R-CHG-3).
 */
export function batchOf(pending: readonly Pending[], apex: string): Change[] {
  const stays = ({ before, after }: Pending) =>
    before !== undefined && after !== undefined && keyOf(before) === keyOf(after) && ["SOA", "NS"].includes(after.Type) && sameName(after.Name, apex);
  const removed = pending.filter((each) => !stays(each)).flatMap(({ before }) => (before === undefined ? [] : [before]));
  const put = pending.flatMap((each) => (each.after === undefined ? [] : [change(stays(each) ? "UPSERT" : "CREATE", each.after)]));
  return [
    ...removed.map((set) => change("DELETE", set)),
    ...put.filter(({ ResourceRecordSet: set }) => set.AliasTarget === undefined),
    ...put.filter(({ ResourceRecordSet: set }) => set.AliasTarget !== undefined),
  ];
}

/** A batch as pending changes: DELETE and CREATE of one key are one change of it. `served`: what is there now, where it is known. */
export function fromBatch(changes: readonly Change[], served: readonly RecordSet[] = []): Pending[] {
  const found = new Map<string, Pending>();
  for (const { Action, ResourceRecordSet: set } of changes) {
    const key = keyOf(set);
    const known = found.get(key) ?? { id: key };
    const before = Action === "UPSERT" ? (known.before ?? served.find((each) => keyOf(each) === key)) : known.before;
    found.set(key, Action === "DELETE" ? { ...known, before: set } : { ...known, before, after: set });
  }
  return [...found.values()];
}

/**
 * With one more edit: from `before`, as the table shows it, to `after`. An edit of what is itself pending joins
 * it, and what comes back to where it began is no change any more.
 */
export function withEdit(pending: readonly Pending[], before: RecordSet | undefined, after: RecordSet | undefined): Pending[] {
  const earlier = before === undefined ? undefined : pending.find((each) => each.after !== undefined && keyOf(each.after) === keyOf(before));
  const first = earlier === undefined ? before : earlier.before;
  const same = first !== undefined && after !== undefined && equal(first, after);
  const kept = pending.filter((each) => each !== earlier && !(first !== undefined && each.before !== undefined && keyOf(each.before) === keyOf(first)));
  if (same || (first === undefined && after === undefined)) return kept;
  const key = after ?? first;
  return [...kept, { id: key === undefined ? "" : keyOf(key), before: first, after }];
}

/** The record sets of one name and type as they will be. */
export function withPending(sets: readonly RecordSet[], pending: readonly Pending[], name: string, type: RecordSet["Type"]): RecordSet[] {
  const here = (set: RecordSet | undefined): set is RecordSet => set !== undefined && set.Type === type && sameName(shownName(set.Name), shownName(name));
  const gone = new Set(pending.flatMap(({ before }) => (before === undefined ? [] : [keyOf(before)])));
  return [...sets.filter((set) => here(set) && !gone.has(keyOf(set))), ...pending.map(({ after }) => after).filter(here)];
}

export interface Difference {
  field: string;
  before: string;
  after: string;
}

/** The fields in which they differ, in words. */
export function differences({ before, after }: Pending): Difference[] {
  const one = fields(before);
  const other = fields(after);
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names
    .map((field) => ({ field, before: one[field] ?? "", after: other[field] ?? "" }))
    .filter((each) => each.before !== each.after);
}

/** The reasons of a refusal by the change that they name; `rest` are those that name none. */
export function reasonsBy(pending: readonly Pending[], messages: readonly string[]): { by: Map<string, string[]>; rest: string[] } {
  const by = new Map<string, string[]>();
  const rest: string[] = [];
  for (const message of messages) {
    const byName = pending.filter((each) => names(message, each));
    const named = byName.length > 0 ? byName : pending.filter(({ after }) => after?.ResourceRecords?.some(({ Value }) => message.includes(`'${Value}'`)));
    const exact = named.filter((each) => namesIdentifier(message, each));
    const of = exact.length > 0 ? exact : named;
    if (of.length === 0) rest.push(message);
    for (const { id } of of) by.set(id, [...(by.get(id) ?? []), message]);
  }
  return { by, rest };
}

function change(Action: Change["Action"], ResourceRecordSet: RecordSet): Change {
  return { Action, ResourceRecordSet };
}

function equal(one: RecordSet, other: RecordSet): boolean {
  return keyOf(one) === keyOf(other) && differences({ id: "", before: one, after: other }).length === 0;
}

/** Whether a message of the API speaks of this name and type; it writes names with their last dot. */
function names(message: string, { before, after }: Pending): boolean {
  const lower = message.toLowerCase();
  return [before, after].some((set) => {
    if (set === undefined) return false;
    const name = shownName(set.Name).toLowerCase();
    const forms = [name, name.replace(/^\*/, "\\052")];
    const speaks = forms.some((form) => new RegExp(`(^|[\\s'=\\[,"])${escaped(form)}\\.?(?=[\\s'\\],":]|$)`).test(lower));
    return speaks && new RegExp(`\\b${set.Type}\\b`).test(message);
  });
}

function namesIdentifier(message: string, { before, after }: Pending): boolean {
  return [before, after].some((set) => set?.SetIdentifier !== undefined && new RegExp(`SetIdentifier[ =]*["']?${escaped(set.SetIdentifier)}(?![\\w-])`, "i").test(message));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function fields(set: RecordSet | undefined): Record<string, string> {
  if (set === undefined) return {};
  const place = set.GeoLocation;
  const spot = set.GeoProximityLocation;
  const alias = set.AliasTarget;
  const all: readonly (readonly [string, string | undefined])[] = [
    ["Name", shownName(set.Name)],
    ["Type", set.Type],
    ["TTL", set.TTL === undefined ? undefined : `${set.TTL} s`],
    ["Values", set.ResourceRecords?.map(({ Value }) => Value).join("\n")],
    ["Alias of", alias && shownName(alias.DNSName)],
    ["Alias zone", alias?.HostedZoneId],
    ["Evaluate target health", alias && (alias.EvaluateTargetHealth ? "yes" : "no")],
    ["Identifier", set.SetIdentifier],
    ["Weight", set.Weight?.toString()],
    ["Region", set.Region],
    ["Role", set.Failover],
    ["Area", place && [place.ContinentCode, place.CountryCode, place.SubdivisionCode].filter((code) => code !== undefined).join("-")],
    ["Multivalue", set.MultiValueAnswer === true ? "yes" : undefined],
    ["Network", set.CidrRoutingConfig?.LocationName],
    ["Collection", set.CidrRoutingConfig?.CollectionId],
    ["Place", spot && (spot.AWSRegion ?? spot.LocalZoneGroup ?? `${spot.Coordinates?.Latitude}, ${spot.Coordinates?.Longitude}`)],
    ["Bias", spot && String(spot.Bias ?? 0)],
    ["Health check", set.HealthCheckId],
  ];
  return Object.fromEntries(all.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
}

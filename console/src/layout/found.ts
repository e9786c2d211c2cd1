// What a search finds, and where each thing is in the console.
import { native } from "../api/client";
import { shownName } from "../records/policy";

/** Of docs/reference/search.md. */
export type Found =
  | { kind: "zone"; id: string; name: string; private: boolean; comment: string }
  | { kind: "record"; zone_id: string; zone_name: string; name: string; type: string; set_identifier: string | null; values: readonly string[]; alias_target: string | null }
  | { kind: "check"; id: string; name: string }
  | { kind: "policy"; id: string; name: string; version: number }
  | { kind: "policy_record"; id: string; zone_id: string; name: string; type: string }
  | { kind: "cidr_collection"; id: string; name: string };

export interface Findings {
  query: string;
  found: readonly Found[];
  more: readonly Found["kind"][];
}

export const KINDS: Readonly<Record<Found["kind"], string>> = {
  zone: "Hosted zones",
  record: "Records",
  check: "Health checks",
  policy: "Traffic policies",
  policy_record: "Policy records",
  cidr_collection: "CIDR collections",
};

export function search(text: string, signal: AbortSignal, limit = 8): Promise<Findings> {
  return native("GET", `/meridian/search?${new URLSearchParams({ q: text, limit: String(limit) })}`, undefined, signal);
}

export interface Shown {
  title: string;
  detail: string;
  path: string;
}

/** `text`: what was looked for; of several values the one that has it is shown. */
export function shown(found: Found, text: string): Shown {
  switch (found.kind) {
    case "zone":
      return { title: shownName(found.name), detail: [found.private ? "Private" : "Public", found.comment].filter((part) => part !== "").join(" · "), path: `/zones/${found.id}` };
    case "record":
      return {
        title: `${shownName(found.name)} ${found.type}`,
        detail: [valueWith(found.values, found.alias_target, text), found.set_identifier ?? "", `in ${shownName(found.zone_name)}`].filter((part) => part !== "").join(" · "),
        path: `/zones/${found.zone_id}?${new URLSearchParams({ from: shownName(found.name) })}`,
      };
    case "check":
      return { title: found.name || found.id, detail: found.name === "" ? "" : found.id, path: `/checks/${found.id}` };
    case "policy":
      return { title: found.name, detail: `version ${found.version}`, path: `/policies/${found.id}` };
    case "policy_record":
      return { title: `${shownName(found.name)} ${found.type}`, detail: found.id, path: `/policy-records?${new URLSearchParams({ filter: JSON.stringify({ tokens: [{ propertyKey: "id", operator: "=", value: found.id }], operation: "and" }) })}` };
    case "cidr_collection":
      return { title: found.name, detail: found.id, path: `/places/${found.id}` };
  }
}

function valueWith(values: readonly string[], target: string | null, text: string): string {
  if (target !== null) return `alias of ${shownName(target)}`;
  const wanted = text.toLowerCase();
  const value = values.find((each) => each.toLowerCase().includes(wanted)) ?? values[0] ?? "policy record";
  return values.length > 1 ? `${value} and ${values.length - 1} more` : value;
}

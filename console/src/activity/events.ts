// The audit trail as `/meridian/audit` tells it (docs/reference/users.md), and what the page's address asks of it.

export interface AuditEvent {
  id: number;
  at: string;
  user: string;
  access_key_id: string;
  request_id: string;
  action: string;
  kind: string;
  resource: string;
  before: unknown;
  after: unknown;
  name?: string;
  type?: string;
  set_identifier?: string;
}

export const FILTERS = ["user", "action", "kind", "resource", "name", "type", "request"] as const;
export type Filter = (typeof FILTERS)[number];

export const LABELS: Readonly<Record<Filter, string>> = { user: "User", action: "Action", kind: "Kind", resource: "Resource id", name: "Record name", type: "Record type", request: "Request id" };

const KINDS: Readonly<Record<string, string>> = { recordset: "Record", hostedzone: "Hosted zone", healthcheck: "Health check", tags: "Tags", user: "User", accesskey: "Access key", policy: "User policy", request: "Request", trafficpolicy: "Traffic policy", trafficpolicyinstance: "Policy record", cidrcollection: "CIDR collection" };

export const kindName = (kind: string): string => KINDS[kind] ?? kind;

/** Such as "Changed" or "Created". Only of record sets is it known what was before; other calls say it by their names. */
export function verb({ kind, action, before, after }: Pick<AuditEvent, "kind" | "action" | "before" | "after">): string {
  if (kind !== "recordset") return /:Create/.test(action) ? "Created" : /:Delete/.test(action) ? "Deleted" : "Changed";
  return before === null ? "Created" : after === null ? "Deleted" : "Changed";
}

/** The lines of a value as JSON; none where there was nothing. */
export function linesOf(value: unknown): string[] {
  return value === null || value === undefined ? [] : JSON.stringify(value, null, 2).split("\n");
}

export interface Line {
  mark: " " | "−" | "+";
  text: string;
}

/** Before and after, line by line: what went, what came, and what stayed (longest common lines). */
export function difference(before: readonly string[], after: readonly string[]): Line[] {
  const common: number[][] = Array.from({ length: before.length + 1 }, () => Array<number>(after.length + 1).fill(0));
  const at = (row: number, column: number): number => common[row]?.[column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const line = common[row];
      if (line !== undefined) line[column] = before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const found: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    const [old, fresh] = [before[row], after[column]];
    if (old !== undefined && old === fresh) {
      found.push({ mark: " ", text: old });
      row++;
      column++;
    } else if (old !== undefined && (fresh === undefined || at(row + 1, column) >= at(row, column + 1))) {
      found.push({ mark: "−", text: old });
      row++;
    } else if (fresh !== undefined) {
      found.push({ mark: "+", text: fresh });
      column++;
    }
  }
  return found;
}

const LONGEST = 400; // lines of either side: what is longer is shown whole, one after the other

export function compare(event: Pick<AuditEvent, "before" | "after">): Line[] {
  const [before, after] = [linesOf(event.before), linesOf(event.after)];
  if (before.length > LONGEST || after.length > LONGEST) return [...before.map((text): Line => ({ mark: "−", text })), ...after.map((text): Line => ({ mark: "+", text }))];
  return difference(before, after);
}

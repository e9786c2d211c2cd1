// The overview as `/meridian/overview` tells it (docs/reference/overview.md), and rates from two looks at it.

export interface Overview {
  at: string;
  count: { zones: number; record_sets: number; checks: number; policies: number; policy_records: number };
  health: { healthy: number; unhealthy: number; unknown: number; disabled: number; overridden: number; down: readonly { id: string; name: string; since: string; reason: string }[] };
  edges: readonly { name: string; live: boolean; heard_at: string; started_at: string | null; failed: number; counted: Counted | null }[];
  changes: readonly ChangeOnItsWay[];
}

export interface ChangeOnItsWay {
  id: string;
  zone_id: string;
  zone_name: string | null;
  submitted_at: string;
  comment: string | null;
  published: boolean;
  reached: readonly string[];
  waiting: readonly string[];
  failed: Readonly<Record<string, string>>;
}

export interface Counted {
  /** When it was counted, by the edge's clock. */
  at: string;
  counters: Readonly<Record<string, number>>;
  types: Readonly<Record<string, number>>;
  zones: readonly { id: string; name: string; questions: number }[];
}

/** Two counts of each live edge, one after the other, as they were known at one look, in seconds. */
export interface Look {
  at: number;
  edges: Readonly<Record<string, readonly [Counted, Counted]>>;
}

/** What is known after a look at the overview, and the edges' last counts to compare the next with. */
export interface Counts {
  looks: readonly Look[];
  last: Readonly<Record<string, Counted>>;
}

export const NO_COUNTS: Counts = { looks: [], last: {} };

/** Edges count every few seconds; until one has counted again, its last two counts say its rate. */
export function looked({ looks, last }: Counts, { at, edges }: Overview, kept: number): Counts {
  const before = looks.at(-1)?.edges ?? {};
  const pairs = edges.flatMap(({ name, live, counted }): [string, readonly [Counted, Counted]][] => {
    const previous = last[name];
    if (!live || counted === null || previous === undefined) return [];
    const pair = previous.at === counted.at ? before[name] : ([previous, counted] as const);
    return pair === undefined ? [] : [[name, pair]];
  });
  const counted = edges.flatMap((edge) => (edge.counted === null ? [] : [[edge.name, edge.counted] as const]));
  const look = { at: Date.parse(at) / 1000, edges: Object.fromEntries(pairs) };
  return { looks: [...looks, look].slice(-kept), last: Object.fromEntries(counted) };
}

const REPLIES: Readonly<Record<string, string>> = {
  answers: "Answers",
  no_data: "No data",
  referrals: "Referrals",
  name_errors: "NXDOMAIN",
  refused: "REFUSED",
  server_failures: "SERVFAIL",
  format_errors: "FORMERR",
};

/** From an edge and what it has counted to counts by what a chart tells apart. */
export type Read = (counted: Counted, edge: string) => Readonly<Record<string, number>>;

export const replies: Read = ({ counters }) => Object.fromEntries(Object.entries(REPLIES).map(([counter, label]) => [label, counters[counter] ?? 0]));
export const byZone: Read = ({ zones }) => Object.fromEntries(zones.map(({ name, questions }) => [name.replace(/(.)\.$/, "$1"), questions]));
export const byType: Read = ({ types }) => types;
export const byEdge: Read = ({ types }, edge) => ({ [edge]: Object.values(types).reduce((sum, each) => sum + each, 0) });

/** A row of times and one of rates a second for each series, the busiest `most` of them; null where nothing is known. */
export interface Rates {
  times: readonly number[];
  series: readonly { label: string; rates: readonly (number | null)[] }[];
}

/** The sum of all edges at each look, of what there was any of. */
export function ratesOf(looks: readonly Look[], read: Read, most: number): Rates {
  const rows = looks.map(({ edges }) => Object.entries(edges).map(([edge, pair]) => rates(pair, (counted) => read(counted, edge))));
  const labels = new Map<string, number>();
  for (const row of rows) for (const of of row) for (const [label, rate] of Object.entries(of)) labels.set(label, (labels.get(label) ?? 0) + rate);
  const busiest = [...labels].filter(([, all]) => all > 0).sort(([one, a], [other, b]) => b - a || one.localeCompare(other)).slice(0, most);
  return {
    times: looks.map(({ at }) => at),
    series: busiest.map(([label]) => ({ label, rates: rows.map((row) => sum(row.flatMap((of) => of[label] ?? []))) })),
  };
}

const sum = (rates: readonly number[]): number | null => (rates.length === 0 ? null : rates.reduce((all, each) => all + each, 0));

/** What grew, a second. Nothing where a count began anew: of an edge that was started again, or a zone that was not among the busiest. */
function rates([before, after]: readonly [Counted, Counted], read: (counted: Counted) => Readonly<Record<string, number>>): Record<string, number> {
  const [from, seconds] = [read(before), (Date.parse(after.at) - Date.parse(before.at)) / 1000];
  if (seconds <= 0) return {};
  const grown = Object.entries(read(after)).map(([label, count]) => [label, count - (from[label] ?? NaN)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by >= 0).map(([label, by]) => [label, by / seconds]));
}

/** Such as "3.4 k". */
export function perSecond(rate: number): string {
  if (rate >= 1_000_000) return `${(rate / 1_000_000).toFixed(1)} M`;
  if (rate >= 1_000) return `${(rate / 1_000).toFixed(1)} k`;
  return rate >= 100 || Number.isInteger(rate) ? rate.toFixed(0) : rate.toFixed(1);
}

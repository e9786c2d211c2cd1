// The overview as `/meridian/overview` tells it (docs/reference/overview.md), and rates from two looks at it.

export interface Overview {
  at: string;
  count: { zones: number; record_sets: number; checks: number; policies: number; policy_records: number };
  health: { healthy: number; unhealthy: number; unknown: number; disabled: number; overridden: number; down: readonly { id: string; name: string; since: string; reason: string }[] };
  edges: readonly { name: string; live: boolean; heard_at: string; started_at: string | null; failed: number }[];
  changes: readonly ChangeOnItsWay[];
  edge: Counted | null;
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
  counters: Readonly<Record<string, number>>;
  types: Readonly<Record<string, number>>;
  zones: readonly { id: string; name: string; questions: number }[];
}

/** Counts by name at one moment, in seconds. */
export interface Sample {
  at: number;
  counts: Readonly<Record<string, number>>;
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

export const replies = ({ counters }: Counted): Record<string, number> => Object.fromEntries(Object.entries(REPLIES).map(([counter, label]) => [label, counters[counter] ?? 0]));
export const byZone = ({ zones }: Counted): Record<string, number> => Object.fromEntries(zones.map(({ name, questions }) => [name.replace(/(.)\.$/, "$1"), questions]));
export const byType = ({ types }: Counted): Record<string, number> => ({ ...types });

/** A row of times and one of rates a second for each series, the busiest `most` of them; null before a series was there. */
export interface Rates {
  times: readonly number[];
  series: readonly { label: string; rates: readonly (number | null)[] }[];
}

export function ratesOf(samples: readonly Sample[], most: number): Rates {
  const last = samples.at(-1)?.counts ?? {};
  const first = samples[0]?.counts ?? {};
  const labels = Object.keys(last)
    .sort((one, other) => growth(other) - growth(one) || (last[other] ?? 0) - (last[one] ?? 0) || one.localeCompare(other))
    .slice(0, most);
  function growth(label: string): number {
    return (last[label] ?? 0) - (first[label] ?? 0);
  }
  return {
    times: samples.slice(1).map(({ at }) => at),
    series: labels.map((label) => ({ label, rates: samples.slice(1).map((sample, index) => rate(samples[index], sample, label)) })),
  };
}

/** Null where it was not counted, or where the count began anew: an edge that was started again. */
function rate(before: Sample | undefined, after: Sample, label: string): number | null {
  const [from, to] = [before?.counts[label], after.counts[label]];
  if (before === undefined || from === undefined || to === undefined || to < from || after.at <= before.at) return null;
  return (to - from) / (after.at - before.at);
}

/** Such as "3.4 k". */
export function perSecond(rate: number): string {
  if (rate >= 1_000_000) return `${(rate / 1_000_000).toFixed(1)} M`;
  if (rate >= 1_000) return `${(rate / 1_000).toFixed(1)} k`;
  return rate >= 100 || Number.isInteger(rate) ? rate.toFixed(0) : rate.toFixed(1);
}

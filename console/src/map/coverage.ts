// Which countries and subdivisions a geolocation rule is for, and which it leaves without an answer (R-GEO-6, R-GEO-9).
import type { Rule } from "../policy/graph";
import type { Country } from "./atlas";

export interface Coverage {
  /** The arm of each country by its code. */
  countries: ReadonlyMap<string, Covered>;
  /** The arm of each subdivision that the rule names, by codes such as `US-TX`. */
  subdivisions: ReadonlyMap<string, number>;
  /** The number of the default's arm. */
  fallback: number | undefined;
  /** Codes of the countries whose clients get no answer. */
  gaps: readonly string[];
}

export interface Covered {
  arm: number;
  /** Which of its places decides. */
  by: "country" | "continent" | "default";
}

/** The smallest place wins; of equals the first, though the server takes no two. */
export function coverage(rule: Rule, countries: readonly Country[]): Coverage {
  const first = (fits: (arm: Rule["arms"][number]) => boolean): number | undefined => {
    const found = rule.arms.findIndex(fits);
    return found < 0 ? undefined : found;
  };
  const fallback = first((arm) => arm.isDefault === true || arm.country === "*");
  const covered = new Map<string, Covered>();
  for (const { code, continent } of countries) {
    const own = first((arm) => arm.country === code && arm.subdivision === undefined);
    const around = first((arm) => arm.country === undefined && arm.isDefault !== true && arm.continent === continent);
    if (own !== undefined) covered.set(code, { arm: own, by: "country" });
    else if (around !== undefined) covered.set(code, { arm: around, by: "continent" });
    else if (fallback !== undefined) covered.set(code, { arm: fallback, by: "default" });
  }
  const subdivisions = new Map<string, number>();
  rule.arms.forEach(({ country, subdivision }, arm) => {
    if (country !== undefined && subdivision !== undefined && !subdivisions.has(`${country}-${subdivision}`)) subdivisions.set(`${country}-${subdivision}`, arm);
  });
  return { countries: covered, subdivisions, fallback, gaps: countries.filter(({ code }) => !covered.has(code)).map(({ code }) => code) };
}

/** A sentence on who gets nothing; undefined if everybody gets an answer. */
export function gapText({ gaps, fallback }: Coverage, nameOf: (code: string) => string): string | undefined {
  if (fallback !== undefined) return undefined;
  const unknown = "clients whose place nobody knows";
  if (gaps.length === 0) return `Without a default, ${unknown} get no answer.`;
  const named = gaps.slice(0, 4).map(nameOf);
  const more = gaps.length > named.length ? ` and ${gaps.length - named.length} more countries` : "";
  return `Without a default, ${unknown} get no answer, nor does anybody in ${named.join(", ")}${more}.`;
}

// A traffic policy as a graph: a start, rules that choose, endpoints that answer.
//
// Everything here is a plain value that never changes; `edit.ts` makes new ones of it, `document.ts`
// reads and writes the JSON documents of the API.

/** The kinds of rules, as documents name them in `RuleType`. */
export const RULE_KINDS = ["failover", "geo", "geoproximity", "latency", "multivalue", "weighted", "cidr"] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

export const FORMATS = ["2015-10-01", "2023-05-09", "meridian-2026-10-01"] as const;
export type Format = (typeof FORMATS)[number];

/** What an endpoint may be; R-TFE-1..5 of traffic-flow.md. */
export const ENDPOINT_TYPES = [
  "value",
  "cloudfront",
  "elastic-load-balancer",
  "application-load-balancer",
  "network-load-balancer",
  "elastic-beanstalk",
  "s3-website",
] as const;

/** The name of a box: endpoints and rules have names of their own, and may share one. */
export interface Ref {
  kind: "rule" | "endpoint";
  id: string;
}

/** One way out of a rule. Of the members after `evaluateTargetHealth` it has those of its rule's kind. */
export interface Arm {
  /** Undefined while nothing is connected. */
  to: Ref | undefined;
  healthCheck?: string;
  /** Undefined: what R-TFR-8 says. */
  evaluateTargetHealth?: boolean;
  /** 0 to 255; as it was typed, so that a wrong one can be shown. */
  weight?: string;
  region?: string;
  continent?: string;
  country?: string;
  subdivision?: string;
  isDefault?: boolean;
  /** -99 to 99. */
  bias?: string;
  latitude?: string;
  longitude?: string;
  localZone?: string;
  /** Of a cidr rule; `*` for everybody else. */
  location?: string;
}

/** A failover rule has two arms: primary, then secondary. */
export interface Rule {
  kind: RuleKind;
  arms: readonly Arm[];
  /** Of a cidr rule. */
  collectionId?: string;
}

export interface Endpoint {
  type: string;
  value: string;
  /** Of an `s3-website`. */
  region?: string;
}

export interface Graph {
  format: Format;
  recordType: string;
  start: Ref | undefined;
  rules: Readonly<Record<string, Rule>>;
  endpoints: Readonly<Record<string, Endpoint>>;
}

export const EMPTY: Graph = { format: "2023-05-09", recordType: "A", start: undefined, rules: {}, endpoints: {} };

/** A name for a box on the canvas and in lists of them. */
export const keyOf = (ref: Ref): string => `${ref.kind}:${ref.id}`;

export function refOf(key: string): Ref {
  const at = key.indexOf(":");
  return { kind: key.slice(0, at) === "rule" ? "rule" : "endpoint", id: key.slice(at + 1) };
}

export const same = (a: Ref | undefined, b: Ref | undefined): boolean => a?.kind === b?.kind && a?.id === b?.id;

export function has(graph: Graph, ref: Ref): boolean {
  return Object.hasOwn(ref.kind === "rule" ? graph.rules : graph.endpoints, ref.id);
}

/** Every box: rules, then endpoints. */
export function refs(graph: Graph): Ref[] {
  return [
    ...Object.keys(graph.rules).map((id): Ref => ({ kind: "rule", id })),
    ...Object.keys(graph.endpoints).map((id): Ref => ({ kind: "endpoint", id })),
  ];
}

/** What a box leads to, in the order of its arms. */
export function children(graph: Graph, ref: Ref): Ref[] {
  if (ref.kind === "endpoint") return [];
  return (graph.rules[ref.id]?.arms ?? []).flatMap((arm) => (arm.to === undefined ? [] : [arm.to]));
}

/** Every box that can be reached from these, these among them. */
export function reached(graph: Graph, from: readonly Ref[]): Set<string> {
  const found = new Set<string>();
  const waiting = from.filter((ref) => has(graph, ref));
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    if (found.has(keyOf(ref))) continue;
    found.add(keyOf(ref));
    waiting.push(...children(graph, ref).filter((child) => has(graph, child)));
  }
  return found;
}

/** Whether a connection from `from` to `to` would close a circle (R-TFD-5). */
export const closesCircle = (graph: Graph, from: Ref, to: Ref): boolean => same(from, to) || reached(graph, [to]).has(keyOf(from));

/** A name that no box of this kind has yet, such as `weighted-2`. */
export function freeId(graph: Graph, kind: Ref["kind"], stem: string): string {
  const taken = kind === "rule" ? graph.rules : graph.endpoints;
  for (let number = 1; ; number++) {
    const id = number === 1 ? stem : `${stem}-${number}`;
    if (!Object.hasOwn(taken, id)) return id;
  }
}

/** What an arm is called, in a few letters: the place, the region, the weight. */
export function armLabel(rule: Rule, at: number): string {
  const arm = rule.arms[at];
  if (arm === undefined) return "";
  switch (rule.kind) {
    case "failover":
      return at === 0 ? "Primary" : "Secondary";
    case "geo":
      return arm.isDefault === true || arm.country === "*" ? "Everywhere else" : placeLabel(arm);
    case "geoproximity":
      return `${arm.region ?? arm.localZone ?? coordinates(arm)}${bias(arm)}`;
    case "latency":
      return arm.region ?? "Choose a region";
    case "weighted":
      return `${arm.weight ?? "?"} · ${share(rule, at)}`;
    case "cidr":
      return arm.location === "*" || arm.isDefault === true ? "Everybody else" : (arm.location ?? "Choose a location");
    case "multivalue":
      return arm.to?.id ?? "Choose an endpoint";
  }
}

/** The share of a weighted arm, such as `25 %`; "never" where others weigh something and it does not. */
export function share(rule: Rule, at: number): string {
  const weights = rule.arms.map((arm) => Math.max(0, Number(arm.weight ?? 0)) || 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const part = total === 0 ? 1 / weights.length : (weights[at] ?? 0) / total;
  return part === 0 ? "never" : `${(part * 100).toLocaleString("en", { maximumFractionDigits: 1 })} %`;
}

function placeLabel({ continent, country, subdivision }: Arm): string {
  if (country !== undefined && subdivision !== undefined) return `${country}-${subdivision}`;
  return country ?? continent ?? "Choose a place";
}

function coordinates({ latitude, longitude }: Arm): string {
  return latitude === undefined || longitude === undefined ? "Choose a place" : `${latitude}, ${longitude}`;
}

function bias({ bias: own }: Arm): string {
  const number = Number(own ?? 0);
  return number === 0 || Number.isNaN(number) ? "" : ` (${number > 0 ? "+" : ""}${number})`;
}

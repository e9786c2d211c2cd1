// Health checks as `/meridian/checks` tells them (docs/reference/checks.md), and what their states are called.
import type { CheckEvent } from "../api/events";
import type { HealthCheckConfig } from "../api/operations";

export interface Override {
  healthy: boolean;
  until: string;
  by: string;
  reason: string;
}

export interface Options {
  interval: number | null;
  rise: number | null;
  fall: number | null;
  verify_certificate: boolean;
  certificate_days: number | null;
}

/** A check in a list. */
export interface Brief {
  id: string;
  name: string;
  type: HealthCheckConfig["Type"];
  target: string;
  slot: number;
  healthy: boolean | null;
  since: string | null;
  reason: string;
  seen: boolean;
  healthy_count: number;
  counted: number;
  disabled: boolean;
  inverted: boolean;
  override: Override | null;
  options: Options;
  routing_control: { arn: string; on: boolean } | null;
}

export interface Checker {
  checker: string;
  region: string;
  address: string;
  healthy: boolean | null;
  since: string | null;
  counted: boolean;
  age_seconds: number | null;
  checked_at: string | null;
  status: string;
  failed_at: string | null;
  failure: string;
  connect_ms: number | null;
  tls_ms: number | null;
  first_byte_ms: number | null;
}

export interface Check extends Brief {
  version: number;
  created_at: string;
  config: HealthCheckConfig;
  interval: number | null;
  rise: number;
  fall: number;
  checkers: readonly Checker[];
  children: readonly Brief[];
  used_by: readonly { zone_id: string; name: string; type: string; set_identifier: string | null }[];
  events: readonly CheckEvent[];
}

export interface History {
  events: readonly CheckEvent[];
  graph: { start: string; minutes: readonly number[] };
  created_at: string;
}

export type Word = "Healthy" | "Unhealthy" | "Unknown" | "Disabled";

export function wordOf({ healthy, seen, disabled, override }: Pick<Brief, "healthy" | "seen" | "disabled" | "override">): Word {
  if (disabled) return "Disabled";
  if (healthy === null || (!seen && override === null)) return "Unknown";
  return healthy ? "Healthy" : "Unhealthy";
}

export function titleOf({ name, id }: { name: string; id: string }): string {
  return name || id;
}

/** Each type, what it is called and what makes it healthy. */
export const TYPES: Readonly<Record<HealthCheckConfig["Type"], readonly [string, string]>> = {
  HTTP: ["HTTP", "A connection stands within 4 seconds, and the server answers with a status from 200 to 399 within 2 more."],
  HTTPS: ["HTTPS", "The same over TLS. The certificate is not judged, unless an option asks for it."],
  HTTP_STR_MATCH: ["HTTP with a string", "As HTTP, and the text stands in the first 5,120 bytes of the body."],
  HTTPS_STR_MATCH: ["HTTPS with a string", "As HTTPS, and the text stands in the first 5,120 bytes of the body."],
  TCP: ["TCP", "A connection stands within 10 seconds."],
  CALCULATED: ["Other health checks", "So many of the checks that you choose are healthy."],
  CLOUDWATCH_METRIC: ["Metric", "An alarm on a metric is not in alarm, such as a query to Prometheus."],
  RECOVERY_CONTROL: ["Switch", "The switch that it follows is on."],
};

export interface Minute {
  /** Milliseconds since 1970. */
  at: number;
  state: "healthy" | "unhealthy" | "none";
}

/** The minutes of a graph; those before the check was there say nothing. */
export function minutesOf({ graph, created_at }: History): Minute[] {
  const start = Date.parse(graph.start);
  const created = Date.parse(created_at);
  return graph.minutes.map((healthy, minute) => {
    const at = start + minute * 60_000;
    return { at, state: at + 60_000 <= created ? "none" : healthy === 1 ? "healthy" : "unhealthy" };
  });
}

export interface Span {
  from: number;
  to: number;
  state: Minute["state"];
}

/** Neighbouring minutes of one state as one. */
export function spans(minutes: readonly Minute[]): Span[] {
  const found: Span[] = [];
  for (const { at, state } of minutes) {
    const last = found.at(-1);
    if (last?.state === state) last.to = at + 60_000;
    else found.push({ from: at, to: at + 60_000, state });
  }
  return found;
}

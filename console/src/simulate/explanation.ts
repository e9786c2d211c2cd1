// What the server explains of a draft (docs/reference/explain.md), as far as the console reads it.
import { native } from "../api/client";

export interface ExplainedArm {
  set_identifier: string;
  healthy: boolean;
  /** Why it did not stand for choice. */
  excluded: string | null;
  /** 0 to 1. */
  probability: number;
  chosen: boolean;
  health_check_reason?: string | null;
}

export interface Step {
  step: string;
  /** Of a `group`: the rule's name. */
  rule?: string;
  last_resort?: boolean;
  arms?: readonly ExplainedArm[];
  /** Of the `client`. */
  country?: string | null;
  subdivision?: string | null;
  continent?: string | null;
  latitude?: number | null;
  longitude?: number | null;
  /** Of a `failure`. */
  reason?: string;
  /** Of an `outside`. */
  resolved?: boolean;
}

export interface Explanation {
  steps: readonly Step[];
  response: { rcode: string; scope: number | null; answer: readonly string[] };
  overrides: { traffic_policy?: { problems: readonly string[] } };
}

/** What is asked: as whom, and with which checks as one supposes them. */
export interface Question {
  /** An address or a network. */
  client: string;
  /** By the id of a health check: whether it is to be healthy. */
  supposed: Readonly<Record<string, boolean>>;
  /** The 64 bits that chance is taken from, so that two documents are asked by the same draw. */
  draw: string;
}

const NAME = "simulated.invalid"; // nobody's, so the draft is tried in a zone of its own

/** Explains what a client would be answered if a policy record were built from a document. */
export function explain(document: string, type: string, { client, supposed, draw }: Question, signal?: AbortSignal): Promise<Explanation> {
  const query = new URLSearchParams({ name: NAME, type, draw, subnet: subnetOf(client) });
  for (const [check, healthy] of Object.entries(supposed)) query.append(healthy ? "healthy" : "unhealthy", check);
  return native("POST", `/meridian/explain?${query}`, { TrafficPolicy: { Document: document, TTL: 60 } }, signal);
}

/** A block that is larger than the server looks at counts by its first /24 (IPv6: /48). */
export function subnetOf(client: string): string {
  const [address = "", length] = client.trim().split("/");
  const most = address.includes(":") ? 48 : 24;
  return length !== undefined && Number(length) < most ? `${address}/${most}` : client.trim();
}

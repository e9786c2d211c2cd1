// What kinds of rules and types of endpoints are called, and which a record type may have.
import type { Graph, RuleKind } from "./graph";
import { RULE_KINDS } from "./graph";

export const RULE_WORDS: Readonly<Record<RuleKind, { name: string; what: string }>> = {
  failover: { name: "Failover", what: "The primary while it is healthy, else the secondary" },
  geo: { name: "Geolocation", what: "By the country or continent that the client is in" },
  geoproximity: { name: "Geoproximity", what: "The nearest place, with a bias for each" },
  latency: { name: "Latency", what: "The region that answers the client fastest" },
  multivalue: { name: "Multivalue", what: "Up to eight healthy values at once" },
  weighted: { name: "Weighted", what: "Shares by weight" },
  cidr: { name: "Network", what: "By the client's network, from a CIDR collection" },
};

const ENDPOINT_WORDS: Readonly<Record<string, { name: string; types: readonly string[] }>> = {
  "application-load-balancer": { name: "Application load balancer", types: ["A", "AAAA"] },
  "network-load-balancer": { name: "Network load balancer", types: ["A", "AAAA"] },
  "elastic-load-balancer": { name: "Load balancer (classic)", types: ["A", "AAAA"] },
  cloudfront: { name: "CDN distribution", types: ["A", "AAAA"] },
  "elastic-beanstalk": { name: "Elastic Beanstalk environment", types: ["A"] },
  "s3-website": { name: "S3 website", types: ["A"] },
};

export const RECORD_TYPES = ["A", "AAAA", "CAA", "CNAME", "HTTPS", "MX", "NAPTR", "PTR", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"] as const;

/** Such as "Value of type A" (R-VIS-6). */
export function endpointName(type: string, recordType: string): string {
  return type === "value" ? `Value of type ${recordType}` : (ENDPOINT_WORDS[type]?.name ?? type);
}

/** The types of endpoints that can answer a record type (R-TFE-1..5, R-VIS-6). */
export function endpointTypes(recordType: string): string[] {
  return ["value", ...Object.keys(ENDPOINT_WORDS).filter((type) => ENDPOINT_WORDS[type]?.types.includes(recordType))];
}

/** The kinds of rules that documents of this graph's format may have (R-TFR-9). */
export function ruleKinds(graph: Graph): RuleKind[] {
  return RULE_KINDS.filter((kind) => kind !== "cidr" || graph.format === "meridian-2026-10-01");
}

const EXAMPLES: Readonly<Record<string, string>> = {
  A: "192.0.2.1",
  AAAA: "2001:db8::1",
  CAA: '0 issue "ca.example.net"',
  CNAME: "www.example.com",
  HTTPS: "1 . alpn=h2",
  MX: "10 mail.example.com",
  NAPTR: '100 50 "u" "sip+E2U" "!^.*$!sip:info@example.com!" .',
  PTR: "host.example.com",
  SPF: '"v=spf1 mx -all"',
  SRV: "10 5 443 host.example.com",
  SSHFP: "4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789",
  SVCB: "1 svc.example.com",
  TLSA: "3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
  TXT: '"a text in quotes"',
};

/** A value of this type, to show what one looks like. */
export const exampleOf = (recordType: string): string => EXAMPLES[recordType] ?? "";

import { describe, expect, it } from "vitest";

import type { HostedZone, TrafficPolicyInstance } from "../api/operations";
import { listed, planOf, reverse } from "./plan";

const zone = (Id: string, Name: string): HostedZone => ({ Id, Name, CallerReference: "" });
const record = (Id: string, version: number, ttl: number): TrafficPolicyInstance => ({
  Id,
  HostedZoneId: "Z1",
  Name: `${Id}.example.com.`,
  TTL: ttl,
  State: "Applied",
  Message: "",
  TrafficPolicyId: "p",
  TrafficPolicyVersion: version,
  TrafficPolicyType: "A",
});
const ZONES = [zone("Z1", "example.com."), zone("Z2", "example.net.")];

describe("what is asked", () => {
  it("moves records with their own TTL and creates names in several zones", () => {
    const names = [
      { zoneId: "Z1", typed: "www\nshop" },
      { zoneId: "Z2", typed: "@" },
    ];
    const plan = planOf({ Id: "p", Version: 2 }, [record("a", 1, 61)], names, ZONES, 30);
    const to = { TrafficPolicyId: "p", TrafficPolicyVersion: 2 };
    expect(plan.update).toEqual([{ Id: "a", TTL: 61, ...to }]);
    expect(plan.create.map(({ HostedZoneId, Name, TTL }) => [HostedZoneId, Name, TTL])).toEqual([
      ["Z1", "www.example.com", 30],
      ["Z1", "shop.example.com", 30],
      ["Z2", "example.net", 30],
    ]);
  });
  it("leaves out a zone without a name, and a name without a zone", () => {
    const names = [
      { zoneId: "Z1", typed: " " },
      { zoneId: undefined, typed: "www" },
    ];
    expect(planOf({ Id: "p", Version: 1 }, [], names, ZONES, 60)).toEqual({ create: [], update: [] });
  });
  it("is taken back record by record, each to its own version and TTL", () => {
    expect(reverse([record("a", 1, 61), null, record("b", 3, 30)]).update).toEqual([
      { Id: "a", TTL: 61, TrafficPolicyId: "p", TrafficPolicyVersion: 1 },
      { Id: "b", TTL: 30, TrafficPolicyId: "p", TrafficPolicyVersion: 3 },
    ]);
  });
});

it.each([
  [["a.example."], "a.example"],
  [["a.example.", "b.example."], "a.example and b.example"],
  [["a.example.", "b.example.", "c.example."], "a.example, b.example and c.example"],
  [["a.example.", "b.example.", "c.example.", "d.example."], "a.example, b.example, c.example and 1 more"],
])("%j reads as %s", (names, text) => expect(listed(names)).toBe(text));

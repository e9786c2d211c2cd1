import { describe, expect, it } from "vitest";

import type { TrafficPolicyInstance } from "../api/operations";
import { earlier } from "./roll-back";

const at = (version: number, ttl = 60): TrafficPolicyInstance => ({
  Id: "i",
  HostedZoneId: "Z1",
  Name: "www.example.com.",
  TTL: ttl,
  State: "Applied",
  Message: "",
  TrafficPolicyId: "p",
  TrafficPolicyVersion: version,
  TrafficPolicyType: "A",
});

describe("what a record was before", () => {
  it("is the version that it was moved from last", () =>
    expect(earlier(at(3), [{ before: at(2), after: at(3) }, { before: at(1), after: at(2) }, { before: null, after: at(1) }])).toEqual(at(2)));
  it("leads back again after a roll-back", () => expect(earlier(at(1), [{ before: at(2), after: at(1) }, { before: at(1), after: at(2) }])).toEqual(at(2)));
  it("may differ in its TTL alone", () => expect(earlier(at(1, 30), [{ before: at(1, 60), after: at(1, 30) }])).toEqual(at(1, 60)));
  it("passes over attempts that changed nothing", () => expect(earlier(at(2), [{ before: at(2), after: at(2) }, { before: at(1), after: at(2) }])).toEqual(at(1)));
  it("is not known of one that was never moved", () => expect(earlier(at(1), [{ before: null, after: at(1) }])).toBeUndefined());
});

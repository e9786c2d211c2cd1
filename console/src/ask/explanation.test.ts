import { describe, expect, it } from "vitest";

import { type Arm, armName, compared, headline, percent, scopeText } from "./explanation";

const ARM: Arm = { set_identifier: "a", healthy: true, excluded: null, probability: 1, chosen: true };

describe("what a policy compared", () => {
  it.each<[Partial<Arm>, string]>([
    [{ weight: 80 }, "weight 80"],
    [{ role: "PRIMARY" }, "primary"],
    [{ area: "*" }, "everywhere else"],
    [{ region: "eu-west-1", latency_ms: 12.4, latency_origin: "measured" }, "eu-west-1, 12 ms measured"],
    [{ region: "eu-west-1", latency_ms: null, latency_origin: "unknown" }, "eu-west-1, latency not known"],
    [{ distance_km: 1234.4, biased_km: 1234.4, bias: 0 }, "1,234 km"],
    [{ distance_km: 1000, biased_km: 750, bias: 25 }, "1,000 km, with bias +25 750 km"],
    [{ distance_km: null }, "distance not known"],
    [{ location: "offices", rule: "r2" }, "offices · → rule r2"],
  ])("%o", (more, text) => expect(compared({ ...ARM, ...more })).toBe(text));
});

describe("names and shares", () => {
  it("leaves out the number of a rule's arm", () => {
    expect(armName({ ...ARM, set_identifier: "0 fra" }, true)).toBe("fra");
    expect(armName({ ...ARM, set_identifier: "0 fra" })).toBe("0 fra");
  });
  it("calls an arm without identifier by where it leads", () => expect(armName({ ...ARM, set_identifier: null, alias_of: "www.example.com." })).toBe("www.example.com"));
  it.each([[0, "0 %"], [0.005, "0.5 %"], [0.2, "20 %"], [1, "100 %"]] as const)("%d", (share, text) => expect(percent(share)).toBe(text));
});

describe("steps in sentences", () => {
  it("a choice in a traffic policy", () => {
    expect(headline({ step: "group", owner: "", type: 1, policy: "failover", last_resort: false, rule: "eu", arms: [] })).toBe("Rule eu: a choice by failover");
  });
  it("a client whose place is known", () => {
    const client = { step: "client", address: "192.0.2.1", prefix: 32, from: "resolver", continent: "EU", country: "DE", subdivision: null, latitude: 50, longitude: 8, matched_prefix: 20, source: "", date: "" } as const;
    expect(headline(client)).toBe("The client is in Germany");
    expect(headline({ ...client, country: null })).toBe("Where the client is, is not known");
  });
});

describe("the scope says who shares the answer", () => {
  it.each([[null, null, "no client subnet"], [0, "192.0.2.0/24", "wherever"], [20, "192.0.2.0/24", "same /20"]] as const)("%o", (scope, subnet, text) => expect(scopeText(scope, subnet)).toContain(text));
});

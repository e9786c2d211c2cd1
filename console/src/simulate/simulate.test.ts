import { describe, expect, it } from "vitest";

import type { Atlas, Client } from "../map/atlas";
import { EMPTY, type Graph } from "../policy/graph";
import { isAddress, networkOf, samples } from "./clients";
import { type Explanation, type ExplainedArm, subnetOf } from "./explanation";
import { answerText, checksOf, placedArm, turnsText, wayOf } from "./way";

const arm = (set_identifier: string, chosen: boolean, excluded: string | null = null, probability = chosen ? 1 : 0): ExplainedArm => ({ set_identifier, chosen, excluded, probability, healthy: true });
const toRule = (id: string) => ({ to: { kind: "rule" as const, id } });
const toEndpoint = (id: string) => ({ to: { kind: "endpoint" as const, id } });
const GRAPH: Graph = {
  ...EMPTY,
  start: { kind: "rule", id: "geo" },
  rules: {
    geo: { kind: "geo", arms: [{ ...toRule("pool"), continent: "EU" }, { ...toEndpoint("c"), isDefault: true }] },
    pool: { kind: "weighted", arms: [{ ...toEndpoint("a"), weight: "3", healthCheck: "h1" }, { ...toEndpoint("b"), weight: "1", healthCheck: "h1" }] },
  },
  endpoints: { a: { type: "value", value: "192.0.2.1" }, b: { type: "value", value: "192.0.2.2" }, c: { type: "elastic-load-balancer", value: "lb.example.net" } },
};

function explained(answer: string[], rcode: string, ...groups: { rule: string; arms: ExplainedArm[]; last_resort?: boolean }[]): Explanation {
  return { steps: [{ step: "client" }, ...groups.map((group) => ({ step: "group", ...group }))], response: { rcode, scope: 24, answer }, overrides: {} };
}

describe("the way of an explanation", () => {
  const found = wayOf(
    explained(
      ["simulated.invalid. 60 IN A 192.0.2.2"],
      "NOERROR",
      { rule: "geo", arms: [arm("0 pool", true), arm("1 c", false, "a smaller place holds the client")] },
      { rule: "pool", arms: [arm("0 a", false, "chance chose another", 0.75), arm("1 b", true, null, 0.25)] },
    ),
    GRAPH,
  );
  it("passes the arms that were chosen, to the endpoint", () => {
    expect([...found.lit.spots]).toEqual(["start", "rule:geo", "rule:geo/0", "rule:pool", "rule:pool/1", "endpoint:b"]);
    expect(found.lit.excluded.get("rule:geo/1")).toBe("a smaller place holds the client");
  });
  it("reads as a sentence", () => {
    expect(turnsText(found, GRAPH)).toBe("geo: EU → pool: b, as 25 % of them");
    expect(answerText(found, GRAPH)).toBe("192.0.2.2");
  });
  it("says what a service would answer, and where there is no answer", () => {
    const service = wayOf(explained([], "SERVFAIL", { rule: "geo", arms: [arm("1 c", true)] }), GRAPH);
    expect(answerText(service, GRAPH)).toBe("what lb.example.net answers");
    const nothing = wayOf(explained([], "NOERROR", { rule: "geo", arms: [arm("0 pool", false, "it does not hold the client")] }), GRAPH);
    expect([answerText(nothing, GRAPH), nothing.turns]).toEqual(["no answer", []]);
  });
  it("of a start endpoint is that", () => expect(wayOf(explained(["x. 60 IN A 192.0.2.1"], "NOERROR"), { ...GRAPH, start: { kind: "endpoint", id: "a" } }).ends).toEqual([{ kind: "endpoint", id: "a" }]));
  it("passes a rule that goes by place", () => {
    expect(placedArm(found, GRAPH)).toBe(0);
    expect(placedArm({ ...found, turns: found.turns.slice(1) }, GRAPH)).toBeUndefined();
  });
  it("names a last resort", () => {
    const last = wayOf(explained([], "NOERROR", { rule: "geo", arms: [arm("0 pool", true)], last_resort: true }), GRAPH);
    expect(turnsText(last, GRAPH)).toBe("geo: EU, as nothing is healthy");
  });
  it("has each check once", () => expect(checksOf(GRAPH)).toEqual(["h1"]));
});

describe("clients", () => {
  const client = (country: string, network: string, subdivision: string | null = null): Client => ({ country, subdivision, network, latitude: null, longitude: null });
  const country = (code: string, name: string, continent: string, ...subdivisions: { code: string; name: string }[]) => ({ code, name, continent, subdivisions });
  const atlas: Atlas = {
    negative_bias: "linear",
    regions: [],
    local_zones: [],
    continents: [{ code: "EU", name: "Europe" }, { code: "NA", name: "North America" }, { code: "AN", name: "Antarctica" }],
    countries: [country("DE", "Germany", "EU"), country("FR", "France", "EU"), country("US", "United States", "NA", { code: "TX", name: "Texas" })],
  };
  const clients = [client("FR", "192.0.2.0/24"), client("DE", "53.0.0.0/8"), client("US", "29.0.0.0/8"), client("US", "168.32.0.0/12", "TX")];
  it("stand for continents", () => expect(samples(atlas, clients).map(({ text, network }) => [text, network])).toEqual([["Germany, Europe", "53.0.0.0/8"], ["United States, North America", "29.0.0.0/8"]]));
  it.each([
    ["germany", "53.0.0.0/8"],
    ["US-TX", "168.32.0.0/12"],
    ["Texas, United States", "168.32.0.0/12"],
    [" 198.51.100.7 ", "198.51.100.7"],
  ])("%s is %s", (typed, network) => expect(networkOf(typed, atlas, clients)).toBe(network));
  it.each([
    ["53.0.0.0/8", "53.0.0.0/24"],
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.0/28", "192.0.2.0/28"],
    ["2001:db8::/32", "2001:db8::/48"],
  ])("%s is asked for as %s", (typed, subnet) => expect(subnetOf(typed)).toBe(subnet));
  it.each([["192.0.2.1", true], ["192.0.2.0/24", true], ["2001:db8::1", true], ["::/0", true], ["germ", false], ["", false]] as const)("%s is an address: %s", (text, is) => expect(isAddress(text)).toBe(is));
});

import { describe, expect, it } from "vitest";

import type { Atlas } from "../map/atlas";
import { asCommand, asTerraform } from "./copy";
import { emptyForm, formOf, problemsOf, recordSetOf, relativeName, absoluteName } from "./form";
import { grouped, pageOf } from "./group";
import { batchOf, differences, fromBatch, reasonsBy, withEdit, withPending } from "./pending";
import { policyOf, type RecordSet } from "./policy";
import { percent, sentence, shares } from "./sentence";

const country = (code: string, name: string, continent: string) => ({ code, name, continent, subdivisions: [] });
const ATLAS: Atlas = {
  negative_bias: "linear",
  regions: [],
  local_zones: [],
  continents: [{ code: "EU", name: "Europe" }],
  countries: [country("FR", "France", "EU"), country("US", "United States", "NA")],
};
const ZONE = { id: "Z1", name: "example.com." };
const plain = (name: string, ...values: string[]): RecordSet => ({ Name: name, Type: "A", TTL: 60, ResourceRecords: values.map((Value) => ({ Value })) });
const arm = (SetIdentifier: string, more: Partial<RecordSet>, value = "192.0.2.1"): RecordSet => ({ ...plain("www.example.com.", value), SetIdentifier, ...more });

describe("a group is said in a sentence", () => {
  const geo = (id: string, GeoLocation: RecordSet["GeoLocation"] & object) => arm(id, { GeoLocation });
  it.each<[string, RecordSet[], string]>([
    [
      "geolocation goes from small to large",
      [geo("iad", { CountryCode: "*" }), geo("ams", { ContinentCode: "EU" }), geo("fra", { CountryCode: "FR" })],
      "France → fra, rest of Europe → ams, everyone else → iad",
    ],
    ["a continent without exceptions", [geo("ams", { ContinentCode: "EU" }), geo("de", { CountryCode: "US" })], "United States → de, Europe → ams"],
    [
      "a state is taken out of its country",
      [geo("us", { CountryCode: "US" }), geo("tx", { CountryCode: "US", SubdivisionCode: "TX" })],
      "United States (TX) → tx, rest of United States → us",
    ],
    ["weights are shares, largest first", [arm("green", { Weight: 20 }), arm("blue", { Weight: 80 })], "80 % → blue, 20 % → green"],
    ["all weights zero are equal shares", [arm("a", { Weight: 0 }), arm("b", { Weight: 0 })], "50 % → a, 50 % → b"],
    ["identifiers that say nothing give way to values", [arm("1", { Weight: 1 }, "192.0.2.9")], "100 % → 192.0.2.9"],
    ["failover", [arm("spare", { Failover: "SECONDARY" }), arm("main", { Failover: "PRIMARY" })], "main while healthy, else spare"],
    ["half a failover", [arm("main", { Failover: "PRIMARY" })], "main, with no secondary behind it"],
    ["latency", [arm("fra", { Region: "eu-central-1" }), arm("iad", { Region: "us-east-1" })], "fastest of eu-central-1 → fra, us-east-1 → iad"],
    ["geoproximity tells biases", [arm("fra", { GeoProximityLocation: { AWSRegion: "eu-central-1", Bias: -10 } })], "nearest of eu-central-1 (bias −10) → fra"],
    ["multivalue", [arm("a", { MultiValueAnswer: true }), arm("b", { MultiValueAnswer: true })], "up to 8 of 2 values: a, b"],
    [
      "the default of networks comes last",
      [arm("out", { CidrRoutingConfig: { CollectionId: "c", LocationName: "*" } }), arm("in", { CidrRoutingConfig: { CollectionId: "c", LocationName: "office" } })],
      "office → in, everyone else → out",
    ],
    ["many arms are counted", ["a", "b", "c", "d", "e", "f"].map((id) => arm(id, { MultiValueAnswer: true })), "up to 8 of 6 values: a, b, c, d and 2 more"],
    ["a simple one needs none", [plain("www.example.com.", "192.0.2.1")], ""],
  ])("%s", (_, sets, text) => expect(sentence(sets, ATLAS)).toBe(text));

  it("without the atlas, codes stand for continents", () => expect(sentence([geo("ams", { ContinentCode: "EU" }), geo("fra", { CountryCode: "FR" })])).toBe("France → fra, EU → ams"));

  it("shares add up to one", () => expect(shares([1, 2, 253, 0].map((Weight) => arm("x", { Weight }))).reduce((sum, each) => sum + each)).toBeCloseTo(1));
  it.each([[0, "0 %"], [0.0001, "<0.1 %"], [1 / 3, "33.3 %"], [1, "100 %"]])("share %d", (share, text) => expect(percent(share)).toBe(text));
});

describe("a page of a listing is groups", () => {
  const reply = (sets: RecordSet[], next?: { name: string; type: RecordSet["Type"] }) => ({
    ResourceRecordSets: sets,
    IsTruncated: next !== undefined,
    MaxItems: "3",
    ...(next && { NextRecordName: next.name, NextRecordType: next.type }),
  });
  const [a, b, c] = [plain("a.example.com."), arm("1", { Weight: 1 }), arm("2", { Weight: 1 })];
  it("those of one name and type stand together", () => expect(grouped([a, b, c]).map(({ sets }) => sets.length)).toEqual([1, 2]));
  it("a group that is cut begins the next page", () => {
    const { groups, next } = pageOf(reply([a, b], { name: "www.example.com.", type: "A" }));
    expect([groups.length, next]).toEqual([1, { name: "www.example.com.", type: "A" }]);
  });
  it("a page ends behind a whole group", () => expect(pageOf(reply([a, b, c], { name: "x.example.com.", type: "A" })).groups).toHaveLength(2));
  it("a group larger than a page is shown, not dropped", () => expect(pageOf(reply([b, c], { name: "www.example.com.", type: "A" })).groups).toHaveLength(1));
  it("the last page has no next", () => expect(pageOf(reply([a])).next).toBeUndefined());
});

describe("pending changes", () => {
  const old = plain("www.example.com.", "192.0.2.1");
  const fresh = plain("www.example.com.", "192.0.2.2");
  it("an edit deletes what was seen and creates what shall be", () =>
    expect(batchOf(withEdit([], old, fresh), "example.com.").map(({ Action }) => Action)).toEqual(["DELETE", "CREATE"]));
  it("the SOA is replaced in one", () => {
    const soa: RecordSet = { Name: "example.com.", Type: "SOA", TTL: 900, ResourceRecords: [{ Value: "x" }] };
    expect(batchOf(withEdit([], soa, { ...soa, TTL: 60 }), "example.com.").map(({ Action }) => Action)).toEqual(["UPSERT"]);
  });
  it("an NS below the apex is not", () => {
    const ns: RecordSet = { Name: "team.example.com.", Type: "NS", TTL: 900, ResourceRecords: [{ Value: "x." }] };
    expect(batchOf(withEdit([], ns, { ...ns, TTL: 60 }), "example.com.").map(({ Action }) => Action)).toEqual(["DELETE", "CREATE"]);
  });
  it("an edit of an edit is one", () => {
    const twice = withEdit(withEdit([], old, fresh), fresh, plain("www.example.com.", "192.0.2.3"));
    expect(twice).toHaveLength(1);
    expect(twice[0]?.before).toBe(old);
  });
  it("a new key keeps what it came from", () => {
    const moved = withEdit(withEdit([], old, plain("web.example.com.", "192.0.2.1")), plain("web.example.com.", "192.0.2.1"), undefined);
    expect(moved).toMatchObject([{ before: old, after: undefined }]);
  });
  it("going back is no change", () => expect(withEdit(withEdit([], old, fresh), fresh, plain("www.example.com.", "192.0.2.1"))).toEqual([]));
  it("creating and deleting is no change", () => expect(withEdit(withEdit([], undefined, fresh), fresh, undefined)).toEqual([]));
  it("aliases are created last", () => {
    const alias: RecordSet = { Name: "example.com.", Type: "A", AliasTarget: { HostedZoneId: "Z1", DNSName: "www.example.com.", EvaluateTargetHealth: false } };
    expect(batchOf([{ id: "1", after: alias }, { id: "2", after: fresh }], "example.com.").map((each) => each.ResourceRecordSet.Name)).toEqual(["www.example.com.", "example.com."]);
  });
  it("a batch of undo is a change of one key", () => {
    const back = fromBatch([{ Action: "DELETE", ResourceRecordSet: fresh }, { Action: "CREATE", ResourceRecordSet: old }]);
    expect(back).toMatchObject([{ before: fresh, after: old }]);
    expect(differences(back[0]!)).toEqual([{ field: "Values", before: "192.0.2.2", after: "192.0.2.1" }]);
  });
  it("a group is shown as it will be", () => {
    const [a, b, c] = [arm("a", { Weight: 1 }), arm("b", { Weight: 2 }), arm("c", { Weight: 3 })];
    const pending = [{ id: "1", before: a, after: undefined }, { id: "2", before: b, after: arm("b", { Weight: 9 }) }, { id: "3", after: old }, { id: "4", after: plain("x.example.com.") }];
    expect(withPending([a, b, c, plain("y.example.com.")], pending, "www.example.com", "A")).toEqual([c, arm("b", { Weight: 9 }), old]);
  });
  it.each([
    ["RRSet of type CNAME with DNS name tour.example.com. is not permitted at apex in zone example.com.", ["tour"]],
    ["Tried to create resource record set [name='www.example.com.', type='A', set-identifier='a'] but it already exists", ["a", "b"]],
    ["RRSet with DNS name www.example.com., type A, SetIdentifier b, is no good", ["b"]],
    ["Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'nonsense''", ["bad"]],
    ["Something else is wrong", []],
  ])("a reason stands at its change: %s", (message, expected) => {
    const tour: RecordSet = { Name: "tour.example.com.", Type: "CNAME" };
    const pending = [{ id: "bad", after: plain("x.example.com.", "nonsense") }, { id: "tour", after: tour }, { id: "a", after: arm("a", { Weight: 1 }) }, { id: "b", after: arm("b", { Weight: 1 }) }];
    const { by, rest } = reasonsBy(pending, [message]);
    expect([...by.keys()]).toEqual(expected);
    expect(rest).toHaveLength(expected.length === 0 ? 1 : 0);
  });
});

describe("the form", () => {
  it.each<RecordSet>([
    plain("www.example.com.", "192.0.2.1", "192.0.2.2"),
    { Name: "example.com.", Type: "TXT", TTL: 0, ResourceRecords: [{ Value: '"a b"' }] },
    arm("x", { Weight: 0 }),
    arm("x", { Region: "eu-west-1" }),
    arm("x", { Failover: "SECONDARY", HealthCheckId: "abc" }),
    arm("x", { GeoLocation: { CountryCode: "US", SubdivisionCode: "TX" } }),
    arm("x", { GeoLocation: { ContinentCode: "EU" } }),
    arm("x", { GeoLocation: { CountryCode: "*" } }),
    arm("x", { GeoProximityLocation: { Coordinates: { Latitude: "1.5", Longitude: "-2" }, Bias: 5 } }),
    arm("x", { GeoProximityLocation: { AWSRegion: "eu-west-1" } }),
    arm("x", { GeoProximityLocation: { LocalZoneGroup: "us-west-2-lax-1" } }),
    arm("x", { MultiValueAnswer: true }),
    arm("x", { CidrRoutingConfig: { CollectionId: "c", LocationName: "office" } }),
    { Name: "example.com.", Type: "A", AliasTarget: { HostedZoneId: "Z1", DNSName: "www.example.com.", EvaluateTargetHealth: true } },
    { Name: "*.example.com.", Type: "A", AliasTarget: { HostedZoneId: "Z9", DNSName: "lb.example.net.", EvaluateTargetHealth: false } },
  ])("gives back what it was given: %j", (set) => {
    expect(recordSetOf(formOf(set, ZONE), ZONE)).toEqual(set);
    expect(problemsOf(formOf(set, ZONE))).toEqual({});
  });
  it.each([
    ["", "example.com."],
    ["@", "example.com."],
    ["www", "www.example.com."],
    ["www.example.com", "www.example.com."],
    ["WWW.Example.com.", "WWW.Example.com."],
    ["notexample.com", "notexample.com.example.com."],
  ])("name %j", (typed, name) => expect(absoluteName(typed, "example.com.")).toBe(name));
  it("a wildcard is shown with its star", () => expect(relativeName("\\052.example.com.", "example.com.")).toBe("*"));
  it("says what is missing", () => expect(Object.keys(problemsOf({ ...emptyForm(ZONE), policy: "weighted", ttl: "x", weight: "256" }))).toEqual(["ttl", "values", "identifier", "weight"]));
  it("knows each policy", () => expect(policyOf(arm("x", { Failover: "PRIMARY" }))).toBe("failover"));
});

describe("record sets are copied for other tools", () => {
  it("Terraform", () =>
    expect(asTerraform("Z1", [{ ...arm("blue", { Weight: 80 }), Type: "TXT", ResourceRecords: [{ Value: '"a${b}"' }] }])).toBe(
      [
        'resource "aws_route53_record" "www_example_com_txt_blue" {',
        '  zone_id        = "Z1"',
        '  name           = "www.example.com"',
        '  type           = "TXT"',
        "  ttl            = 60",
        '  records        = ["a$${b}"]',
        '  set_identifier = "blue"',
        "",
        "  weighted_routing_policy {",
        "    weight = 80",
        "  }",
        "}",
      ].join("\n"),
    ));
  it("the AWS command line, with quotes for the shell", () => expect(asCommand("Z1", [{ Name: "a.", Type: "TXT", TTL: 1, ResourceRecords: [{ Value: "\"it's\"" }] }])).toContain("it'\\''s"));
});

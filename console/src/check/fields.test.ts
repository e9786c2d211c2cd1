import { describe, expect, it } from "vitest";

import { type Fields, fieldsOf, NEW, problems, toConfig, toUpdate } from "./fields";

const HTTPS: Fields = { ...NEW, name: "shop", address: " 192.0.2.1 ", domain: "shop.example.com", path: "/up" };

describe("the configuration that fields make", () => {
  it.each<[Fields, object]>([
    [HTTPS, { Type: "HTTPS", RequestInterval: 30, IPAddress: "192.0.2.1", FullyQualifiedDomainName: "shop.example.com", Port: 443, ResourcePath: "/up", EnableSNI: true, FailureThreshold: 3, Inverted: false, Disabled: false }],
    [{ ...NEW, type: "TCP", address: "192.0.2.1", port: "5432", interval: "10", latency: true }, { Type: "TCP", RequestInterval: 10, MeasureLatency: true, IPAddress: "192.0.2.1", Port: 5432, FailureThreshold: 3, Inverted: false, Disabled: false }],
    [{ ...NEW, type: "CALCULATED", children: ["a", "b"], healthy: "2", inverted: true }, { Type: "CALCULATED", Inverted: true, Disabled: false, ChildHealthChecks: ["a", "b"], HealthThreshold: 2 }],
    [{ ...NEW, type: "RECOVERY_CONTROL", control: "arn:x" }, { Type: "RECOVERY_CONTROL", Inverted: false, Disabled: false, RoutingControlArn: "arn:x" }],
    [{ ...NEW, type: "CLOUDWATCH_METRIC", alarm: "queue" }, { Type: "CLOUDWATCH_METRIC", Inverted: false, Disabled: false, AlarmIdentifier: { Region: "us-east-1", Name: "queue" }, InsufficientDataHealthStatus: "LastKnownStatus" }],
  ])("%o", (fields, config) => expect(toConfig(fields)).toEqual(config));
  it("comes back as the same fields", () => expect(toConfig(fieldsOf(toConfig(HTTPS), "shop"))).toEqual(toConfig(HTTPS)));
});

describe("an update", () => {
  it("leaves out what stays as it was made", () => {
    const update = toUpdate(HTTPS);
    expect(update).not.toHaveProperty("Type");
    expect(update).not.toHaveProperty("RequestInterval");
    expect(toUpdate({ ...NEW, type: "RECOVERY_CONTROL", control: "arn:x" })).toEqual({ Inverted: false, Disabled: false });
  });
  it("resets what was emptied", () => expect(toUpdate({ ...HTTPS, path: "", domain: "" }).ResetElements).toEqual(["ResourcePath", "FullyQualifiedDomainName", "Regions"]));
});

describe("what is missing is said before it is sent", () => {
  it.each<[Partial<Fields>, readonly string[]]>([
    [{}, ["address"]],
    [{ type: "TCP", address: "192.0.2.1" }, ["port"]],
    [{ address: "192.0.2.1", port: "70000" }, ["port"]],
    [{ address: "192.0.2.1", threshold: "11" }, ["threshold"]],
    [{ type: "HTTP_STR_MATCH", domain: "a.example" }, ["search"]],
    [{ type: "CALCULATED" }, ["children"]],
    [{ type: "CLOUDWATCH_METRIC" }, ["alarm"]],
    [{ type: "RECOVERY_CONTROL" }, ["control"]],
    [{ domain: "a.example" }, []],
  ])("%o", (change, fields) => expect(Object.keys(problems({ ...NEW, ...change }))).toEqual(fields));
});

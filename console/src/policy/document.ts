// Traffic policy documents: JSON to graph and back (traffic-flow.md §2).
import type { Arm, Endpoint, Format, Graph, Ref, Rule, RuleKind } from "./graph";
import { FORMATS, RULE_KINDS } from "./graph";

/** What a document cannot be read for. `at` is a JSON pointer (RFC 6901), empty for the whole. */
export class BadDocument extends Error {
  constructor(
    readonly at: string,
    message: string,
  ) {
    super(message);
  }
}

type Json = string | number | boolean | null | Json[] | { [member: string]: Json };
type JsonObject = { [member: string]: Json };

/** The member of a rule that holds its arms; failover has two members instead. */
export const ARMS: Readonly<Record<Exclude<RuleKind, "failover">, string>> = {
  geo: "Locations",
  geoproximity: "GeoproximityLocations",
  latency: "Regions",
  multivalue: "Items",
  weighted: "Items",
  cidr: "Locations",
};
const REGION = "aws:route53:";

/** Reads a document. What is merely incomplete is kept, so that the editor can show it; the server names it. */
export function read(text: string): Graph {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw new BadDocument("", error instanceof Error ? error.message : String(error));
  }
  const top = object(value, "");
  const format = FORMATS.find((each) => each === top["AWSPolicyFormatVersion"]);
  if (format === undefined) throw new BadDocument("/AWSPolicyFormatVersion", `The format version is one of ${FORMATS.join(", ")}.`);
  const entries = <Value>(member: string, each: (value: JsonObject, at: string) => Value): Record<string, Value> => {
    const found = top[member] === undefined ? {} : object(top[member], `/${member}`);
    return Object.fromEntries(
      Object.entries(found).map(([id, body]) => {
        const at = `/${member}/${escaped(id)}`;
        return [id, each(object(body, at), at)];
      }),
    );
  };
  return {
    format,
    recordType: textOf(top["RecordType"]) ?? "",
    start: reference(top, "StartRule", "StartEndpoint"),
    rules: entries("Rules", readRule),
    endpoints: entries("Endpoints", readEndpoint),
  };
}

function readEndpoint(body: JsonObject): Endpoint {
  const region = textOf(body["Region"]);
  return { type: textOf(body["Type"]) ?? "", value: textOf(body["Value"]) ?? "", ...(region !== undefined && { region }) };
}

function readRule(body: JsonObject, at: string): Rule {
  const kind = RULE_KINDS.find((each) => each === body["RuleType"]);
  if (kind === undefined) throw new BadDocument(`${at}/RuleType`, `A rule's type is one of ${RULE_KINDS.join(", ")}.`);
  if (kind === "failover") {
    const side = (member: string): Arm => (body[member] === undefined ? { to: undefined } : readArm(kind, object(body[member], `${at}/${member}`)));
    return { kind, arms: [side("Primary"), side("Secondary")] };
  }
  const member = ARMS[kind];
  const list = body[member] ?? [];
  if (!Array.isArray(list)) throw new BadDocument(`${at}/${member}`, `${member} is a list.`);
  const arms = list.map((item, number) => readArm(kind, object(item, `${at}/${member}/${number}`)));
  const collectionId = kind === "cidr" ? textOf(body["CollectionId"]) : undefined;
  return { kind, arms, ...(collectionId !== undefined && { collectionId }) };
}

function readArm(kind: RuleKind, item: JsonObject): Arm {
  const evaluate = item["EvaluateTargetHealth"];
  const arm: Arm = {
    to: reference(item, "RuleReference", "EndpointReference"),
    ...put("healthCheck", textOf(item["HealthCheck"])),
    ...put("evaluateTargetHealth", evaluate === undefined ? undefined : truth(evaluate)),
  };
  switch (kind) {
    case "geo":
      return {
        ...arm,
        ...put("continent", textOf(item["Continent"])),
        ...put("country", textOf(item["Country"])),
        ...put("subdivision", textOf(item["Subdivision"])),
        ...put("isDefault", item["IsDefault"] === undefined ? undefined : truth(item["IsDefault"])),
      };
    case "geoproximity":
      return { ...arm, ...readPlace(item), ...put("bias", textOf(item["Bias"])) };
    case "latency":
      return { ...arm, ...put("region", textOf(item["Region"])) };
    case "weighted":
      return { ...arm, ...put("weight", textOf(item["Weight"])) };
    case "cidr":
      return {
        ...arm,
        ...put("location", textOf(item["Location"])),
        ...put("isDefault", item["IsDefault"] === undefined ? undefined : truth(item["IsDefault"])),
      };
    default:
      return arm;
  }
}

/** Old documents say where in the item itself, newer ones in its `Location`. */
function readPlace(item: JsonObject): Partial<Arm> {
  const place = item["Location"] === undefined ? item : object(item["Location"], "");
  const name = textOf(place === item ? place["Region"] : place["LocationName"])?.replace(REGION, "");
  const isZone = textOf(place["Type"]) === "LocalZone";
  return {
    ...put(isZone ? "localZone" : "region", name),
    ...put("latitude", textOf(place["Latitude"])),
    ...put("longitude", textOf(place["Longitude"])),
  };
}

function put<Name extends keyof Arm>(name: Name, value: Arm[Name] | undefined): Partial<Arm> {
  return value === undefined ? {} : { [name]: value };
}

/** Writes a document, indented by two spaces. An arm that leads nowhere is written without a reference. */
export function write(graph: Graph): string {
  const map = <Value>(of: Readonly<Record<string, Value>>, each: (value: Value) => JsonObject) =>
    Object.fromEntries(Object.entries(of).map(([id, value]) => [id, each(value)]));
  const document: JsonObject = {
    AWSPolicyFormatVersion: graph.format,
    RecordType: graph.recordType,
    ...(graph.start !== undefined && { [graph.start.kind === "rule" ? "StartRule" : "StartEndpoint"]: graph.start.id }),
    Endpoints: map(graph.endpoints, writeEndpoint),
    Rules: map(graph.rules, (rule) => writeRule(rule, graph.format)),
  };
  return JSON.stringify(document, undefined, 2);
}

function writeEndpoint({ type, value, region }: Endpoint): JsonObject {
  return { Type: type, ...(region !== undefined && { Region: region }), Value: value };
}

function writeRule({ kind, arms, collectionId }: Rule, format: Format): JsonObject {
  const items = arms.map((arm) => writeArm(kind, arm, format));
  if (kind === "failover") return { RuleType: kind, Primary: items[0] ?? {}, Secondary: items[1] ?? {} };
  return { RuleType: kind, ...(collectionId !== undefined && { CollectionId: collectionId }), [ARMS[kind]]: items };
}

function writeArm(kind: RuleKind, arm: Arm, format: Format): JsonObject {
  const item: JsonObject = {};
  if (kind === "geoproximity") Object.assign(item, writePlace(arm, format));
  const members: readonly (readonly [string, Json | undefined])[] = [
    ["Continent", arm.continent],
    ["Country", arm.country],
    ["Subdivision", arm.subdivision],
    ["IsDefault", arm.isDefault],
    ["Region", kind === "latency" ? arm.region : undefined],
    ["Weight", arm.weight],
    ["Bias", arm.bias],
    ["Location", arm.location],
    [arm.to?.kind === "rule" ? "RuleReference" : "EndpointReference", arm.to?.id],
    ["EvaluateTargetHealth", arm.evaluateTargetHealth],
    ["HealthCheck", arm.healthCheck],
  ];
  for (const [member, value] of members) if (value !== undefined) item[member] = value;
  return item;
}

function writePlace({ region, localZone, latitude, longitude }: Arm, format: Format): JsonObject {
  const point = latitude === undefined || longitude === undefined ? {} : { Latitude: latitude, Longitude: longitude };
  if (format === "2015-10-01") return region === undefined ? point : { Region: `${REGION}${region}` };
  if (region !== undefined) return { Location: { Type: "Region", LocationName: `${REGION}${region}` } };
  if (localZone !== undefined) return { Location: { Type: "LocalZone", LocationName: `${REGION}${localZone}` } };
  return { Location: { Type: "Coordinate", ...point } };
}

function reference(of: JsonObject, rule: string, endpoint: string): Ref | undefined {
  const toRule = textOf(of[rule]);
  if (toRule !== undefined) return { kind: "rule", id: toRule };
  const toEndpoint = textOf(of[endpoint]);
  return toEndpoint === undefined ? undefined : { kind: "endpoint", id: toEndpoint };
}

function object(value: Json | undefined, at: string): JsonObject {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new BadDocument(at, "An object in braces is needed here.");
  return value;
}

/** Numbers and booleans may come as strings (R-TFD-4). */
function textOf(value: Json | undefined): string | undefined {
  return value === undefined || value === null || typeof value === "object" ? undefined : String(value);
}

const truth = (value: Json): boolean => value === true || value === "true";

const escaped = (member: string): string => member.replaceAll("~", "~0").replaceAll("/", "~1");

/** The document inside of what a command line prints for a policy: its text is escaped there (R-VIS-9). Other texts stay as they are. */
export function unwrap(text: string): string {
  try {
    const value = JSON.parse(text) as Json;
    if (typeof value === "string") return unwrap(value);
    if (value === null || typeof value !== "object" || Array.isArray(value)) return text;
    const inner = value["TrafficPolicy"] ?? value["Document"];
    if (typeof inner === "string") return inner;
    return inner === undefined || value["AWSPolicyFormatVersion"] !== undefined ? text : unwrap(JSON.stringify(inner));
  } catch {
    return text;
  }
}

// The fields of the form for health checks, and the configuration that they make.
import type { HealthCheckConfig } from "../api/operations";

type Type = HealthCheckConfig["Type"];
type Region = NonNullable<HealthCheckConfig["Regions"]>[number];

export const REGIONS: readonly Region[] = ["us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"];
const ENDPOINT: readonly Type[] = ["HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"];

/** As typed: numbers are text until they are sent. */
export interface Fields {
  type: Type;
  name: string;
  address: string;
  domain: string;
  port: string;
  path: string;
  search: string;
  interval: "10" | "30";
  threshold: string;
  latency: boolean;
  inverted: boolean;
  disabled: boolean;
  sni: boolean;
  regions: readonly Region[];
  children: readonly string[];
  healthy: string;
  alarmRegion: string;
  alarm: string;
  insufficient: NonNullable<HealthCheckConfig["InsufficientDataHealthStatus"]>;
  control: string;
}

export const NEW: Fields = {
  type: "HTTPS",
  name: "",
  address: "",
  domain: "",
  port: "",
  path: "/",
  search: "",
  interval: "30",
  threshold: "3",
  latency: false,
  inverted: false,
  disabled: false,
  sni: true,
  regions: [],
  children: [],
  healthy: "1",
  alarmRegion: "us-east-1",
  alarm: "",
  insufficient: "LastKnownStatus",
  control: "",
};

export const isEndpoint = (type: Type): boolean => ENDPOINT.includes(type);
export const isHttp = (type: Type): boolean => isEndpoint(type) && type !== "TCP";
export const isTls = (type: Type): boolean => type.startsWith("HTTPS");
export const hasString = (type: Type): boolean => type.endsWith("STR_MATCH");
export const usualPort = (type: Type): string => (type === "TCP" ? "" : isTls(type) ? "443" : "80");

/** What an existing check has. */
export function fieldsOf(config: HealthCheckConfig, name: string): Fields {
  return {
    type: config.Type,
    name,
    address: config.IPAddress ?? "",
    domain: config.FullyQualifiedDomainName ?? "",
    port: config.Port?.toString() ?? "",
    path: config.ResourcePath ?? "",
    search: config.SearchString ?? "",
    interval: config.RequestInterval === 10 ? "10" : "30",
    threshold: config.FailureThreshold?.toString() ?? "3",
    latency: config.MeasureLatency ?? false,
    inverted: config.Inverted ?? false,
    disabled: config.Disabled ?? false,
    sni: config.EnableSNI ?? isTls(config.Type),
    regions: config.Regions ?? [],
    children: config.ChildHealthChecks ?? [],
    healthy: config.HealthThreshold?.toString() ?? "1",
    alarmRegion: config.AlarmIdentifier?.Region ?? "us-east-1",
    alarm: config.AlarmIdentifier?.Name ?? "",
    insufficient: config.InsufficientDataHealthStatus ?? "LastKnownStatus",
    control: config.RoutingControlArn ?? "",
  };
}

/** What CreateHealthCheck takes. */
export function toConfig(fields: Fields): HealthCheckConfig {
  return { Type: fields.type, ...(isEndpoint(fields.type) && { ...fixed(fields), ...endpoint(fields) }), ...others(fields) };
}

/** What UpdateHealthCheck takes: all but what stays as it was made. */
export function toUpdate(fields: Fields) {
  const { Regions, ...more } = isEndpoint(fields.type) ? endpoint(fields) : {};
  const { RoutingControlArn, ...rest } = others(fields);
  const reset = [
    ...(isHttp(fields.type) && fields.path.trim() === "" ? (["ResourcePath"] as const) : []),
    ...(isEndpoint(fields.type) && fields.domain.trim() === "" && fields.address.trim() !== "" ? (["FullyQualifiedDomainName"] as const) : []),
    ...(isEndpoint(fields.type) && fields.regions.length === 0 ? (["Regions"] as const) : []),
  ];
  return { ...more, ...(Regions !== undefined && { Regions }), ...rest, ...(reset.length > 0 && { ResetElements: reset }) };
}

function fixed({ interval, latency }: Fields) {
  return { RequestInterval: Number(interval), ...(latency && { MeasureLatency: true }) };
}

function endpoint(fields: Fields): Partial<HealthCheckConfig> {
  const { type, address, domain, port, path, search, threshold, sni, regions } = fields;
  return {
    ...(address.trim() !== "" && { IPAddress: address.trim() }),
    ...(domain.trim() !== "" && { FullyQualifiedDomainName: domain.trim() }),
    ...((port.trim() || usualPort(type)) !== "" && { Port: Number(port.trim() || usualPort(type)) }),
    ...(isHttp(type) && path.trim() !== "" && { ResourcePath: path.trim() }),
    ...(hasString(type) && { SearchString: search }),
    ...(isTls(type) && { EnableSNI: sni }),
    FailureThreshold: Number(threshold),
    ...(regions.length > 0 && { Regions: regions }),
  };
}

function others({ type, inverted, disabled, children, healthy, alarmRegion, alarm, insufficient, control }: Fields): Partial<HealthCheckConfig> {
  return {
    Inverted: inverted,
    Disabled: disabled,
    ...(type === "CALCULATED" && { ChildHealthChecks: children, HealthThreshold: Number(healthy) }),
    ...(type === "CLOUDWATCH_METRIC" && { AlarmIdentifier: { Region: alarmRegion, Name: alarm.trim() }, InsufficientDataHealthStatus: insufficient }),
    ...(type === "RECOVERY_CONTROL" && { RoutingControlArn: control.trim() }),
  };
}

/** What is missing or cannot be, by field; the server judges the rest. */
export function problems(fields: Fields): Partial<Record<keyof Fields, string>> {
  const { type, address, domain, port, search, threshold, children, healthy, alarm, control } = fields;
  const number = (text: string, least: number, most: number) => /^\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;
  return {
    ...(isEndpoint(type) && address.trim() === "" && domain.trim() === "" && { address: "Give an address, a domain name, or both." }),
    ...(isEndpoint(type) && !(port.trim() === "" && usualPort(type) !== "") && !number(port, 1, 65_535) && { port: "Give a port from 1 to 65535." }),
    ...(hasString(type) && search === "" && { search: "Give the text to look for." }),
    ...(isEndpoint(type) && !number(threshold, 1, 10) && { threshold: "Give 1 to 10." }),
    ...(type === "CALCULATED" && children.length === 0 && { children: "Choose at least one health check." }),
    ...(type === "CALCULATED" && !number(healthy, 0, 256) && { healthy: "Give 0 to 256." }),
    ...(type === "CLOUDWATCH_METRIC" && alarm.trim() === "" && { alarm: "Give the alarm's name." }),
    ...(type === "RECOVERY_CONTROL" && control.trim() === "" && { control: "Give the switch's ARN." }),
  };
}

// A policy group in a sentence, such as "France → fra, rest of Europe → ams, everyone else → iad".
import { type Atlas, continentName, countryName } from "../map/atlas";
import { type Policy, policyOf, type RecordSet, shownName } from "./policy";

const MOST = 4; // arms that a sentence names
const UNSPEAKING = /^([0-9]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** Of all record sets of one name and type, at least one. Without the atlas, continents are called by their codes. */
export function sentence(sets: readonly RecordSet[], atlas?: Atlas): string {
  const [first] = sets;
  if (first === undefined) return "";
  const speak: Readonly<Record<Policy, (sets: readonly RecordSet[]) => string>> = {
    simple: () => "",
    weighted,
    latency: (all) => `fastest of ${list(all.map((set) => arm(set.Region ?? "", set)))}`,
    failover,
    geolocation: (all) => geolocation(all, atlas),
    geoproximity: (all) => `nearest of ${list(all.map((set) => arm(spot(set), set)))}`,
    multivalue: (all) => `up to 8 of ${all.length === 1 ? "1 value" : `${all.length} values`}: ${list(all.map(label))}`,
    cidr,
  };
  return speak[policyOf(first)](sets);
}

/** What an arm leads to, for people: its identifier if that says something, else its values. */
export function label(set: RecordSet): string {
  const { SetIdentifier: identifier } = set;
  return identifier !== undefined && !UNSPEAKING.test(identifier) ? identifier : target(set);
}

/** The values or the alias target. */
export function target(set: RecordSet): string {
  if (set.AliasTarget !== undefined) return shownName(set.AliasTarget.DNSName);
  const values = (set.ResourceRecords ?? []).map(({ Value }) => Value);
  return values.length <= 2 ? values.join(", ") : `${values[0]} and ${values.length - 1} more`;
}

/** What makes this arm stand for choice, such as `weight 80` or `France`. */
export function condition(set: RecordSet, atlas?: Atlas): string {
  switch (policyOf(set)) {
    case "simple":
      return "";
    case "weighted":
      return `weight ${set.Weight}`;
    case "latency":
      return set.Region ?? "";
    case "failover":
      return set.Failover === "PRIMARY" ? "primary" : "secondary";
    case "geolocation":
      return area(set, atlas);
    case "geoproximity":
      return spot(set);
    case "multivalue":
      return "one of many";
    case "cidr":
      return isDefault(set) ? "everyone else" : (set.CidrRoutingConfig?.LocationName ?? "");
  }
}

/** Shares of weighted record sets while all are healthy, 0 to 1 (R-WEI-2); if all weights are zero, all are equal (R-WEI-5). */
export function shares(sets: readonly RecordSet[]): number[] {
  const total = sets.reduce((sum, { Weight }) => sum + (Weight ?? 0), 0);
  return sets.map(({ Weight }) => (total === 0 ? 1 / sets.length : (Weight ?? 0) / total));
}

/** `0.125` → `12.5 %`; what is there but tiny is never shown as nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return "<0.1 %";
  return `${Number((share * 100).toFixed(1))} %`;
}

function weighted(sets: readonly RecordSet[]): string {
  const of = shares(sets);
  const order = sets.map((set, at) => ({ set, share: of[at] ?? 0 })).sort((one, other) => other.share - one.share);
  return list(order.map(({ set, share }) => arm(percent(share), set)));
}

function failover(sets: readonly RecordSet[]): string {
  const primary = sets.find(({ Failover }) => Failover === "PRIMARY");
  const secondary = sets.find(({ Failover }) => Failover === "SECONDARY");
  if (primary === undefined) return secondary === undefined ? "" : `${label(secondary)}, with no primary before it`;
  if (secondary === undefined) return `${label(primary)}, with no secondary behind it`;
  return `${label(primary)} while healthy, else ${label(secondary)}`;
}

/** From the smallest areas to the default; "rest of" where a smaller area is taken out of one. */
function geolocation(sets: readonly RecordSet[], atlas: Atlas | undefined): string {
  const order = [...sets].sort((one, other) => size(one) - size(other));
  return list(order.map((set) => arm(hasSmaller(set, sets, atlas) ? `rest of ${area(set, atlas)}` : area(set, atlas), set)));
}

function size(set: RecordSet): number {
  const place = set.GeoLocation;
  if (place?.SubdivisionCode !== undefined) return 0;
  if (place?.ContinentCode !== undefined) return 2;
  return place?.CountryCode === "*" ? 3 : 1;
}

function hasSmaller(set: RecordSet, sets: readonly RecordSet[], atlas: Atlas | undefined): boolean {
  const { ContinentCode: continent, CountryCode: country, SubdivisionCode: subdivision } = set.GeoLocation ?? {};
  if (continent !== undefined) {
    const there = atlas?.countries.filter((each) => each.continent === continent).map(({ code }) => code) ?? [];
    return sets.some(({ GeoLocation: other }) => there.includes(other?.CountryCode ?? ""));
  }
  if (country === "*" || subdivision !== undefined) return false;
  return sets.some(({ GeoLocation: other }) => other?.CountryCode === country && other?.SubdivisionCode !== undefined);
}

function area(set: RecordSet, atlas: Atlas | undefined): string {
  const place = set.GeoLocation;
  if (place?.ContinentCode !== undefined) return continentName(atlas, place.ContinentCode);
  if (place?.CountryCode === undefined || place.CountryCode === "*") return "everyone else";
  const country = countryName(atlas, place.CountryCode);
  return place.SubdivisionCode === undefined ? country : `${country} (${place.SubdivisionCode})`;
}

function spot(set: RecordSet): string {
  const place = set.GeoProximityLocation;
  const at = place?.AWSRegion ?? place?.LocalZoneGroup ?? `${place?.Coordinates?.Latitude}°, ${place?.Coordinates?.Longitude}°`;
  const bias = place?.Bias ?? 0;
  return bias === 0 ? at : `${at} (bias ${bias > 0 ? "+" : "−"}${Math.abs(bias)})`;
}

function cidr(sets: readonly RecordSet[]): string {
  const order = [...sets.filter((set) => !isDefault(set)), ...sets.filter(isDefault)];
  return list(order.map((set) => arm(condition(set), set)));
}

function isDefault(set: RecordSet): boolean {
  return set.CidrRoutingConfig?.LocationName === "*";
}

function arm(who: string, set: RecordSet): string {
  return `${who} → ${label(set)}`;
}

function list(texts: readonly string[]): string {
  if (texts.length <= MOST) return texts.join(", ");
  return `${texts.slice(0, MOST).join(", ")} and ${texts.length - MOST} more`;
}

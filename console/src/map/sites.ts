// From a geoproximity rule to the sites of its territories.
import type { Arm, Rule } from "../policy/graph";
import type { Atlas } from "./atlas";
import type { Site } from "./territories";

export interface Placed {
  /** The number of the arm. */
  arm: number;
  site: Site;
  /** Such as "eu-central-1, Frankfurt". */
  name: string;
}

/** The arms whose place is known. The others have no territory. */
export function placed(rule: Rule, atlas: Atlas): Placed[] {
  return rule.arms.flatMap((arm, number) => {
    const place = placeOf(arm, atlas);
    return place === undefined ? [] : [{ arm: number, name: place.name, site: { ...place.point, bias: biasOf(arm) } }];
  });
}

/** -99 to 99; 0 while what was typed is none. */
export function biasOf({ bias }: Arm): number {
  const number = Math.trunc(Number(bias ?? 0));
  return Number.isFinite(number) ? Math.max(-99, Math.min(99, number)) : 0;
}

function placeOf(arm: Arm, atlas: Atlas): { name: string; point: { latitude: number; longitude: number } } | undefined {
  if (arm.latitude !== undefined && arm.longitude !== undefined) {
    const [latitude, longitude] = [Number(arm.latitude), Number(arm.longitude)];
    const isThere = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && arm.latitude.trim() !== "" && arm.longitude.trim() !== "";
    return isThere ? { name: coordinates(latitude, longitude), point: { latitude, longitude } } : undefined;
  }
  const found = regionOf(arm, atlas);
  if (found === undefined) return undefined;
  const { latitude, longitude, city } = found;
  return { name: [arm.localZone ?? arm.region, city].filter(Boolean).join(", "), point: { latitude, longitude } };
}

/** A local zone that the server's table does not know is near the region that its name begins with, as the server has it. */
function regionOf({ region, localZone }: Arm, atlas: Atlas) {
  if (localZone === undefined) return atlas.regions.find(({ id }) => id === region);
  const around = localZone.split("-").slice(0, -2).join("-");
  return atlas.local_zones.find(({ id }) => id === localZone) ?? atlas.regions.find(({ id }) => id === around);
}

/** Such as "48.1° N, 11.6° E". */
export function coordinates(latitude: number, longitude: number): string {
  const part = (degrees: number, positive: string, negative: string) => `${Math.abs(Math.round(degrees * 10) / 10)}° ${degrees < 0 ? negative : positive}`;
  return `${part(latitude, "N", "S")}, ${part(longitude, "E", "W")}`;
}

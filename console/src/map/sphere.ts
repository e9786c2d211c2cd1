// Distances on the earth, taken as a sphere, and the bias that stretches them: what the engine does in
// `engine/core/src/place/sphere.rs`, in the same steps (R-GPX-4, R-GPX-5, R-GPX-11).

/** Mean radius (R-GPX-11). */
export const RADIUS_KM = 6371;

/** Degrees; south and west are negative. */
export interface Place {
  latitude: number;
  longitude: number;
}

/** The unit vector from the centre of the earth. */
export type Vector = readonly [number, number, number];

/** How a negative bias stretches a distance: the server's setting `geoproximity.negative_bias`. */
export type NegativeBias = "linear" | "reciprocal";

export function vectorOf({ latitude, longitude }: Place): Vector {
  const north = radians(latitude);
  const east = radians(longitude);
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}

/** Great-circle distance in km, exact for near points and for far ones. */
export function kilometres([ax, ay, az]: Vector, [bx, by, bz]: Vector): number {
  const apart = (ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2;
  const along = (ax + bx) ** 2 + (ay + by) ** 2 + (az + bz) ** 2;
  return 2 * RADIUS_KM * Math.atan2(Math.sqrt(apart), Math.sqrt(along));
}

/** What a distance is multiplied by before distances are compared. `bias` is -99 to 99; beyond is taken as the nearer end (R-GPX-3). */
export function factor(bias: number, negative: NegativeBias): number {
  const share = Math.min(99, Math.max(-99, bias)) / 100;
  return share < 0 && negative === "reciprocal" ? 1 / (1 + share) : 1 - share;
}

export const radians = (degrees: number): number => (degrees * Math.PI) / 180;

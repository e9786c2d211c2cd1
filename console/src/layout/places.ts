// Where things are: the side navigation, and what each page is called.
export interface Place {
  text: string;
  path: string;
}

export const PLACES: readonly Place[] = [
  { text: "Overview", path: "/" },
  { text: "Hosted zones", path: "/zones" },
  { text: "Health checks", path: "/checks" },
  { text: "Traffic policies", path: "/policies" },
  { text: "Policy records", path: "/policy-records" },
  { text: "Places", path: "/places" },
  { text: "Activity", path: "/activity" },
  { text: "Settings", path: "/settings" },
];

/** The place whose path is the longest beginning of this one. */
export function placeOf(path: string): Place {
  const within = (place: Place) => place.path === path || path.startsWith(place.path === "/" ? "//" : `${place.path}/`);
  return PLACES.find(within) ?? { text: "Overview", path: "/" };
}

// Names that are typed before the name of a zone.

/** Each line's name in full, without a dot at its end; nothing typed is the zone itself. Names that end in the zone's stay as they are. */
export function fullNames(typed: string, zone: string): string[] {
  const lines = typed
    .split(/[\s,]+/)
    .map((line) => line.trim().replace(/\.$/, ""))
    .filter((line) => line !== "");
  if (lines.length === 0) return [zone];
  const full = lines.map((line) => (line === "@" ? zone : line === zone || line.endsWith(`.${zone}`) ? line : `${line}.${zone}`));
  return [...new Set(full)];
}

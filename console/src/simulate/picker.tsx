// The world, to pick a client on; the country of the client that is asked as is in the colour of the arm that it takes.
import { useMemo } from "react";

import type { Atlas, Client } from "../map/atlas";
import { clientAt, codeOf } from "../map/client-at";
import type { Fill } from "../map/drawing";
import { MAP_COLORS } from "../map/ink";
import { shapes } from "../map/shapes";
import type { Place } from "../map/sphere";
import { WorldMap } from "../map/world-map";

interface Props {
  atlas: Atlas;
  clients: readonly Client[];
  asked: Client | undefined;
  color: string;
  onPick: (client: Client | undefined, country: string | undefined) => void;
}

export default function Picker({ atlas, clients, asked, color, onPick }: Props) {
  const painted = useMemo(() => {
    const place = asked?.country === "US" ? codeOf(asked) : asked?.country; // only its states are drawn
    return { fillOf: (code: string): Fill | undefined => (code === place ? { color, faint: false } : undefined) };
  }, [asked, color]);
  const pick = (place: Place) => {
    const there = shapes(atlas.countries).at(place);
    onPick(clientAt(clients, there), there.country);
  };
  const at = asked?.latitude == null || asked.longitude == null ? undefined : { latitude: asked.latitude, longitude: asked.longitude };
  return (
    <div className="picker" style={MAP_COLORS}>
      <WorldMap label="The world" does="picks the country there" countries={atlas.countries} painted={painted} pins={[]} asked={at} onAsk={pick} />
    </div>
  );
}

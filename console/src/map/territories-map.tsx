// The map of a geoproximity rule: territories that follow the bias as it is moved, and who gets a point that is clicked on.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Slider from "@cloudscape-design/components/slider";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useEffect, useMemo, useState } from "react";

import { armColor } from "../editor/colors";
import type { Graph, Rule } from "../policy/graph";
import { armLabel } from "../policy/graph";
import type { Atlas } from "./atlas";
import { Legend } from "./legend";
import { biasOf, coordinates, type Placed, placed } from "./sites";
import type { NegativeBias, Place } from "./sphere";
import { COARSE, FINE, type Raster, reaches, type Site, territories } from "./territories";
import { refText } from "./words";
import { WorldMap } from "./world-map";

interface Props {
  graph: Graph;
  rule: Rule;
  atlas: Atlas;
  chosen: number | undefined;
  onChoose: (arm: number) => void;
  /** Undefined where nothing can be changed. */
  onBias?: ((arm: number, bias: number) => void) | undefined;
  asked: Place | undefined;
  onAsk: (place: Place) => void;
}

const REST = 180; // milliseconds without a change before the fine raster is computed

export function TerritoriesMap({ graph, rule, atlas, chosen, onChoose, onBias, asked, onAsk }: Props) {
  const found = useMemo(() => placed(rule, atlas), [rule, atlas]);
  const raster = useTerritories(found.map(({ site }) => site), atlas.negative_bias);
  const painted = useMemo(() => ({ raster, colors: found.map(({ arm }) => armColor(arm)) }), [raster, found.map(({ arm }) => arm).join()]);
  const pins = useMemo(() => found.map(({ arm, site }) => ({ place: site, text: String(arm + 1), color: armColor(arm), chosen: arm === chosen })), [found, chosen]);
  const nameOf = (arm: number) => found.find((each) => each.arm === arm)?.name ?? armLabel(rule, arm);
  const order = asked === undefined ? [] : reachedFrom(asked, found, atlas.negative_bias);
  const missing = rule.arms.length - found.length;
  const bias = chosen === undefined ? undefined : rule.arms[chosen];
  const slider = bias !== undefined && chosen !== undefined && onBias !== undefined && (
    <Slider ariaLabel={`Bias of ${chosen + 1}, ${nameOf(chosen)}: more makes its territory larger`} value={biasOf(bias)} min={-99} max={99} valueFormatter={biasText} onChange={({ detail }) => onBias(chosen, detail.value)} />
  );
  return (
    <>
      <WorldMap label={`Territories of ${found.length} places`} countries={atlas.countries} painted={painted} pins={pins} asked={asked} onAsk={onAsk} />
      <div className="legend">
        <SpaceBetween size="s">
          <div aria-live="polite">
            <Sentence graph={graph} rule={rule} asked={asked} order={order} nameOf={nameOf} />
          </div>
          {missing > 0 && <Alert type="warning">{missing === 1 ? "One arm has" : `${missing} arms have`} no place that is known, and no territory.</Alert>}
          <Legend graph={graph} rule={rule} textOf={nameOf} endOf={(arm) => biasText(biasOf(rule.arms[arm] ?? { to: undefined }))} below={slider} chosen={chosen} onChoose={onChoose} />
          {order.length > 0 && <Distances order={order} nameOf={nameOf} />}
        </SpaceBetween>
      </div>
    </>
  );
}

interface Reached {
  arm: number;
  km: number;
  biasedKm: number;
}

function reachedFrom(point: Place, found: readonly Placed[], negative: NegativeBias): Reached[] {
  return reaches(found.map(({ site }) => site), point, negative).flatMap(({ site, ...reach }) => {
    const arm = found[site]?.arm;
    return arm === undefined ? [] : [{ arm, ...reach }];
  });
}

const biasText = (bias: number): string => (bias > 0 ? `+${bias}` : String(bias));

/** Coarse at once, fine when the sites have rested. */
function useTerritories(sites: readonly Site[], negative: NegativeBias): Raster {
  const key = JSON.stringify([sites, negative]);
  const coarse = useMemo(() => territories(sites, negative, COARSE), [key]);
  const [fine, setFine] = useState<{ key: string; raster: Raster }>();
  useEffect(() => {
    const timer = setTimeout(() => setFine({ key, raster: territories(sites, negative, FINE) }), REST);
    return () => clearTimeout(timer);
  }, [key]);
  return fine?.key === key ? fine.raster : coarse;
}

/** Who gets the point that was asked for. */
function Sentence({ graph, rule, asked, order, nameOf }: { graph: Graph; rule: Rule; asked: Place | undefined; order: readonly Reached[]; nameOf: (arm: number) => string }) {
  const first = order[0];
  if (asked === undefined) return <Box color="text-body-secondary">Click the map, or press enter at the crosshair, to ask who gets a point.</Box>;
  if (first === undefined) return <Box>Nobody gets it: no arm has a place.</Box>;
  return (
    <Box>
      {coordinates(asked.latitude, asked.longitude)} goes to <strong>{first.arm + 1}, {nameOf(first.arm)}</strong>, {refText(graph, rule.arms[first.arm]?.to)}, while it is healthy.
    </Box>
  );
}

/** How far the nearest are from the point that was asked for; where the first is unhealthy, the next answers (R-GPX-7). */
function Distances({ order, nameOf }: { order: readonly Reached[]; nameOf: (arm: number) => string }) {
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      items={order.slice(0, 5)}
      trackBy={({ arm }) => String(arm)}
      ariaLabels={{ tableLabel: "Distances from the point that was asked for" }}
      columnDefinitions={[
        { id: "arm", header: "Nearest", cell: ({ arm }) => `${arm + 1}, ${nameOf(arm)}` },
        { id: "km", header: "Distance", cell: ({ km }) => <span className="number">{kilometreText(km)}</span> },
        { id: "biased", header: "With bias", cell: ({ biasedKm }) => <span className="number">{kilometreText(biasedKm)}</span> },
      ]}
    />
  );
}

const kilometreText = (km: number): string => `${Math.round(km).toLocaleString("en")} km`;

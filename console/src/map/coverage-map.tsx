// The map of a geolocation rule: which countries each arm is for, and where nobody gets an answer.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";

import { armColor } from "../editor/colors";
import type { Graph, Rule } from "../policy/graph";
import { type Atlas, continentName, placeName } from "./atlas";
import { type Coverage, coverage, gapText } from "./coverage";
import type { Fill } from "./drawing";
import { Legend } from "./legend";
import { shapes } from "./shapes";
import type { Place } from "./sphere";
import { coordinates } from "./sites";
import { refText } from "./words";
import { WorldMap } from "./world-map";

interface Props {
  graph: Graph;
  rule: Rule;
  atlas: Atlas;
  chosen: number | undefined;
  onChoose: (arm: number) => void;
  asked: Place | undefined;
  onAsk: (place: Place) => void;
}

export function CoverageMap({ graph, rule, atlas, chosen, onChoose, asked, onAsk }: Props) {
  const covered = useMemo(() => coverage(rule, atlas.countries), [rule, atlas]);
  const painted = useMemo(() => ({ fillOf: (code: string) => fillOf(covered, code) }), [covered]);
  const gap = gapText(covered, (code) => placeName(atlas, code));
  return (
    <>
      <WorldMap label="Countries by the arm that they go to" countries={atlas.countries} painted={painted} pins={[]} asked={asked} onAsk={onAsk} />
      <div className="legend">
        <SpaceBetween size="s">
          <Gets graph={graph} rule={rule} atlas={atlas} covered={covered} asked={asked} />
          {gap !== undefined && (
            <Alert type="warning">
              <span className="swatch gap" aria-hidden /> {gap}
            </Alert>
          )}
          <Legend
            graph={graph}
            rule={rule}
            textOf={(arm) => armText(rule, arm, atlas)}
            endOf={(arm) => (arm === covered.fallback ? "default" : countText(covered, arm))}
            chosen={chosen}
            onChoose={onChoose}
          />
        </SpaceBetween>
      </div>
    </>
  );
}

/** The default is paler than what is named. */
function fillOf(covered: Coverage, code: string): Fill | undefined {
  const part = covered.subdivisions.get(code);
  if (part !== undefined) return { color: armColor(part), faint: false };
  if (code.includes("-")) return undefined;
  const found = covered.countries.get(code);
  return found === undefined ? "hatched" : { color: armColor(found.arm), faint: found.by === "default" };
}

function armText(rule: Rule, number: number, atlas: Atlas): string {
  const arm = rule.arms[number];
  if (arm === undefined) return "";
  if (arm.isDefault === true || arm.country === "*") return "Everywhere else";
  if (arm.continent !== undefined) return continentName(atlas, arm.continent);
  return arm.country === undefined ? "No place yet" : placeName(atlas, arm.country, arm.subdivision);
}

function countText({ countries }: Coverage, arm: number): string {
  const count = [...countries.values()].filter((each) => each.arm === arm).length;
  return count > 1 ? `${count} countries` : "";
}

interface GetsProps {
  graph: Graph;
  rule: Rule;
  atlas: Atlas;
  covered: Coverage;
  asked: Place | undefined;
}

function Gets({ graph, rule, atlas, covered, asked }: GetsProps) {
  if (asked === undefined) return <Box color="text-body-secondary">Click the map, or press enter at the crosshair, to ask who gets a point.</Box>;
  const { country, state } = shapes(atlas.countries).at(asked);
  const part = state === undefined ? undefined : covered.subdivisions.get(state);
  const found = country === undefined ? undefined : covered.countries.get(country);
  const arm = part ?? found?.arm ?? (country === undefined ? covered.fallback : undefined);
  const where = country === undefined ? "No country" : placeName(atlas, country, state?.split("-")[1]);
  return (
    <div aria-live="polite">
      <Box>
        {coordinates(asked.latitude, asked.longitude)}, {where}:{" "}
        {arm === undefined ? (
          <strong>nobody gets an answer here</strong>
        ) : (
          <>
            goes to <strong>{arm + 1}, {armText(rule, arm, atlas)}</strong>, {refText(graph, rule.arms[arm]?.to)}, while it is healthy
          </>
        )}
        .
      </Box>
    </div>
  );
}

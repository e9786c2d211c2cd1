// The panel with the map of a geoproximity or geolocation rule: the one that is selected, else the first.
import Box from "@cloudscape-design/components/box";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";

import type { PanelProps } from "../editor/panels";
import { Failure } from "../layout/error";
import { editArm } from "../policy/edit";
import { type Graph, keyOf, refOf } from "../policy/graph";
import { RULE_WORDS } from "../policy/words";
import { useAtlas } from "./atlas";
import { CoverageMap } from "./coverage-map";
import { MAP_COLORS } from "./ink";
import type { Place } from "./sphere";
import { TerritoriesMap } from "./territories-map";

export default function MapPanel({ graph, selected, onSelect, onChange }: PanelProps) {
  const atlas = useAtlas();
  const [asked, setAsked] = useState<Place>();
  const [last, setLast] = useState<string>();
  const rules = mapped(graph);
  const named = [selected.key === "start" ? undefined : refOf(selected.key), last === undefined ? undefined : refOf(last)];
  const id = named.find((ref) => ref?.kind === "rule" && rules.includes(ref.id))?.id ?? rules[0];
  const rule = id === undefined ? undefined : graph.rules[id];
  if (id === undefined || rule === undefined) {
    return <Box color="text-body-secondary">There is a map for each geolocation and geoproximity rule, and this policy has none.</Box>;
  }
  if (atlas.error !== undefined) return <Failure error={atlas.error} again={atlas.again} />;
  if (atlas.value === undefined) return <Spinner />;
  const key = keyOf({ kind: "rule", id });
  const shared = {
    graph,
    rule,
    atlas: atlas.value,
    chosen: selected.key === key ? selected.arm : undefined,
    asked,
    onAsk: setAsked,
    onChoose: (arm: number) => onSelect({ key, arm }),
  };
  const setBias = (arm: number, bias: number) => onChange(editArm(graph, id, arm, (before) => ({ ...before, bias: String(bias) })), `bias ${key} ${arm}`);
  return (
    <div className="map-frame" style={MAP_COLORS}>
      {rules.length > 1 && (
        <div className="choice">
          <SpaceBetween direction="horizontal" size="xs" alignItems="center">
            <Box variant="awsui-key-label">Rule</Box>
            <Select
              ariaLabel="Rule to show"
              selectedOption={{ value: id, label: id, description: RULE_WORDS[rule.kind].name }}
              options={rules.map((each) => ({ value: each, label: each, description: RULE_WORDS[graph.rules[each]?.kind ?? "geo"].name }))}
              onChange={({ detail }) => {
                const chosen = keyOf({ kind: "rule", id: detail.selectedOption.value ?? "" });
                setLast(chosen);
                onSelect({ key: chosen });
              }}
            />
          </SpaceBetween>
        </div>
      )}
      <div className="map-panel">{rule.kind === "geo" ? <CoverageMap {...shared} /> : <TerritoriesMap {...shared} onBias={setBias} />}</div>
    </div>
  );
}

/** The names of the rules that have a map. */
const mapped = (graph: Graph): string[] =>
  Object.entries(graph.rules)
    .filter(([, { kind }]) => kind === "geo" || kind === "geoproximity")
    .map(([id]) => id);

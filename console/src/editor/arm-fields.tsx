// One arm of a rule in the inspector: where it is for, where it leads, and what its health depends on.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Slider from "@cloudscape-design/components/slider";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import { useEffect, useRef } from "react";

import { editArm } from "../policy/edit";
import { type Arm, armLabel, type Rule, share } from "../policy/graph";
import { CheckField } from "./check-field";
import { armColor } from "./colors";
import { errorOf, type Inspected, LeadsTo, own } from "./inspector";
import { evaluates } from "./nodes";
import { PlaceField } from "./place-field";
import { RegionField } from "./region-field";
import type { Problem } from "./verdict";

/** Members of an arm to be set, or with undefined to be taken away. */
type ArmChange = { [Name in keyof Arm]?: Arm[Name] | undefined };

interface Props extends Inspected {
  id: string;
  rule: Rule;
  at: number;
}

export function ArmFields(props: Props) {
  const { graph, selected, id, rule, at, dispatch, known, problems, onConnect } = props;
  const arm = rule.arms[at];
  const frame = useRef<HTMLDivElement>(null);
  const isChosen = selected.arm === at;
  useEffect(() => {
    if (isChosen) frame.current?.scrollIntoView({ block: "nearest" });
  }, [isChosen]);
  if (arm === undefined) return null;
  const mine = own(problems, { key: `rule:${id}`, arm: at });
  const change = (next: ArmChange, merging = "") => dispatch({ do: "edit", graph: editArm(graph, id, at, (before) => without({ ...before, ...next })), merging: merging && `${merging} ${id} ${at}` });
  const select = () => !isChosen && dispatch({ do: "select", spot: { key: `rule:${id}`, arm: at } });
  const counts = evaluates(graph, arm);
  const title = rule.kind === "failover" ? armLabel(rule, at) : `${at + 1}. ${armLabel(rule, at)}`;
  return (
    <div ref={frame} className="arm-fields" data-arm-fields={at} onFocus={select} role="group" aria-label={title} style={{ borderInlineStartColor: isChosen ? "var(--accent)" : rule.kind === "geo" || rule.kind === "geoproximity" ? armColor(at) : "var(--line)" }}>
      <SpaceBetween size="s">
        <div className="arm-title">
          <Box variant="h4">{title}</Box>
          {rule.kind !== "failover" && (
            <Button
              variant="icon"
              iconName="remove"
              ariaLabel={`Remove ${title}`}
              onClick={() => {
                dispatch({ do: "select", spot: { key: `rule:${id}`, arm: at } });
                dispatch({ do: "delete" });
              }}
            />
          )}
        </div>
        <KindFields {...props} arm={arm} change={change} error={(...members) => errorOf(mine, ...members)} />
          <FormField label="Leads to" errorText={errorOf(mine, "EndpointReference", "RuleReference")}>
            <LeadsTo
              to={arm.to}
              onConnect={() => onConnect({ key: `rule:${id}`, arm: at })}
              onOpen={(ref) => dispatch({ do: "select", spot: { key: `${ref.kind}:${ref.id}` }, focus: true })}
            />
          </FormField>
        <CheckField checks={known.checks} value={arm.healthCheck} onChange={(healthCheck) => change({ healthCheck })} />
        {counts !== undefined && (
          <Toggle checked={counts} onChange={({ detail }) => change({ evaluateTargetHealth: detail.checked })}>
            Evaluate target health
          </Toggle>
        )}
        {mine.filter(isOfWhole).map(({ severity, text, pointer }) => (
          <Alert key={`${pointer} ${text}`} type={severity}>
            {sentence(text)}
          </Alert>
        ))}
      </SpaceBetween>
    </div>
  );
}

/** Whether a problem is of the arm as a whole, or a warning: those that no field shows. */
const isOfWhole = ({ pointer, severity }: Problem): boolean => severity === "warning" || /\/(\d+|Primary|Secondary)$/.test(pointer);

/** Without members that are undefined, as documents are. */
const without = (arm: ArmChange): Arm => {
  const kept = Object.entries(arm).filter(([name, value]) => name === "to" || value !== undefined);
  return { to: undefined, ...Object.fromEntries(kept) } as Arm;
};

export const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;

interface KindProps extends Props {
  arm: Arm;
  change: (next: ArmChange, merging?: string) => void;
  error: (...members: string[]) => string | undefined;
}

function KindFields({ graph, rule, at, arm, change, error, known }: KindProps) {
  switch (rule.kind) {
    case "geo":
      return <PlaceField places={known.places} arm={arm} error={error("Continent", "Country", "Subdivision")} onChange={change} />;
    case "latency":
      return <RegionField label="Region" value={arm.region ?? ""} error={error("Region")} onChange={(region) => change({ region: region || undefined }, "region")} />;
    case "weighted":
      return (
        <FormField label="Weight" constraintText={`0 to 255. Now ${share(rule, at)} of the answers.`} errorText={error("Weight")}>
          <Input type="number" inputMode="numeric" value={arm.weight ?? ""} onChange={({ detail }) => change({ weight: detail.value }, "weight")} />
        </FormField>
      );
    case "geoproximity":
      return <ProximityFields hasZones={graph.format !== "2015-10-01"} arm={arm} change={change} error={error} />;
    case "cidr":
      return (
        <FormField label="Location" description="Of the collection. Empty for everybody else." errorText={error("Location")}>
          <Input value={arm.location === "*" ? "" : (arm.location ?? "")} placeholder={arm.isDefault === true ? "Everybody else" : ""} onChange={({ detail }) => change(detail.value === "" ? { location: undefined, isDefault: true } : { location: detail.value, isDefault: undefined }, "location")} />
        </FormField>
      );
    default:
      return null;
  }
}

function ProximityFields({ arm, change, error, hasZones }: Pick<KindProps, "arm" | "change" | "error"> & { hasZones: boolean }) {
  const where = arm.localZone !== undefined ? "zone" : arm.latitude !== undefined || arm.longitude !== undefined ? "point" : "region";
  const NOWHERE = { region: undefined, localZone: undefined, latitude: undefined, longitude: undefined };
  const bias = Number(arm.bias ?? 0);
  return (
    <SpaceBetween size="s">
      <SegmentedControl
        label="Place"
        selectedId={where}
        options={[{ id: "region", text: "Region" }, ...(hasZones ? [{ id: "zone", text: "Zone" }] : []), { id: "point", text: "Point" }]}
        onChange={({ detail }) => change({ ...NOWHERE, ...(detail.selectedId === "zone" ? { localZone: "" } : detail.selectedId === "point" ? { latitude: "", longitude: "" } : {}) })}
      />
      {where === "region" && <RegionField label="Region" value={arm.region ?? ""} error={error("Region", "LocationName")} onChange={(region) => change({ region: region || undefined }, "region")} />}
      {where === "zone" && (
        <RegionField zones label="Local zone group" value={arm.localZone ?? ""} error={error("LocationName")} onChange={(localZone) => change({ localZone }, "zone")} />
      )}
      {where === "point" && (
        <ColumnLayout columns={2}>
          <FormField label="Latitude" errorText={error("Latitude")}>
            <Input value={arm.latitude ?? ""} placeholder="48.86" onChange={({ detail }) => change({ latitude: detail.value }, "latitude")} />
          </FormField>
          <FormField label="Longitude" errorText={error("Longitude")}>
            <Input value={arm.longitude ?? ""} placeholder="2.35" onChange={({ detail }) => change({ longitude: detail.value }, "longitude")} />
          </FormField>
        </ColumnLayout>
      )}
      <FormField label="Bias" description="More than 0 draws clients from farther away, less sends near ones elsewhere." errorText={error("Bias")}>
        <Slider min={-99} max={99} step={1} value={Number.isFinite(bias) ? bias : 0} ariaLabel="Bias" referenceValues={[0]} onChange={({ detail }) => change({ bias: detail.value === 0 ? undefined : String(detail.value) }, "bias")} />
      </FormField>
    </SpaceBetween>
  );
}

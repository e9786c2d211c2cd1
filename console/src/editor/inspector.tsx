// What is selected on the canvas, with all its fields.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type Dispatch, useEffect, useState } from "react";

import { editEndpoint, editRule, rename } from "../policy/edit";
import { FORMATS, type Graph, type Ref, refOf } from "../policy/graph";
import { spotAt } from "../policy/place";
import { type Spot } from "../policy/walk";
import { endpointName, endpointTypes, exampleOf, RECORD_TYPES, RULE_WORDS } from "../policy/words";
import { ArmFields } from "./arm-fields";
import type { Known } from "./known";
import { RegionField } from "./region-field";
import { type Action, isFree } from "./state";
import type { Problem } from "./verdict";

export interface Inspected {
  graph: Graph;
  selected: Spot;
  known: Known;
  problems: readonly Problem[];
  dispatch: Dispatch<Action>;
  /** Asks what the arm or the start is to lead to. */
  onConnect: (spot: Spot) => void;
}

export function Inspector(props: Inspected) {
  const { graph, selected } = props;
  if (selected.key === "start") return <StartFields {...props} />;
  const ref = refOf(selected.key);
  return ref.kind === "rule" ? <RuleFields key={ref.id} {...props} id={ref.id} /> : graph.endpoints[ref.id] === undefined ? null : <EndpointFields {...props} id={ref.id} />;
}

function StartFields({ graph, dispatch, onConnect }: Inspected) {
  return (
    <SpaceBetween size="m">
      <Header variant="h2">Start</Header>
      <FormField label="DNS type" description="The type of the records that the policy answers for.">
        <Select
          selectedOption={{ value: graph.recordType, label: graph.recordType }}
          options={RECORD_TYPES.map((value) => ({ value, label: value }))}
          onChange={({ detail }) => dispatch({ do: "edit", graph: { ...graph, recordType: detail.selectedOption.value ?? "" } })}
        />
      </FormField>
      <FormField label="Leads to">
        <LeadsTo to={graph.start} onConnect={() => onConnect({ key: "start" })} onOpen={(ref) => dispatch({ do: "select", spot: { key: `${ref.kind}:${ref.id}` }, focus: true })} />
      </FormField>
      <FormField label="Format version" description="Of the document. The newest is read by Meridian alone; it has network rules.">
        <Select
          selectedOption={{ value: graph.format, label: graph.format }}
          options={FORMATS.map((value) => ({ value, label: value }))}
          onChange={({ detail }) => {
            const format = FORMATS.find((each) => each === detail.selectedOption.value);
            if (format !== undefined) dispatch({ do: "edit", graph: { ...graph, format } });
          }}
        />
      </FormField>
    </SpaceBetween>
  );
}

export function LeadsTo({ to, onConnect, onOpen }: { to: Ref | undefined; onConnect: () => void; onOpen: (ref: Ref) => void }) {
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {to !== undefined && (
        <Button variant="inline-link" onClick={() => onOpen(to)}>
          {to.id}
        </Button>
      )}
      <Button variant="inline-link" iconName={to === undefined ? "add-plus" : "edit"} onClick={onConnect}>
        {to === undefined ? "Create or connect" : "Change"}
      </Button>
    </SpaceBetween>
  );
}

function RuleFields(props: Inspected & { id: string }) {
  const { graph, selected, id, dispatch, known } = props;
  const rule = graph.rules[id];
  if (rule === undefined) return null;
  const words = RULE_WORDS[rule.kind];
  return (
    <SpaceBetween size="m">
      <Header variant="h2" description={words.what}>
        {words.name} rule
      </Header>
      <Name graph={graph} ref_={{ kind: "rule", id }} problems={own(props.problems, { key: selected.key })} dispatch={dispatch} />
      {rule.kind === "cidr" && (
        <FormField label="CIDR collection">
          <Select
            placeholder="Choose a collection"
            selectedOption={rule.collectionId === undefined ? null : { value: rule.collectionId, label: known.collections.find(({ Id }) => Id === rule.collectionId)?.Name ?? rule.collectionId }}
            options={known.collections.map(({ Id = "", Name }) => ({ value: Id, label: Name ?? Id, description: Id }))}
            empty="There are no CIDR collections yet."
            onChange={({ detail }) => dispatch({ do: "edit", graph: editRule(graph, id, (each) => ({ ...each, collectionId: detail.selectedOption.value ?? "" })) })}
          />
        </FormField>
      )}
      {rule.arms.map((_, at) => (
        <ArmFields key={at} {...props} rule={rule} at={at} />
      ))}
      {rule.kind !== "failover" && (
        <Button iconName="add-plus" onClick={() => dispatch({ do: "add-arm" })}>
          Add another
        </Button>
      )}
    </SpaceBetween>
  );
}

/** The problems of exactly this box or arm, and of what is inside it. */
export const own = (problems: readonly Problem[], spot: Spot): Problem[] =>
  problems.filter(({ pointer }) => {
    const at = spotAt(pointer);
    return at?.key === spot.key && at.arm === spot.arm;
  });

/** The text of a problem with one of these members, for the field that shows it. */
export function errorOf(problems: readonly Problem[], ...members: string[]): string | undefined {
  const found = problems.find(({ pointer, severity }) => severity === "error" && members.some((member) => pointer.endsWith(`/${member}`)));
  return found?.text;
}

function Name({ graph, ref_: ref, dispatch, problems }: { graph: Graph; ref_: Ref; dispatch: Dispatch<Action>; problems: readonly Problem[] }) {
  const [typed, setTyped] = useState(ref.id);
  useEffect(() => setTyped(ref.id), [ref.id]);
  const taken = typed !== ref.id && !isFree(graph, ref, typed);
  const commit = () => {
    if (rename(graph, ref, typed) !== graph) dispatch({ do: "rename", ref, id: typed });
    else setTyped(ref.id);
  };
  const error = taken ? `Another ${ref.kind} is called that.` : typed === "" ? "A name is needed." : problems.find(({ severity }) => severity === "error")?.text;
  return (
    <FormField label="Name" description="Shown in the document and in explanations of answers." errorText={error}>
      <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} onBlur={commit} onKeyDown={({ detail }) => detail.key === "Enter" && commit()} />
    </FormField>
  );
}

function EndpointFields({ graph, id, dispatch, problems, selected }: Inspected & { id: string }) {
  const endpoint = graph.endpoints[id];
  if (endpoint === undefined) return null;
  const mine = own(problems, selected);
  const types = [...new Set([...endpointTypes(graph.recordType), endpoint.type])];
  return (
    <SpaceBetween size="m">
      <Header variant="h2">Endpoint</Header>
      <FormField label={endpoint.type === "value" ? `Value of type ${graph.recordType}` : "DNS name"} constraintText={`Such as ${endpoint.type === "value" ? exampleOf(graph.recordType) : SERVICE_EXAMPLES[endpoint.type]}`} errorText={errorOf(mine, "Value")}>
        <Input
          className="mono"
          value={endpoint.value}
          nativeInputAttributes={{ "data-first": "true" }}
          onChange={({ detail }) => dispatch({ do: "edit", graph: editEndpoint(graph, id, (each) => ({ ...each, value: detail.value })), merging: `value ${id}` })}
        />
      </FormField>
      <FormField label="Type" errorText={errorOf(mine, "Type")}>
        <Select
          selectedOption={{ value: endpoint.type, label: endpointName(endpoint.type, graph.recordType) }}
          options={types.map((value) => ({ value, label: endpointName(value, graph.recordType) }))}
          onChange={({ detail }) => dispatch({ do: "edit", graph: editEndpoint(graph, id, (each) => ({ ...each, type: detail.selectedOption.value ?? "value" })) })}
        />
      </FormField>
      {endpoint.type === "s3-website" && (
        <RegionField
          label="Region of the bucket"
          value={endpoint.region ?? ""}
          error={errorOf(mine, "Region")}
          onChange={(region) => dispatch({ do: "edit", graph: editEndpoint(graph, id, (each) => ({ ...each, region })), merging: `region ${id}` })}
        />
      )}
      <Name graph={graph} ref_={{ kind: "endpoint", id }} dispatch={dispatch} problems={[]} />
      <Parents graph={graph} id={id} dispatch={dispatch} />
    </SpaceBetween>
  );
}

const SERVICE_EXAMPLES: Readonly<Record<string, string>> = {
  cloudfront: "d111111abcdef8.cloudfront.net",
  "elastic-beanstalk": "environment.us-east-1.elasticbeanstalk.com",
  "s3-website": "www.example.com",
  "elastic-load-balancer": "name-1234.us-east-1.elb.amazonaws.com",
  "application-load-balancer": "name-1234.us-east-1.elb.amazonaws.com",
  "network-load-balancer": "name-1234.elb.us-east-1.amazonaws.com",
};

function Parents({ graph, id, dispatch }: { graph: Graph; id: string; dispatch: Dispatch<Action> }) {
  const parents = Object.entries(graph.rules).flatMap(([rule, { arms }]) =>
    arms.flatMap(({ to }, arm) => (to?.kind === "endpoint" && to.id === id ? [{ rule, arm }] : [])),
  );
  if (parents.length < 2) return null;
  return (
    <div>
      <Box variant="awsui-key-label">Shared by</Box>
      <SpaceBetween direction="horizontal" size="xs">
        {parents.map(({ rule, arm }) => (
          <Button key={`${rule} ${arm}`} variant="inline-link" onClick={() => dispatch({ do: "select", spot: { key: `rule:${rule}`, arm }, focus: true })}>
            {rule}
          </Button>
        ))}
      </SpaceBetween>
    </div>
  );
}

// The boxes on the canvas: the start, rules with a row and a port for each arm, endpoints.
import Icon from "@cloudscape-design/components/icon";
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";

import { armLabel, type Endpoint, type Rule } from "../policy/graph";
import { endpointName, RULE_WORDS } from "../policy/words";
import { armColor } from "./colors";
import type { Severity } from "./verdict";

/** The worst problem of a box or arm, with the text of each. */
export interface Mark {
  severity: Severity;
  text: string;
}

/** What every box shows. `selected`: the number of the arm, -1 for the box itself, undefined for neither. */
type Shown = {
  selected: number | undefined;
  mark: Mark | undefined;
  /** Whether the way of a simulated question passes here; undefined while none is simulated. */
  lit: boolean | undefined;
};

export interface ArmShown {
  label: string;
  target: string | undefined;
  healthCheck: string | undefined;
  /** Whether the health of what it leads to counts; undefined where that means nothing (R-TFR-8). */
  evaluates: boolean | undefined;
  mark: Mark | undefined;
  lit: boolean | undefined;
  /** Why a simulated question does not go here. */
  excluded: string | undefined;
}

export type StartNode = Node<Shown & { recordType: string; open: boolean }, "start">;
export type RuleNode = Node<Shown & { id: string; rule: Rule; arms: readonly ArmShown[]; places: boolean }, "rule">;
export type EndpointNode = Node<Shown & { id: string; endpoint: Endpoint; recordType: string }, "endpoint">;
export type BoxNode = StartNode | RuleNode | EndpointNode;

const boxClass = ({ selected, mark, lit }: Shown, kind: string): string =>
  ["box", kind, selected !== undefined && "chosen", mark?.severity, lit === true && "lit", lit === false && "dim"].filter(Boolean).join(" ");

function StartBox({ data }: NodeProps<StartNode>) {
  return (
    <div className={boxClass(data, "start")}>
      <div role="button" tabIndex={0} className="head" data-key="start" aria-current={data.selected !== undefined}>
        <span className="title">Start</span> <span className="kind">{data.recordType}</span>
        <span className="unseen">
          {data.open ? ", leads nowhere" : ""}
          {spoken(data.mark)}
        </span>
        <MarkIcon mark={data.mark} />
      </div>
      <Handle type="source" id="0" position={Position.Right} className={data.open ? "open" : ""} />
    </div>
  );
}

function RuleBox({ data }: NodeProps<RuleNode>) {
  const { id, rule, arms, selected } = data;
  const kind = RULE_WORDS[rule.kind].name;
  return (
    <div className={boxClass(data, "rule")}>
      <Handle type="target" id="in" position={Position.Left} style={{ top: 18 }} />
      <div role="button" tabIndex={0} className="head" data-key={`rule:${id}`} aria-current={selected === -1}>
        <span className="title">{id}</span> <span className="kind">{kind}</span>
        <span className="unseen">
          {` rule, ${arms.length} ${arms.length === 1 ? "arm" : "arms"}`}
          {spoken(data.mark)}
        </span>
        <MarkIcon mark={data.mark} />
      </div>
      {arms.map((arm, at) => (
        <div key={at} className={["arm", selected === at && "chosen", arm.lit === true && "lit", arm.lit === false && "dim"].filter(Boolean).join(" ")} title={arm.excluded}>
          <div
            role="button"
            tabIndex={-1}
            className="face"
            data-key={`rule:${id}`}
            data-arm={at}
            aria-current={selected === at}
          >
            {data.places && (
              <span className="number" style={{ background: armColor(at) }} aria-hidden>
                {at + 1}
              </span>
            )}
            <span className="label">{arm.label}</span>
            <span className="unseen">
              {arm.target === undefined ? ", leads nowhere" : `, leads to ${arm.target}`}
              {spoken(arm.mark)}
            </span>
            {arm.excluded !== undefined && <span className="why">{arm.excluded}</span>}
            {arm.healthCheck !== undefined && <Heart title={`Health check ${arm.healthCheck}`} />}
            {arm.evaluates === true && <Target title="The health of what it leads to counts" />}
            <MarkIcon mark={arm.mark} />
          </div>
          <Handle type="source" id={String(at)} position={Position.Right} className={arm.target === undefined ? "open" : ""} />
        </div>
      ))}
    </div>
  );
}

function EndpointBox({ data }: NodeProps<EndpointNode>) {
  const { id, endpoint, recordType } = data;
  const type = endpointName(endpoint.type, recordType);
  return (
    <div className={boxClass(data, "endpoint")}>
      <Handle type="target" id="in" position={Position.Left} />
      <div role="button" tabIndex={0} className="head" data-key={`endpoint:${id}`} aria-current={data.selected !== undefined}>
        <span className="two">
          <span className={endpoint.value === "" ? "title none" : "title value"} title={endpoint.value}>
            {endpoint.value === "" ? "No value yet" : endpoint.value}
          </span>{" "}
          <span className="kind" title={`${id} · ${type}`}>
            {id} · {endpoint.type === "value" ? recordType : type}
          </span>
        </span>
        <span className="unseen">
          , endpoint
          {spoken(data.mark)}
        </span>
        <MarkIcon mark={data.mark} />
      </div>
    </div>
  );
}

const spoken = (mark: Mark | undefined): string => (mark === undefined ? "" : `, ${mark.severity}: ${mark.text}`);

function MarkIcon({ mark }: { mark: Mark | undefined }) {
  if (mark === undefined) return null;
  const isError = mark.severity === "error";
  return (
    <span className={`mark ${mark.severity}`} title={mark.text}>
      <Icon name={isError ? "status-negative" : "status-warning"} size="small" variant={isError ? "error" : "warning"} />
    </span>
  );
}

function Heart({ title }: { title: string }) {
  return (
    <svg className="sign" viewBox="0 0 16 16" role="img" aria-label={title}>
      <title>{title}</title>
      <path d="M8 13.5 2.8 8.2a3.2 3.2 0 0 1 4.5-4.5l.7.7.7-.7a3.2 3.2 0 0 1 4.5 4.5Z" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M2.5 8h3l1-2 1.5 4 1.2-2h4" fill="none" stroke="currentColor" strokeWidth="1" />
    </svg>
  );
}

function Target({ title }: { title: string }) {
  return (
    <svg className="sign" viewBox="0 0 16 16" role="img" aria-label={title}>
      <title>{title}</title>
      <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <circle cx="8" cy="8" r="2" fill="currentColor" />
    </svg>
  );
}

export const BOXES = { start: memo(StartBox), rule: memo(RuleBox), endpoint: memo(EndpointBox) };

/** The name of a continent, or of a country, by its code. */
export type PlaceName = (kind: "continent" | "country", code: string) => string | undefined;

/** What an arm is called on the canvas; places by their names where they are known. */
export function armText(rule: Rule, at: number, placeName: PlaceName): string {
  const arm = rule.arms[at];
  const label = armLabel(rule, at);
  if (rule.kind !== "geo" || arm === undefined || arm.subdivision !== undefined) return label;
  const name = arm.continent !== undefined ? placeName("continent", arm.continent) : arm.country !== undefined ? placeName("country", arm.country) : undefined;
  return name === undefined || arm.isDefault === true ? label : `${name} (${label})`;
}

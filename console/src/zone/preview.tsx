// What the record set and its group will do: the sentence, shares, and the answer for a client that you choose.
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import LiveRegion from "@cloudscape-design/components/live-region";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { native } from "../api/client";
import type { Change } from "../api/operations";
import { useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { countryName, useAtlas, useClients } from "../map/atlas";
import { PickClient } from "../map/pick-client";
import { policyOf, type RecordSet, shownName } from "../records/policy";
import { label, percent, sentence, shares } from "../records/sentence";
import { useSettled } from "./judge";

/** Of docs/reference/explain.md, what is shown here. */
interface Explanation {
  steps: readonly { step: string; policy?: string; last_resort?: boolean; country?: string | null; continent?: string | null; arms?: readonly Arm[] }[];
  response: { rcode: string; scope: number | null; answer: readonly string[] };
}

interface Arm {
  set_identifier: string | null;
  excluded: string | null;
  probability: number;
  chosen: boolean;
}

interface Props {
  zoneId: string;
  name: string;
  type: string;
  /** The group as it will be. */
  group: readonly RecordSet[];
  /** The whole batch as it would be sent. */
  changes: readonly Change[];
}

export function Preview({ zoneId, name, type, group, changes }: Props) {
  const [client, setClient] = useState("");
  const clients = useClients();
  const countries = (clients.value ?? []).filter(({ subdivision }) => subdivision === null);
  const [first] = group;
  const { value: atlas } = useAtlas();
  const said = sentence(group, atlas);
  const question = useSettled(JSON.stringify({ name, type, client: client.trim(), changes }), 400);
  const asked = useAsked(question, async (signal) => {
    const { name, type, client, changes } = JSON.parse(question) as { name: string; type: string; client: string; changes: Change[] };
    const query = new URLSearchParams({ name: shownName(name), type, zone: zoneId });
    if (client !== "") query.set("subnet", client);
    const path = `/meridian/explain?${query}`;
    if (changes.length === 0) return native<Explanation>("GET", path, undefined, signal);
    return native<Explanation>("POST", path, { HostedZoneId: zoneId, ChangeBatch: { Changes: changes } }, signal);
  });
  return (
    <SpaceBetween size="m">
      <Header variant="h3">What it will do</Header>
      {said !== "" && <Box>{said}</Box>}
      {first !== undefined && policyOf(first) === "weighted" && <ShareBar group={group} />}
      <FormField label="Answer for a client" description="An address, a network, or a country that geolocation data knows; empty for this server's own address.">
        <Autosuggest
          value={client}
          onChange={({ detail }) => setClient(detail.value)}
          options={countries.map(({ country, network }) => ({ value: network, label: countryName(atlas, country), filteringTags: [country] }))}
          enteredTextLabel={(text) => `Ask as ${text}`}
          placeholder="203.0.113.0/24, or a country"
          ariaLabel="Answer for a client"
          virtualScroll
        />
      </FormField>
      <PickClient onPick={({ network }) => setClient(network)} />
      <LiveRegion>
        {asked.error !== undefined ? (
          <Failure error={asked.error} />
        ) : asked.value === undefined ? (
          <StatusIndicator type="loading">Asking</StatusIndicator>
        ) : (
          <Answer found={asked.value} />
        )}
      </LiveRegion>
    </SpaceBetween>
  );
}

function Answer({ found }: { found: Explanation }) {
  const { rcode, answer } = found.response;
  const place = found.steps.find(({ step }) => step === "client");
  const choice = found.steps.find(({ step }) => step === "group");
  const where = [place?.country, place?.continent].filter(Boolean).join(", ");
  return (
    <SpaceBetween size="xs">
      <StatusIndicator type={rcode === "NOERROR" && answer.length > 0 ? "success" : "warning"}>
        {rcode}
        {answer.length === 0 && ", no record"}
        {where !== "" && `, to a client in ${where}`}
      </StatusIndicator>
      {answer.map((line) => (
        <div key={line} className="mono">
          {line}
        </div>
      ))}
      {choice?.last_resort === true && <StatusIndicator type="warning">Nothing is healthy, so everything counts as healthy</StatusIndicator>}
      {choice?.arms?.map(({ set_identifier: id, excluded, probability, chosen }) => (
        <Box key={id} color={chosen ? "inherit" : "text-body-secondary"}>
          <span className="mono">{id}</span>: {chosen ? "chosen" : (excluded ?? "not chosen")}
          {excluded === null && probability > 0 && probability < 1 && `, ${percent(probability)} of the time`}
        </Box>
      ))}
    </SpaceBetween>
  );
}

/** Each arm's share of clients while all are healthy. */
export function ShareBar({ group }: { group: readonly RecordSet[] }) {
  const of = shares(group);
  const text = group.map((set, at) => `${label(set)} ${percent(of[at] ?? 0)}`).join(", ");
  return (
    <div>
      <div className="shares" role="img" aria-label={`Shares: ${text}`}>
        {group.map((set, at) => (
          <div key={set.SetIdentifier} style={{ flexGrow: of[at] ?? 0 }} />
        ))}
      </div>
      <div className="share-labels" aria-hidden>
        {group.map((set, at) => (
          <span key={set.SetIdentifier}>
            <span className="mono">{label(set)}</span> {percent(of[at] ?? 0)}
          </span>
        ))}
      </div>
    </div>
  );
}

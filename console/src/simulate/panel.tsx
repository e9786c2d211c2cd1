// The panel that simulates questions to a draft: as one client, with its way lit on the canvas, and as one of each continent.
import "./simulate.css";

import Alert from "@cloudscape-design/components/alert";
import Autosuggest, { type AutosuggestProps } from "@cloudscape-design/components/autosuggest";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useEffect, useMemo, useState } from "react";

import type { PanelProps } from "../editor/panels";
import { Failure } from "../layout/error";
import { type Atlas, type Client, placeName, useAtlas, useClients } from "../map/atlas";
import type { Graph } from "../policy/graph";
import { type Answer, useExplained } from "./asked";
import { Checks } from "./checks";
import { isAddress, networkOf, samples, type Sample } from "./clients";
import { answerText, checksOf, turnsText, wayOf } from "./way";

const NO_ATLAS: Atlas = { negative_bias: "linear", regions: [], local_zones: [], continents: [], countries: [] };
const NO_CLIENTS: readonly Client[] = [];

export default function SimulatePanel({ graph, document, valid, onLight }: PanelProps) {
  const atlas = useAtlas();
  const clients = useClients();
  const known = atlas.value ?? NO_ATLAS;
  const there = clients.value ?? NO_CLIENTS;
  const [typed, setTyped] = useState("");
  const [supposed, setSupposed] = useState<Readonly<Record<string, boolean>>>({});
  const checks = useMemo(() => checksOf(graph), [graph]);
  const inUse = useMemo(() => Object.fromEntries(Object.entries(supposed).filter(([check]) => checks.includes(check))), [supposed, checks]);
  const table = useMemo(() => samples(known, there), [known, there]);
  const network = networkOf(typed, known, there);
  const asked = isAddress(network) ? network : undefined;
  const networks = useMemo(() => [...new Set([...(asked === undefined ? [] : [asked]), ...table.map((sample) => sample.network)])], [asked, table]);
  const answers = useExplained(valid ? document : undefined, graph.recordType, networks, inUse);
  const answer = asked === undefined ? undefined : answers.get(asked);

  useEffect(() => {
    onLight(answer?.explanation === undefined ? undefined : wayOf(answer.explanation, graph).lit);
  }, [answer]);
  useEffect(() => () => onLight(undefined), []);

  const options = useMemo(() => optionsOf(known, there), [known, there]);
  return (
    <div className="simulate">
      <SpaceBetween size="m">
        <FormField label="Client" description="A place, an address or a network" errorText={typed.trim() !== "" && asked === undefined && clients.value !== undefined ? `No place or address is called "${typed}".` : undefined}>
          <Autosuggest
            value={typed}
            options={options}
            onChange={({ detail }) => setTyped(detail.value)}
            enteredTextLabel={(text) => `Ask as ${text}`}
            placeholder="Germany, US-TX, 192.0.2.7"
            ariaLabel="Client"
            clearAriaLabel="Clear the client"
            statusType={clients.loading ? "loading" : "finished"}
            loadingText="Looking for clients in each country"
            empty="No geolocation data is installed; type an address."
            virtualScroll
          />
        </FormField>
        <FormField label="Health checks">
          <Checks checks={checks} supposed={inUse} onChange={setSupposed} />
        </FormField>
      </SpaceBetween>
      <SpaceBetween size="s">
        {!valid && <Alert type="info">The draft has errors. Once they are gone, its answers are shown here.</Alert>}
        {atlas.error !== undefined && <Failure error={atlas.error} again={atlas.again} />}
        {clients.error !== undefined && <Failure error={clients.error} again={clients.again} />}
        {valid && asked !== undefined && <Told answer={answer} graph={graph} known={known} />}
        <Table<Sample>
          variant="embedded"
          contentDensity="compact"
          wrapLines
          items={table}
          trackBy="continent"
          loading={clients.loading && clients.value === undefined}
          loadingText="Looking for clients on each continent"
          ariaLabels={{ tableLabel: "Who goes where, one client a continent", itemSelectionLabel: (_, { text }) => `Light the way of a client in ${text}` }}
          selectionType="single"
          selectedItems={table.filter((sample) => sample.network === asked)}
          onSelectionChange={({ detail }) => setTyped(detail.selectedItems[0]?.network ?? "")}
          onRowClick={({ detail }) => setTyped(detail.item.network)}
          empty="No geolocation data is installed, so nobody knows where addresses are. `meridian place install` gets it."
          columnDefinitions={[
            { id: "client", header: "Client in", cell: ({ text }) => text, width: 230 },
            { id: "network", header: "Network", cell: ({ network: own }) => <span className="mono">{own}</span>, width: 150 },
            { id: "answer", header: "Gets", cell: ({ network: own }) => <Got answer={valid ? answers.get(own) : { }} graph={graph} />, width: 240 },
            { id: "way", header: "By", cell: ({ network: own }) => <By answer={answers.get(own)} graph={graph} /> },
          ]}
        />
      </SpaceBetween>
    </div>
  );
}

/** The sentence on the one client that was asked as. */
function Told({ answer, graph, known }: { answer: Answer | undefined; graph: Graph; known: Atlas }) {
  if (answer?.error !== undefined) return <Failure error={answer.error} />;
  if (answer?.explanation === undefined) return <StatusIndicator type="loading">Asking</StatusIndicator>;
  const client = answer.explanation.steps.find(({ step }) => step === "client");
  const where = client?.country == null ? "at a place that nobody knows" : `in ${placeName(known, client.country, client.subdivision)}`;
  const way = wayOf(answer.explanation, graph);
  const by = turnsText(way, graph);
  return (
    <Box>
      <div aria-live="polite">
        A client {where} gets <strong>{answerText(way, graph)}</strong>
        {by === "" ? "." : `, by ${by}.`}
      </div>
    </Box>
  );
}

function Got({ answer, graph }: { answer: Answer | undefined; graph: Graph }) {
  if (answer?.error !== undefined) return <StatusIndicator type="error">{answer.error.message}</StatusIndicator>;
  if (answer === undefined) return <StatusIndicator type="loading">Asking</StatusIndicator>;
  if (answer.explanation === undefined) return <>–</>;
  const way = wayOf(answer.explanation, graph);
  const isNothing = way.ends.length === 0 && way.values.length === 0;
  return isNothing ? <StatusIndicator type="warning">{answerText(way, graph)}</StatusIndicator> : <span className="mono">{answerText(way, graph)}</span>;
}

function By({ answer, graph }: { answer: Answer | undefined; graph: Graph }) {
  return <>{answer?.explanation === undefined ? "" : turnsText(wayOf(answer.explanation, graph), graph)}</>;
}

function optionsOf(known: Atlas, there: readonly Client[]): AutosuggestProps.Options {
  const option = ({ country, subdivision, network }: Client) => ({ value: placeName(known, country, subdivision), labelTag: network, filteringTags: [subdivision === null ? country : `${country}-${subdivision}`] });
  const byName = (a: { value: string }, b: { value: string }) => a.value.localeCompare(b.value);
  return [
    { label: "Countries", options: there.filter(({ subdivision }) => subdivision === null).map(option).sort(byName) },
    { label: "Parts of countries", options: there.filter(({ subdivision }) => subdivision !== null).map(option).sort(byName) },
  ];
}

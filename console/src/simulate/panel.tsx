// The panel that simulates questions to a draft: as one client, with its way lit on the canvas, and as one of each continent.
import "./simulate.css";

import Alert from "@cloudscape-design/components/alert";
import Autosuggest, { type AutosuggestProps } from "@cloudscape-design/components/autosuggest";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import Toggle from "@cloudscape-design/components/toggle";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";

import { native } from "../api/client";
import { useAsked } from "../api/use";
import type { Difference } from "../compare/differences";
import { armColor } from "../editor/colors";
import type { PanelProps } from "../editor/panels";
import { Failure } from "../layout/error";
import { type Atlas, type Client, placeName, useAtlas, useClients } from "../map/atlas";
import type { Graph } from "../policy/graph";
import { type Against, AgainstField } from "./against";
import { type Answer, useExplained } from "./asked";
import { Checks } from "./checks";
import { isAddress, networkOf, samples, type Sample } from "./clients";
import { answerText, checksOf, placedArm, turnsText, wayOf } from "./way";

const Picker = lazy(() => import("./picker"));

const NO_ATLAS: Atlas = { negative_bias: "linear", regions: [], local_zones: [], continents: [], countries: [] };
const NO_CLIENTS: readonly Client[] = [];

export default function SimulatePanel({ graph, document, valid, base, onLight }: PanelProps) {
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
  const [against, setAgainst] = useState<Against>();
  const [onlyMoving, setOnlyMoving] = useState(true);
  const old = useExplained(against?.document, against?.graph.recordType ?? "A", networks, inUse);
  const moves = (own: string) => against !== undefined && isMoved(old.get(own), against.graph, answers.get(own), graph);
  const isKnown = table.every((sample) => answers.get(sample.network) !== undefined && old.get(sample.network) !== undefined);
  const shown = against === undefined || !onlyMoving || !isKnown ? table : table.filter((sample) => moves(sample.network));

  useEffect(() => {
    onLight(answer?.explanation === undefined ? undefined : wayOf(answer.explanation, graph).lit);
  }, [answer]);
  useEffect(() => () => onLight(undefined), []);

  const options = useMemo(() => optionsOf(known, there), [known, there]);
  const arm = answer?.explanation === undefined ? undefined : placedArm(wayOf(answer.explanation, graph), graph);
  const client = useMemo(() => clientOf(answer, asked), [answer, asked]);
  const [nowhere, setNowhere] = useState<string>();
  const type = (text: string) => {
    setNowhere(undefined);
    setTyped(text);
  };
  const pick = (picked: Client | undefined, country: string | undefined) => {
    if (picked !== undefined) type(placeName(known, picked.country, picked.subdivision));
    else setNowhere(country === undefined ? "Nobody is known at sea." : `No address in ${placeName(known, country)} is known.`);
  };
  return (
    <div className="simulate">
      <SpaceBetween size="m">
        <FormField label="Client" description="A place, an address or a network" errorText={typed.trim() !== "" && asked === undefined && clients.value !== undefined ? `No place or address is called "${typed}".` : undefined}>
          <Autosuggest
            value={typed}
            options={options}
            onChange={({ detail }) => type(detail.value)}
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
        {base !== undefined && (
          <FormField label="Against" description="What differs for clients from a version that is there">
            <AgainstField policy={base.id} against={against} onChange={setAgainst} />
          </FormField>
        )}
      </SpaceBetween>
      <div>
        <Suspense fallback={<StatusIndicator type="loading">Loading the map</StatusIndicator>}>
          {atlas.value !== undefined && <Picker atlas={atlas.value} clients={there} asked={client} color={armColor(arm ?? 0)} onPick={pick} />}
        </Suspense>
        <Box color="text-body-secondary" fontSize="body-s">
          <span aria-live="polite">{nowhere ?? "Click the map to ask as somebody there."}</span>
        </Box>
      </div>
      <SpaceBetween size="s">
        {!valid && <Alert type="info">The draft has errors. Once they are gone, its answers are shown here.</Alert>}
        {atlas.error !== undefined && <Failure error={atlas.error} again={atlas.again} />}
        {clients.error !== undefined && <Failure error={clients.error} again={clients.again} />}
        {valid && asked !== undefined && <Told answer={answer} graph={graph} known={known} />}
        {valid && against !== undefined && base !== undefined && <Moves base={base.id} against={against} document={document} />}
        {against !== undefined && (
          <Toggle checked={onlyMoving} onChange={({ detail }) => setOnlyMoving(detail.checked)}>
            Only clients that get something else
          </Toggle>
        )}
        <Table<Sample>
          variant="embedded"
          contentDensity="compact"
          wrapLines
          items={shown}
          trackBy="continent"
          loading={clients.loading && clients.value === undefined}
          loadingText="Looking for clients on each continent"
          ariaLabels={{ tableLabel: "Who goes where, one client a continent", itemSelectionLabel: (_, { text }) => `Light the way of a client in ${text}` }}
          selectionType="single"
          selectedItems={table.filter((sample) => sample.network === asked)}
          onSelectionChange={({ detail }) => type(detail.selectedItems[0]?.network ?? "")}
          onRowClick={({ detail }) => type(detail.item.network)}
          empty={against !== undefined && table.length > 0 ? `Each of these clients gets what version ${against.version} gives it.` : "No geolocation data is installed, so nobody knows where addresses are. `meridian place install` gets it."}
          columnDefinitions={[
            {
              id: "client",
              header: "Client in",
              width: 200,
              cell: ({ text, network: own }) => (
                <>
                  {text}
                  <div className="mono">{own}</div>
                </>
              ),
            },
            ...(against === undefined ? [] : [{ id: "before", header: `By version ${against.version}`, cell: ({ network: own }: Sample) => <Got answer={old.get(own)} graph={against.graph} />, width: 130 }]),
            { id: "answer", header: against === undefined ? "Gets" : "By the draft", cell: ({ network: own }) => <Got answer={valid ? answers.get(own) : { }} graph={graph} />, width: 130 },
            { id: "way", header: "By", cell: ({ network: own }) => <By answer={answers.get(own)} graph={graph} /> },
          ]}
        />
      </SpaceBetween>
    </div>
  );
}

interface MovesProps {
  base: string;
  against: Against;
  document: string;
}

/** What changes for all clients, not only for those that are asked as, from a version to the draft. */
function Moves({ base, against, document }: MovesProps) {
  const { value, error } = useAsked(`moves ${base} ${against.version} ${document}`, (signal) =>
    native<{ differences: readonly Difference[] }>("POST", "/meridian/policies/difference", { before: { id: base, version: against.version }, after: { document } }, signal),
  );
  if (error !== undefined) return <Failure error={error} />;
  if (value === undefined) return <StatusIndicator type="loading">Comparing</StatusIndicator>;
  if (value.differences.length === 0) return <Box>Against version {against.version}, nothing moves.</Box>;
  const more = value.differences.length - MOST;
  return (
    <div aria-live="polite">
      <Box variant="awsui-key-label">What moves against version {against.version}</Box>
      <ul className="moves">
        {value.differences.slice(0, MOST).map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
        {more > 0 && <li>and {more} more</li>}
      </ul>
    </div>
  );
}

const MOST = 8; // differences that are told beside the table

/** Whether a client gets something else; false until both are known. */
function isMoved(before: Answer | undefined, old: Graph, after: Answer | undefined, graph: Graph): boolean {
  if (before?.explanation === undefined || after?.explanation === undefined) return false;
  return answerText(wayOf(before.explanation, old), old) !== answerText(wayOf(after.explanation, graph), graph);
}

/** The client that was asked as, where the server has placed it. */
function clientOf(answer: Answer | undefined, network: string | undefined): Client | undefined {
  const step = answer?.explanation?.steps.find((each) => each.step === "client");
  if (network === undefined || step?.country == null) return undefined;
  return { country: step.country, subdivision: step.subdivision ?? null, network, latitude: step.latitude ?? null, longitude: step.longitude ?? null };
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

// The zone as a file, and a file into the zone. The server reads it, so that no second reader can disagree.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FileUpload from "@cloudscape-design/components/file-upload";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import LiveRegion from "@cloudscape-design/components/live-region";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { type ApiError, native, nativeText } from "../api/client";
import type { ChangeInfo } from "../api/operations";
import { asApiError } from "../api/use";
import { Failure } from "../layout/error";
import { saveCsv, saveFile } from "../layout/csv";
import { useFlashes } from "../layout/flashes";
import type { ZoneOf } from "../records/form";
import { CSV_HEADER, csvRow } from "../records/csv";
import { shownName } from "../records/policy";
import { everyRecordSet } from "./listing";

/** What a file holds, as `/meridian/import` takes it (docs/reference/import.md). */
interface Content {
  records: readonly unknown[];
  ResourceRecordSets: readonly unknown[];
  apex: number;
  skipped: Readonly<Record<string, number>>;
}

const MOST = 10_000; // record sets a call

export function Files({ zone, onImported }: { zone: ZoneOf; onImported: (change: ChangeInfo, count: number) => void }) {
  return (
    <SpaceBetween size="l">
      <Export zone={zone} />
      <Import zone={zone} onImported={onImported} />
    </SpaceBetween>
  );
}

function Export({ zone }: { zone: ZoneOf }) {
  const { fail } = useFlashes();
  const [busy, setBusy] = useState("");
  const name = `${shownName(zone.name)}.zone`;
  const saved = (form: string, run: () => Promise<void>) => async () => {
    setBusy(form);
    try {
      await run();
    } catch (error) {
      fail("export", "The zone was not exported", error);
    } finally {
      setBusy("");
    }
  };
  const save = saved("zone", async () => saveFile(name, await nativeText("GET", `/meridian/zones/${zone.id}/file`), "text/dns"));
  const saveTable = saved("csv", async () => saveCsv(shownName(zone.name), CSV_HEADER, (await everyRecordSet(zone.id)).map(csvRow)));
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="A master file that any name server reads; aliases and policies stand in its comments, where import finds them."
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button iconName="download" loading={busy === "csv"} onClick={() => void saveTable()}>
                Download CSV
              </Button>
              <Button iconName="download" loading={busy === "zone"} onClick={() => void save()}>
                Download {name}
              </Button>
            </SpaceBetween>
          }
        >
          Export
        </Header>
      }
    />
  );
}

function Import({ zone, onImported }: { zone: ZoneOf; onImported: (change: ChangeInfo, count: number) => void }) {
  const [text, setText] = useState("");
  const [action, setAction] = useState("CREATE");
  const [read, setRead] = useState<{ text: string; content: Content } | undefined>();
  const [error, setError] = useState<ApiError | undefined>();
  const [busy, setBusy] = useState(false);
  const content = read?.text === text ? read.content : undefined;
  const count = content === undefined ? 0 : content.records.length + content.ResourceRecordSets.length;
  const tried = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (failed) {
      setError(asApiError(failed));
    } finally {
      setBusy(false);
    }
  };
  const look = () => tried(async () => setRead({ text, content: JSON.parse(await nativeText("POST", `/meridian/zones/${zone.id}/file`, text)) as Content }));
  const send = () =>
    tried(async () => {
      if (content === undefined) return;
      let last: ChangeInfo | undefined;
      for (const part of partsOf(content)) last = (await native<{ ChangeInfo: ChangeInfo }>("POST", "/meridian/import", { zone: zone.id, action, ...part, comment: "Import of a zone file" })).ChangeInfo;
      if (last !== undefined) onImported(last, count);
      setText("");
    });
  return (
    <Container header={<Header variant="h2" description="A zone file, as BIND, Meridian or cli53 writes it. Nothing changes before you have seen what is in it.">Import</Header>}>
      <SpaceBetween size="m">
        {error !== undefined && <Failure error={error} />}
        <FormField label="From a file">
          <FileUpload
            value={[]}
            onChange={({ detail }) => {
              const [file] = detail.value;
              if (file !== undefined) void tried(async () => setText(await file.text()));
            }}
            i18nStrings={{ uploadButtonText: () => "Choose a file", dropzoneText: () => "Drop a file here", removeFileAriaLabel: () => "Remove the file", limitShowFewer: "Show fewer", limitShowMore: "Show more", errorIconAriaLabel: "Error" }}
          />
        </FormField>
        <FormField label="Zone file" description="Relative names are under this zone." stretch>
          <div className="file-text">
            <Textarea value={text} onChange={({ detail }) => setText(detail.value)} rows={10} spellcheck={false} placeholder={"$TTL 300\nwww A 192.0.2.1\n@ MX 10 mail"} />
          </div>
        </FormField>
        <FormField label="What is there already">
          <RadioGroup
            value={action}
            onChange={({ detail }) => setAction(detail.value)}
            items={[
              { value: "CREATE", label: "Stays: the import is refused if it meets one" },
              { value: "UPSERT", label: "Is replaced by what the file says" },
            ]}
          />
        </FormField>
        <LiveRegion>{content !== undefined && <Told content={content} count={count} />}</LiveRegion>
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={text.trim() === ""} loading={busy && content === undefined} onClick={() => void look()}>
            Read the file
          </Button>
          <Button variant="primary" disabled={count === 0} loading={busy && content !== undefined} onClick={() => void send()}>
            {count === 0 ? "Import" : `Import ${count.toLocaleString("en")} record ${count === 1 ? "set" : "sets"}`}
          </Button>
        </SpaceBetween>
      </SpaceBetween>
    </Container>
  );
}

function Told({ content, count }: { content: Content; count: number }) {
  const skipped = Object.entries(content.skipped).map(([type, of]) => `${of} ${type}`);
  return (
    <SpaceBetween size="xxs">
      <StatusIndicator type={count === 0 ? "warning" : "success"}>
        {count === 0 ? "The file holds no record at or below this zone" : `The file holds ${count.toLocaleString("en")} record ${count === 1 ? "set" : "sets"} for this zone`}
      </StatusIndicator>
      {content.ResourceRecordSets.length > 0 && <Box>{content.ResourceRecordSets.length.toLocaleString("en")} of them are aliases or have a policy.</Box>}
      {content.apex > 0 && <Box>Left out: SOA and NS of the apex, of which the zone keeps its own.</Box>}
      {skipped.length > 0 && <Box>Left out, because they belong to signing: {skipped.join(", ")}.</Box>}
    </SpaceBetween>
  );
}

/** Calls of a size that the server takes; aliases after what they may lead to. */
function partsOf({ records, ResourceRecordSets }: Content): object[] {
  const parts: object[] = [];
  for (let at = 0; at < records.length; at += MOST) parts.push({ records: records.slice(at, at + MOST) });
  for (let at = 0; at < ResourceRecordSets.length; at += MOST) parts.push({ ResourceRecordSets: ResourceRecordSets.slice(at, at + MOST) });
  return records.length + ResourceRecordSets.length <= MOST ? [{ records, ResourceRecordSets }] : parts;
}

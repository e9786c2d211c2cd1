// Who changed what, when, before and after; and the way back.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { native } from "../api/client";
import type { ChangeBatch } from "../api/operations";
import { useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { Moment } from "../layout/moment";
import { fromBatch, type Pending } from "../records/pending";
import { type RecordSet, shownName } from "../records/policy";
import { Diff } from "./tray";

/** An event of docs/reference/users.md. */
interface Event {
  id: number;
  at: string;
  user: string;
  request_id: string;
  action: string;
  kind: string;
  name?: string;
  type?: string;
  set_identifier?: string;
  before: unknown;
  after: unknown;
}

const PAGE = "30";

export function History({ zoneId, onUndo }: { zoneId: string; onUndo: (pending: readonly Pending[]) => void }) {
  const flashes = useFlashes();
  const [parameters, setParameters] = useSearchParams();
  const name = parameters.get("name") ?? "";
  const type = parameters.get("type") ?? "";
  const [starts, setStarts] = useState<readonly number[]>([]);
  const [busy, setBusy] = useState<number | undefined>();
  const query = new URLSearchParams({ resource: zoneId, limit: PAGE, ...(name && { name }), ...(type && { type }), ...(starts.length > 0 && { before: String(starts.at(-1)) }) });
  const asked = useAsked(query.toString(), (signal) => native<{ events: readonly Event[]; next: number | null }>("GET", `/meridian/audit?${query}`, undefined, signal));
  const events = asked.value?.events ?? [];
  const next = asked.value?.next ?? null;
  const look = (change: { name?: string; type?: string }) => {
    setStarts([]);
    setParameters({ tab: "history", ...(name && { name }), ...(type && { type }), ...change }, { replace: true });
  };
  const undo = async (event: Event) => {
    setBusy(event.id);
    try {
      const { ChangeBatch: batch } = await native<{ ChangeBatch: ChangeBatch }>("GET", `/meridian/audit/${encodeURIComponent(event.request_id)}/undo`);
      const served = events.filter((each) => each.request_id === event.request_id).flatMap((each) => (isRecordSet(each.after) ? [each.after] : []));
      onUndo(fromBatch(batch.Changes, served));
    } catch (error) {
      flashes.fail("undo", "This change cannot be taken back", error);
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <SpaceBetween size="s">
      {asked.error !== undefined && <Failure error={asked.error} again={asked.again} />}
      <Table
        variant="container"
        wrapLines
        items={[...events]}
        trackBy={(event) => String(event.id)}
        loading={asked.value === undefined && asked.error === undefined}
        loadingText="Loading the history"
        ariaLabels={{ tableLabel: "History" }}
        header={
          <Header description="Every change of this zone: who made it, when, and what it was before." actions={<Button iconName="refresh" ariaLabel="Load again" onClick={asked.again} />}>
            History
          </Header>
        }
        filter={
          <div className="pair">
            <Input type="search" value={name} onChange={({ detail }) => look({ name: detail.value })} placeholder="Only of this name" ariaLabel="Only of this name" clearAriaLabel="Of all names" />
            <Input type="search" value={type} onChange={({ detail }) => look({ type: detail.value.toUpperCase() })} placeholder="Only of this type" ariaLabel="Only of this type" clearAriaLabel="Of all types" />
          </div>
        }
        pagination={
          <Pagination
            currentPageIndex={starts.length + 1}
            pagesCount={next === null ? starts.length + 1 : starts.length + 2}
            openEnd={next !== null}
            onChange={({ detail }) => {
              if (detail.currentPageIndex <= starts.length) setStarts(starts.slice(0, detail.currentPageIndex - 1));
              else if (next !== null) setStarts([...starts, next]);
            }}
            ariaLabels={{ paginationLabel: "Pages of the history", nextPageLabel: "Older", previousPageLabel: "Newer", pageLabel: (page) => `Page ${page}` }}
          />
        }
        columnDefinitions={[
          { id: "at", header: "When", width: 150, cell: ({ at }) => <Moment time={at} /> },
          { id: "user", header: "Who", width: 130, cell: ({ user }) => user },
          { id: "what", header: "What", width: 230, isRowHeader: true, cell: (event) => <What event={event} /> },
          { id: "change", header: "Before and after", minWidth: 260, cell: (event) => <Change event={event} /> },
          {
            id: "undo",
            header: "Undo",
            width: 110,
            cell: (event) =>
              event.kind !== "recordset" ? (
                "–"
              ) : (
                <Button variant="inline-link" loading={busy === event.id} ariaLabel={`Undo the change of ${event.name} ${event.type}`} onClick={() => void undo(event)}>
                  Undo
                </Button>
              ),
          },
        ]}
        empty={<Box color="text-body-secondary">Nothing is kept of {name === "" ? "this zone" : `${name} ${type}`}.</Box>}
      />
    </SpaceBetween>
  );
}

function What({ event }: { event: Event }) {
  if (event.kind !== "recordset") return <>{event.action.split(":").at(-1)}</>;
  const what = event.before === null ? "Created" : event.after === null ? "Deleted" : "Changed";
  return (
    <>
      <div>{what}</div>
      <span className="mono">
        {shownName(event.name ?? "")} {event.type} {event.set_identifier}
      </span>
    </>
  );
}

function Change({ event }: { event: Event }) {
  if (event.kind === "recordset") {
    const before = isRecordSet(event.before) ? event.before : undefined;
    const after = isRecordSet(event.after) ? event.after : undefined;
    return <Diff pending={{ id: "", before, after }} />;
  }
  const shown = event.after ?? event.before;
  return <pre className="mono plain">{shown === null || shown === undefined ? "" : JSON.stringify(shown, null, 1)}</pre>;
}

function isRecordSet(value: unknown): value is RecordSet {
  return typeof value === "object" && value !== null && "Name" in value && "Type" in value;
}

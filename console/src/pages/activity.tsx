// Who changed what, and when: the audit trail of the account, with before and after.
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import PropertyFilter from "@cloudscape-design/components/property-filter";
import SpaceBetween from "@cloudscape-design/components/space-between";
import SplitPanel from "@cloudscape-design/components/split-panel";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { type AuditEvent, FILTERS, type Filter, kindName, LABELS, verb } from "../activity/events";
import { Shown } from "../activity/shown";
import { native } from "../api/client";
import { useAsked } from "../api/use";
import { saveCsv } from "../layout/csv";
import { Empty } from "../layout/empty";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { Frame } from "../layout/frame";
import { Moment } from "../layout/moment";
import { usePreferences } from "../layout/preferences";
import { shownName } from "../records/policy";

const PAGE = 50;

interface AuditPage {
  events: readonly AuditEvent[];
  next: number | null;
}

export function Page() {
  const [parameters, setParameters] = useSearchParams();
  // The events that pages begin before, the first page left out.
  const before = parameters.getAll("before");
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const key of FILTERS) if (parameters.has(key)) query.set(key, parameters.get(key) ?? "");
  const last = before.at(-1);
  if (last !== undefined) query.set("before", last);
  const { value, error, loading, again } = useAsked(query.toString(), (signal) => native<AuditPage>("GET", `/meridian/audit?${query}`, undefined, signal));
  const [chosen, setChosen] = useState<AuditEvent | undefined>();
  const { fail } = useFlashes();
  const tokens = FILTERS.filter((key) => parameters.has(key)).map((key) => ({ propertyKey: key, operator: "=", value: parameters.get(key) ?? "" }));
  const filter = (wanted: readonly { propertyKey?: string; value: unknown }[]) => {
    const next = new URLSearchParams();
    for (const { propertyKey, value } of wanted) next.set(FILTERS.find((key) => key === propertyKey) ?? "name", String(value));
    setParameters(next);
    setChosen(undefined);
  };
  const turn = (page: number) => {
    const next = new URLSearchParams(parameters);
    next.delete("before");
    const starts = page <= before.length ? before.slice(0, page - 1) : value?.next == null ? before : [...before, String(value.next)];
    for (const start of starts) next.append("before", start);
    setParameters(next);
    setChosen(undefined);
  };
  const events = value?.events ?? [];
  const { columnDisplay, button: preferences } = usePreferences("activity", COLUMNS, { paged: false });
  const save = async () => {
    const filtered = new URLSearchParams(query);
    filtered.delete("before");
    try {
      saveCsv("activity", CSV_HEADER, (await every(filtered)).map(csvRow));
    } catch (failed) {
      fail("export", "The activity was not exported", failed);
    }
  };
  const options = FILTERS.flatMap((key: Filter) => [...new Set(events.map((event) => valueOf(event, key)))].filter((text) => text !== "").map((text) => ({ propertyKey: key, value: text })));
  return (
    <Frame
      title="Activity"
      contentType="table"
      splitPanel={
        chosen !== undefined && (
          <SplitPanel header={`${verb(chosen)}: ${what(chosen)}`} closeBehavior="hide" hidePreferencesButton i18nStrings={{ closeButtonAriaLabel: "Close the event", resizeHandleAriaLabel: "Change the panel's size" }}>
            <Shown event={chosen} onFilter={(key, text) => filter([{ propertyKey: key, value: text }])} />
          </SplitPanel>
        )
      }
      splitPanelOpen={chosen !== undefined}
      splitPanelBeside
      onSplitPanelToggle={(open) => {
        if (!open) setChosen(undefined);
      }}
    >
      {error !== undefined && <Failure error={error} again={again} />}
      <Table<AuditEvent>
        variant="full-page"
        stickyHeader
        wrapLines
        items={events}
        trackBy={({ id }) => String(id)}
        loading={loading && value === undefined}
        loadingText="Loading activity"
        selectionType="single"
        selectedItems={chosen === undefined ? [] : [chosen]}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems[0])}
        onRowClick={({ detail }) => setChosen(detail.item)}
        ariaLabels={{ tableLabel: "Activity", selectionGroupLabel: "Choose an event", itemSelectionLabel: (_, event) => `Show ${verb(event)} ${what(event)}` }}
        header={
          <Header variant="awsui-h1-sticky" description="Every change, whoever made it: the API, the console, the command line." actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel="Load again" onClick={again} />
                <Button iconName="download" ariaLabel="Download as CSV" disabled={events.length === 0} onClick={() => void save()} />
              </SpaceBetween>
            }
          >
            Activity
          </Header>
        }
        filter={
          <PropertyFilter
            query={{ tokens, operation: "and" }}
            onChange={({ detail }) => filter(detail.tokens.map((token) => ({ ...(token.propertyKey !== undefined && { propertyKey: token.propertyKey }), value: token.value })))}
            hideOperations
            filteringProperties={FILTERS.map((key) => ({ key, propertyLabel: LABELS[key], groupValuesLabel: LABELS[key], operators: ["="] }))}
            filteringOptions={options}
            filteringPlaceholder="Find by user, action, kind, resource, record or request"
            filteringAriaLabel="Find activity"
          />
        }
        pagination={
          <Pagination
            currentPageIndex={before.length + 1}
            pagesCount={before.length + (value?.next == null ? 1 : 2)}
            openEnd={value?.next != null}
            onChange={({ detail }) => turn(detail.currentPageIndex)}
            ariaLabels={{ paginationLabel: "Pages of activity", nextPageLabel: "Older", previousPageLabel: "Newer", pageLabel: (page) => `Page ${page}` }}
          />
        }
        empty={<Empty text={tokens.length > 0 ? "Nothing like that has happened." : "Nothing has been changed yet; whatever is, is kept here with who did it."} {...(tokens.length > 0 && { action: <Button onClick={() => filter([])}>Clear the filter</Button> })} />}
        columnDisplay={columnDisplay}
        preferences={preferences}
        columnDefinitions={COLUMNS.map(({ id, ...column }) => ({ ...column, id, isRowHeader: id === "what", cell: (event: AuditEvent) => <Cell column={id} event={event} onChoose={setChosen} /> }))}
      />
    </Frame>
  );
}

const COLUMNS = [
  { id: "what", header: "What", minWidth: 230 },
  { id: "at", header: "When", width: 150 },
  { id: "user", header: "User", width: 140 },
  { id: "verb", header: "Did", width: 110 },
  { id: "kind", header: "Kind", width: 150 },
  { id: "action", header: "Action", minWidth: 150 },
] as const;

function Cell({ column, event, onChoose }: { column: (typeof COLUMNS)[number]["id"]; event: AuditEvent; onChoose: (event: AuditEvent) => void }) {
  switch (column) {
    case "what":
      return (
        <Button variant="inline-link" onClick={() => onChoose(event)}>
          {what(event)}
        </Button>
      );
    case "at":
      return <Moment time={event.at} />;
    case "user":
      return event.user;
    case "verb":
      return verb(event);
    case "kind":
      return kindName(event.kind);
    case "action":
      return <span className="mono">{event.action.replace(/^route53:/, "")}</span>;
  }
}

const CSV_HEADER = ["When", "User", "Access key", "Did", "Kind", "What", "Resource", "Action", "Request id", "Before", "After"];

const csvRow = (event: AuditEvent): string[] => [
  event.at,
  event.user,
  event.access_key_id,
  verb(event),
  kindName(event.kind),
  what(event),
  event.resource,
  event.action,
  event.request_id,
  ...[event.before, event.after].map((side) => (side === null || side === undefined ? "" : JSON.stringify(side))),
];

const MOST = 10_000; // events of a file

/** What the filter finds, newest first. */
async function every(filter: URLSearchParams): Promise<AuditEvent[]> {
  const found: AuditEvent[] = [];
  let next: number | null = null;
  do {
    const query = new URLSearchParams(filter);
    query.set("limit", "1000");
    if (next !== null) query.set("before", String(next));
    const page: AuditPage = await native<AuditPage>("GET", `/meridian/audit?${query}`);
    found.push(...page.events);
    next = page.next;
  } while (next !== null && found.length < MOST);
  return found;
}

function valueOf(event: AuditEvent, key: Filter): string {
  return key === "request" ? event.request_id : String(event[key] ?? "");
}

function what({ name, type, set_identifier, resource, action }: AuditEvent): string {
  return name === undefined ? resource || action : [shownName(name), type, set_identifier].filter((part) => part !== undefined && part !== "").join(" ");
}

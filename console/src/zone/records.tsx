// The records of a zone, a page of its listing at a time: a policy group is one row that opens to its arms.
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { type ReactNode, useState } from "react";

import type { Asked } from "../api/use";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { usePreferences } from "../layout/preferences";
import { type Atlas, useAtlas } from "../map/atlas";
import { asCommand, asJson, asTerraform } from "../records/copy";
import type { Group } from "../records/group";
import type { Pending } from "../records/pending";
import { keyOf, POLICY_TEXTS, policyOf, type RecordSet, shownName } from "../records/policy";
import { condition, sentence } from "../records/sentence";

export interface Row {
  id: string;
  group: Group;
  /** The record set itself; undefined of a row that stands for a group of several. */
  set: RecordSet | undefined;
  arms: readonly Row[];
  isArm: boolean;
}

export interface RecordsPage {
  groups: readonly Group[];
  hasNext: boolean;
}

interface Props {
  zoneId: string;
  count: number;
  page: Asked<RecordsPage>;
  pending: readonly Pending[];
  filter: ReactNode;
  filtered: boolean;
  pageNumber: number;
  onPage: (page: number) => void;
  onEdit: (set: RecordSet) => void;
  onCreate: (like?: RecordSet) => void;
  onDelete: (sets: readonly RecordSet[]) => void;
  onHistory: (set: RecordSet) => void;
}

export function Records({ zoneId, count, page, pending, filter, filtered, pageNumber, onPage, onEdit, onCreate, onDelete, onHistory }: Props) {
  const { show, fail } = useFlashes();
  const { value: atlas } = useAtlas();
  const [selected, setSelected] = useState<readonly Row[]>([]);
  const [expanded, setExpanded] = useState<readonly string[]>([]);
  const rows = (page.value?.groups ?? []).map(rowOf);
  const all = rows.flatMap((row) => [row, ...row.arms]);
  const chosen = selected.filter(({ id }) => all.some((row) => row.id === id));
  const sets = [...new Map(chosen.flatMap(({ set, group }) => (set === undefined ? group.sets : [set])).map((set) => [keyOf(set), set])).values()];
  const [first] = sets;
  const copy = async (what: string, text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      show({ id: "copied", type: "success", header: `${sets.length === 1 ? "The record set is" : `${sets.length} record sets are`} copied as ${what}.` });
    } catch (error) {
      fail("copied", "Nothing was copied", error);
    }
  };
  const columns: readonly (TableProps.ColumnDefinition<Row> & { id: string })[] = [
    {
      id: "name",
      header: "Name",
      isRowHeader: true,
      minWidth: 240,
      cell: (row) => <Name row={row} onEdit={onEdit} onToggle={() => setExpanded(toggled(expanded, row.id))} />,
    },
    { id: "type", header: "Type", width: 90, cell: ({ group, isArm }) => (isArm ? "" : <Badge color="grey">{group.type}</Badge>) },
    { id: "values", header: "Routing and values", minWidth: 240, cell: (row) => <Values row={row} atlas={atlas} /> },
    { id: "ttl", header: "TTL", width: 120, cell: ({ set, group }) => <span className="number">{ttlText(set === undefined ? group.sets : [set])}</span> },
    { id: "state", header: "Pending", width: 140, cell: (row) => <State row={row} pending={pending} /> },
  ];
  const { columnDisplay, button: preferences } = usePreferences("record sets", columns, { paged: false });
  return (
    <SpaceBetween size="s">
      {page.error !== undefined && <Failure error={page.error} again={page.again} />}
      <Table
        variant="container"
        stickyHeader
        wrapLines
        items={rows}
        trackBy="id"
        columnDefinitions={columns}
        columnDisplay={columnDisplay}
        preferences={preferences}
        loading={page.value === undefined && page.error === undefined}
        loadingText="Loading record sets"
        selectionType="multi"
        selectedItems={[...chosen]}
        onSelectionChange={({ detail }) => setSelected(detail.selectedItems)}
        expandableRows={{
          getItemChildren: ({ arms }) => arms,
          isItemExpandable: ({ arms }) => arms.length > 0,
          expandedItems: all.filter(({ id }) => expanded.includes(id)),
          onExpandableItemToggle: ({ detail }) => setExpanded(toggled(expanded, detail.item.id)),
        }}
        ariaLabels={{
          tableLabel: "Record sets",
          selectionGroupLabel: "Select record sets",
          allItemsSelectionLabel: () => "Select all record sets of this page",
          itemSelectionLabel: (_, row) => `Select ${spoken(row)}`,
          expandButtonLabel: (row) => `Show the arms of ${spoken(row)}`,
          collapseButtonLabel: (row) => `Hide the arms of ${spoken(row)}`,
        }}
        header={
          <Header
            counter={`(${count.toLocaleString("en")})`}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel="Load again" onClick={page.again} />
                <Button disabled={first === undefined} onClick={() => onDelete(sets)}>
                  Delete
                </Button>
                <ButtonDropdown
                  disabled={first === undefined}
                  items={[
                    { id: "edit", text: "Edit", disabled: sets.length !== 1 },
                    { id: "like", text: "Create one like it", disabled: sets.length !== 1 },
                    { id: "history", text: "Show history" },
                    {
                      text: "Copy as",
                      items: [
                        { id: "command", text: "AWS CLI" },
                        { id: "json", text: "JSON" },
                        { id: "terraform", text: "Terraform" },
                      ],
                    },
                  ]}
                  onItemClick={({ detail }) => {
                    if (first === undefined) return;
                    if (detail.id === "edit") onEdit(first);
                    if (detail.id === "like") onCreate(first);
                    if (detail.id === "history") onHistory(first);
                    if (detail.id === "command") void copy("a command of the AWS CLI", asCommand(zoneId, sets));
                    if (detail.id === "json") void copy("JSON", asJson(sets));
                    if (detail.id === "terraform") void copy("Terraform", asTerraform(zoneId, sets));
                  }}
                >
                  Actions
                </ButtonDropdown>
                <Button variant="primary" onClick={() => onCreate()}>
                  Create record
                </Button>
              </SpaceBetween>
            }
          >
            Record sets
          </Header>
        }
        filter={filter}
        pagination={
          <Pagination
            currentPageIndex={pageNumber}
            pagesCount={page.value?.hasNext === true ? pageNumber + 1 : pageNumber}
            openEnd={page.value?.hasNext === true}
            onChange={({ detail }) => onPage(detail.currentPageIndex)}
            ariaLabels={{ paginationLabel: "Pages of record sets", nextPageLabel: "Next page", previousPageLabel: "Previous page", pageLabel: (each) => `Page ${each}` }}
          />
        }
        empty={
          <Box textAlign="center" padding={{ vertical: "l" }}>
            <SpaceBetween size="m">
              <Box color="text-body-secondary">{filtered ? "No record set is like this." : "There is no record set from here on."}</Box>
              <Button onClick={() => onCreate()}>Create record</Button>
            </SpaceBetween>
          </Box>
        }
      />
    </SpaceBetween>
  );
}

function rowOf(group: Group): Row {
  const [only] = group.sets;
  const id = JSON.stringify([group.name, group.type]);
  const isGroup = only !== undefined && policyOf(only) !== "simple";
  if (!isGroup) return { id, group, set: only, arms: [], isArm: false };
  const arms = group.sets.map((set): Row => ({ id: keyOf(set), group, set, arms: [], isArm: true }));
  return { id, group, set: undefined, arms, isArm: false };
}

function Name({ row, onEdit, onToggle }: { row: Row; onEdit: (set: RecordSet) => void; onToggle: () => void }) {
  const { set } = row;
  const text = row.isArm ? (set?.SetIdentifier ?? "") : shownName(row.group.name);
  return (
    <Link
      href="#"
      ariaLabel={set === undefined ? `${spoken(row)}: show or hide its arms` : `Edit ${spoken(row)}`}
      onFollow={(event) => {
        event.preventDefault();
        if (set === undefined) onToggle();
        else onEdit(set);
      }}
    >
      <span className="mono">{text}</span>
    </Link>
  );
}

function Values({ row: { set, group }, atlas }: { row: Row; atlas: Atlas | undefined }) {
  if (set === undefined) {
    const [first] = group.sets;
    return (
      <>
        <Box variant="span" fontWeight="bold">
          {first && POLICY_TEXTS[policyOf(first)][0]}
        </Box>
        {": "}
        {sentence(group.sets, atlas)}
      </>
    );
  }
  const values = set.ResourceRecords ?? [];
  const how = condition(set, atlas);
  return (
    <>
      {how !== "" && <Box color="text-body-secondary">{how}</Box>}
      {set.TrafficPolicyInstanceId !== undefined && <Box color="text-body-secondary">policy record {set.TrafficPolicyInstanceId}</Box>}
      {set.AliasTarget !== undefined && (
        <>
          alias of <span className="mono">{shownName(set.AliasTarget.DNSName)}</span>
        </>
      )}
      {values.slice(0, SHOWN).map(({ Value }) => (
        <div key={Value} className="mono">
          {Value}
        </div>
      ))}
      {values.length > SHOWN && <Box color="text-body-secondary">and {values.length - SHOWN} more</Box>}
      {set.HealthCheckId !== undefined && <Box color="text-body-secondary">with a health check</Box>}
    </>
  );
}

function State({ row, pending }: { row: Row; pending: readonly Pending[] }) {
  const keys = (row.set === undefined ? row.group.sets : [row.set]).map(keyOf);
  const found = pending.filter(({ before }) => before !== undefined && keys.includes(keyOf(before)));
  const [one] = found;
  if (one === undefined) return <>–</>;
  if (row.set === undefined) return <StatusIndicator type="pending">{found.length} of {row.group.sets.length}</StatusIndicator>;
  return <StatusIndicator type={one.after === undefined ? "stopped" : "pending"}>{one.after === undefined ? "Delete" : "Change"}</StatusIndicator>;
}

const SHOWN = 4; // values of a record set in the table

function ttlText(sets: readonly RecordSet[]): string {
  const found = [...new Set(sets.flatMap(({ TTL }) => (TTL === undefined ? [] : [TTL])))];
  if (found.length === 0) return "–";
  return found.length === 1 ? `${found[0]} s` : "various";
}

function spoken({ group, set, isArm }: Row): string {
  const name = `${shownName(group.name)} ${group.type}`;
  return isArm ? `${name} ${set?.SetIdentifier}` : name;
}

function toggled(ids: readonly string[], id: string): readonly string[] {
  return ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id];
}

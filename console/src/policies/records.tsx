// The policy records that use a policy: which names, at which version, in which state.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import Pagination from "@cloudscape-design/components/pagination";
import { useCollection } from "@cloudscape-design/collection-hooks";
import { useState } from "react";

import { call } from "../api/client";
import type { TrafficPolicy, TrafficPolicyInstance } from "../api/operations";
import { useFlashes } from "../layout/flashes";
import { useFollow } from "./follow";
import { shown } from "./lists";

interface Props {
  records: readonly TrafficPolicyInstance[];
  loading: boolean;
  versions: readonly TrafficPolicy[];
  onMove: (records: readonly TrafficPolicyInstance[]) => void;
  onCreate: () => void;
  onChanged: () => void;
}

export function Records({ records, loading, onMove, onCreate, onChanged }: Props) {
  const follow = useFollow();
  const { fail } = useFlashes();
  const [busy, setBusy] = useState(false);
  const { items, collectionProps, filterProps, paginationProps } = useCollection(records, {
    filtering: {
      empty: (
        <Box textAlign="center" padding="m">
          <SpaceBetween size="s">
            <Box>A policy record lets a version of the policy answer for a name.</Box>
            <Button onClick={onCreate}>Create policy records</Button>
          </SpaceBetween>
        </Box>
      ),
      noMatch: <Box textAlign="center">No policy record is called that.</Box>,
    },
    pagination: { pageSize: 25 },
    sorting: { defaultState: { sortingColumn: { sortingField: "Name" } } },
    selection: { trackBy: "Id" },
  });
  // As they are now: the selection holds them as they were when they were chosen.
  const chosen = (collectionProps.selectedItems ?? []).flatMap(({ Id }) => records.filter((record) => record.Id === Id));
  const remove = async () => {
    setBusy(true);
    for (const { Id, Name } of chosen) {
      try {
        await call("DeleteTrafficPolicyInstance", { Id });
      } catch (error) {
        fail(`delete ${Id}`, `${shown(Name)} was not deleted`, error);
      }
    }
    setBusy(false);
    onChanged();
  };
  return (
    <Table<TrafficPolicyInstance>
      {...collectionProps}
      selectionType="multi"
      trackBy="Id"
      items={items}
      loading={loading}
      loadingText="Loading policy records"
      ariaLabels={{ selectionGroupLabel: "Policy records", allItemsSelectionLabel: () => "All policy records", itemSelectionLabel: (_, { Name, TrafficPolicyType }) => `${shown(Name)} ${TrafficPolicyType}`, tableLabel: "Policy records" }}
      header={
        <Header
          variant="h2"
          counter={loading ? "" : `(${records.length})`}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={chosen.length === 0} loading={busy} onClick={() => void remove()}>
                Delete
              </Button>
              <Button disabled={chosen.length === 0} onClick={() => onMove(chosen)}>
                Move to a version
              </Button>
              <Button onClick={onCreate}>Create policy records</Button>
            </SpaceBetween>
          }
        >
          Policy records
        </Header>
      }
      filter={records.length > 10 && <TextFilter {...filterProps} filteringPlaceholder="Find policy records" filteringAriaLabel="Find policy records" />}
      pagination={records.length > 25 && <Pagination {...paginationProps} />}
      columnDefinitions={[
        { id: "name", header: "DNS name", sortingField: "Name", isRowHeader: true, cell: ({ Name }) => <span className="mono">{shown(Name)}</span> },
        { id: "state", header: "Status", sortingField: "State", cell: (record) => <State record={record} /> },
        { id: "version", header: "Version", sortingField: "TrafficPolicyVersion", cell: ({ TrafficPolicyVersion }) => <span className="number">{TrafficPolicyVersion}</span> },
        { id: "type", header: "DNS type", cell: ({ TrafficPolicyType }) => TrafficPolicyType },
        { id: "ttl", header: "TTL", cell: ({ TTL }) => <span className="number">{TTL} s</span> },
        {
          id: "zone",
          header: "Hosted zone",
          cell: ({ HostedZoneId }) => (
            <Link href={`/zones/${HostedZoneId}`} onFollow={follow}>
              <span className="mono">{HostedZoneId}</span>
            </Link>
          ),
        },
      ]}
    />
  );
}

export function State({ record: { State: state, Message } }: { record: TrafficPolicyInstance }) {
  if (state === "Applied") return <StatusIndicator type="success">Applied</StatusIndicator>;
  if (state === "Failed") return <StatusIndicator type="error">Failed: {Message}</StatusIndicator>;
  return <StatusIndicator type="in-progress">{state}</StatusIndicator>;
}

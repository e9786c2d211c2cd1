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
import type { TrafficPolicyInstance } from "../api/operations";
import { DeleteSeveral } from "../layout/delete-several";
import { useFollow } from "./follow";
import { shown } from "./lists";
import { useRollBack } from "./use-roll-back";

interface Props {
  records: readonly TrafficPolicyInstance[];
  loading: boolean;
  onMove: (records: readonly TrafficPolicyInstance[]) => void;
  onCreate: () => void;
  onChanged: () => void;
}

export function Records({ records, loading, onMove, onCreate, onChanged }: Props) {
  const follow = useFollow();
  const [deleting, setDeleting] = useState<readonly TrafficPolicyInstance[]>([]);
  const back = useRollBack(onChanged);
  const { items, collectionProps, filterProps, paginationProps } = useCollection(records, {
    filtering: {
      empty: (
        <Box textAlign="center" padding="m">
          <SpaceBetween size="s">
            <Box>A policy record lets a version of the policy answer for a name.</Box>
            <Button onClick={onCreate}>Apply to names</Button>
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
  return (
    <>
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
                <Button disabled={chosen.length === 0} onClick={() => setDeleting(chosen)}>
                  Delete
                </Button>
                <Button disabled={chosen.length === 0} loading={back.busy} iconName="undo" onClick={() => back.run(chosen)}>
                  Roll back
                </Button>
                <Button disabled={chosen.length === 0} onClick={() => onMove(chosen)}>
                  Move to a version
                </Button>
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
              <Link href={`/console/zones/${HostedZoneId}`} onFollow={follow}>
                <span className="mono">{HostedZoneId}</span>
              </Link>
            ),
          },
        ]}
      />
      {deleting.length > 0 && (
        <DeleteSeveral
          kind="policy record"
          things={deleting.map(({ Id, Name, TrafficPolicyType }) => ({ id: Id, title: `${shown(Name)} ${TrafficPolicyType}` }))}
          remove={(Id) => call("DeleteTrafficPolicyInstance", { Id })}
          warning="These names will answer nothing of this type any more."
          onClose={(deleted) => {
            setDeleting([]);
            if (deleted) onChanged();
          }}
        />
      )}
    </>
  );
}

export function State({ record: { State: state, Message } }: { record: TrafficPolicyInstance }) {
  if (state === "Applied") return <StatusIndicator type="success">Applied</StatusIndicator>;
  if (state === "Failed") return <StatusIndicator type="error">Failed: {Message}</StatusIndicator>;
  return <StatusIndicator type="in-progress">{state}</StatusIndicator>;
}

// The names that answer by a policy already: which of them are to move to a version.
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";

import type { TrafficPolicy, TrafficPolicyInstance } from "../api/operations";
import { shown } from "../policies/lists";
import { State } from "../policies/records";

interface Props {
  records: readonly TrafficPolicyInstance[];
  /** The one to apply. */
  version: TrafficPolicy;
  chosen: readonly string[];
  zoneName: (id: string) => string;
  onChoose: (ids: readonly string[]) => void;
}

const SEVERAL = 10; // records; with more, they can be looked for

export function RecordsChoice({ records, version, chosen, zoneName, onChoose }: Props) {
  const [text, setText] = useState("");
  const items = records.filter(({ Name }) => Name.includes(text.trim().toLowerCase()));
  const isThere = ({ TrafficPolicyVersion }: TrafficPolicyInstance) => TrafficPolicyVersion === version.Version;
  const canMove = (record: TrafficPolicyInstance) => !isThere(record) && record.TrafficPolicyType === version.Type;
  return (
    <Table<TrafficPolicyInstance>
      items={items}
      trackBy="Id"
      selectionType="multi"
      selectedItems={items.filter(({ Id }) => chosen.includes(Id))}
      isItemDisabled={(record) => !canMove(record)}
      onSelectionChange={({ detail }) => {
        const hidden = chosen.filter((id) => !items.some(({ Id }) => Id === id));
        onChoose([...hidden, ...detail.selectedItems.map(({ Id }) => Id)]);
      }}
      header={
        <Header variant="h2" counter={`(${chosen.length}/${records.length})`} description="Names that answer by this policy already. Those that are chosen move, and keep their TTL.">
          Policy records
        </Header>
      }
      filter={records.length > SEVERAL && <TextFilter filteringText={text} onChange={({ detail }) => setText(detail.filteringText)} filteringPlaceholder="Find a name" filteringAriaLabel="Find a name" />}
      empty={<Box textAlign="center">{records.length === 0 ? "No name answers by this policy yet. Type the first ones below." : "No name matches."}</Box>}
      ariaLabels={{
        tableLabel: "Policy records",
        selectionGroupLabel: "Policy records to move",
        allItemsSelectionLabel: () => "All policy records",
        itemSelectionLabel: (_, { Name, TrafficPolicyType }) => `${shown(Name)} ${TrafficPolicyType}`,
      }}
      columnDefinitions={[
        { id: "name", header: "DNS name", isRowHeader: true, cell: ({ Name }) => <span className="mono">{shown(Name)}</span> },
        {
          id: "version",
          header: "Version",
          width: 200,
          cell: (record) => {
            const at = <span className="number">{record.TrafficPolicyVersion}</span>;
            if (isThere(record)) return <>{at}, there already</>;
            if (!canMove(record)) return <>{at}, of type {record.TrafficPolicyType}</>;
            return chosen.includes(record.Id) ? <>{at} → <span className="number">{version.Version}</span></> : at;
          },
        },
        { id: "state", header: "Status", cell: (record) => <State record={record} /> },
        { id: "ttl", header: "TTL", width: 110, cell: ({ TTL }) => <span className="number">{TTL} s</span> },
        { id: "zone", header: "Hosted zone", cell: ({ HostedZoneId }) => <span className="mono">{zoneName(HostedZoneId)}</span> },
      ]}
    />
  );
}

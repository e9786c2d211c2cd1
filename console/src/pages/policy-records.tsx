// All policy records: the names that answer by a traffic policy, with the version and the state of each.
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate } from "react-router";

import { call } from "../api/client";
import type { TrafficPolicyInstance } from "../api/operations";
import { useAsked } from "../api/use";
import { DeleteSeveral } from "../layout/delete-several";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { type Column, Listing } from "../layout/listing";
import { useFollow } from "../policies/follow";
import { listInstances, listPolicies } from "../policies/lists";
import { State } from "../policies/records";
import { useRollBack } from "../policies/use-roll-back";
import { shownName } from "../records/policy";

const EVERY = 15_000; // milliseconds; states move by themselves

const titleOf = ({ Name, TrafficPolicyType }: TrafficPolicyInstance): string => `${shownName(Name)} ${TrafficPolicyType}`;

export function Page() {
  const navigate = useNavigate();
  const follow = useFollow();
  const records = useAsked("policy records", listInstances, EVERY);
  const policies = useAsked("policies", listPolicies);
  const policyName = (id: string) => policies.value?.find(({ Id }) => Id === id)?.Name ?? id;
  const [deleting, setDeleting] = useState<readonly TrafficPolicyInstance[]>([]);
  const back = useRollBack(records.again);
  const columns: readonly Column<TrafficPolicyInstance>[] = [
    { id: "name", header: "DNS name", value: ({ Name }) => shownName(Name), cell: ({ Name }) => <span className="mono">{shownName(Name)}</span> },
    { id: "type", header: "DNS type", width: 130, value: ({ TrafficPolicyType }) => TrafficPolicyType, cell: ({ TrafficPolicyType }) => TrafficPolicyType },
    { id: "state", header: "Status", value: ({ State: state }) => state, cell: (record) => <State record={record} /> },
    {
      id: "policy",
      header: "Traffic policy",
      value: ({ TrafficPolicyId }) => policyName(TrafficPolicyId),
      cell: ({ TrafficPolicyId, TrafficPolicyVersion }) => (
        <>
          <Link href={`/console/policies/${TrafficPolicyId}`} onFollow={follow}>
            {policyName(TrafficPolicyId)}
          </Link>
          , version {TrafficPolicyVersion}
        </>
      ),
    },
    { id: "ttl", header: "TTL", width: 110, value: ({ TTL }) => TTL, cell: ({ TTL }) => <span className="number">{TTL} s</span> },
    {
      id: "zone",
      header: "Hosted zone",
      value: ({ HostedZoneId }) => HostedZoneId,
      cell: ({ HostedZoneId, Name }) => (
        <Link href={`/console/zones/${HostedZoneId}?${new URLSearchParams({ from: shownName(Name) })}`} onFollow={follow}>
          <span className="mono">{HostedZoneId}</span>
        </Link>
      ),
    },
    { id: "id", header: "Id", value: ({ Id }) => Id, cell: ({ Id }) => <span className="mono">{Id}</span> },
  ];
  return (
    <Frame title="Policy records" contentType="table">
      {records.error !== undefined && records.value === undefined ? (
        <Failure error={records.error} again={records.again} />
      ) : (
        <Listing
          items={records.value}
          columns={columns}
          idOf={({ Id }) => Id}
          nameOf={titleOf}
          title="Policy records"
          noun="policy records"
          selection="multi"
          again={records.again}
          empty={{ text: "A policy record lets a version of a traffic policy answer for a name. They are made on the policy's page.", action: <Button onClick={() => navigate("/policies")}>Traffic policies</Button> }}
          actions={(chosen) => (
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={chosen.length !== 1} onClick={() => navigate(`/ask?${new URLSearchParams({ name: shownName(chosen[0]?.Name ?? ""), type: chosen[0]?.TrafficPolicyType ?? "A" })}`)}>
                Why this answer
              </Button>
              <Button disabled={chosen.length === 0} loading={back.busy} iconName="undo" onClick={() => back.run(chosen)}>
                Roll back
              </Button>
              <Button disabled={chosen.length === 0} onClick={() => setDeleting(chosen)}>
                Delete
              </Button>
            </SpaceBetween>
          )}
        />
      )}
      {deleting.length > 0 && (
        <DeleteSeveral
          kind="policy record"
          things={deleting.map((record) => ({ id: record.Id, title: titleOf(record) }))}
          remove={(Id) => call("DeleteTrafficPolicyInstance", { Id })}
          warning="These names will answer nothing of this type any more."
          onClose={(deleted) => {
            setDeleting([]);
            if (deleted) records.again();
          }}
        />
      )}
    </Frame>
  );
}

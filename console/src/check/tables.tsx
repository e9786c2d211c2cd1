// What is known of a check: what each checker sees, what depends on it, what it counts, what happened to it.
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";

import { Empty } from "../layout/empty";
import { Moment } from "../layout/moment";
import { useFollow } from "../policies/follow";
import { shownName } from "../records/policy";
import type { CheckEvent } from "../api/events";
import { type Brief, type Check, type Checker, titleOf } from "./check";
import { StateMark } from "./state";

export function Checkers({ checkers }: { checkers: readonly Checker[] }) {
  return (
    <Table
      wrapLines
      items={checkers}
      header={
        <Header variant="h2" counter={`(${checkers.length})`} description="Each looks for itself; and the check is healthy while enough of those that count see it so.">
          Checkers
        </Header>
      }
      ariaLabels={{ tableLabel: "Checkers" }}
      empty={<Empty text="No checker has reported yet. A server with the role checker looks at it within one interval." />}
      columnDefinitions={[
        {
          id: "checker",
          header: "Checker",
          isRowHeader: true,
          cell: ({ checker, region, address }) => (
            <>
              {checker}
              <div className="mono">{[region, address].filter((part) => part !== "").join(" · ")}</div>
            </>
          ),
        },
        { id: "state", header: "Sees", width: 140, cell: ({ healthy }) => <StatusIndicator type={healthy === null ? "pending" : healthy ? "success" : "error"}>{healthy === null ? "Nothing yet" : healthy ? "Healthy" : "Unhealthy"}</StatusIndicator> },
        { id: "status", header: "Latest", cell: ({ status, checked_at }) => (status === "" ? "–" : <>{status}{checked_at !== null && <div><Moment time={checked_at} /></div>}</>) },
        { id: "failure", header: "Last failure", cell: ({ failure, failed_at }) => (failed_at === null ? "None" : <>{failure}<div><Moment time={failed_at} /></div></>) },
        { id: "times", header: "Connect · TLS · first byte", cell: ({ connect_ms, tls_ms, first_byte_ms }) => <span className="number">{[connect_ms, tls_ms, first_byte_ms].map(milliseconds).join(" · ")}</span> },
        { id: "counted", header: "Counts", width: 110, cell: ({ counted }) => (counted ? "Yes" : "No") },
      ]}
    />
  );
}

const milliseconds = (value: number | null): string => (value === null ? "–" : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);

export function UsedBy({ users }: { users: Check["used_by"] }) {
  const follow = useFollow();
  return (
    <Table
      wrapLines
      items={users}
      header={<Header variant="h2" counter={`(${users.length})`}>Used by</Header>}
      ariaLabels={{ tableLabel: "Used by" }}
      empty={<Empty text="No record names this check yet: it changes no answer." />}
      columnDefinitions={[
        {
          id: "name",
          header: "Name",
          isRowHeader: true,
          cell: ({ zone_id, name }) => (
            <Link href={`/console/zones/${zone_id}?${new URLSearchParams({ from: shownName(name) })}`} onFollow={follow}>
              <span className="mono">{shownName(name)}</span>
            </Link>
          ),
        },
        { id: "type", header: "Type", width: 110, cell: ({ type }) => type },
        { id: "set", header: "Set identifier", cell: ({ set_identifier }) => set_identifier || "–" },
        {
          id: "ask",
          header: "If it were down",
          cell: ({ name, type }) => <WhatIf name={name} type={type} />,
        },
      ]}
    />
  );
}

function WhatIf({ name, type }: { name: string; type: string }) {
  const follow = useFollow();
  const id = window.location.pathname.split("/").at(-1) ?? "";
  const query = new URLSearchParams({ name: shownName(name), type, unhealthy: id });
  return (
    <Link href={`/console/ask?${query}`} onFollow={follow}>
      Ask what {shownName(name)} would answer
    </Link>
  );
}

export function Children({ checks }: { checks: readonly Brief[] }) {
  const follow = useFollow();
  return (
    <Table
      wrapLines
      items={checks}
      header={<Header variant="h2" counter={`(${checks.length})`}>Counts these</Header>}
      ariaLabels={{ tableLabel: "Counts these" }}
      empty={<Empty text="It counts no other check." />}
      columnDefinitions={[
        {
          id: "name",
          header: "Name",
          isRowHeader: true,
          cell: (check) => (
            <Link href={`/console/checks/${check.id}`} onFollow={follow}>
              {titleOf(check)}
            </Link>
          ),
        },
        { id: "state", header: "State", cell: (check) => <StateMark check={check} /> },
        { id: "reason", header: "Reason", cell: ({ reason }) => reason },
      ]}
    />
  );
}

const KINDS = { flip: "State", override: "Override", options: "Options", switch: "Switch" } as const;

export function Events({ events }: { events: readonly CheckEvent[] }) {
  return (
    <Table
      wrapLines
      items={events}
      header={<Header variant="h2" counter={`(${events.length})`} description="The latest first.">Events</Header>}
      ariaLabels={{ tableLabel: "Events" }}
      empty={<Empty text="Nothing has happened to it yet." />}
      columnDefinitions={[
        { id: "at", header: "When", width: 150, isRowHeader: true, cell: ({ at }) => <Moment time={at} /> },
        { id: "kind", header: "What", width: 120, cell: ({ kind }) => KINDS[kind] },
        { id: "healthy", header: "To", width: 130, cell: ({ healthy }) => (healthy === null ? "–" : <StatusIndicator type={healthy ? "success" : "error"}>{healthy ? "Healthy" : "Unhealthy"}</StatusIndicator>) },
        { id: "reason", header: "Why", cell: ({ reason }) => reason || "–" },
        { id: "by", header: "By", width: 140, cell: ({ by }) => by || "–" },
      ]}
    />
  );
}

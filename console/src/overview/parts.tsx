// The parts of the overview: health, changes on their way, edges, and what to do first.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useNavigate } from "react-router";

import { Empty } from "../layout/empty";
import { Moment } from "../layout/moment";
import { useFollow } from "../policies/follow";
import { shownName } from "../records/policy";
import { reachedText } from "../zone/reached";
import type { ChangeOnItsWay, Overview } from "./overview";

export function Counts({ count }: Pick<Overview, "count">) {
  const follow = useFollow();
  const item = (label: string, value: number, path: string) => ({
    label,
    value: (
      <Link href={`/console${path}`} onFollow={follow} variant="awsui-value-large" ariaLabel={`${value.toLocaleString("en")} ${label}`}>
        <span className="number">{value.toLocaleString("en")}</span>
      </Link>
    ),
  });
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        items={[item("Hosted zones", count.zones, "/zones"), { label: "Record sets", value: <Box variant="awsui-value-large">{count.record_sets.toLocaleString("en")}</Box> }, item("Health checks", count.checks, "/checks"), item("Policy records", count.policy_records, "/policy-records")]}
      />
    </Container>
  );
}

export function First() {
  const navigate = useNavigate();
  return (
    <Container header={<Header variant="h2">Begin</Header>}>
      <Empty
        text="A hosted zone holds the records of a domain. Create one, add records, and this server answers for it at once."
        action={
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="primary" onClick={() => navigate("/zones/create")}>
              Create hosted zone
            </Button>
            <Button onClick={() => navigate("/policies/new")}>Draw a traffic policy</Button>
          </SpaceBetween>
        }
      />
    </Container>
  );
}

export function Health({ health }: Pick<Overview, "health">) {
  const follow = useFollow();
  const all = (
    <Link href="/console/checks" onFollow={follow}>
      All health checks
    </Link>
  );
  return (
    <Table
      wrapLines
      items={health.down}
      header={
        <Header variant="h2" actions={all} description={summary(health)}>
          Health
        </Header>
      }
      ariaLabels={{ tableLabel: "Unhealthy checks" }}
      empty={<Empty text={health.healthy + health.unknown + health.disabled === 0 ? "With health checks, answers leave out what is down." : "Nothing is down."} />}
      columnDefinitions={[
        {
          id: "name",
          header: "Unhealthy",
          isRowHeader: true,
          cell: ({ id, name }) => (
            <StatusIndicator type="error">
              <Link href={`/console/checks/${id}`} onFollow={follow}>
                {name || id}
              </Link>
            </StatusIndicator>
          ),
        },
        { id: "since", header: "Since", width: 150, cell: ({ since }) => <Moment time={since} /> },
        { id: "reason", header: "Reason", cell: ({ reason }) => reason },
      ]}
    />
  );
}

function summary({ healthy, unhealthy, unknown, disabled, overridden }: Overview["health"]): string {
  const parts = [
    [healthy, "healthy"],
    [unhealthy, "unhealthy"],
    [unknown, "unknown"],
    [disabled, "disabled"],
    [overridden, "set by hand"],
  ] as const;
  return parts.filter(([count], at) => count > 0 || at < 2).map(([count, word]) => `${count.toLocaleString("en")} ${word}`).join(", ");
}

export function Changes({ changes }: Pick<Overview, "changes">) {
  const follow = useFollow();
  return (
    <Table
      wrapLines
      items={changes}
      header={<Header variant="h2" counter={`(${changes.length})`} description="A change is in sync when every live edge serves it.">Changes on their way</Header>}
      ariaLabels={{ tableLabel: "Changes on their way" }}
      empty={<Empty text="All edges serve all changes." />}
      columnDefinitions={[
        {
          id: "zone",
          header: "Zone",
          isRowHeader: true,
          cell: ({ zone_id, zone_name }) =>
            zone_name === null ? (
              <span className="mono">{zone_id}</span>
            ) : (
              <Link href={`/console/zones/${zone_id}`} onFollow={follow}>
                <span className="mono">{shownName(zone_name)}</span>
              </Link>
            ),
        },
        { id: "at", header: "Made", width: 140, cell: ({ submitted_at }) => <Moment time={submitted_at} /> },
        { id: "comment", header: "Comment", cell: ({ comment }) => comment || "–" },
        { id: "edges", header: "Edges", cell: (change) => <Reached change={change} /> },
      ]}
    />
  );
}

function Reached({ change }: { change: ChangeOnItsWay }) {
  const broken = Object.keys(change.failed).length > 0;
  return <StatusIndicator type={broken ? "error" : change.published ? "in-progress" : "pending"}>{reachedText(change)}</StatusIndicator>;
}

export function Edges({ edges }: Pick<Overview, "edges">) {
  return (
    <Table
      items={edges}
      header={<Header variant="h2" counter={`(${edges.length})`}>Edges</Header>}
      ariaLabels={{ tableLabel: "Edges" }}
      empty={<Empty text="No edge has been heard of: nothing answers DNS yet. A server with the role edge does." />}
      columnDefinitions={[
        { id: "name", header: "Edge", isRowHeader: true, cell: ({ name }) => <span className="mono">{name}</span> },
        { id: "live", header: "State", width: 130, cell: ({ live }) => <StatusIndicator type={live ? "success" : "stopped"}>{live ? "Live" : "Silent"}</StatusIndicator> },
        { id: "heard", header: "Heard", width: 150, cell: ({ heard_at }) => <Moment time={heard_at} /> },
        { id: "started", header: "Started", width: 150, cell: ({ started_at }) => (started_at === null ? "–" : <Moment time={started_at} />) },
        { id: "failed", header: "Zones it could not load", cell: ({ failed }) => <span className="number">{failed}</span> },
      ]}
    />
  );
}

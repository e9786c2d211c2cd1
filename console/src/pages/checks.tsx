// All health checks with their states, and the switches that some follow. Follows what happens.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate } from "react-router";

import { native } from "../api/client";
import { useEvents } from "../api/events";
import { useAsked } from "../api/use";
import { type Brief, titleOf, TYPES, wordOf } from "../check/check";
import { DeleteChecks } from "../check/delete";
import { StateMark } from "../check/state";
import { type Switch, Switches } from "../check/switches";
import { FailedPage } from "../layout/error";
import { Frame } from "../layout/frame";
import { type Column, Listing } from "../layout/listing";
import { LiveMark } from "../layout/live";
import { Moment } from "../layout/moment";
import { useFollow } from "../policies/follow";

const EVERY = 15_000; // milliseconds; flips are told at once, ages and votes are not

export function Page() {
  const navigate = useNavigate();
  const follow = useFollow();
  const checks = useAsked("checks", async (signal) => (await native<{ checks: readonly Brief[] }>("GET", "/meridian/checks", undefined, signal)).checks, EVERY);
  const switches = useAsked("switches", async (signal) => (await native<{ switches: readonly Switch[] }>("GET", "/meridian/switches", undefined, signal)).switches);
  const again = () => {
    checks.again();
    switches.again();
  };
  const live = useEvents(again);
  const [deleting, setDeleting] = useState<readonly Brief[]>([]);
  const columns: readonly Column<Brief>[] = [
    {
      id: "name",
      header: "Name",
      value: titleOf,
      cell: (check) => (
        <Link href={`/console/checks/${check.id}`} onFollow={follow}>
          {titleOf(check)}
        </Link>
      ),
    },
    { id: "state", header: "State", value: wordOf, width: 190, cell: (check) => <StateMark check={check} /> },
    { id: "since", header: "Since", value: ({ since }) => since ?? "", width: 150, cell: ({ since }) => (since === null ? "–" : <Moment time={since} />) },
    { id: "reason", header: "Reason", value: ({ reason }) => reason, cell: ({ reason }) => reason },
    { id: "type", header: "Type", value: ({ type }) => TYPES[type][0], width: 160, cell: ({ type }) => TYPES[type][0] },
    { id: "target", header: "Looks at", value: ({ target }) => target, cell: ({ target }) => <span className="mono">{target}</span> },
  ];
  const create = (
    <Button variant="primary" onClick={() => navigate("/checks/create")}>
      Create health check
    </Button>
  );
  return (
    <Frame title="Health checks" contentType="table">
      {checks.error !== undefined && checks.value === undefined ? (
        <FailedPage title="Health checks" error={checks.error} again={checks.again} />
      ) : (
        <SpaceBetween size="l">
          <Listing
            items={checks.value}
            columns={columns}
            idOf={({ id }) => id}
            nameOf={titleOf}
            title="Health checks"
            noun="health checks"
            selection="multi"
            again={again}
            info={<LiveMark {...live} />}
            empty={{ text: "A health check looks at an endpoint; records that name it answer only while it is healthy.", action: create }}
            actions={(chosen) => (
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={chosen.length !== 1} onClick={() => navigate(`/checks/${chosen[0]?.id}/edit`)}>
                  Edit
                </Button>
                <Button disabled={chosen.length === 0} onClick={() => setDeleting(chosen)}>
                  Delete
                </Button>
                {create}
              </SpaceBetween>
            )}
          />
          {(switches.value?.length ?? 0) > 0 && (
            <Box padding={{ horizontal: "l", bottom: "l" }}>
              <Switches asked={switches} onTurned={again} />
            </Box>
          )}
        </SpaceBetween>
      )}
      {deleting.length > 0 && (
        <DeleteChecks
          checks={deleting}
          onClose={(deleted) => {
            setDeleting([]);
            if (deleted) again();
          }}
        />
      )}
    </Frame>
  );
}

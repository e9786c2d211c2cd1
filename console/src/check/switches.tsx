// The switches that health checks follow: which they are, and how they stand; turned by hand.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";

import { native } from "../api/client";
import type { CheckEvent } from "../api/events";
import { type Asked, asApiError } from "../api/use";
import type { ApiError } from "../api/client";
import { Empty } from "../layout/empty";
import { Failure } from "../layout/error";
import { Moment } from "../layout/moment";
import { useFollow } from "../policies/follow";
import { type Brief, titleOf } from "./check";

export interface Switch {
  arn: string;
  on: boolean;
  checks: readonly Brief[];
  events: readonly CheckEvent[];
}

export function Switches({ asked, onTurned }: { asked: Asked<readonly Switch[]>; onTurned: () => void }) {
  const follow = useFollow();
  const [turning, setTurning] = useState<Switch | undefined>();
  return (
    <>
      {asked.error !== undefined && <Failure error={asked.error} again={asked.again} />}
      <Table
        variant="container"
        wrapLines
        items={asked.value ?? []}
        loading={asked.value === undefined}
        loadingText="Loading switches"
        ariaLabels={{ tableLabel: "Switches" }}
        header={
          <Header variant="h2" counter={asked.value === undefined ? "" : `(${asked.value.length})`} description="Each moves every health check that follows it, in one step.">
            Switches
          </Header>
        }
        empty={<Empty text="A health check of the type Switch names the switch that it follows; with the first such check the switch is there." />}
        columnDefinitions={[
          { id: "arn", header: "Routing control", isRowHeader: true, cell: ({ arn }) => <><strong>{arn.split("/").at(-1)}</strong><div className="mono">{arn}</div></> },
          { id: "on", header: "State", width: 90, cell: ({ on }) => <StatusIndicator type={on ? "success" : "stopped"}>{on ? "On" : "Off"}</StatusIndicator> },
          {
            id: "checks",
            header: "Followed by",
            width: 160,
            cell: ({ checks }) => (
              <SpaceBetween direction="horizontal" size="xs">
                {checks.map((check) => (
                  <Link key={check.id} href={`/console/checks/${check.id}`} onFollow={follow}>
                    {titleOf(check)}
                  </Link>
                ))}
              </SpaceBetween>
            ),
          },
          {
            id: "last",
            header: "Turned last",
            width: 200,
            cell: ({ events: [last] }) =>
              last === undefined ? (
                "Never"
              ) : (
                <>
                  <Moment time={last.at} /> by {last.by || "nobody"}: {last.reason}
                </>
              ),
          },
          {
            id: "turn",
            header: "Turn",
            width: 130,
            cell: (found) => (
              <Button wrapText={false} ariaLabel={`Turn ${found.on ? "off" : "on"} ${found.arn}`} onClick={() => setTurning(found)}>
                {found.on ? "Turn off" : "Turn on"}
              </Button>
            ),
          },
        ]}
      />
      {turning !== undefined && (
        <Turn
          found={turning}
          onClose={(turned) => {
            setTurning(undefined);
            if (turned) onTurned();
          }}
        />
      )}
    </>
  );
}

export function Turn({ found, onClose }: { found: { arn: string; on: boolean; checks: readonly { id: string; name: string }[] }; onClose: (turned: boolean) => void }) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>();
  const turn = async () => {
    setBusy(true);
    try {
      await native("PUT", "/meridian/switches", { arn: found.arn, on: !found.on, reason });
      onClose(true);
    } catch (failed) {
      setError(asApiError(failed));
      setBusy(false);
    }
  };
  const count = found.checks.length;
  return (
    <Modal
      visible
      onDismiss={() => onClose(false)}
      closeAriaLabel="Close"
      header={found.on ? "Turn the switch off" : "Turn the switch on"}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void turn()}>
              {found.on ? "Turn off" : "Turn on"}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {error !== undefined && <Failure error={error} />}
        <Box>
          {count} {count === 1 ? "health check becomes" : "health checks become"} {found.on ? "unhealthy" : "healthy"} with it: {found.checks.map(titleOf).join(", ")}.
        </Box>
        <FormField label="Reason" description="Kept in the history.">
          <Input value={reason} onChange={({ detail }) => setReason(detail.value)} autoFocus />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}

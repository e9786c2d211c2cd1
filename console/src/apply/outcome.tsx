// What became of names that a version was applied to: on their way, served everywhere, and back in one click.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useEffect, useState } from "react";

import type { TrafficPolicyInstance } from "../api/operations";
import { type ApiError } from "../api/client";
import { asApiError } from "../api/use";
import { Failure } from "../layout/error";
import { shown } from "../policies/lists";
import { type Applied, apply, reverse } from "./plan";
import { whenServed } from "./served";

interface Row {
  record: TrafficPolicyInstance;
  before: TrafficPolicyInstance | null;
  change: string | undefined;
}

interface Props {
  applied: Applied;
  zoneName: (id: string) => string;
  /** They were moved back. */
  onReversed: (applied: Applied) => void;
  onDone: () => void;
}

export function Outcome({ applied, zoneName, onReversed, onDone }: Props) {
  const [served, setServed] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    setServed(new Set());
    whenServed(applied.changes, abort.signal, (change) => setServed((before) => new Set([...before, change]))).catch((failure: unknown) => setError(asApiError(failure)));
    return () => abort.abort();
  }, [applied]);
  const rows = applied.TrafficPolicyInstances.map((record, at): Row => ({ record, before: applied.before[at] ?? null, change: applied.changes[at] }));
  const back = reverse(applied.before);
  const all = served.size === applied.changes.length;
  const rollBack = () => {
    setBusy(true);
    setError(undefined);
    apply(back, false)
      .then(onReversed, (failure: unknown) => setError(asApiError(failure)))
      .finally(() => setBusy(false));
  };
  return (
    <SpaceBetween size="l">
      {error !== undefined && <Failure error={error} />}
      <div aria-live="polite">
        {all ? (
          <Alert type="success" header="INSYNC: every name server answers so">
            Resolvers may use an answer that they have for as long as its TTL says.
          </Alert>
        ) : (
          <Alert type="info" header="On its way to the name servers">
            {served.size} of {applied.changes.length} names are answered so everywhere. You may leave this page; it goes on.
          </Alert>
        )}
      </div>
      <Table<Row>
        items={rows}
        trackBy={({ record }) => record.Id}
        header={
          <Header
            variant="h2"
            counter={`(${rows.length})`}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                {back.update.length > 0 && (
                  <Button iconName="undo" loading={busy} onClick={rollBack}>
                    Roll back {back.update.length === 1 ? "1 name" : `${back.update.length} names`}
                  </Button>
                )}
                <Button variant="primary" onClick={onDone}>
                  Done
                </Button>
              </SpaceBetween>
            }
          >
            Names
          </Header>
        }
        ariaLabels={{ tableLabel: "Names" }}
        columnDefinitions={[
          { id: "name", header: "DNS name", isRowHeader: true, cell: ({ record }) => <span className="mono">{shown(record.Name)}</span> },
          { id: "type", header: "DNS type", width: 110, cell: ({ record }) => record.TrafficPolicyType },
          {
            id: "version",
            header: "Version",
            width: 150,
            cell: ({ record, before }) => <span className="number">{before === null ? `new, ${record.TrafficPolicyVersion}` : `${before.TrafficPolicyVersion} → ${record.TrafficPolicyVersion}`}</span>,
          },
          {
            id: "state",
            header: "Status",
            width: 180,
            cell: ({ change }) => (change !== undefined && served.has(change) ? <StatusIndicator type="success">INSYNC</StatusIndicator> : <StatusIndicator type="in-progress">On its way</StatusIndicator>),
          },
          { id: "ttl", header: "TTL", width: 110, cell: ({ record }) => <span className="number">{record.TTL} s</span> },
          { id: "zone", header: "Hosted zone", cell: ({ record }) => <span className="mono">{zoneName(record.HostedZoneId)}</span> },
        ]}
      />
    </SpaceBetween>
  );
}

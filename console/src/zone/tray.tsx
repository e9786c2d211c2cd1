// The tray of pending changes: what will change, judged as one batch before it is sent, and sent as one.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import LiveRegion from "@cloudscape-design/components/live-region";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useRef, useState } from "react";

import { ApiError, call } from "../api/client";
import type { ChangeInfo } from "../api/operations";
import { asApiError } from "../api/use";
import { Failure } from "../layout/error";
import { batchOf, differences, type Pending, reasonsBy } from "../records/pending";
import { shownName } from "../records/policy";
import type { ZoneOf } from "../records/form";
import { useJudgement } from "./judge";

interface Props {
  zone: ZoneOf;
  pending: readonly Pending[];
  onEdit: (one: Pending) => void;
  onDrop: (one: Pending) => void;
  onDiscard: () => void;
  onApplied: (change: ChangeInfo, count: number) => void;
}

export function Tray({ zone, pending, onEdit, onDrop, onDiscard, onApplied }: Props) {
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<{ error: ApiError; of: readonly Pending[] } | undefined>();
  const judged = useJudgement(zone.id, batchOf(pending, zone.name), comment.trim());
  const error = refused?.of === pending ? refused.error : judged.error;
  const { by, rest } = reasonsBy(pending, error === undefined ? [] : error.messages.length > 0 ? error.messages : [error.message]);
  const apply = async () => {
    setBusy(true);
    setRefused(undefined);
    try {
      const Changes = batchOf(pending, zone.name);
      const { ChangeInfo: change } = await call("ChangeResourceRecordSets", {
        HostedZoneId: zone.id,
        ChangeBatch: { Changes, ...(comment.trim() === "" ? {} : { Comment: comment.trim() }) },
      });
      setComment("");
      onApplied(change, pending.length);
    } catch (failed) {
      setRefused({ error: asApiError(failed), of: pending });
    } finally {
      setBusy(false);
    }
  };
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    top.current?.scrollIntoView({ block: "nearest" }); // it may stand above what is seen
    if (document.activeElement === document.body) top.current?.focus({ preventScroll: true }); // what had the focus is gone
  }, [pending]);
  return (
    <div ref={top} className="tray" tabIndex={-1} role="region" aria-label="Pending changes">
      <Container
        header={
          <Header
            variant="h2"
            counter={`(${pending.length})`}
            description="Nothing has changed yet. They are applied together: all, or none."
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button onClick={onDiscard}>Discard all</Button>
                <Button variant="primary" loading={busy} onClick={() => void apply()}>
                  Apply {pending.length === 1 ? "1 change" : `${pending.length} changes`}
                </Button>
              </SpaceBetween>
            }
          >
            Pending changes
          </Header>
        }
      >
        <SpaceBetween size="m">
          <LiveRegion>
            {error === undefined ? (
              <StatusIndicator type={judged.judging ? "loading" : "success"}>{judged.judging ? "Checking the batch" : "The batch can be applied"}</StatusIndicator>
            ) : (
              <StatusIndicator type="error">The batch would be refused: {error.code}</StatusIndicator>
            )}
          </LiveRegion>
          {error !== undefined && rest.length > 0 && <Failure error={new ApiError(error.code, error.message, error.status, error.requestId, rest)} />}
          <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 16 }}>
            {pending.map((each) => (
              <li key={each.id}>
                <One pending={each} reasons={by.get(each.id) ?? []} onEdit={() => onEdit(each)} onDrop={() => onDrop(each)} />
              </li>
            ))}
          </ul>
          <FormField label={<>Comment <i>– optional</i></>} description="Kept with the change, for whoever wonders later." stretch>
            <Input value={comment} onChange={({ detail }) => setComment(detail.value)} placeholder="Why" />
          </FormField>
        </SpaceBetween>
      </Container>
    </div>
  );
}

function One({ pending, reasons, onEdit, onDrop }: { pending: Pending; reasons: readonly string[]; onEdit: () => void; onDrop: () => void }) {
  const { before, after } = pending;
  const set = after ?? before;
  if (set === undefined) return null;
  const what = before === undefined ? "Create" : after === undefined ? "Delete" : "Change";
  const title = `${shownName(set.Name)} ${set.Type}${set.SetIdentifier === undefined ? "" : ` ${set.SetIdentifier}`}`;
  return (
    <SpaceBetween size="xs">
      <div style={{ display: "flex", gap: 8, alignItems: "center", flexWrap: "wrap" }}>
        <StatusIndicator type={before === undefined ? "success" : after === undefined ? "stopped" : "pending"}>{what}</StatusIndicator>
        <Box variant="h3" display="inline" padding="n">
          <span className="mono">{title}</span>
        </Box>
        {after !== undefined && (
          <Button variant="inline-link" ariaLabel={`Edit ${title}`} onClick={onEdit}>
            Edit
          </Button>
        )}
        <Button variant="inline-link" ariaLabel={`Take back ${title}`} onClick={onDrop}>
          Take back
        </Button>
      </div>
      <Diff pending={pending} />
      {reasons.length > 0 && (
        <Alert type="error">
          {reasons.map((reason) => (
            <div key={reason}>{reason}</div>
          ))}
        </Alert>
      )}
    </SpaceBetween>
  );
}

/** Field by field: what it was, and what it will be. */
export function Diff({ pending }: { pending: Pending }) {
  const { before, after } = pending;
  const changed = before !== undefined && after !== undefined;
  const found = differences(pending).filter(({ field }) => changed || !["Name", "Type", "Identifier"].includes(field));
  return (
    <dl className="diff">
      {found.map(({ field, before: was, after: will }) => (
        <div key={field}>
          <dt>{field}</dt>
          <dd>
            {was !== "" && (
              <del>
                <span className="unseen">before: </span>
                {was}
              </del>
            )}
            {will !== "" && (
              <ins>
                <span className="unseen">after: </span>
                {will}
              </ins>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

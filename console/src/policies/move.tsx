// Moving policy records to another version: an update, or a roll-back; with what changes for clients shown first.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";

import { type ApiError, call, native } from "../api/client";
import type { TrafficPolicy, TrafficPolicyInstance } from "../api/operations";
import { asApiError, useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { shown } from "./lists";

interface Props {
  records: readonly TrafficPolicyInstance[];
  /** The version to begin with. */
  to: number | undefined;
  versions: readonly TrafficPolicy[];
  onDone: () => void;
  onClose: () => void;
}

export function Move({ records, to, versions, onDone, onClose }: Props) {
  const { show } = useFlashes();
  const [version, setVersion] = useState(to ?? versions[0]?.Version ?? 1);
  const [failures, setFailures] = useState<readonly { record: TrafficPolicyInstance; error: ApiError }[]>([]);
  const [busy, setBusy] = useState(false);
  const moving = records.filter(({ TrafficPolicyVersion }) => TrafficPolicyVersion !== version);
  const chosen = versions.find(({ Version }) => Version === version);
  const move = async () => {
    if (chosen === undefined) return;
    setBusy(true);
    const failed: { record: TrafficPolicyInstance; error: ApiError }[] = [];
    for (const record of moving) {
      try {
        await call("UpdateTrafficPolicyInstance", { Id: record.Id, TTL: record.TTL, TrafficPolicyId: chosen.Id, TrafficPolicyVersion: version });
      } catch (error) {
        failed.push({ record, error: asApiError(error) });
      }
    }
    setBusy(false);
    setFailures(failed);
    if (failed.length > 0) return;
    show({ id: "policy-move", type: "success", header: `${names(moving)} ${moving.length === 1 ? "moves" : "move"} to version ${version}`, content: "The table shows when every edge serves it." });
    onDone();
  };
  const from = [...new Set(moving.map(({ TrafficPolicyVersion }) => TrafficPolicyVersion))];
  return (
    <Modal
      visible
      size="large"
      header="Move policy records to a version"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={moving.length === 0} onClick={() => void move()}>
              {moving.length === 1 ? "Move 1 policy record" : `Move ${moving.length} policy records`}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {failures.map(({ record, error }) => (
          <div key={record.Id}>
            <Box variant="awsui-key-label">{shown(record.Name)} stays as it is</Box>
            <Failure error={error} />
          </div>
        ))}
        <FormField label="Version" description="To one before the present is a roll-back: the same call, as quick.">
          <Select
            selectedOption={{ value: String(version), label: label(chosen) }}
            options={versions.map((each) => ({ value: String(each.Version), label: label(each) }))}
            onChange={({ detail }) => setVersion(Number(detail.selectedOption.value))}
          />
        </FormField>
        {moving.length === 0 ? (
          <Alert type="info">{records.length === 1 ? "The policy record is" : "The policy records are"} at version {version} already.</Alert>
        ) : (
          <Box>
            {names(moving)}
          </Box>
        )}
        {chosen !== undefined && from.map((each) => <Differences key={`${each} ${version}`} id={chosen.Id} before={each} after={version} />)}
      </SpaceBetween>
    </Modal>
  );
}

interface Compared {
  differences: readonly { text: string; kind: string }[];
}

/** What changes for clients between two versions. */
export function Differences({ id, before, after }: { id: string; before: number; after: number }) {
  const { value, error, again } = useAsked(`difference ${id} ${before} ${after}`, (signal) =>
    native<Compared>("POST", "/meridian/policies/difference", { before: { id, version: before }, after: { id, version: after } }, signal),
  );
  if (error !== undefined) return <Failure error={error} again={again} />;
  if (value === undefined) return <Spinner />;
  const { differences } = value;
  const title = `From version ${before} to ${after}`;
  if (differences.length === 0) return <Box>{title}, nothing changes for clients.</Box>;
  return (
    <ExpandableSection defaultExpanded headerText={title} headerCounter={`(${differences.length})`}>
      <ul>
        {differences.map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </ExpandableSection>
  );
}

function label(version: TrafficPolicy | undefined): string {
  if (version === undefined) return "";
  return version.Comment === undefined ? `Version ${version.Version}` : `Version ${version.Version}: ${version.Comment}`;
}

function names(records: readonly TrafficPolicyInstance[]): string {
  const some = records.slice(0, 5).map(({ Name }) => shown(Name));
  return records.length > 5 ? `${some.join(", ")} and ${records.length - 5} more` : some.join(", ");
}

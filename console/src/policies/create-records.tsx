// Letting a version of a policy answer for names in a zone.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { type ApiError, call } from "../api/client";
import type { TrafficPolicy } from "../api/operations";
import { asApiError, useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { listZones, shown } from "./lists";
import { fullNames } from "./names";

interface Props {
  /** The newest first. */
  versions: readonly TrafficPolicy[];
  onDone: () => void;
  onClose: () => void;
}

export function CreateRecords({ versions, onDone, onClose }: Props) {
  const { show } = useFlashes();
  const zones = useAsked("zones", listZones);
  const [version, setVersion] = useState(versions[0]?.Version ?? 1);
  const [zoneId, setZoneId] = useState<string>();
  const [typed, setTyped] = useState("");
  const [ttl, setTtl] = useState("60");
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState<readonly { name: string; error: ApiError }[]>([]);
  const zone = (zones.value ?? []).find(({ Id }) => Id === zoneId);
  const names = zone === undefined ? [] : fullNames(typed, shown(zone.Name));
  const policy = versions.find(({ Version }) => Version === version);
  const isTtl = /^\d{1,10}$/.test(ttl);
  const create = async () => {
    if (policy === undefined || zone === undefined) return;
    setBusy(true);
    const failed: { name: string; error: ApiError }[] = [];
    for (const Name of names) {
      try {
        await call("CreateTrafficPolicyInstance", { HostedZoneId: zone.Id, Name, TTL: Number(ttl), TrafficPolicyId: policy.Id, TrafficPolicyVersion: version });
      } catch (error) {
        failed.push({ name: Name, error: asApiError(error) });
      }
    }
    setBusy(false);
    setFailures(failed);
    if (failed.length > 0) {
      setTyped(failed.map(({ name }) => name).join("\n"));
      return;
    }
    show({ id: "policy-records", type: "success", header: `${names.length === 1 ? names[0] : `${names.length} names`} ${names.length === 1 ? "answers" : "answer"} by version ${version} soon`, content: "The table shows when every edge serves it." });
    onDone();
  };
  return (
    <Modal
      visible
      header="Create policy records"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={names.length === 0 || !isTtl} onClick={() => void create()}>
              {names.length > 1 ? `Create ${names.length} policy records` : "Create policy record"}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {failures.map(({ name, error }) => (
          <div key={name}>
            <Box variant="awsui-key-label">{name} was not created</Box>
            <Failure error={error} />
          </div>
        ))}
        {zones.error !== undefined && <Failure error={zones.error} again={zones.again} />}
        <FormField label="Version">
          <Select
            selectedOption={{ value: String(version), label: `Version ${version}` }}
            options={versions.map(({ Version, Comment = "" }) => ({ value: String(Version), label: `Version ${Version}`, description: Comment }))}
            onChange={({ detail }) => setVersion(Number(detail.selectedOption.value))}
          />
        </FormField>
        <FormField label="Hosted zone">
          <Select
            placeholder="Choose a zone"
            selectedOption={zone === undefined ? null : { value: zone.Id, label: shown(zone.Name) }}
            options={(zones.value ?? []).map(({ Id, Name }) => ({ value: Id, label: shown(Name), description: Id }))}
            filteringType="auto"
            filteringAriaLabel="Find a zone"
            virtualScroll
            statusType={zones.loading ? "loading" : "finished"}
            empty="There is no public zone yet."
            onChange={({ detail }) => setZoneId(detail.selectedOption.value)}
          />
        </FormField>
        <FormField label="Names" description="One a line; what is typed stands before the zone's name, and an empty field is the zone itself." constraintText={names.length === 0 ? "" : names.join(", ")}>
          <Textarea value={typed} rows={3} placeholder="www" spellcheck={false} onChange={({ detail }) => setTyped(detail.value)} />
        </FormField>
        <FormField label="TTL in seconds" errorText={isTtl ? undefined : "A whole number is needed."}>
          <Input value={ttl} inputMode="numeric" onChange={({ detail }) => setTtl(detail.value)} />
        </FormField>
        {policy !== undefined && <Alert type="info">The names get records of type {policy.Type}. Names that have such records already are refused.</Alert>}
      </SpaceBetween>
    </Modal>
  );
}

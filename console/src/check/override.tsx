// An operator's word on a check: set with an end and a reason, or taken back.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";

import { native } from "../api/client";
import { AskFirst } from "../layout/ask-first";
import { useFlashes } from "../layout/flashes";
import { Moment } from "../layout/moment";
import { type Check, titleOf } from "./check";

const LENGTHS = [
  { value: "900", label: "15 minutes" },
  { value: "3600", label: "1 hour" },
  { value: "14400", label: "4 hours" },
  { value: "86400", label: "1 day" },
  { value: "604800", label: "1 week" },
] as const;
const FIRST = LENGTHS[1];

/** What is in force, with the way back. */
export function OverrideAlert({ check, onChanged }: { check: Check; onChanged: () => void }) {
  const { fail } = useFlashes();
  const [busy, setBusy] = useState(false);
  if (check.override === null) return null;
  const { healthy, until, by, reason } = check.override;
  const clear = async () => {
    setBusy(true);
    try {
      await native("DELETE", `/meridian/checks/${check.id}/override`);
    } catch (error) {
      fail("override", "The override stays", error);
    }
    setBusy(false);
    onChanged();
  };
  return (
    <Alert type="warning" header={`Counts as ${healthy ? "healthy" : "unhealthy"}, by hand`} action={<Button loading={busy} onClick={() => void clear()}>End the override</Button>}>
      Set by {by || "nobody"}
      {reason !== "" && `: ${reason}`}. It ends <Moment time={until} />; then what the checkers see counts again.
    </Alert>
  );
}

export function OverrideDialog({ check, onClose }: { check: Check; onClose: (set: boolean) => void }) {
  const [healthy, setHealthy] = useState(check.healthy === false);
  const [seconds, setSeconds] = useState<string>(FIRST.value);
  const [reason, setReason] = useState("");
  const save = () => native<void>("PUT", `/meridian/checks/${check.id}/override`, { healthy, seconds: Number(seconds), reason });
  return (
    <AskFirst title={`Override ${titleOf(check)}`} action="Set override" run={save} onClose={onClose}>
      <FormField label="Count it as">
        <RadioGroup
          value={healthy ? "healthy" : "unhealthy"}
          onChange={({ detail }) => setHealthy(detail.value === "healthy")}
          items={[
            { value: "unhealthy", label: "Unhealthy", description: "Its records are left out of answers." },
            { value: "healthy", label: "Healthy", description: "Its records stand in answers, whatever the checkers see." },
          ]}
        />
      </FormField>
      <FormField label="For" description="An override always ends.">
        <Select selectedOption={LENGTHS.find(({ value }) => value === seconds) ?? FIRST} options={LENGTHS} onChange={({ detail }) => setSeconds(detail.selectedOption.value ?? FIRST.value)} />
      </FormField>
      <FormField label="Reason" description="Kept in the history.">
        <Input value={reason} onChange={({ detail }) => setReason(detail.value)} />
      </FormField>
    </AskFirst>
  );
}

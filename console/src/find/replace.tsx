// Another resource in the place of one, for all names at once: what would be done first, then done.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import type { ApiError } from "../api/client";
import { asApiError, useAsked } from "../api/use";
import { listed } from "../apply/plan";
import { useSettled } from "../apply/settled";
import { Failure } from "../layout/error";
import { namesWith, replace, type Replaced, type Use, valuesOf } from "./resource";

interface Props {
  uses: readonly Use[];
  onReplaced: (replaced: Replaced) => void;
}

export function Replace({ uses, onReplaced }: Props) {
  const values = valuesOf(uses).filter((value) => namesWith(uses, value) > 0);
  const [picked, setPicked] = useState<string>();
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const value = picked !== undefined && values.includes(picked) ? picked : values[0];
  const replacement = typed.trim();
  const key = JSON.stringify([value, replacement]);
  const settled = useSettled({ value, replacement }, key);
  const isReady = settled !== undefined && value !== undefined && replacement !== "";
  const tried = useAsked(isReady ? key : "nothing", (signal) => (isReady ? replace(value, replacement, true, signal) : Promise.resolve(undefined)));
  if (value === undefined) return null;
  const plan = tried.value;
  const count = namesWith(uses, value);
  const names = count === 1 ? "1 name" : `${count} names`;
  const run = () => {
    setBusy(true);
    setError(undefined);
    replace(value, replacement, false)
      .then(onReplaced, (failure: unknown) => setError(asApiError(failure)))
      .finally(() => setBusy(false));
  };
  return (
    <Container header={<Header variant="h2" description="Each version in use that has it gets a successor with the other one, and all of its names move there in one step.">Replace it for all names</Header>}>
      <SpaceBetween size="m">
        <div className="pair">
          <FormField label="Resource">
            {values.length === 1 ? (
              <Input value={value} readOnly ariaLabel="Resource" />
            ) : (
              <Select selectedOption={{ value, label: value }} options={values.map((each) => ({ value: each, label: each }))} onChange={({ detail }) => setPicked(detail.selectedOption.value)} />
            )}
          </FormField>
          <FormField label="Replacement">
            <Input value={typed} spellcheck={false} onChange={({ detail }) => setTyped(detail.value)} />
          </FormField>
        </div>
        <div aria-live="polite">
          {tried.error !== undefined ? (
            <Failure error={tried.error} />
          ) : (
            plan !== undefined && (
              <ul className="plain">
                {plan.versions.map(({ id, name, before, version }) => (
                  <li key={`${id} ${version}`}>
                    {name}: version {version}, made from version {before}, for <span className="mono">{namesOf(plan, id, version)}</span>
                  </li>
                ))}
              </ul>
            )
          )}
        </div>
        {error !== undefined && <Failure error={error} />}
        <Button variant="primary" loading={busy} disabled={tried.value === undefined || tried.loading || !isReady} onClick={run}>
          Replace for {names}
        </Button>
      </SpaceBetween>
    </Container>
  );
}

function namesOf({ TrafficPolicyInstances }: Replaced, id: string, version: number): string {
  return listed(TrafficPolicyInstances.filter(({ TrafficPolicyId, TrafficPolicyVersion }) => TrafficPolicyId === id && TrafficPolicyVersion === version).map(({ Name }) => Name), 8);
}

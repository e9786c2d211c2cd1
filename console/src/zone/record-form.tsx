// The fields of a record set. Each says in a sentence what it does.
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import Toggle from "@cloudscape-design/components/toggle";

import { native } from "../api/client";
import { useAsked } from "../api/use";
import type { Form, Problems, ZoneOf } from "../records/form";
import { POLICIES, POLICY_TEXTS, shownName } from "../records/policy";
import { ALL_TYPES, TYPES } from "../records/types";
import { PolicyFields } from "./policy-fields";

export interface FieldsProps {
  zone: ZoneOf;
  form: Form;
  problems: Problems;
  onChange: (change: Partial<Form>) => void;
}

/** What `/meridian/checks` says of a health check, as far as a choice needs it. */
interface Check {
  id: string;
  name: string;
  target: string;
  healthy: boolean | null;
}

export function RecordFields({ zone, form, problems, onChange }: FieldsProps) {
  const [says, example] = TYPES[form.type];
  const types = form.type === "SOA" ? (["SOA"] as const) : ALL_TYPES;
  return (
    <SpaceBetween size="m">
      <div className="pair">
        <FormField label="Type" description={says}>
          <Select
            selectedOption={{ value: form.type, label: form.type }}
            options={types.map((value) => ({ value, label: value, description: TYPES[value][0] }))}
            filteringType="auto"
            onChange={({ detail }) => {
              const type = types.find((each) => each === detail.selectedOption.value);
              if (type !== undefined) onChange({ type });
            }}
          />
        </FormField>
        <FormField label="Routing policy" description={POLICY_TEXTS[form.policy][1]}>
          <Select
            selectedOption={{ value: form.policy, label: POLICY_TEXTS[form.policy][0] }}
            options={POLICIES.map((value) => ({ value, label: POLICY_TEXTS[value][0], description: POLICY_TEXTS[value][1] }))}
            onChange={({ detail }) => {
              const policy = POLICIES.find((each) => each === detail.selectedOption.value);
              if (policy !== undefined) onChange({ policy, ...(policy === "multivalue" ? { isAlias: false } : {}) });
            }}
          />
        </FormField>
      </div>
      <FormField label="Name" description="Empty for the zone's own name; * for all names that have no record of their own." constraintText={`Ends with .${shownName(zone.name)}`}>
        <Input value={form.name} onChange={({ detail }) => onChange({ name: detail.value })} placeholder="www" spellcheck={false} autoFocus />
      </FormField>
      {form.policy !== "simple" && (
        <FormField label="Identifier" description="Tells this arm from the others; the sentence of the group uses it." errorText={problems.identifier}>
          <Input value={form.identifier} onChange={({ detail }) => onChange({ identifier: detail.value })} placeholder="frankfurt" spellcheck={false} />
        </FormField>
      )}
      <PolicyFields zone={zone} form={form} problems={problems} onChange={onChange} />
      {form.policy !== "multivalue" && (
        <Toggle
          checked={form.isAlias}
          onChange={({ detail }) => onChange({ isAlias: detail.checked })}
          description="Answers with what another name of this type answers, also at the zone's own name; it follows that name's changes."
        >
          Alias
        </Toggle>
      )}
      {form.isAlias ? (
        <AliasFields zone={zone} form={form} problems={problems} onChange={onChange} />
      ) : (
        <SpaceBetween size="m">
          <FormField label="Values" description="One a line." constraintText={<>Such as <span className="mono">{example}</span></>} errorText={problems.values}>
            <Textarea value={form.values} onChange={({ detail }) => onChange({ values: detail.value })} rows={Math.min(Math.max(form.values.split("\n").length, 2), 8)} spellcheck={false} />
          </FormField>
          <FormField
            label="TTL"
            description="How long resolvers may keep the answer, in seconds. Short ones let changes through sooner, and cost more questions."
            errorText={problems.ttl}
            constraintText={form.policy === "weighted" ? "All arms of a weighted group have one TTL; the others change with this one." : undefined}
          >
            <Input value={form.ttl} onChange={({ detail }) => onChange({ ttl: detail.value })} inputMode="numeric" />
          </FormField>
        </SpaceBetween>
      )}
      <HealthCheckField form={form} onChange={onChange} />
    </SpaceBetween>
  );
}

function AliasFields({ zone, form, problems, onChange }: FieldsProps) {
  return (
    <SpaceBetween size="m">
      <FormField label="Leads to" description="A name of this zone, or of another zone or service." errorText={problems.aliasName}>
        <Input value={form.aliasName} onChange={({ detail }) => onChange({ aliasName: detail.value })} placeholder={`www.${shownName(zone.name)}`} spellcheck={false} />
      </FormField>
      <FormField label="Hosted zone id of the target" description="This zone's own unless it leads elsewhere." errorText={problems.aliasZone}>
        <Autosuggest
          value={form.aliasZone}
          onChange={({ detail }) => onChange({ aliasZone: detail.value })}
          options={[{ value: zone.id, description: `${shownName(zone.name)}, this zone` }]}
          enteredTextLabel={(text) => `Use "${text}"`}
          ariaLabel="Hosted zone id of the target"
        />
      </FormField>
      <Toggle checked={form.evaluate} onChange={({ detail }) => onChange({ evaluate: detail.checked })} description="It counts as unhealthy when nothing that the target leads to is healthy.">
        Evaluate target health
      </Toggle>
    </SpaceBetween>
  );
}

function HealthCheckField({ form, onChange }: Pick<FieldsProps, "form" | "onChange">) {
  const checks = useAsked("checks", (signal) => native<{ checks: readonly Check[] }>("GET", "/meridian/checks", undefined, signal));
  const none = { value: "", label: "None: it counts as healthy", description: "" };
  const options = [
    none,
    ...(checks.value?.checks ?? []).map(({ id, name, target, healthy }) => ({
      value: id,
      label: name || target || id,
      description: `${target} – ${healthy === null ? "not known yet" : healthy ? "healthy" : "unhealthy"}`,
    })),
  ];
  const chosen = options.find(({ value }) => value === form.healthCheck) ?? { value: form.healthCheck, label: form.healthCheck, description: "" };
  if (form.policy === "simple" && form.healthCheck === "") {
    return <Box color="text-body-secondary">A health check matters where there is a choice: choose a routing policy to add one.</Box>;
  }
  return (
    <FormField
      label={<>Health check <i>– optional</i></>}
      description="While it fails, clients get another arm; when all fail, all count as healthy."
      errorText={checks.error === undefined ? undefined : `${checks.error.code}: ${checks.error.message}`}
    >
      <Select
        selectedOption={chosen}
        options={options}
        filteringType="auto"
        statusType={checks.loading ? "loading" : "finished"}
        onChange={({ detail }) => onChange({ healthCheck: detail.selectedOption.value ?? "" })}
      />
    </FormField>
  );
}

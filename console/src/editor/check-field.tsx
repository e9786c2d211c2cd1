// The health check of an arm, chosen from those of the account.
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";

import type { HealthCheck } from "../api/operations";
import { checkText } from "./known";

interface Props {
  checks: readonly HealthCheck[];
  value: string | undefined;
  onChange: (id: string | undefined) => void;
}

export function CheckField({ checks, value, onChange }: Props) {
  const none = { value: "", label: "None" };
  const options = checks.map((check) => ({ value: check.Id, label: checkText(check), description: check.Id }));
  const unknown = value === undefined || options.some((option) => option.value === value) ? [] : [{ value, label: value, description: "No check of this account" }];
  const all = [none, ...unknown, ...options];
  return (
    <FormField label="Health check">
      <Select
        selectedOption={all.find((option) => option.value === (value ?? "")) ?? none}
        options={all}
        filteringType={checks.length > 8 ? "auto" : "none"}
        filteringAriaLabel="Find a health check"
        onChange={({ detail }) => onChange(detail.selectedOption.value || undefined)}
      />
    </FormField>
  );
}

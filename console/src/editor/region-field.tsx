// A region: one of those that are known by name, or another by its id.
import Autosuggest from "@cloudscape-design/components/autosuggest";
import FormField from "@cloudscape-design/components/form-field";

import { REGIONS } from "./regions";

interface Props {
  label: string;
  value: string;
  error: string | undefined;
  onChange: (region: string) => void;
}

export function RegionField({ label, value, error, onChange }: Props) {
  return (
    <FormField label={label} errorText={error}>
      <Autosuggest
        value={value}
        onChange={({ detail }) => onChange(detail.value)}
        options={REGIONS.map(([id, city]) => ({ value: id, description: city, tags: [city] }))}
        enteredTextLabel={(text) => `The region "${text}"`}
        placeholder="Such as us-east-1"
        empty="No region is called that"
        ariaLabel={label}
      />
    </FormField>
  );
}

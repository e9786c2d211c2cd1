// A region or local zone of an arm.
import FormField from "@cloudscape-design/components/form-field";

import { RegionInput } from "../map/region-input";

interface Props {
  label: string;
  value: string;
  error: string | undefined;
  onChange: (id: string) => void;
  /** Local zones instead of regions. */
  zones?: boolean;
}

export function RegionField({ error, ...input }: Props) {
  return (
    <FormField label={input.label} errorText={error}>
      <RegionInput {...input} />
    </FormField>
  );
}

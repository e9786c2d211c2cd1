// A region or local zone: one that the server knows, or another by its id.
import Autosuggest from "@cloudscape-design/components/autosuggest";

import { useAtlas } from "./atlas";

interface Props {
  label: string;
  value: string;
  onChange: (id: string) => void;
  /** Local zones instead of regions. */
  zones?: boolean;
  disabled?: boolean;
}

export function RegionInput({ label, value, onChange, zones = false, disabled = false }: Props) {
  const { value: atlas, loading } = useAtlas();
  const found = (zones ? atlas?.local_zones : atlas?.regions) ?? [];
  return (
    <Autosuggest
      value={value}
      onChange={({ detail }) => onChange(detail.value)}
      options={found.map(({ id, city }) => ({ value: id, description: city }))}
      enteredTextLabel={(text) => `Use "${text}"`}
      placeholder={zones ? "Such as us-east-1-bos-1" : "Such as us-east-1"}
      empty={zones ? "No local zone is called that" : "No region is called that"}
      statusType={loading && atlas === undefined ? "loading" : "finished"}
      loadingText="Loading places"
      disabled={disabled}
      ariaLabel={label}
    />
  );
}

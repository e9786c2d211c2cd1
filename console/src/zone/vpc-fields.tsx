// A network that may see a private zone: one that the operator has named, or another by its id and region.
import Autosuggest from "@cloudscape-design/components/autosuggest";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { native } from "../api/client";
import type { VPC } from "../api/operations";
import { useAsked } from "../api/use";
import { RegionInput } from "../map/region-input";

/** What `GET /meridian/views` tells (docs/reference/places.md). */
interface View {
  id: string;
  region: string;
  clients: readonly string[];
}

export interface Vpc {
  id: string;
  region: string;
}

export const NO_VPC: Vpc = { id: "", region: "" };

/** As the API takes it. */
export const asVpc = ({ id, region }: Vpc): VPC => ({ VPCId: id.trim(), VPCRegion: region.trim() });

export function VpcFields({ value, onChange, without = [] }: { value: Vpc; onChange: (vpc: Vpc) => void; without?: readonly string[] }) {
  const views = useAsked("views", (signal) => native<{ views: readonly View[] }>("GET", "/meridian/views", undefined, signal));
  const known = views.value?.views.filter(({ id }) => !without.includes(id)) ?? [];
  const chosen = known.find(({ id }) => id === value.id);
  return (
    <SpaceBetween size="l">
      <FormField
        label="Network"
        description="A VPC, which is here a network view: clients by their addresses, named by the operator in the server's settings."
        {...(views.value !== undefined && known.length === 0 && { constraintText: "No further network is named; [views.vpc-…] in the settings names one." })}
      >
        <Autosuggest
          value={value.id}
          onChange={({ detail }) => onChange({ id: detail.value, region: known.find(({ id }) => id === detail.value)?.region ?? value.region })}
          options={known.map(({ id, region, clients }) => ({ value: id, label: id, labelTag: region, description: clients.join(", ") }))}
          enteredTextLabel={(text) => `Use "${text}"`}
          placeholder="vpc-…"
          empty="No network is called that"
          statusType={views.loading && views.value === undefined ? "loading" : "finished"}
          loadingText="Loading networks"
          ariaLabel="Network"
        />
      </FormField>
      <FormField label="Region" description="Where its clients are taken to be.">
        <RegionInput label="Region" value={value.region} disabled={chosen !== undefined} onChange={(region) => onChange({ ...value, region })} />
      </FormField>
    </SpaceBetween>
  );
}

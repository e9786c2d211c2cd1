// The fields that one routing policy has, and the effect of what stands in them.
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Slider from "@cloudscape-design/components/slider";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { all, call } from "../api/client";
import type { GeoLocationDetails, ListGeoLocationsResponse } from "../api/operations";
import { useAsked } from "../api/use";
import { RegionInput } from "../map/region-input";
import { areaText } from "../records/form";
import type { FieldsProps } from "./record-form";

export function PolicyFields(props: FieldsProps) {
  const { form, problems, onChange } = props;
  switch (form.policy) {
    case "simple":
    case "multivalue":
      return null;
    case "weighted":
      return (
        <FormField label="Weight" description="0 to 255. Its share is its weight of all weights; 0 gets nothing while others are healthy." errorText={problems.weight}>
          <Input value={form.weight} onChange={({ detail }) => onChange({ weight: detail.value })} inputMode="numeric" />
        </FormField>
      );
    case "latency":
      return (
        <FormField label="Region" description="Where the values are; clients go to the region that they reach fastest." errorText={problems.region}>
          <RegionInput value={form.region} label="Region" onChange={(region) => onChange({ region })} />
        </FormField>
      );
    case "failover":
      return (
        <FormField label="Role" description="The primary answers while it is healthy, so it needs a health check or an alias whose target's health counts.">
          <SegmentedControl
            label="Role"
            selectedId={form.role}
            options={[
              { id: "PRIMARY", text: "Primary" },
              { id: "SECONDARY", text: "Secondary" },
            ]}
            onChange={({ detail }) => onChange({ role: detail.selectedId === "PRIMARY" ? "PRIMARY" : "SECONDARY" })}
          />
        </FormField>
      );
    case "geolocation":
      return <Area {...props} />;
    case "geoproximity":
      return (
        <SpaceBetween size="m">
          <FormField label="Place" description="A region, or latitude and longitude with a comma between." errorText={problems.place}>
            <RegionInput value={form.place} label="Place" onChange={(place) => onChange({ place })} />
          </FormField>
          <FormField label="Bias" description="Above 0 it draws clients from further away, below 0 it gives some to its neighbours." errorText={problems.bias}>
            <Slider value={Number(form.bias) || 0} min={-99} max={99} step={1} ariaLabel="Bias" valueFormatter={(value) => (value > 0 ? `+${value}` : String(value))} onChange={({ detail }) => onChange({ bias: String(detail.value) })} />
          </FormField>
        </SpaceBetween>
      );
    case "cidr":
      return <Network {...props} />;
  }
}

function Area({ form, onChange }: FieldsProps) {
  const areas = useAsked("areas", (signal) =>
    all<ListGeoLocationsResponse, GeoLocationDetails>(
      (page) =>
        call(
          "ListGeoLocations",
          {
            MaxItems: "100",
            ...(page?.NextContinentCode && { StartContinentCode: page.NextContinentCode }),
            ...(page?.NextCountryCode && { StartCountryCode: page.NextCountryCode }),
            ...(page?.NextSubdivisionCode && { StartSubdivisionCode: page.NextSubdivisionCode }),
          },
          signal,
        ),
      (page) => page.GeoLocationDetailsList,
      (page) => page.IsTruncated,
    ),
  );
  const options = [
    { value: "*", label: "Everyone else", description: "The default: whoever is in no other area" },
    ...(areas.value ?? [])
      .filter(({ CountryCode }) => CountryCode !== "*")
      .map((area) => ({ value: areaText(area), label: area.SubdivisionName ?? area.CountryName ?? area.ContinentName ?? "", description: [area.SubdivisionName && area.CountryName, area.ContinentCode && "continent"].filter(Boolean).join(", ") })),
  ];
  return (
    <FormField
      label="Area"
      description="The smallest area that a client is in wins. Without a default, clients elsewhere get no answer."
      errorText={areas.error === undefined ? undefined : `${areas.error.code}: ${areas.error.message}`}
    >
      <Select
        selectedOption={options.find(({ value }) => value === form.area) ?? { value: form.area, label: form.area }}
        options={options}
        filteringType="auto"
        virtualScroll
        statusType={areas.loading ? "loading" : "finished"}
        onChange={({ detail }) => onChange({ area: detail.selectedOption.value ?? "*" })}
      />
    </FormField>
  );
}

function Network({ form, problems, onChange }: FieldsProps) {
  const collections = useAsked("collections", (signal) => call("ListCidrCollections", {}, signal));
  const locations = useAsked(`locations ${form.collection}`, async (signal) => (form.collection === "" ? undefined : call("ListCidrLocations", { CollectionId: form.collection }, signal)));
  const sets = (collections.value?.CidrCollections ?? []).map(({ Id = "", Name = "" }) => ({ value: Id, label: Name, description: Id }));
  const places = [{ value: "*", label: "Everyone else" }, ...(locations.value?.CidrLocations ?? []).map(({ LocationName = "" }) => ({ value: LocationName, label: LocationName }))];
  const failed = collections.error ?? locations.error;
  return (
    <SpaceBetween size="m">
      <FormField label="Collection" description="The collection of networks that the location is of." errorText={problems.collection ?? (failed && `${failed.code}: ${failed.message}`)}>
        <Select
          selectedOption={sets.find(({ value }) => value === form.collection) ?? (form.collection === "" ? null : { value: form.collection, label: form.collection })}
          options={sets}
          placeholder="Choose a collection"
          empty="There is none yet; create one under Places."
          statusType={collections.loading ? "loading" : "finished"}
          onChange={({ detail }) => onChange({ collection: detail.selectedOption.value ?? "", location: "*" })}
        />
      </FormField>
      <FormField label="Location" description="Clients whose address is in one of its networks; the longest network wins.">
        <Select
          selectedOption={places.find(({ value }) => value === form.location) ?? { value: form.location, label: form.location }}
          options={places}
          statusType={locations.loading ? "loading" : "finished"}
          onChange={({ detail }) => onChange({ location: detail.selectedOption.value ?? "*" })}
        />
      </FormField>
    </SpaceBetween>
  );
}

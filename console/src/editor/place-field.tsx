// The place that an arm of a geolocation rule is for: everywhere else, a continent, a country, or a part of one.
import FormField from "@cloudscape-design/components/form-field";
import Select, { type SelectProps } from "@cloudscape-design/components/select";
import { useMemo } from "react";

import type { GeoLocationDetails } from "../api/operations";
import type { Arm } from "../policy/graph";
import type { PlaceName } from "./boxes";

type Place = { [Name in "isDefault" | "continent" | "country" | "subdivision"]?: Arm[Name] | undefined };

interface Props {
  places: readonly GeoLocationDetails[];
  arm: Arm;
  error: string | undefined;
  onChange: (place: Place) => void;
}

export function PlaceField({ places, arm, error, onChange }: Props) {
  const options = useMemo(() => placeOptions(places), [places]);
  const value = valueOf(arm);
  const flat = options.flatMap((option) => ("options" in option ? option.options : [option]));
  const chosen = value === "" ? null : (flat.find((option) => option.value === value) ?? { value, label: value });
  return (
    <FormField label="Location" errorText={error}>
      <Select
        placeholder="Choose a place"
        selectedOption={chosen}
        options={options}
        filteringType="auto"
        filteringPlaceholder="Find a country or a continent"
        filteringAriaLabel="Find a place"
        virtualScroll
        onChange={({ detail }) => onChange(placeOf(detail.selectedOption.value ?? ""))}
      />
    </FormField>
  );
}

function placeOptions(places: readonly GeoLocationDetails[]): (SelectProps.Option | SelectProps.OptionGroup & { options: readonly SelectProps.Option[] })[] {
  const continents = places.filter(({ ContinentCode }) => ContinentCode !== undefined);
  const countries = places.filter(({ CountryCode, SubdivisionCode }) => CountryCode !== undefined && CountryCode !== "*" && SubdivisionCode === undefined);
  const parts = places.filter(({ SubdivisionCode }) => SubdivisionCode !== undefined);
  const byName = (a: SelectProps.Option, b: SelectProps.Option) => (a.label ?? "").localeCompare(b.label ?? "");
  return [
    { value: "*", label: "Everywhere else", description: "The default: clients that no other location is for" },
    { label: "Continents", options: continents.map((each) => ({ value: `continent ${each.ContinentCode}`, label: each.ContinentName ?? "", labelTag: each.ContinentCode ?? "" })) },
    { label: "Countries", options: countries.map((each) => ({ value: `country ${each.CountryCode}`, label: each.CountryName ?? "", labelTag: each.CountryCode ?? "" })).sort(byName) },
    {
      label: "Parts of countries",
      options: parts.map((each) => ({ value: `part ${each.CountryCode} ${each.SubdivisionCode}`, label: `${each.SubdivisionName}, ${each.CountryName}`, labelTag: `${each.CountryCode}-${each.SubdivisionCode}` })).sort(byName),
    },
  ];
}

function valueOf(arm: Arm): string {
  if (arm.isDefault === true || arm.country === "*") return "*";
  if (arm.continent !== undefined) return `continent ${arm.continent}`;
  if (arm.country === undefined) return "";
  return arm.subdivision === undefined ? `country ${arm.country}` : `part ${arm.country} ${arm.subdivision}`;
}

function placeOf(value: string): Place {
  const [kind, code, part] = value.split(" ");
  const nowhere: Place = { isDefault: undefined, continent: undefined, country: undefined, subdivision: undefined };
  if (kind === "*") return { ...nowhere, isDefault: true };
  if (kind === "continent") return { ...nowhere, continent: code };
  return { ...nowhere, country: code, subdivision: part };
}

/** The names of continents and countries. Some codes are of a continent and of a country. */
export function namesOf(places: readonly GeoLocationDetails[]): PlaceName {
  const names = new Map<string, string>();
  for (const { ContinentCode, ContinentName, CountryCode, CountryName, SubdivisionCode } of places) {
    if (SubdivisionCode !== undefined || CountryCode === "*") continue;
    if (CountryCode !== undefined) names.set(`country ${CountryCode}`, CountryName ?? CountryCode);
    else if (ContinentCode !== undefined) names.set(`continent ${ContinentCode}`, ContinentName ?? ContinentCode);
  }
  return (kind, code) => names.get(`${kind} ${code}`);
}

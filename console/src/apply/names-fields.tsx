// Further names that are to answer by a version, zone by zone.
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";

import type { HostedZone } from "../api/operations";
import { shown } from "../policies/lists";
import { fullNames } from "./names";
import type { Names } from "./plan";

interface Props {
  names: readonly Names[];
  ttl: string;
  type: string;
  /** Undefined while they are asked for. */
  zones: readonly HostedZone[] | undefined;
  onNames: (names: readonly Names[]) => void;
  onTtl: (ttl: string) => void;
}

export const isTtl = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) <= 2_147_483_647;

export function NamesFields({ names, ttl, type, zones, onNames, onTtl }: Props) {
  const set = (at: number, change: Partial<Names>) => onNames(names.map((each, index) => (index === at ? { ...each, ...change } : each)));
  return (
    <Container header={<Header variant="h2" description={`Each gets a policy record of type ${type}.`}>Further names</Header>}>
      <SpaceBetween size="l">
        <AttributeEditor<Names>
          items={names}
          addButtonText="Add another zone"
          removeButtonText="Remove"
          removeButtonAriaLabel={(item) => `Remove ${nameOf(zones, item.zoneId) ?? "the zone"}`}
          empty="No further names."
          onAddButtonClick={() => onNames([...names, { zoneId: undefined, typed: "" }])}
          onRemoveButtonClick={({ detail }) => onNames(names.filter((_, at) => at !== detail.itemIndex))}
          definition={[
            {
              label: "Hosted zone",
              control: (item, at) => (
                <Select
                  placeholder="Choose a zone"
                  selectedOption={item.zoneId === undefined ? null : { value: item.zoneId, label: nameOf(zones, item.zoneId) ?? item.zoneId }}
                  options={(zones ?? []).map(({ Id, Name }) => ({ value: Id, label: shown(Name), description: Id.replace("/hostedzone/", "") }))}
                  filteringType="auto"
                  filteringAriaLabel="Find a zone"
                  virtualScroll
                  statusType={zones === undefined ? "loading" : "finished"}
                  empty="There is no public zone yet."
                  onChange={({ detail }) => set(at, { zoneId: detail.selectedOption.value })}
                />
              ),
            },
            {
              label: "Names before the zone's",
              control: (item, at) => <Textarea value={item.typed} rows={2} placeholder="www" spellcheck={false} onChange={({ detail }) => set(at, { typed: detail.value })} />,
              constraintText: (item) => {
                const zone = nameOf(zones, item.zoneId);
                return zone === undefined || item.typed.trim() === "" ? "One a line; @ is the zone itself." : fullNames(item.typed, zone).join(", ");
              },
            },
          ]}
        />
        <FormField label="TTL of further names, in seconds" errorText={isTtl(ttl) ? undefined : "Give a whole number of seconds."}>
          <Input value={ttl} inputMode="numeric" onChange={({ detail }) => onTtl(detail.value)} />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

const nameOf = (zones: readonly HostedZone[] | undefined, id: string | undefined): string | undefined => {
  const found = zones?.find(({ Id }) => Id === id);
  return found === undefined ? undefined : shown(found.Name);
};

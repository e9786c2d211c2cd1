// The form for a health check: what it looks at, when it counts as healthy, and more where it is wanted.
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";

import type { HealthCheckConfig } from "../api/operations";
import { type Brief, titleOf, TYPES } from "./check";
import { type Fields, hasString, isEndpoint, isHttp, isTls, type problems, REGIONS, usualPort } from "./fields";

type Problems = ReturnType<typeof problems>;

interface Props {
  fields: Fields;
  set: (change: Partial<Fields>) => void;
  /** What keeps it from being sent; empty until that was tried. */
  wrong: Problems;
  /** Of an existing check, type and interval stay. */
  existing: boolean;
  /** What a calculated check can count. */
  others: readonly Brief[];
}

export function CheckForm(props: Props) {
  const { fields, set, existing } = props;
  const types = Object.entries(TYPES) as [HealthCheckConfig["Type"], readonly [string, string]][];
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">What it looks at</Header>}>
        <SpaceBetween size="m">
          <FormField label="Name" description="A tag; lists and records show it.">
            <Input value={fields.name} onChange={({ detail }) => set({ name: detail.value })} />
          </FormField>
          <FormField label="Type" {...(existing && { constraintText: "The type of a check stays as it was created." })}>
            <Select
              selectedOption={{ value: fields.type, label: TYPES[fields.type][0], description: TYPES[fields.type][1] }}
              options={types.map(([value, [label, description]]) => ({ value, label, description }))}
              disabled={existing}
              triggerVariant="option"
              onChange={({ detail }) => set({ type: detail.selectedOption.value as HealthCheckConfig["Type"] })}
            />
          </FormField>
          {isEndpoint(fields.type) && <Endpoint {...props} />}
          {fields.type === "CALCULATED" && <Calculated {...props} />}
          {fields.type === "CLOUDWATCH_METRIC" && <Metric {...props} />}
          {fields.type === "RECOVERY_CONTROL" && (
            <FormField label="Switch" description="The ARN of a routing control. All checks that name it follow it; with the first one it is there, and it is on." {...errorOf(props, "control")}>
              <Input value={fields.control} disabled={existing} onChange={({ detail }) => set({ control: detail.value })} placeholder="arn:aws:route53-recovery-control::111122223333:controlpanel/main/routingcontrol/paris" spellcheck={false} />
            </FormField>
          )}
        </SpaceBetween>
      </Container>
      {isEndpoint(fields.type) && <Judged {...props} />}
      <ExpandableSection variant="container" headerText="Turned round or switched off" defaultExpanded={fields.inverted || fields.disabled}>
        <SpaceBetween size="s">
          <Checkbox checked={fields.inverted} onChange={({ detail }) => set({ inverted: detail.checked })} description="Healthy counts as unhealthy, and the other way round.">
            Invert
          </Checkbox>
          <Checkbox checked={fields.disabled} onChange={({ detail }) => set({ disabled: detail.checked })} description="Nobody looks, and it always counts as healthy; inverted, as unhealthy.">
            Disable
          </Checkbox>
        </SpaceBetween>
      </ExpandableSection>
    </SpaceBetween>
  );
}

function errorOf({ wrong }: Props, field: keyof Fields): { errorText?: string } {
  const text = wrong[field];
  return text === undefined ? {} : { errorText: text };
}

function Endpoint(props: Props) {
  const { fields, set } = props;
  return (
    <SpaceBetween size="m">
      <div className="pair">
        <FormField label="Address" description="IPv4 or IPv6. Empty: the domain name is resolved at each look." {...errorOf(props, "address")}>
          <Input value={fields.address} onChange={({ detail }) => set({ address: detail.value })} placeholder="198.51.100.1" spellcheck={false} />
        </FormField>
        <FormField label="Domain name" description={isHttp(fields.type) ? "Sent as Host, and with TLS as server name." : "Resolved where no address is given."}>
          <Input value={fields.domain} onChange={({ detail }) => set({ domain: detail.value })} placeholder="www.example.com" spellcheck={false} />
        </FormField>
      </div>
      <div className="pair">
        <FormField label="Port" {...errorOf(props, "port")}>
          <Input value={fields.port} inputMode="numeric" onChange={({ detail }) => set({ port: detail.value })} placeholder={usualPort(fields.type)} />
        </FormField>
        {isHttp(fields.type) && (
          <FormField label="Path" description="With a query, if need be.">
            <Input value={fields.path} onChange={({ detail }) => set({ path: detail.value })} placeholder="/" spellcheck={false} />
          </FormField>
        )}
      </div>
      {hasString(fields.type) && (
        <FormField label="Text to look for" description="Up to 255 characters, in the first 5,120 bytes of the body." {...errorOf(props, "search")}>
          <Input value={fields.search} onChange={({ detail }) => set({ search: detail.value })} spellcheck={false} />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function Judged(props: Props) {
  const { fields, set, existing } = props;
  return (
    <Container header={<Header variant="h2">How it is judged</Header>}>
      <SpaceBetween size="m">
        <FormField label="Interval" description="Between two looks of one checker." {...(existing && { constraintText: "It stays as it was created; an option on the check's page can make it shorter." })}>
          <RadioGroup
            value={fields.interval}
            onChange={({ detail }) => set({ interval: detail.value === "10" ? "10" : "30" })}
            items={[
              { value: "30", label: "30 seconds", disabled: existing },
              { value: "10", label: "10 seconds", disabled: existing },
            ]}
          />
        </FormField>
        <FormField label="Results in a row that turn it" description="1 to 10, in either direction." {...errorOf(props, "threshold")}>
          <Input value={fields.threshold} inputMode="numeric" onChange={({ detail }) => set({ threshold: detail.value })} />
        </FormField>
        {isTls(fields.type) && (
          <Checkbox checked={fields.sni} onChange={({ detail }) => set({ sni: detail.checked })} description="Servers with several names need it.">
            Send the domain name with TLS (SNI)
          </Checkbox>
        )}
        <Checkbox checked={fields.latency} disabled={existing} onChange={({ detail }) => set({ latency: detail.checked })} description="Times for connecting, TLS and the first byte, by region. Chosen when the check is created.">
          Measure latency
        </Checkbox>
        <FormField label="Regions" description="Of the checkers that look. None chosen: all. Give three or more.">
          <Multiselect selectedOptions={fields.regions.map((value) => ({ value, label: value }))} options={REGIONS.map((value) => ({ value, label: value }))} placeholder="All regions" deselectAriaLabel={({ label }) => `Leave out ${label}`} onChange={({ detail }) => set({ regions: REGIONS.filter((region) => detail.selectedOptions.some(({ value }) => value === region)) })} />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

function Calculated(props: Props) {
  const { fields, set, others } = props;
  const options = others.map((check) => ({ value: check.id, label: titleOf(check), description: check.target }));
  return (
    <SpaceBetween size="m">
      <FormField label="Health checks" {...errorOf(props, "children")}>
        <Multiselect selectedOptions={fields.children.map((id) => options.find(({ value }) => value === id) ?? { value: id, label: id })} options={options} filteringType="auto" placeholder="Choose health checks" empty="There are no other health checks" deselectAriaLabel={({ label }) => `Leave out ${label}`} onChange={({ detail }) => set({ children: detail.selectedOptions.flatMap(({ value }) => value ?? []) })} />
      </FormField>
      <FormField label="How many must be healthy" description="0: always healthy. More than there are: always unhealthy." {...errorOf(props, "healthy")}>
        <Input value={fields.healthy} inputMode="numeric" onChange={({ detail }) => set({ healthy: detail.value })} />
      </FormField>
    </SpaceBetween>
  );
}

function Metric(props: Props) {
  const { fields, set } = props;
  const insufficient = [
    { value: "LastKnownStatus", label: "As it was last known" },
    { value: "Healthy", label: "Healthy" },
    { value: "Unhealthy", label: "Unhealthy" },
  ] as const;
  return (
    <SpaceBetween size="m">
      <div className="pair">
        <FormField label="Region of the alarm">
          <Input value={fields.alarmRegion} onChange={({ detail }) => set({ alarmRegion: detail.value })} spellcheck={false} />
        </FormField>
        <FormField label="Name of the alarm" description="As the operator's settings or CloudWatch have it." {...errorOf(props, "alarm")}>
          <Input value={fields.alarm} onChange={({ detail }) => set({ alarm: detail.value })} spellcheck={false} />
        </FormField>
      </div>
      <FormField label="While there is too little data, it counts as">
        <Select selectedOption={insufficient.find(({ value }) => value === fields.insufficient) ?? insufficient[0]} options={insufficient} onChange={({ detail }) => set({ insufficient: insufficient.find(({ value }) => value === detail.selectedOption.value)?.value ?? "LastKnownStatus" })} />
      </FormField>
    </SpaceBetween>
  );
}

// The question: name, type, who asks, and what is supposed of health checks.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { native } from "../api/client";
import { type Asked, useAsked } from "../api/use";
import type { Brief } from "../check/check";
import { codeOf } from "../map/client-at";
import { PickClient } from "../map/pick-client";
import type { Choice } from "./places";
import { type Question, TYPES } from "./question";

interface Props {
  question: Question;
  clients: Asked<readonly Choice[]>;
  busy: boolean;
  onAsk: (question: Question) => void;
}

const ANYWHERE = { value: "", label: "Not given" };

export function AskForm({ question: first, clients, busy, onAsk }: Props) {
  const [question, setQuestion] = useState(first);
  const [missing, setMissing] = useState(false);
  const set = (change: Partial<Question>) => setQuestion((before) => ({ ...before, ...change }));
  const checks = useAsked("checks", (signal) => native<{ checks: readonly Brief[] }>("GET", "/meridian/checks", undefined, signal));
  const options = (checks.value?.checks ?? []).map(({ id, name, target }) => ({ value: id, label: name || target, description: name === "" ? id : target }));
  const known = (ids: readonly string[]) => ids.map((id) => options.find(({ value }) => value === id) ?? { value: id, label: id });
  const places = [ANYWHERE, ...(clients.value ?? []).map(({ code, name, network }) => ({ value: code, label: name, description: network }))];
  const ask = () => {
    setMissing(question.name.trim() === "");
    if (question.name.trim() !== "") onAsk(question);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <Form actions={<Button variant="primary" formAction="submit" loading={busy}>Ask</Button>}>
        <Container header={<Header variant="h2">Question</Header>}>
          <SpaceBetween size="m">
            <FormField label="Name" {...(missing && { errorText: "Give a name, such as www.example.com." })}>
              <Input value={question.name} onChange={({ detail }) => set({ name: detail.value })} placeholder="www.example.com" spellcheck={false} autoFocus={first.name === ""} />
            </FormField>
            <FormField label="Type">
              <Select selectedOption={{ value: question.type, label: question.type }} options={TYPES.map((type) => ({ value: type, label: type }))} onChange={({ detail }) => set({ type: detail.selectedOption.value ?? "A" })} />
            </FormField>
            <FormField
              label="Country of the client"
              description="Stands for a network that is there."
              {...(clients.value?.length === 0 && { constraintText: "No geolocation data is installed; meridian place install fetches it." })}
            >
              <Select
                selectedOption={places.find(({ value }) => value === question.place) ?? ANYWHERE}
                options={places}
                filteringType="auto"
                filteringAriaLabel="Find a country"
                disabled={question.subnet.trim() !== "" || clients.value?.length === 0}
                statusType={clients.error !== undefined ? "error" : clients.loading ? "loading" : "finished"}
                loadingText="Loading places"
                errorText={clients.error?.message ?? ""}
                virtualScroll
                onChange={({ detail }) => set({ place: detail.selectedOption.value ?? "" })}
              />
            </FormField>
            <PickClient onPick={(client) => set({ place: codeOf(client), subnet: "" })} />
            <FormField label="Client subnet" description="As the resolver tells it (EDNS). An address alone means its /24, or /64 of IPv6.">
              <Input value={question.subnet} onChange={({ detail }) => set({ subnet: detail.value })} placeholder="198.51.100.0/24" spellcheck={false} />
            </FormField>
            <FormField label="Resolver" description="Its address; empty for 127.0.0.1.">
              <Input value={question.resolver} onChange={({ detail }) => set({ resolver: detail.value })} placeholder="192.0.2.53" spellcheck={false} />
            </FormField>
            <ExpandableSection headerText="Suppose of health checks" defaultExpanded={first.unhealthy.length + first.healthy.length > 0}>
              <SpaceBetween size="m">
                <FormField label="Supposed unhealthy">
                  <Multiselect selectedOptions={known(question.unhealthy)} options={options.filter(({ value }) => !question.healthy.includes(value))} filteringType="auto" placeholder="None" empty="There are no health checks" deselectAriaLabel={({ label }) => `Leave ${label} as it is`} onChange={({ detail }) => set({ unhealthy: detail.selectedOptions.flatMap(({ value }) => value ?? []) })} />
                </FormField>
                <FormField label="Supposed healthy">
                  <Multiselect selectedOptions={known(question.healthy)} options={options.filter(({ value }) => !question.unhealthy.includes(value))} filteringType="auto" placeholder="None" empty="There are no health checks" deselectAriaLabel={({ label }) => `Leave ${label} as it is`} onChange={({ detail }) => set({ healthy: detail.selectedOptions.flatMap(({ value }) => value ?? []) })} />
                </FormField>
              </SpaceBetween>
            </ExpandableSection>
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  );
}

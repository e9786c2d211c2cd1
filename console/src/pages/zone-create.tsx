// A new hosted zone: public, or private to networks.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { useState } from "react";
import { useNavigate } from "react-router";

import { type ApiError, call } from "../api/client";
import { asApiError, useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { Frame } from "../layout/frame";
import { shownName } from "../records/policy";
import { followChange } from "../zone/follow";
import { asVpc, NO_VPC, VpcFields } from "../zone/vpc-fields";

const NO_SET = { value: "", label: "Four name servers of its own" };

export function Page() {
  const navigate = useNavigate();
  const flashes = useFlashes();
  const [name, setName] = useState("");
  const [comment, setComment] = useState("");
  const [kind, setKind] = useState("public");
  const [vpc, setVpc] = useState(NO_VPC);
  const [set, setSet] = useState("");
  const [error, setError] = useState<ApiError | undefined>();
  const [busy, setBusy] = useState(false);
  const [reference] = useState(() => `console-${crypto.randomUUID()}`); // so that a second try makes no second zone
  const sets = useAsked("delegation-sets", (signal) => call("ListReusableDelegationSets", {}, signal));
  const options = [
    NO_SET,
    ...(sets.value?.DelegationSets ?? []).map(({ Id = "", NameServers }) => ({ value: Id, label: Id, description: NameServers.join(", ") })),
  ];
  const create = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const made = await call("CreateHostedZone", {
        Name: name.trim(),
        CallerReference: reference,
        HostedZoneConfig: { Comment: comment, PrivateZone: kind === "private" },
        ...(kind === "private" ? { VPC: asVpc(vpc) } : {}),
        ...(kind === "public" && set !== "" ? { DelegationSetId: set } : {}),
      });
      followChange(flashes, made.ChangeInfo, `${shownName(made.HostedZone.Name)} is created`);
      navigate(`/zones/${made.HostedZone.Id}`);
    } catch (failed) {
      setError(asApiError(failed));
      setBusy(false);
    }
  };
  return (
    <Frame title="Create hosted zone" crumbs={[{ text: "Create", path: "/zones/create" }]} contentType="form">
      <ContentLayout header={<Header variant="h1" description="A hosted zone holds the records of a domain, and answers for it.">Create hosted zone</Header>}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void create();
          }}
        >
          <Form
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" formAction="none" onClick={() => navigate("/zones")}>
                  Cancel
                </Button>
                <Button variant="primary" formAction="submit" loading={busy}>
                  Create hosted zone
                </Button>
              </SpaceBetween>
            }
          >
            <SpaceBetween size="l">
              {error !== undefined && <Failure error={error} />}
              <Container header={<Header variant="h2">The zone</Header>}>
                <SpaceBetween size="l">
                  <FormField label="Domain name" description="The name that all records of this zone end with.">
                    <Input value={name} onChange={({ detail }) => setName(detail.value)} placeholder="example.com" autoFocus spellcheck={false} />
                  </FormField>
                  <FormField label={<>Comment <i>– optional</i></>} constraintText="Up to 256 characters, for people.">
                    <Input value={comment} onChange={({ detail }) => setComment(detail.value)} />
                  </FormField>
                  <FormField label="Who may ask">
                    <Tiles
                      value={kind}
                      onChange={({ detail }) => setKind(detail.value)}
                      items={[
                        { value: "public", label: "Public", description: "Everybody: name servers that the internet asks." },
                        { value: "private", label: "Private", description: "Only clients in networks that you name." },
                      ]}
                    />
                  </FormField>
                </SpaceBetween>
              </Container>
              {kind === "private" ? (
                <Container header={<Header variant="h2" description="More can be associated later, on the zone's page.">Its first network</Header>}>
                  <VpcFields value={vpc} onChange={setVpc} />
                </Container>
              ) : (
                <Container header={<Header variant="h2">Name servers</Header>}>
                  <FormField label="Delegation set" description="Zones of one reusable delegation set have the same four name servers.">
                    <Select
                      selectedOption={options.find(({ value }) => value === set) ?? NO_SET}
                      options={options}
                      statusType={sets.error !== undefined ? "error" : sets.loading ? "loading" : "finished"}
                      errorText={sets.error?.message ?? ""}
                      onChange={({ detail }) => setSet(detail.selectedOption.value ?? "")}
                    />
                  </FormField>
                </Container>
              )}
            </SpaceBetween>
          </Form>
        </form>
      </ContentLayout>
    </Frame>
  );
}

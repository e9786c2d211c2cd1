// One traffic policy: its versions, and the policy records that use them.
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import type { TrafficPolicyInstance } from "../api/operations";
import { useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { CreateRecords } from "../policies/create-records";
import { listInstances, listVersions } from "../policies/lists";
import { Move } from "../policies/move";
import { Records } from "../policies/records";
import { Versions } from "../policies/versions";

const OFTEN = 2_000; // milliseconds between questions while a record is on its way

export function Page() {
  const id = useParams()["id"] ?? "";
  const navigate = useNavigate();
  const [waiting, setWaiting] = useState(false);
  const versions = useAsked(`versions ${id}`, (signal) => listVersions(id, signal));
  const instances = useAsked(`instances of ${id}`, (signal) => listInstances(signal), waiting ? OFTEN : undefined);
  const [open, setOpen] = useState<"create" | { move: readonly TrafficPolicyInstance[]; to?: number }>();
  const used = (instances.value ?? []).filter(({ TrafficPolicyId }) => TrafficPolicyId === id);
  const onTheWay = used.some(({ State }) => State === "Creating");
  if (onTheWay !== waiting) setWaiting(onTheWay);
  const latest = versions.value?.[0];
  const name = latest?.Name ?? "Traffic policy";
  const again = () => {
    versions.again();
    instances.again();
  };
  return (
    <Frame title={name} crumbs={[{ text: name, path: `/policies/${id}` }]}>
      {versions.error !== undefined ? (
        <Failure error={versions.error} again={versions.again} />
      ) : latest === undefined || versions.value === undefined ? (
        <Spinner size="large" />
      ) : (
        <ContentLayout
          header={
            <Header
              variant="h1"
              description={<span className="mono">{id}</span>}
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button onClick={() => setOpen("create")}>Create policy records</Button>
                  <Button variant="primary" onClick={() => navigate(`/policies/${id}/versions/${latest.Version}`)}>
                    Edit as new version
                  </Button>
                </SpaceBetween>
              }
            >
              {name}
            </Header>
          }
        >
          <SpaceBetween size="l">
            {instances.error !== undefined && <Failure error={instances.error} again={instances.again} />}
            <Versions
              versions={versions.value}
              records={instances.value === undefined ? undefined : used}
              onMove={(to) => setOpen({ move: used.filter(({ TrafficPolicyVersion }) => TrafficPolicyVersion !== to), to })}
              onChanged={(isLast) => (isLast ? navigate("/policies") : again())}
            />
            <Records records={used} loading={instances.value === undefined} versions={versions.value} onMove={(move) => setOpen({ move })} onCreate={() => setOpen("create")} onChanged={instances.again} />
          </SpaceBetween>
        </ContentLayout>
      )}
      {open === "create" && versions.value !== undefined && (
        <CreateRecords
          versions={versions.value}
          onDone={() => {
            setOpen(undefined);
            instances.again();
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
      {typeof open === "object" && versions.value !== undefined && (
        <Move
          records={open.move}
          to={open.to}
          versions={versions.value}
          onDone={() => {
            setOpen(undefined);
            instances.again();
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Frame>
  );
}

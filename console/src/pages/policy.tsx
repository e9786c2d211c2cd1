// One traffic policy: its versions, and the policy records that use them.
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { listInstances, listVersions } from "../policies/lists";
import { Records } from "../policies/records";
import { Versions } from "../policies/versions";

const OFTEN = 2_000; // milliseconds between questions while a record is on its way

export function Page() {
  const id = useParams()["id"] ?? "";
  const navigate = useNavigate();
  const [waiting, setWaiting] = useState(false);
  const versions = useAsked(`versions ${id}`, (signal) => listVersions(id, signal));
  const instances = useAsked(`instances of ${id}`, (signal) => listInstances(signal), waiting ? OFTEN : undefined);
  const used = (instances.value ?? []).filter(({ TrafficPolicyId }) => TrafficPolicyId === id);
  const onTheWay = used.some(({ State }) => State === "Creating" || State === "Updating");
  if (onTheWay !== waiting) setWaiting(onTheWay);
  const latest = versions.value?.[0];
  const name = latest?.Name ?? "Traffic policy";
  const apply = (version: number, records: readonly { Id: string }[] = []) => {
    const query = records.length === 0 ? "" : `?${new URLSearchParams({ records: records.map(({ Id }) => Id).join(",") })}`;
    navigate(`/policies/${id}/apply/${version}${query}`);
  };
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
                  <Button onClick={() => apply(latest.Version)}>Apply to names</Button>
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
              onApply={(version) => apply(version)}
              onChanged={(isLast) => (isLast ? navigate("/policies") : again())}
            />
            <Records records={used} loading={instances.value === undefined} onMove={(records) => apply(latest.Version, records)} onCreate={() => apply(latest.Version)} onChanged={instances.again} />
          </SpaceBetween>
        </ContentLayout>
      )}
    </Frame>
  );
}

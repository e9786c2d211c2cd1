// A version of a traffic policy applied to names: those that answer by the policy, and further ones in any zones.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";

import { type ApiError } from "../api/client";
import type { HostedZone, TrafficPolicy, TrafficPolicyInstance } from "../api/operations";
import { asApiError, useAsked } from "../api/use";
import { isTtl, NamesFields } from "../apply/names-fields";
import { Outcome } from "../apply/outcome";
import { type Applied, apply, listed, type Names, type Plan, planOf } from "../apply/plan";
import { RecordsChoice } from "../apply/records-choice";
import { useSettled } from "../apply/settled";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { Differences } from "../policies/differences";
import { listInstances, listVersions, listZones, shown } from "../policies/lists";

export function Page() {
  const { id = "", version = "" } = useParams();
  const versions = useAsked(`versions ${id}`, (signal) => listVersions(id, signal));
  const instances = useAsked("instances", listInstances);
  const zones = useAsked("zones", listZones);
  const found = versions.value?.find(({ Version }) => Version === Number(version));
  const name = versions.value?.[0]?.Name ?? "Traffic policy";
  const failed = [versions, instances, zones].find(({ error }) => error !== undefined);
  const crumbs = [
    { text: name, path: `/policies/${id}` },
    { text: `Apply version ${version}`, path: `/policies/${id}/apply/${version}` },
  ];
  return (
    <Frame title={`Apply ${name}`} crumbs={crumbs}>
      {failed?.error !== undefined ? (
        <Failure error={failed.error} again={failed.again} />
      ) : versions.value === undefined || instances.value === undefined ? (
        <Spinner size="large" />
      ) : found === undefined ? (
        <Alert type="warning" header={`There is no version ${version} of ${name}`}>
          It was deleted, or never made.
        </Alert>
      ) : (
        <Apply version={found} versions={versions.value} records={instances.value.filter(({ TrafficPolicyId }) => TrafficPolicyId === id)} zones={zones.value} onChanged={instances.again} />
      )}
    </Frame>
  );
}

interface Props {
  version: TrafficPolicy;
  /** The newest first. */
  versions: readonly TrafficPolicy[];
  records: readonly TrafficPolicyInstance[];
  zones: readonly HostedZone[] | undefined;
  onChanged: () => void;
}

function Apply({ version, versions, records, zones, onChanged }: Props) {
  const navigate = useNavigate();
  const [query, setQuery] = useSearchParams();
  const [names, setNames] = useState<readonly Names[]>([{ zoneId: undefined, typed: "" }]);
  const [ttl, setTtl] = useState("60");
  const [applied, setApplied] = useState<Applied>();
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState<readonly string[]>(() => (query.get("records") ?? "").split(","));
  const choose = (ids: readonly string[]) => {
    setChosen(ids);
    setQuery(ids.length === 0 ? {} : { records: ids.join(",") }, { replace: true });
  };
  const moving = records.filter(({ Id, TrafficPolicyVersion, TrafficPolicyType }) => chosen.includes(Id) && TrafficPolicyVersion !== version.Version && TrafficPolicyType === version.Type);
  const plan = planOf(version, moving, names, zones ?? [], isTtl(ttl) ? Number(ttl) : 60);
  const count = plan.create.length + plan.update.length;
  const zoneName = (id: string) => shown(zones?.find(({ Id }) => Id.endsWith(id))?.Name ?? id);
  const run = () => {
    setBusy(true);
    setError(undefined);
    apply(plan, false)
      .then(
        (done) => {
          setApplied(done);
          window.scrollTo({ top: 0 });
        },
        (failure: unknown) => setError(asApiError(failure)),
      )
      .finally(() => setBusy(false));
  };
  const back = () => navigate(`/policies/${version.Id}`);
  const title = applied === undefined ? `Apply ${version.Name}` : done(applied, version.Name);
  return (
    <ContentLayout header={<Header variant="h1" description={applied === undefined ? "Nothing changes before you apply. All names change over, or none." : undefined}>{title}</Header>}>
      {applied !== undefined ? (
        <Outcome
          applied={applied}
          zoneName={zoneName}
          onReversed={setApplied}
          onDone={() => {
            onChanged();
            back();
          }}
        />
      ) : (
        <SpaceBetween size="l">
          <Container>
            <FormField label="Version" description="An earlier one is a roll-back: the same step, as quick.">
              <Select
                selectedOption={option(version)}
                options={versions.map(option)}
                onChange={({ detail }) => navigate({ pathname: `/policies/${version.Id}/apply/${detail.selectedOption.value}`, search: query.toString() }, { replace: true })}
              />
            </FormField>
          </Container>
          <RecordsChoice records={records} version={version} chosen={moving.map(({ Id }) => Id)} zoneName={zoneName} onChoose={choose} />
          <NamesFields names={names} ttl={ttl} type={version.Type} zones={zones} onNames={setNames} onTtl={setTtl} />
          <Preview plan={plan} moving={moving} version={version} />
          {error !== undefined && <Failure error={error} />}
          <Box float="right">
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" onClick={back}>
                Not now
              </Button>
              <Button variant="primary" loading={busy} disabled={count === 0 || !isTtl(ttl)} onClick={run}>
                {count === 1 ? "Apply to 1 name" : `Apply to ${count} names`}
              </Button>
            </SpaceBetween>
          </Box>
        </SpaceBetween>
      )}
    </ContentLayout>
  );
}

/** What would happen, found out by the server before anything does. */
function Preview({ plan, moving, version }: { plan: Plan; moving: readonly TrafficPolicyInstance[]; version: TrafficPolicy }) {
  const key = JSON.stringify(plan);
  const settled = useSettled(plan, key);
  const isNothing = plan.create.length + plan.update.length === 0;
  const tried = useAsked(settled === undefined || isNothing ? "nothing" : key, (signal) => (settled === undefined || isNothing ? Promise.resolve(undefined) : apply(settled, true, signal)));
  const from = [...new Set(moving.map(({ TrafficPolicyVersion }) => TrafficPolicyVersion))];
  const isTried = settled !== undefined && !tried.loading && tried.value !== undefined;
  return (
    <Container header={<Header variant="h2">What changes</Header>}>
      <SpaceBetween size="m">
        <div aria-live="polite">
          {isNothing ? (
            <Box color="text-body-secondary">Choose policy records that are to move, or type further names.</Box>
          ) : tried.error !== undefined ? (
            <Failure error={tried.error} />
          ) : isTried ? (
            <StatusIndicator type="success">All of it can be applied</StatusIndicator>
          ) : (
            <StatusIndicator type="loading">Trying it without changing anything</StatusIndicator>
          )}
        </div>
        {plan.create.length > 0 && (
          <Box>
            {plan.create.length === 1 ? "A new name answers" : `${plan.create.length} new names answer`} by version {version.Version}: <span className="mono">{listed(plan.create.map(({ Name }) => Name), 8)}</span>
          </Box>
        )}
        {from.map((each) => (
          <Differences key={each} before={{ id: version.Id, version: each }} after={{ id: version.Id, version: version.Version }} title={`From version ${each} to ${version.Version}`} />
        ))}
      </SpaceBetween>
    </Container>
  );
}

function done({ TrafficPolicyInstances: found }: Applied, policy: string): string {
  const versions = [...new Set(found.map(({ TrafficPolicyVersion }) => TrafficPolicyVersion))];
  return `${found.length === 1 ? "1 name answers" : `${found.length} names answer`} by version ${versions.join(" and ")} of ${policy}`;
}

const option = ({ Version, Comment }: TrafficPolicy) => ({ value: String(Version), label: `Version ${Version}`, ...(Comment !== undefined && { description: Comment }) });

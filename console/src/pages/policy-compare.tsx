// Two versions of a traffic policy side by side: what changes for clients, and which boxes differ.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useMemo } from "react";
import { useNavigate, useParams } from "react-router";

import { native } from "../api/client";
import type { TrafficPolicy } from "../api/operations";
import { useAsked } from "../api/use";
import { listed } from "../apply/plan";
import { type BoxChange, boxChanges, changesText } from "../compare/boxes";
import { type Difference, Differences } from "../compare/differences";
import { Tree } from "../compare/tree";
import type { PlaceName } from "../editor/boxes";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { continentName, placeName, useAtlas } from "../map/atlas";
import { useFollow } from "../policies/follow";
import { listVersions } from "../policies/lists";
import { read } from "../policy/document";

interface Compared {
  differences: readonly Difference[];
  instances: readonly { id: string; name: string }[];
}

export function Page() {
  const { id = "", a = "", b = "" } = useParams();
  const navigate = useNavigate();
  const follow = useFollow();
  const versions = useAsked(`versions ${id}`, (signal) => listVersions(id, signal));
  const compared = useAsked(`difference ${id} ${a} ${b}`, (signal) =>
    native<Compared>("POST", "/meridian/policies/difference", { before: { id, version: Number(a) }, after: { id, version: Number(b) } }, signal),
  );
  const before = versions.value?.find(({ Version }) => Version === Number(a));
  const after = versions.value?.find(({ Version }) => Version === Number(b));
  const name = before?.Name ?? after?.Name ?? "Traffic policy";
  const go = (from: number | string, to: number | string) => navigate(`/policies/${id}/compare/${from}/${to}`, { replace: true });
  const chooser = (label: string, chosen: string, onChoose: (version: string) => void) => (
    <Select
      ariaLabel={label}
      selectedOption={{ value: chosen, label: `Version ${chosen}` }}
      options={(versions.value ?? []).map(({ Version, Comment = "" }) => ({ value: String(Version), label: `Version ${Version}`, description: Comment }))}
      onChange={({ detail }) => onChoose(detail.selectedOption.value ?? chosen)}
    />
  );
  const used = compared.value?.instances ?? [];
  return (
    <Frame title={`${name}, version ${a} and ${b}`} crumbs={[{ text: name, path: `/policies/${id}` }, { text: `Version ${a} and ${b}`, path: `/policies/${id}/compare/${a}/${b}` }]} navigationClosed>
      <ContentLayout
        header={
          <Header
            variant="h1"
            description="What a policy record's clients see when it is moved from the one version to the other"
            actions={
              <SpaceBetween direction="horizontal" size="xs" alignItems="center">
                {chooser("Version before", a, (version) => go(version, b))}
                <Button onClick={() => go(b, a)}>Exchange</Button>
                {chooser("Version after", b, (version) => go(a, version))}
              </SpaceBetween>
            }
          >
            {name}: version {a} and {b}
          </Header>
        }
      >
        <SpaceBetween size="l">
          {versions.error !== undefined && <Failure error={versions.error} again={versions.again} />}
          {compared.error !== undefined && <Failure error={compared.error} again={compared.again} />}
          {compared.value === undefined && compared.error === undefined && <Spinner />}
          {compared.value !== undefined && <Differences differences={compared.value.differences} />}
          {used.length > 0 && (
            <Alert type="info" header={`${used.length === 1 ? "One policy record answers" : `${used.length} policy records answer`} by version ${a}`}>
              {listed(used.map((each) => each.name), 8)}.{" "}
              <Link href={`/console/policies/${id}/apply/${b}?${new URLSearchParams({ records: used.map((each) => each.id).join(",") })}`} onFollow={follow}>
                Apply version {b} to them
              </Link>
            </Alert>
          )}
          {versions.value !== undefined && <Trees before={before} after={after} a={a} b={b} />}
        </SpaceBetween>
      </ContentLayout>
    </Frame>
  );
}

function Trees({ before, after, a, b }: { before: TrafficPolicy | undefined; after: TrafficPolicy | undefined; a: string; b: string }) {
  const atlas = useAtlas();
  const nameOf = useMemo<PlaceName>(() => {
    const known = atlas.value;
    return (kind, code) => (known === undefined ? undefined : kind === "country" ? placeName(known, code) : continentName(known, code));
  }, [atlas.value]);
  const graphs = useMemo(() => [before, after].map((each) => (each === undefined ? undefined : read(each.Document))), [before, after]);
  const [left, right] = graphs;
  const changes = useMemo<ReadonlyMap<string, BoxChange>>(() => (left === undefined || right === undefined ? new Map() : boxChanges(left, right)), [left, right]);
  const text = changesText(changes);
  const side = (version: string, graph: (typeof graphs)[number]) => (
    <Container header={<Header variant="h2">Version {version}</Header>}>
      {graph === undefined ? (
        <Box color="text-body-secondary">There is no version {version} of this policy, or no more.</Box>
      ) : (
        <Tree label={`Tree of version ${version}`} graph={graph} changes={changes} placeName={nameOf} />
      )}
    </Container>
  );
  return (
    <SpaceBetween size="s">
      <Box aria-live="polite">{text === "" ? (left !== undefined && right !== undefined ? "All boxes are the same." : "") : text}</Box>
      <div className="side-by-side">
        {side(a, left)}
        {side(b, right)}
      </div>
    </SpaceBetween>
  );
}

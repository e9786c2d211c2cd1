// Where a resource is in traffic policies, which names answer by it, and another one in its place (R-VIS-13).
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { useAsked } from "../api/use";
import { Outcome } from "../apply/outcome";
import type { Applied } from "../apply/plan";
import { Replace } from "../find/replace";
import { findUses, type Use } from "../find/resource";
import { Empty } from "../layout/empty";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { useFollow } from "../policies/follow";
import { listZones, shown } from "../policies/lists";

export function Page() {
  const [query, setQuery] = useSearchParams();
  const value = query.get("value") ?? "";
  const [typed, setTyped] = useState(value);
  const [done, setDone] = useState<Applied>();
  const uses = useAsked(value, (signal) => (value === "" ? Promise.resolve(undefined) : findUses(value, signal)));
  const zones = useAsked("zones", listZones);
  const find = () => {
    setDone(undefined);
    setQuery(typed.trim() === "" ? {} : { value: typed.trim() });
    if (typed.trim() === value) uses.again();
  };
  const zoneName = (id: string) => shown(zones.value?.find(({ Id }) => Id.endsWith(id))?.Name ?? id);
  return (
    <Frame title="Find a resource" crumbs={[{ text: "Find a resource", path: `/policies/find?${query}` }]}>
      <ContentLayout header={<Header variant="h1" description="An address, or a name or a part of one: which policies lead there, and which names answer by it.">Find a resource in policies</Header>}>
        <SpaceBetween size="l">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              find();
            }}
          >
            <FormField label="Resource" secondaryControl={<Button variant={uses.value === undefined ? "primary" : "normal"}>Find</Button>}>
              <Input type="search" value={typed} placeholder="192.0.2.10, front.eu-west-1" clearAriaLabel="Clear" spellcheck={false} onChange={({ detail }) => setTyped(detail.value)} />
            </FormField>
          </form>
          {uses.error !== undefined && <Failure error={uses.error} again={uses.again} />}
          {done !== undefined ? (
            <Outcome
              applied={done}
              zoneName={zoneName}
              onReversed={setDone}
              onDone={() => {
                setDone(undefined);
                uses.again();
              }}
            />
          ) : (
            value !== "" &&
            uses.error === undefined && (
              <SpaceBetween size="l">
                <Uses uses={uses.value} value={value} />
                {uses.value !== undefined && <Replace key={value} uses={uses.value} onReplaced={setDone} />}
              </SpaceBetween>
            )
          )}
        </SpaceBetween>
      </ContentLayout>
    </Frame>
  );
}

function Uses({ uses, value }: { uses: readonly Use[] | undefined; value: string }) {
  const follow = useFollow();
  return (
    <Table<Use>
      items={uses ?? []}
      trackBy={({ id, version }) => `${id} ${version}`}
      loading={uses === undefined}
      loadingText="Looking through the policies"
      header={
        <Header variant="h2" counter={uses === undefined ? "" : `(${uses.length})`} description="Versions that names answer by, and the latest version of each policy.">
          Where it is
        </Header>
      }
      empty={<Empty text={`No version in use leads to “${value}”, and no policy's latest one.`} />}
      ariaLabels={{ tableLabel: "Where it is" }}
      wrapLines
      columnDefinitions={[
        {
          id: "policy",
          header: "Traffic policy",
          isRowHeader: true,
          cell: ({ id, name }) => (
            <Link href={`/console/policies/${id}`} onFollow={follow}>
              {name}
            </Link>
          ),
        },
        {
          id: "version",
          header: "Version",
          width: 150,
          cell: ({ id, version, latest }) => (
            <>
              <Link href={`/console/policies/${id}/versions/${version}`} onFollow={follow}>
                {version}
              </Link>
              {latest && ", the latest"}
            </>
          ),
        },
        {
          id: "endpoints",
          header: "Endpoints",
          cell: ({ endpoints }) =>
            endpoints.map((each) => (
              <div key={each.id}>
                {each.id}: <span className="mono">{each.value}</span>
              </div>
            )),
        },
        {
          id: "names",
          header: "Names that answer by it",
          cell: ({ instances }) =>
            instances.length === 0 ? (
              <Box color="text-body-secondary">None</Box>
            ) : (
              instances.map(({ Id, Name }) => (
                <div key={Id} className="mono">
                  {shown(Name)}
                </div>
              ))
            ),
        },
      ]}
    />
  );
}

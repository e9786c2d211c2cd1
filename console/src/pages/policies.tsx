// The traffic policies of the account.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useCollection } from "@cloudscape-design/collection-hooks";
import { useNavigate } from "react-router";

import type { TrafficPolicySummary } from "../api/operations";
import { useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { useFollow } from "../policies/follow";
import { listInstances, listPolicies } from "../policies/lists";

interface Row extends TrafficPolicySummary {
  records: number | undefined;
}

export function Page() {
  const navigate = useNavigate();
  const follow = useFollow();
  const policies = useAsked("policies", listPolicies);
  const instances = useAsked("instances", listInstances);
  const rows = (policies.value ?? []).map((policy): Row => ({
    ...policy,
    records: instances.value?.filter(({ TrafficPolicyId }) => TrafficPolicyId === policy.Id).length,
  }));
  const create = (
    <Button variant="primary" onClick={() => navigate("/policies/new")}>
      Create policy
    </Button>
  );
  const { items, filterProps, collectionProps, paginationProps, filteredItemsCount } = useCollection(rows, {
    filtering: {
      empty: (
        <Box textAlign="center" padding="l">
          <SpaceBetween size="s">
            <Box>A traffic policy is a tree of rules that says which client gets which answer; it can answer for many names.</Box>
            {create}
          </SpaceBetween>
        </Box>
      ),
      noMatch: <Box textAlign="center">No policy is called that.</Box>,
    },
    pagination: { pageSize: 50 },
    sorting: { defaultState: { sortingColumn: { sortingField: "Name" } } },
  });
  return (
    <Frame title="Traffic policies" contentType="table">
      {policies.error !== undefined ? (
        <Failure error={policies.error} again={policies.again} />
      ) : (
        <Table<Row>
          {...collectionProps}
          variant="full-page"
          stickyHeader
          loading={policies.value === undefined}
          loadingText="Loading policies"
          trackBy="Id"
          items={items}
          header={
            <Header
              variant="h1"
              counter={policies.value === undefined ? "" : `(${policies.value.length})`}
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button onClick={() => navigate("/policies/find")}>Find a resource</Button>
                  <Button onClick={() => navigate("/policies/new?import")}>Import document</Button>
                  {create}
                </SpaceBetween>
              }
            >
              Traffic policies
            </Header>
          }
          filter={<TextFilter {...filterProps} filteringPlaceholder="Find policies" filteringAriaLabel="Find policies" countText={`${filteredItemsCount ?? 0} found`} />}
          pagination={<Pagination {...paginationProps} ariaLabels={{ nextPageLabel: "Next page", previousPageLabel: "Previous page", pageLabel: (page) => `Page ${page}` }} />}
          columnDefinitions={[
            {
              id: "name",
              header: "Name",
              sortingField: "Name",
              isRowHeader: true,
              cell: ({ Id, Name }) => (
                <Link href={`/console/policies/${Id}`} onFollow={follow}>
                  {Name}
                </Link>
              ),
            },
            { id: "type", header: "DNS type", sortingField: "Type", cell: ({ Type }) => Type },
            {
              id: "latest",
              header: "Latest version",
              sortingField: "LatestVersion",
              cell: ({ Id, LatestVersion }) => (
                <Link href={`/console/policies/${Id}/versions/${LatestVersion}`} onFollow={follow}>
                  {LatestVersion}
                </Link>
              ),
            },
            { id: "versions", header: "Versions", sortingField: "TrafficPolicyCount", cell: ({ TrafficPolicyCount }) => <span className="number">{TrafficPolicyCount}</span> },
            { id: "records", header: "Policy records", sortingField: "records", cell: ({ records }) => <span className="number">{records ?? "–"}</span> },
            { id: "id", header: "ID", cell: ({ Id }) => <span className="mono">{Id}</span> },
          ]}
        />
      )}
    </Frame>
  );
}

// All hosted zones: find, create, delete.
import { useCollection } from "@cloudscape-design/collection-hooks";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import PropertyFilter from "@cloudscape-design/components/property-filter";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useState } from "react";
import { useNavigate } from "react-router";

import { all, call } from "../api/client";
import type { HostedZone, ListHostedZonesResponse } from "../api/operations";
import { useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { shownName } from "../records/policy";
import { DeleteZone } from "../zone/delete";
import { NameServers } from "../zone/name-servers";
import { useFilterInUrl } from "../zone/url";

const PAGE = 50;

export function Page() {
  const navigate = useNavigate();
  const zones = useAsked("zones", (signal) =>
    all<ListHostedZonesResponse, HostedZone>(
      (page) => call("ListHostedZones", { MaxItems: "100", ...(page?.NextMarker && { Marker: page.NextMarker }) }, signal),
      (page) => page.HostedZones,
      (page) => page.IsTruncated,
    ),
  );
  const [deleting, setDeleting] = useState<HostedZone | undefined>();
  const [serversOf, setServersOf] = useState<HostedZone | undefined>();
  const [query, setQuery] = useFilterInUrl();
  const rows = (zones.value ?? []).map((zone) => ({ zone, name: shownName(zone.Name), id: zone.Id, kind: zone.Config?.PrivateZone === true ? "Private" : "Public", comment: zone.Config?.Comment ?? "", records: zone.ResourceRecordSetCount ?? 0 }));
  const create = (
    <Button variant="primary" onClick={() => navigate("/zones/create")}>
      Create hosted zone
    </Button>
  );
  const { items, collectionProps, paginationProps, propertyFilterProps, filteredItemsCount } = useCollection(rows, {
    propertyFiltering: {
      defaultQuery: query,
      filteringProperties: [
        { key: "name", propertyLabel: "Name", groupValuesLabel: "Names", operators: [":", "!:", "=", "!=", "^"] },
        { key: "kind", propertyLabel: "Type", groupValuesLabel: "Types", operators: ["=", "!="] },
        { key: "comment", propertyLabel: "Comment", groupValuesLabel: "Comments", operators: [":", "!:"] },
        { key: "id", propertyLabel: "Id", groupValuesLabel: "Ids", operators: [":", "="] },
      ],
      empty: <Empty text="A hosted zone holds the records of a domain, and answers for it." action={create} />,
      noMatch: <Empty text="No hosted zone matches." action={<Button onClick={() => setQuery({ tokens: [], operation: "and" })}>Clear the filter</Button>} />,
    },
    pagination: { pageSize: PAGE },
    sorting: { defaultState: { sortingColumn: { sortingField: "name" } } },
    selection: { trackBy: "id" },
  });
  const [chosen] = collectionProps.selectedItems ?? [];
  const columns: readonly TableProps.ColumnDefinition<(typeof rows)[number]>[] = [
    {
      id: "name",
      header: "Name",
      sortingField: "name",
      isRowHeader: true,
      cell: ({ name, id }) => (
        <Link
          href={`/console/zones/${id}`}
          onFollow={(event) => {
            event.preventDefault();
            navigate(`/zones/${id}`);
          }}
        >
          <span className="mono">{name}</span>
        </Link>
      ),
    },
    { id: "kind", header: "Type", sortingField: "kind", cell: ({ kind }) => kind, width: 100 },
    { id: "records", header: "Record sets", sortingField: "records", cell: ({ records }) => <span className="number">{records.toLocaleString("en")}</span>, width: 130 },
    { id: "comment", header: "Comment", sortingField: "comment", cell: ({ comment }) => comment || "–" },
    {
      id: "servers",
      header: "Name servers",
      cell: ({ zone, name }) =>
        zone.Config?.PrivateZone === true ? "–" : (
          <Button variant="inline-link" ariaLabel={`Show the name servers of ${name}`} onClick={() => setServersOf(zone)}>
            Show
          </Button>
        ),
      width: 125,
    },
    {
      id: "id",
      header: "Id",
      cell: ({ id }) => (
        <CopyToClipboard variant="inline" textToCopy={id} textToDisplay={id} copyButtonAriaLabel={`Copy the id ${id}`} copySuccessText="Copied" copyErrorText="Could not copy" />
      ),
      width: 250,
    },
  ];
  return (
    <Frame title="Hosted zones" contentType="table">
      {zones.error !== undefined && zones.value === undefined ? (
        <Failure error={zones.error} again={zones.again} />
      ) : (
        <Table
          {...collectionProps}
          variant="full-page"
          stickyHeader
          selectionType="single"
          items={items}
          columnDefinitions={columns}
          loading={zones.value === undefined}
          loadingText="Loading hosted zones"
          ariaLabels={{ tableLabel: "Hosted zones", itemSelectionLabel: (_, item) => `Select ${item.name}`, selectionGroupLabel: "Select a hosted zone" }}
          header={
            <Header
              variant="awsui-h1-sticky"
              counter={zones.value === undefined ? "" : `(${zones.value.length.toLocaleString("en")})`}
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button iconName="refresh" ariaLabel="Load again" onClick={zones.again} />
                  <Button disabled={chosen === undefined} onClick={() => chosen && navigate(`/zones/${chosen.id}`)}>
                    Open
                  </Button>
                  <Button disabled={chosen === undefined} onClick={() => setDeleting(chosen?.zone)}>
                    Delete
                  </Button>
                  {create}
                </SpaceBetween>
              }
            >
              Hosted zones
            </Header>
          }
          filter={
            <PropertyFilter
              {...propertyFilterProps}
              onChange={(event) => {
                propertyFilterProps.onChange(event);
                setQuery(event.detail);
              }}
              filteringPlaceholder="Find hosted zones by name, type, comment or id"
              filteringAriaLabel="Find hosted zones"
              countText={`${filteredItemsCount ?? 0} ${filteredItemsCount === 1 ? "match" : "matches"}`}
            />
          }
          pagination={<Pagination {...paginationProps} ariaLabels={{ paginationLabel: "Pages of hosted zones", nextPageLabel: "Next page", previousPageLabel: "Previous page", pageLabel: (page) => `Page ${page}` }} />}
        />
      )}
      {deleting !== undefined && (
        <DeleteZone
          zone={deleting}
          onClose={(deleted) => {
            setDeleting(undefined);
            if (deleted) zones.again();
          }}
        />
      )}
      {serversOf !== undefined && <NameServers zone={serversOf} onClose={() => setServersOf(undefined)} />}
    </Frame>
  );
}

function Empty({ text, action }: { text: string; action: React.ReactNode }) {
  return (
    <Box textAlign="center" padding={{ vertical: "l" }}>
      <SpaceBetween size="m">
        <Box color="text-body-secondary">{text}</Box>
        {action}
      </SpaceBetween>
    </Box>
  );
}

// A list: filtered by properties, sorted, in pages, with the filter in the address.
import { useCollection } from "@cloudscape-design/collection-hooks";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import PropertyFilter, { type PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";

import { useFilterInUrl } from "../zone/url";
import { saveCsv } from "./csv";
import { Empty } from "./empty";
import { usePreferences } from "./preferences";

const NONE: PropertyFilterProps.Query = { tokens: [], operation: "and" };

export interface Column<Item> {
  id: string;
  header: string;
  cell: (item: Item) => ReactNode;
  /** What the list is sorted and filtered by, and what stands in its CSV; without it, it is not. */
  value?: (item: Item) => string | number;
  /** Filtered alone: an order of these says nothing. */
  unsorted?: boolean;
  /** In pixels. */
  width?: number;
}

interface Props<Item> {
  /** Undefined: they are on their way. */
  items: readonly Item[] | undefined;
  columns: readonly Column<Item>[];
  idOf: (item: Item) => string;
  nameOf: (item: Item) => string;
  title: string;
  /** Such as "health checks". */
  noun: string;
  empty: { text: string; action?: ReactNode };
  /** Beside the title, for those that are chosen. */
  actions: (chosen: readonly Item[]) => ReactNode;
  again: () => void;
  selection?: "single" | "multi";
  description?: ReactNode;
  info?: ReactNode;
}

interface Row<Item> {
  item: Item;
  id: string;
  [column: string]: unknown;
}

export function Listing<Item>({ items, columns, idOf, nameOf, title, noun, empty, actions, again, selection, description, info }: Props<Item>) {
  const [query, setQuery] = useFilterInUrl();
  const rows = (items ?? []).map((item): Row<Item> => ({ ...Object.fromEntries(columns.map(({ id, value }) => [id, value?.(item)])), item, id: idOf(item) }));
  const [first] = columns;
  const { chosen: preferred, columnDisplay, button: preferences } = usePreferences(noun, columns);
  const { items: shown, allPageItems, collectionProps, paginationProps, propertyFilterProps, filteredItemsCount, actions: { setPropertyFiltering } } = useCollection(rows, {
    propertyFiltering: {
      defaultQuery: query,
      filteringProperties: columns
        .filter(({ value }) => value !== undefined)
        .map(({ id, header }) => ({ key: id, propertyLabel: header, groupValuesLabel: header, operators: [":", "!:", "=", "!=", "^"] })),
      empty: <Empty {...empty} />,
      noMatch: <Empty text={`No ${noun} match.`} action={<Button onClick={clear}>Clear the filter</Button>} />,
    },
    pagination: { pageSize: preferred.pageSize },
    sorting: { defaultState: { sortingColumn: { sortingField: first?.id ?? "id" } } },
    selection: { trackBy: "id" },
  });
  function clear() {
    setPropertyFiltering(NONE);
    setQuery(NONE);
  }
  // What is filtered, on all pages, as it is sorted.
  const save = () => {
    const told = columns.flatMap(({ id, header, value }) => (value === undefined ? [] : [{ id, header, value }]));
    const withId = told.some(({ id }) => id === "id") ? told : [...told, { id: "id", header: "Id", value: idOf }];
    saveCsv(noun.replaceAll(" ", "-"), withId.map(({ header }) => header), allPageItems.map(({ item }) => withId.map(({ value }) => value(item))));
  };
  // As they are now: the selection holds them as they were when they were chosen.
  const chosen = (collectionProps.selectedItems ?? []).flatMap(({ id }) => rows.filter((row) => row.id === id).map(({ item }) => item));
  return (
    <Table
      {...collectionProps}
      variant="full-page"
      stickyHeader
      {...(selection !== undefined && { selectionType: selection })}
      items={shown}
      loading={items === undefined}
      loadingText={`Loading ${noun}`}
      columnDisplay={columnDisplay}
      preferences={preferences}
      columnDefinitions={columns.map(({ id, header, cell, value, unsorted = false, width }, at) => ({
        id,
        header,
        isRowHeader: at === 0,
        cell: ({ item }: Row<Item>) => cell(item),
        ...(value !== undefined && !unsorted && { sortingField: id }),
        ...(width !== undefined && { width }),
      }))}
      ariaLabels={{
        tableLabel: title,
        selectionGroupLabel: `Choose ${noun}`,
        allItemsSelectionLabel: () => `All ${noun}`,
        itemSelectionLabel: (_, { item }) => `Choose ${nameOf(item)}`,
      }}
      header={
        <Header
          variant="awsui-h1-sticky"
          counter={items === undefined ? "" : `(${items.length.toLocaleString("en")})`}
          description={description}
          info={info}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button iconName="refresh" ariaLabel="Load again" onClick={again} />
              <Button iconName="download" ariaLabel="Download as CSV" disabled={rows.length === 0} onClick={save} />
              {actions(chosen)}
            </SpaceBetween>
          }
        >
          {title}
        </Header>
      }
      filter={
        <PropertyFilter
          {...propertyFilterProps}
          onChange={(event) => {
            propertyFilterProps.onChange(event);
            setQuery(event.detail);
          }}
          filteringPlaceholder={`Find ${noun}`}
          filteringAriaLabel={`Find ${noun}`}
          countText={`${filteredItemsCount ?? 0} ${filteredItemsCount === 1 ? "match" : "matches"}`}
        />
      }
      pagination={<Pagination {...paginationProps} ariaLabels={{ paginationLabel: `Pages of ${noun}`, nextPageLabel: "Next page", previousPageLabel: "Previous page", pageLabel: (page) => `Page ${page}` }} />}
    />
  );
}

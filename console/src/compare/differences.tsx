// What changes for clients from one version to another, in sentences.
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";

/** A line of docs/reference/policies.md's reply. */
export interface Difference {
  text: string;
  kind: string;
}

const KINDS: Readonly<Record<string, string>> = {
  move: "Clients move",
  policy: "Chosen in another way",
  share: "Shares",
  bias: "Bias",
  health: "Health",
  type: "DNS type",
};
const PAGE = 20;

export function Differences({ differences }: { differences: readonly Difference[] }) {
  const [page, setPage] = useState(1);
  const pages = Math.ceil(differences.length / PAGE);
  return (
    <Table
      header={
        <Header variant="h2" counter={`(${differences.length})`}>
          What changes for clients
        </Header>
      }
      items={differences.slice((page - 1) * PAGE, page * PAGE)}
      trackBy="text"
      wrapLines
      ariaLabels={{ tableLabel: "What changes for clients" }}
      {...(pages > 1 && { pagination: <Pagination currentPageIndex={page} pagesCount={pages} onChange={({ detail }) => setPage(detail.currentPageIndex)} ariaLabels={{ nextPageLabel: "Next page", previousPageLabel: "Previous page" }} /> })}
      empty={<Box>Nothing changes for clients, whatever the documents look like.</Box>}
      columnDefinitions={[
        { id: "kind", header: "Kind", width: 200, cell: ({ kind }) => <Badge>{KINDS[kind] ?? kind}</Badge> },
        { id: "text", header: "Difference", isRowHeader: true, cell: ({ text }) => sentence(text) },
      ]}
    />
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

// All that a search finds, by kind.
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Table from "@cloudscape-design/components/table";
import { useSearchParams } from "react-router";

import { useAsked } from "../api/use";
import { Empty } from "../layout/empty";
import { Failure } from "../layout/error";
import { type Found, KINDS, search, shown } from "../layout/found";
import { Frame } from "../layout/frame";
import { useFollow } from "../policies/follow";

const MOST = 1000; // of each kind

export function Page() {
  const [parameters] = useSearchParams();
  const text = parameters.get("q") ?? "";
  const { value, error, loading, again } = useAsked(text, (signal) => (text === "" ? Promise.resolve(undefined) : search(text, signal, MOST)));
  const kinds = [...new Set((value?.found ?? []).map(({ kind }) => kind))];
  const count = value?.found.length ?? 0;
  return (
    <Frame title={`Search: ${text}`} crumbs={[{ text: "Search", path: `/search?${parameters}` }]}>
      <ContentLayout header={<Header variant="h1" description={text === "" ? "Type into the search box above." : `${count.toLocaleString("en")} found`}>Everything with “{text}”</Header>}>
        <SpaceBetween size="l">
          {error !== undefined && <Failure error={error} again={again} />}
          {loading && value === undefined && <Spinner size="large" />}
          {value !== undefined && count === 0 && (
            <Container>
              <Empty text={`Nothing holds “${text}”: no name, value, address, identifier or id, in no zone, check or policy.`} />
            </Container>
          )}
          {kinds.map((kind) => (
            <Kind key={kind} kind={kind} text={text} found={(value?.found ?? []).filter((each) => each.kind === kind)} more={value?.more.includes(kind) ?? false} />
          ))}
        </SpaceBetween>
      </ContentLayout>
    </Frame>
  );
}

function Kind({ kind, text, found, more }: { kind: Found["kind"]; text: string; found: readonly Found[]; more: boolean }) {
  const follow = useFollow();
  return (
    <Table
      items={found.map((each) => shown(each, text))}
      header={
        <Header variant="h2" counter={`(${found.length}${more ? "+" : ""})`} description={more ? `The first ${MOST}; look for more of a name to see fewer.` : undefined}>
          {KINDS[kind]}
        </Header>
      }
      ariaLabels={{ tableLabel: KINDS[kind] }}
      columnDefinitions={[
        {
          id: "title",
          header: "Name",
          isRowHeader: true,
          width: "45%",
          cell: ({ title, path }) => (
            <Link href={`/console${path}`} onFollow={follow}>
              <span className="mono">{title}</span>
            </Link>
          ),
        },
        { id: "detail", header: "What it says", cell: ({ detail }) => <span className="mono">{detail || "–"}</span> },
      ]}
    />
  );
}

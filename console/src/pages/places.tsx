// Where clients are: collections of networks of one's own, and the geolocation data in use.
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useRef, useState } from "react";
import { useNavigate } from "react-router";

import { call } from "../api/client";
import { useAsked } from "../api/use";
import { type Collection, listCollections } from "../cidr/blocks";
import { GeodataStatus } from "../cidr/geodata";
import { AskFirst } from "../layout/ask-first";
import { Empty } from "../layout/empty";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { useFollow } from "../policies/follow";

export function Page() {
  const navigate = useNavigate();
  const follow = useFollow();
  const collections = useAsked("collections", listCollections);
  const [creating, setCreating] = useState(false);
  const [name, setName] = useState("");
  const [reference] = useState(() => crypto.randomUUID()); // one collection, however often it is sent
  const made = useRef("");
  const create = <Button onClick={() => setCreating(true)}>Create collection</Button>;
  return (
    <Frame title="Places">
      <ContentLayout header={<Header variant="h1" description="What policies know of where clients are.">Places</Header>}>
        <SpaceBetween size="l">
          {collections.error !== undefined && <Failure error={collections.error} again={collections.again} />}
          <Table<Collection>
            items={collections.value ?? []}
            loading={collections.value === undefined && collections.error === undefined}
            loadingText="Loading collections"
            ariaLabels={{ tableLabel: "CIDR collections" }}
            header={
              <Header variant="h2" counter={collections.value === undefined ? "" : `(${collections.value.length})`} description="Networks by location, for IP-based routing." actions={create}>
                CIDR collections
              </Header>
            }
            empty={<Empty text="A CIDR collection says which networks are in which of your locations; IP-based routing answers by it." action={create} />}
            columnDefinitions={[
              {
                id: "name",
                header: "Name",
                isRowHeader: true,
                cell: ({ id, name }) => (
                  <Link href={`/console/places/${id}`} onFollow={follow}>
                    {name}
                  </Link>
                ),
              },
              { id: "version", header: "Version", width: 120, cell: ({ version }) => <span className="number">{version}</span> },
              { id: "id", header: "Id", cell: ({ id }) => <span className="mono">{id}</span> },
            ]}
          />
          <GeodataStatus />
        </SpaceBetween>
      </ContentLayout>
      {creating && (
        <AskFirst
          title="Create CIDR collection"
          action="Create"
          disabled={name.trim() === ""}
          run={async () => {
            const { Collection } = await call("CreateCidrCollection", { Name: name.trim(), CallerReference: reference });
            made.current = Collection?.Id ?? "";
          }}
          onClose={(done) => {
            setCreating(false);
            if (done) navigate(`/places/${made.current}`);
          }}
        >
          <FormField label="Name" description="Letters, digits, _ and -, up to 64 characters.">
            <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus spellcheck={false} />
          </FormField>
        </AskFirst>
      )}
    </Frame>
  );
}

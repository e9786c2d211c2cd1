// One CIDR collection: its networks by location; add, move, remove.
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Autosuggest from "@cloudscape-design/components/autosuggest";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { call } from "../api/client";
import { useAsked } from "../api/use";
import { type Block, listBlocks, listCollections, readNetworks, removal } from "../cidr/blocks";
import { AskFirst } from "../layout/ask-first";
import { FailedPage } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { Frame } from "../layout/frame";
import { type Column, Listing } from "../layout/listing";

const COLUMNS: readonly Column<Block>[] = [
  { id: "network", header: "Network", value: ({ network }) => network, cell: ({ network }) => <span className="mono">{network}</span> },
  { id: "location", header: "Location", value: ({ location }) => location, cell: ({ location }) => location },
];

type Dialog = { kind: "add" } | { kind: "remove"; blocks: readonly Block[] } | { kind: "delete" };

export function Page() {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const { show } = useFlashes();
  const collection = useAsked(`collection ${id}`, async (signal) => (await listCollections(signal)).find((each) => each.id === id) ?? null);
  const blocks = useAsked(`blocks ${id}`, (signal) => listBlocks(id, signal));
  const [dialog, setDialog] = useState<Dialog | undefined>();
  const name = collection.value?.name ?? id;
  const close = (text: string) => (done: boolean) => {
    setDialog(undefined);
    if (!done) return;
    show({ id: `collection ${id}`, type: "success", header: text });
    collection.again();
    blocks.again();
  };
  const add = (
    <Button variant="primary" onClick={() => setDialog({ kind: "add" })}>
      Add networks
    </Button>
  );
  const error = blocks.error ?? collection.error;
  return (
    <Frame title={name} contentType="table" crumbs={[{ text: name, path: `/places/${id}` }]}>
      {error !== undefined ? (
        <FailedPage title="CIDR collection" error={error} again={blocks.again} />
      ) : collection.value === undefined ? (
        <Spinner size="large" />
      ) : (
        <Listing
          items={blocks.value}
          columns={COLUMNS}
          idOf={({ network }) => network}
          nameOf={({ network }) => network}
          title={name}
          noun="networks"
          selection="multi"
          again={blocks.again}
          empty={{ text: "A network has one location; clients in it get the record set of that location.", action: add }}
          actions={(chosen) => (
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={() => setDialog({ kind: "delete" })}>Delete collection</Button>
              <Button disabled={chosen.length === 0} onClick={() => setDialog({ kind: "remove", blocks: chosen })}>
                Remove
              </Button>
              {add}
            </SpaceBetween>
          )}
        />
      )}
      {dialog?.kind === "add" && <Add id={id} version={collection.value?.version} blocks={blocks.value ?? []} onClose={close("The networks are added.")} />}
      {dialog?.kind === "remove" && (
        <AskFirst
          title={`Remove ${dialog.blocks.length === 1 ? dialog.blocks[0]?.network : `${dialog.blocks.length} networks`}`}
          action="Remove"
          run={async () => void (await call("ChangeCidrCollection", { Id: id, ...(collection.value?.version !== undefined && { CollectionVersion: collection.value.version }), Changes: removal(dialog.blocks) }))}
          onClose={close("The networks are removed.")}
        >
          Clients in them get what the default location has.
        </AskFirst>
      )}
      {dialog?.kind === "delete" && (
        <AskFirst title={`Delete ${name}`} action="Delete" run={async () => void (await call("DeleteCidrCollection", { Id: id }))} onClose={(done) => (done ? navigate("/places") : setDialog(undefined))}>
          A collection that still has networks, or that records name, is not deleted.
        </AskFirst>
      )}
    </Frame>
  );
}

function Add({ id, version, blocks, onClose }: { id: string; version: number | undefined; blocks: readonly Block[]; onClose: (done: boolean) => void }) {
  const [location, setLocation] = useState("");
  const [text, setText] = useState("");
  const locations = [...new Set(blocks.map((block) => block.location))];
  const networks = readNetworks(text);
  const run = async () => {
    await call("ChangeCidrCollection", { Id: id, ...(version !== undefined && { CollectionVersion: version }), Changes: [{ LocationName: location.trim(), Action: "PUT", CidrList: networks }] });
  };
  return (
    <AskFirst title="Add networks" action={networks.length > 1 ? `Add ${networks.length} networks` : "Add"} disabled={networks.length === 0 || location.trim() === ""} run={run} onClose={onClose}>
      <FormField label="Location" description="One that is there, or a new one; up to 16 characters.">
        <Autosuggest value={location} onChange={({ detail }) => setLocation(detail.value)} options={locations.map((value) => ({ value }))} enteredTextLabel={(value) => `Use "${value}"`} placeholder="paris" ariaLabel="Location" empty="A new location" />
      </FormField>
      <FormField label="Networks" description="One a line: IPv4 from /1 to /24, IPv6 from /1 to /48. A network that is in another location moves.">
        <Textarea value={text} onChange={({ detail }) => setText(detail.value)} rows={6} placeholder={"198.51.100.0/24\n2001:db8:1::/48"} spellcheck={false} />
      </FormField>
    </AskFirst>
  );
}

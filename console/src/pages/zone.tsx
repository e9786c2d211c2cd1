// A hosted zone: its records, their history, its files, and the zone itself.
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";

import { call } from "../api/client";
import type { GetHostedZoneResponse } from "../api/operations";
import { type Asked, useAsked } from "../api/use";
import { CopyAs } from "../layout/copy-as";
import { FailedPage } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { Frame } from "../layout/frame";
import { type Pending, withEdit } from "../records/pending";
import { type RecordSet, shownName } from "../records/policy";
import { zoneForms } from "../zone/copy";
import { DeleteZone } from "../zone/delete";
import { Details } from "../zone/details";
import { Editor, type Editing } from "../zone/editor";
import { Files } from "../zone/files";
import { Find } from "../zone/find";
import { followChange } from "../zone/follow";
import { History } from "../zone/history";
import { usePending } from "../zone/keep";
import { useRecords } from "../zone/listing";
import { Records } from "../zone/records";
import { Tray } from "../zone/tray";

export function Page() {
  const { id = "" } = useParams();
  const zone = useAsked(id, (signal) => call("GetHostedZone", { Id: id }, signal));
  if (zone.value === undefined) {
    return (
      <Frame title="Hosted zone" crumbs={[{ text: id, path: `/zones/${id}` }]}>
        {zone.error !== undefined && <FailedPage title="Hosted zone" error={zone.error} again={zone.again} />}
      </Frame>
    );
  }
  return <Zone key={id} found={zone.value} zone={zone} />;
}

function Zone({ found, zone: asked }: { found: GetHostedZoneResponse; zone: Asked<GetHostedZoneResponse> }) {
  const { HostedZone: zone } = found;
  const of = { id: zone.Id, name: zone.Name };
  const navigate = useNavigate();
  const flashes = useFlashes();
  const [parameters, setParameters] = useSearchParams();
  const [pending, setPending] = usePending(zone.Id);
  const [editing, setEditing] = useState<(Editing & { key: number }) | undefined>();
  const [deleting, setDeleting] = useState(false);
  const listing = useRecords(of);
  const name = shownName(zone.Name);
  const tab = parameters.get("tab") ?? "records";
  const open = (before: RecordSet | undefined, like: RecordSet | undefined) => setEditing((old) => ({ before, like, key: (old?.key ?? 0) + 1 }));
  const edit = (set: RecordSet) => {
    const known = pending.find(({ before }) => before !== undefined && JSON.stringify(before) === JSON.stringify(set));
    open(known?.after ?? set, known?.after ?? set);
  };
  const applied = (change: Parameters<typeof followChange>[1], count: number) => {
    followChange(flashes, change, count === 1 ? "1 change is applied" : `${count} changes are applied`);
    setPending([]);
    listing.page.again();
    asked.again();
  };
  const takeBack = (more: readonly Pending[]) => {
    setPending(more.reduce<readonly Pending[]>((all, { before, after }) => withEdit(all, before, after), pending));
    setParameters({ tab: "records" });
  };
  return (
    <Frame
      title={name}
      crumbs={[{ text: name, path: `/zones/${zone.Id}` }]}
      navigationClosed
      splitPanelBeside
      splitPanel={editing && <Editor key={editing.key} zone={of} editing={editing} pending={pending} onPending={setPending} onClose={() => setEditing(undefined)} />}
      splitPanelOpen={editing !== undefined}
      onSplitPanelToggle={(shown) => {
        if (!shown) setEditing(undefined);
      }}
    >
      <ContentLayout
        header={
          <Header
            variant="h1"
            description={
              <SpaceBetween direction="horizontal" size="s">
                <span>{zone.Config?.PrivateZone === true ? "Private hosted zone" : "Public hosted zone"}</span>
                <CopyToClipboard variant="inline" textToCopy={zone.Id} textToDisplay={zone.Id} copyButtonAriaLabel="Copy the zone's id" copySuccessText="Copied" copyErrorText="Could not copy" />
                {zone.Config?.Comment}
              </SpaceBetween>
            }
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <CopyAs what="The zone" forms={zoneForms(found)} />
                <Button onClick={() => setDeleting(true)}>Delete zone</Button>
              </SpaceBetween>
            }
          >
            <span className="mono">{name}</span>
          </Header>
        }
      >
        <SpaceBetween size="l">
          {pending.length > 0 && (
            <Tray
              zone={of}
              pending={pending}
              onEdit={({ after }) => after !== undefined && open(after, after)}
              onDrop={(one) => setPending(pending.filter((each) => each !== one))}
              onDiscard={() => setPending([])}
              onApplied={applied}
            />
          )}
          <Tabs
            activeTabId={tab}
            onChange={({ detail }) => setParameters({ tab: detail.activeTabId })}
            ariaLabel="The zone"
            tabs={[
              {
                id: "records",
                label: "Records",
                content: (
                  <Records
                    zoneId={zone.Id}
                    count={zone.ResourceRecordSetCount ?? 0}
                    page={listing.page}
                    pending={pending}
                    filtered={listing.filtered}
                    filter={<Find listing={listing} />}
                    pageNumber={listing.number}
                    onPage={listing.turn}
                    onEdit={edit}
                    onCreate={(like) => open(undefined, like)}
                    onDelete={(sets) => setPending(sets.reduce<readonly Pending[]>((all, set) => withEdit(all, set, undefined), pending))}
                    onHistory={(set) => setParameters({ tab: "history", name: shownName(set.Name), type: set.Type })}
                  />
                ),
              },
              { id: "history", label: "History", content: <History zoneId={zone.Id} onUndo={takeBack} /> },
              {
                id: "files",
                label: "Import and export",
                content: (
                  <Files
                    zone={of}
                    onImported={(change, count) => {
                      followChange(flashes, change, count === 1 ? "1 record set is imported" : `${count.toLocaleString("en")} record sets are imported`);
                      listing.page.again();
                      asked.again();
                    }}
                  />
                ),
              },
              { id: "details", label: "Zone and tags", content: <Details found={found} onChanged={asked.again} /> },
            ]}
          />
        </SpaceBetween>
      </ContentLayout>
      {deleting && (
        <DeleteZone
          zone={zone}
          onClose={(deleted) => {
            setDeleting(false);
            if (deleted) navigate("/zones");
          }}
        />
      )}
    </Frame>
  );
}

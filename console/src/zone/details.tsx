// The zone itself: comment, name servers, networks, tags.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TagEditor, { type TagEditorProps } from "@cloudscape-design/components/tag-editor";
import { useState } from "react";

import { type ApiError, call } from "../api/client";
import type { GetHostedZoneResponse } from "../api/operations";
import { asApiError, useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { ServerList } from "./name-servers";
import { Networks } from "./networks";

export function Details({ found, onChanged }: { found: GetHostedZoneResponse; onChanged: () => void }) {
  const { HostedZone: zone, DelegationSet: set, VPCs: vpcs = [] } = found;
  const isPrivate = zone.Config?.PrivateZone === true;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Hosted zone</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            ...(isPrivate ? [] : [{ label: "Name servers", value: <ServerList servers={set?.NameServers ?? []} /> }]),
            { label: "Record sets", value: <span className="number">{(zone.ResourceRecordSetCount ?? 0).toLocaleString("en")}</span> },
            ...(isPrivate ? [] : [{ label: "Reusable delegation set", value: set?.Id ?? "–" }]),
            { label: "Caller reference", value: <span className="mono">{zone.CallerReference}</span> },
          ]}
        />
      </Container>
      {isPrivate && <Networks zone={zone} vpcs={vpcs} onChanged={onChanged} />}
      <Comment key={zone.Config?.Comment ?? ""} id={zone.Id} comment={zone.Config?.Comment ?? ""} onChanged={onChanged} />
      <Tags id={zone.Id} />
    </SpaceBetween>
  );
}

function Comment({ id, comment, onChanged }: { id: string; comment: string; onChanged: () => void }) {
  const { show } = useFlashes();
  const [typed, setTyped] = useState(comment);
  const [error, setError] = useState<ApiError | undefined>();
  const save = async () => {
    setError(undefined);
    try {
      await call("UpdateHostedZoneComment", { Id: id, Comment: typed });
      show({ id: "comment", type: "success", header: "The comment is saved." });
      onChanged();
    } catch (failed) {
      setError(asApiError(failed));
    }
  };
  return (
    <Container header={<Header variant="h2">Comment</Header>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <SpaceBetween size="s">
          {error !== undefined && <Failure error={error} />}
          <FormField label="Comment" secondaryControl={<Button formAction="submit" disabled={typed === comment}>Save</Button>}>
            <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} />
          </FormField>
        </SpaceBetween>
      </form>
    </Container>
  );
}

type Tag = TagEditorProps.Tag;

function Tags({ id }: { id: string }) {
  const { show } = useFlashes();
  const asked = useAsked(id, (signal) => call("ListTagsForResource", { ResourceType: "hostedzone", ResourceId: id }, signal));
  const stored = (asked.value?.ResourceTagSet.Tags ?? []).map(({ Key = "", Value = "" }): Tag => ({ key: Key, value: Value, existing: true }));
  const [typed, setTyped] = useState<readonly Tag[] | undefined>();
  const [valid, setValid] = useState(true);
  const [error, setError] = useState<ApiError | undefined>();
  const save = async () => {
    setError(undefined);
    const kept = (typed ?? []).filter(({ markedForRemoval }) => markedForRemoval !== true);
    const AddTags = kept.filter((tag) => !stored.some((old) => old.key === tag.key && old.value === tag.value)).map(({ key, value }) => ({ Key: key, Value: value }));
    const RemoveTagKeys = stored.map(({ key }) => key).filter((key) => !kept.some((tag) => tag.key === key));
    try {
      await call("ChangeTagsForResource", { ResourceType: "hostedzone", ResourceId: id, ...(AddTags.length > 0 && { AddTags }), ...(RemoveTagKeys.length > 0 && { RemoveTagKeys }) });
      show({ id: "tags", type: "success", header: "The tags are saved." });
      setTyped(undefined);
      asked.again();
    } catch (failed) {
      setError(asApiError(failed));
    }
  };
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Tags sort zones for people and programs; they change no answer."
          actions={
            <Button disabled={typed === undefined || !valid} onClick={() => void save()}>
              Save tags
            </Button>
          }
        >
          Tags
        </Header>
      }
    >
      <SpaceBetween size="s">
        {asked.error !== undefined && <Failure error={asked.error} again={asked.again} />}
        {error !== undefined && <Failure error={error} />}
        <TagEditor
          tags={[...(typed ?? stored)]}
          tagLimit={50}
          loading={asked.value === undefined && asked.error === undefined}
          onChange={({ detail }) => {
            setTyped(detail.tags);
            setValid(detail.valid);
          }}
        />
      </SpaceBetween>
    </Container>
  );
}

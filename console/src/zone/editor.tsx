// The split panel: a record set's form, and beside it what it will do.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import SplitPanel from "@cloudscape-design/components/split-panel";
import { useState } from "react";

import { call } from "../api/client";
import { useAsked } from "../api/use";
import { emptyForm, type Form, formOf, problemsOf, recordSetOf, type ZoneOf } from "../records/form";
import { batchOf, type Pending, withEdit, withPending } from "../records/pending";
import { keyOf, type RecordSet, shownName } from "../records/policy";
import { useSettled } from "./judge";
import { Preview } from "./preview";
import { RecordFields } from "./record-form";

export interface Editing {
  /** What is edited; undefined for a new one. */
  before: RecordSet | undefined;
  /** What the form begins with. */
  like: RecordSet | undefined;
}

interface Props {
  zone: ZoneOf;
  editing: Editing;
  pending: readonly Pending[];
  onPending: (pending: readonly Pending[]) => void;
  onClose: () => void;
}

const ARMS = "300"; // most that a page of the listing holds

export function Editor({ zone, editing, pending, onPending, onClose }: Props) {
  const { before, like } = editing;
  const [form, setForm] = useState<Form>(() => (like === undefined ? emptyForm(zone) : formOf(like, zone)));
  const [tried, setTried] = useState(false);
  const found = problemsOf(form);
  const ready = Object.keys(found).length === 0;
  const set = recordSetOf(form, zone);
  const place = useSettled(JSON.stringify([set.Name, set.Type]));
  const siblings = useAsked(place, async (signal) => {
    const [StartRecordName, StartRecordType] = JSON.parse(place) as [string, RecordSet["Type"]];
    const { ResourceRecordSets: all } = await call("ListResourceRecordSets", { HostedZoneId: zone.id, StartRecordName, StartRecordType, MaxItems: ARMS }, signal);
    return withPending(all, [], StartRecordName, StartRecordType);
  });
  const after = ready ? withArms(withEdit(pending, before, set), siblings.value ?? [], set) : pending;
  const group = withPending(siblings.value ?? [], after, set.Name, set.Type);
  const changed = ready && !(before !== undefined && JSON.stringify(withEdit([], before, set)) === "[]");
  const add = () => {
    setTried(true);
    if (!ready) return;
    onPending(after);
    onClose();
  };
  const title = before === undefined ? "Create record" : `Edit ${shownName(before.Name)} ${before.Type}${before.SetIdentifier === undefined ? "" : ` ${before.SetIdentifier}`}`;
  return (
    <SplitPanel header={title} closeBehavior="hide" hidePreferencesButton>
      <form
        aria-label={title}
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <div className="beside">
          <SpaceBetween size="l">
            <RecordFields zone={zone} form={form} problems={tried ? found : {}} onChange={(change) => setForm((old) => ({ ...old, ...change }))} />
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="primary" formAction="submit">
                Add to pending changes
              </Button>
              <Button variant="link" formAction="none" onClick={onClose}>
                Cancel
              </Button>
            </SpaceBetween>
          </SpaceBetween>
          {changed || before !== undefined ? (
            <Preview zoneId={zone.id} name={set.Name} type={set.Type} group={group} changes={batchOf(after, zone.name)} />
          ) : (
            <Box color="text-body-secondary">What it will do is shown here as soon as the form is complete.</Box>
          )}
        </div>
      </form>
    </SplitPanel>
  );
}

/** All arms of a weighted group have one TTL (R-WEI-9), so those beside an edited one change with it. */
function withArms(pending: readonly Pending[], siblings: readonly RecordSet[], set: RecordSet): readonly Pending[] {
  if (set.Weight === undefined || set.TTL === undefined) return pending;
  const others = withPending(siblings, pending, set.Name, set.Type).filter((each) => keyOf(each) !== keyOf(set) && each.Weight !== undefined && each.TTL !== undefined && each.TTL !== set.TTL);
  return others.reduce((all, other) => withEdit(all, other, { ...other, TTL: set.TTL ?? 0 }), pending);
}

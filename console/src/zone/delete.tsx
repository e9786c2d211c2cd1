// Deleting a hosted zone: the name is typed once more, and a refusal shows the API's own text.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { type ApiError, call } from "../api/client";
import type { HostedZone } from "../api/operations";
import { asApiError } from "../api/use";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { sameName, shownName } from "../records/policy";

export function DeleteZone({ zone, onClose }: { zone: HostedZone; onClose: (deleted: boolean) => void }) {
  const { show } = useFlashes();
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<ApiError | undefined>();
  const [busy, setBusy] = useState(false);
  const name = shownName(zone.Name);
  const ready = typed !== "" && sameName(typed, zone.Name);
  const remove = async () => {
    if (!ready || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await call("DeleteHostedZone", { Id: zone.Id });
      show({ id: zone.Id, type: "success", header: `${name} is deleted.` });
      onClose(true);
    } catch (failed) {
      setError(asApiError(failed));
      setBusy(false);
    }
  };
  return (
    <Modal
      visible
      header={`Delete ${name}?`}
      closeAriaLabel="Close"
      onDismiss={() => onClose(false)}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!ready} loading={busy} onClick={() => void remove()}>
              Delete
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">
          Nobody will get answers for {name} any more. Its id and name servers do not come back; its history stays under Activity.
        </Alert>
        {error !== undefined && <Failure error={error} />}
        {error?.code === "HostedZoneNotEmpty" && (
          <Box>The zone still holds {((zone.ResourceRecordSetCount ?? 2) - 2).toLocaleString("en")} record sets beside its own SOA and NS. Delete those first.</Box>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void remove();
          }}
        >
          <FormField label={`Type ${name} to confirm`}>
            <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} placeholder={name} autoFocus />
          </FormField>
        </form>
      </SpaceBetween>
    </Modal>
  );
}

// Deleting health checks, after saying what that does.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { call } from "../api/client";
import { useFlashes } from "../layout/flashes";
import { titleOf } from "./check";

interface Props {
  checks: readonly { id: string; name: string }[];
  /** How many records use it, where that is known. */
  used?: number;
  onClose: (deleted: boolean) => void;
}

export function DeleteChecks({ checks, used, onClose }: Props) {
  const { fail, show } = useFlashes();
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    let gone = 0;
    for (const check of checks) {
      try {
        await call("DeleteHealthCheck", { HealthCheckId: check.id });
        gone++;
      } catch (error) {
        fail(`delete ${check.id}`, `${titleOf(check)} was not deleted`, error);
      }
    }
    if (gone > 0) show({ id: "checks deleted", type: "success", header: gone === 1 ? "The health check is deleted." : `${gone} health checks are deleted.` });
    onClose(gone > 0);
  };
  return (
    <Modal
      visible
      onDismiss={() => onClose(false)}
      closeAriaLabel="Close"
      header={checks.length === 1 ? "Delete health check" : `Delete ${checks.length} health checks`}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void remove()}>
              Delete
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <ul className="plain">
          {checks.map((check) => (
            <li key={check.id}>{titleOf(check)}</li>
          ))}
        </ul>
        <Alert type="warning">
          {used === undefined ? "Records that use it count as healthy from then on." : used === 0 ? "No record uses it." : `${used} ${used === 1 ? "record uses" : "records use"} it, and will count as healthy from then on.`}
        </Alert>
      </SpaceBetween>
    </Modal>
  );
}

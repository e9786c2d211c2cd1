// A dialog that asks for something, or for a yes, and stays with the API's own words if it is refused.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";

import type { ApiError } from "../api/client";
import { asApiError } from "../api/use";
import { Failure } from "./error";

interface Props {
  title: string;
  action: string;
  /** Done when the action is chosen; the dialog closes if it succeeds. */
  run: () => Promise<void>;
  disabled?: boolean;
  onClose: (done: boolean) => void;
  children: ReactNode;
}

export function AskFirst({ title, action, run, disabled = false, onClose, children }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>();
  const go = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await run();
      onClose(true);
    } catch (failed) {
      setError(asApiError(failed));
      setBusy(false);
    }
  };
  return (
    <Modal
      visible
      onDismiss={() => onClose(false)}
      closeAriaLabel="Close"
      header={title}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={disabled} onClick={() => void go()}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {error !== undefined && <Failure error={error} />}
        {children}
      </SpaceBetween>
    </Modal>
  );
}

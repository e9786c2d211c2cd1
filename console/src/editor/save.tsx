// Saving: a new policy with a name, or a further version of one, each with a description.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Input, { type InputProps } from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { type ApiError, call } from "../api/client";
import type { TrafficPolicy } from "../api/operations";
import { asApiError } from "../api/use";
import { useFirstFocus } from "../layout/focus";
import { Failure } from "../layout/error";

interface Props {
  /** The policy that is edited; undefined for a new one. */
  base: TrafficPolicy | undefined;
  document: string;
  warnings: number;
  name: string;
  comment: string;
  onName: (name: string) => void;
  onComment: (comment: string) => void;
  onSaved: (saved: TrafficPolicy) => void;
  onClose: () => void;
}

export function Save({ base, document, warnings, name, comment, onName, onComment, onSaved, onClose }: Props) {
  const first = useFirstFocus<InputProps.Ref>();
  const [asNew, setAsNew] = useState(base === undefined);
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    setError(undefined);
    const more = comment === "" ? {} : { Comment: comment };
    try {
      const saved =
        base !== undefined && !asNew
          ? await call("CreateTrafficPolicyVersion", { Id: base.Id, Document: document, ...more })
          : await call("CreateTrafficPolicy", { Name: name, Document: document, ...more });
      onSaved(saved.TrafficPolicy);
    } catch (failure) {
      setError(asApiError(failure));
      setBusy(false);
    }
  };
  const missing = asNew && name.trim() === "";
  return (
    <Modal
      visible
      header={base === undefined ? "Save the policy" : `Save ${base.Name}`}
      onDismiss={onClose}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={missing} form="save-policy">
              {asNew ? "Create policy" : "Create version"}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        id="save-policy"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing && !busy) void save();
        }}
      >
        <Form>
          <SpaceBetween size="m">
            {error !== undefined && <Failure error={error} />}
            {warnings > 0 && <Alert type="warning">{warnings === 1 ? "One warning" : `${warnings} warnings`} in the problems list. They keep nothing from being saved.</Alert>}
            {base !== undefined && (
              <RadioGroup
                value={asNew ? "policy" : "version"}
                items={[
                  { value: "version", label: "New version", description: "Nothing changes on the wire until policy records are moved to it." },
                  { value: "policy", label: "New policy" },
                ]}
                onChange={({ detail }) => setAsNew(detail.value === "policy")}
              />
            )}
            {asNew && (
              <FormField label="Policy name" constraintText="Up to 512 characters; it cannot be changed later.">
                <Input ref={first} value={name} onChange={({ detail }) => onName(detail.value)} />
              </FormField>
            )}
            <FormField label="Description of the version" constraintText="Optional, up to 1,024 characters.">
              <Input {...(base !== undefined && { ref: first })} value={comment} onChange={({ detail }) => onComment(detail.value)} />
            </FormField>
          </SpaceBetween>
        </Form>
      </form>
    </Modal>
  );
}

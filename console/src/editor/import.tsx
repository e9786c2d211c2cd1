// Importing a document: pasted, or from a file; as the reply of a command line too (R-VIS-9).
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FileUpload from "@cloudscape-design/components/file-upload";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { BadDocument, read, unwrap } from "../policy/document";
import type { Graph } from "../policy/graph";
import { EXAMPLES } from "./examples";

interface Props {
  onImport: (graph: Graph) => void;
  onClose: () => void;
}

export function Import({ onImport, onClose }: Props) {
  const [text, setText] = useState("");
  const [error, setError] = useState<string>();
  const [files, setFiles] = useState<File[]>([]);
  const submit = () => {
    try {
      onImport(read(unwrap(text)));
    } catch (bad) {
      if (!(bad instanceof BadDocument)) throw bad;
      setError(bad.at === "" ? bad.message : `${bad.at}: ${bad.message}`);
    }
  };
  return (
    <Modal
      visible
      size="large"
      header="Import a document"
      onDismiss={onClose}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" disabled={text.trim() === ""} onClick={submit}>
              Import
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label="Document" description="In JSON. What the AWS command line prints for a policy is read as well." errorText={error} stretch>
          <Textarea
            value={text}
            rows={14}
            spellcheck={false}
            placeholder='{ "AWSPolicyFormatVersion": "2015-10-01", … }'
            onChange={({ detail }) => {
              setText(detail.value);
              setError(undefined);
            }}
          />
        </FormField>
        <SpaceBetween direction="horizontal" size="m">
          <FileUpload
            value={files}
            accept=".json,application/json"
            onChange={({ detail }) => {
              setFiles([...detail.value]);
              void detail.value[0]?.text().then(setText);
            }}
            i18nStrings={{ uploadButtonText: () => "Choose a file", dropzoneText: () => "Drop the file here", removeFileAriaLabel: () => "Remove the file", limitShowFewer: "Show fewer", limitShowMore: "Show more", errorIconAriaLabel: "Error" }}
          />
          {EXAMPLES.map(({ title, document }) => (
            <Button key={title} onClick={() => setText(JSON.stringify(document, undefined, 2))}>
              Example: {title}
            </Button>
          ))}
        </SpaceBetween>
      </SpaceBetween>
    </Modal>
  );
}

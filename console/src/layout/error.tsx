// An error where a page or a part of it would be: the API's own code and text, and what to do next.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";

import type { ApiError } from "../api/client";

export function Failure({ error, again }: { error: ApiError; again?: () => void }) {
  const { code, message, messages, requestId } = error;
  const lines = messages.length > 0 ? messages : [message];
  return (
    <Alert type="error" header={code} action={again && <Button onClick={again}>Try again</Button>}>
      {lines.map((line) => (
        <div key={line}>{line}</div>
      ))}
      {requestId !== "" && (
        <Box color="text-body-secondary" fontSize="body-s">
          Request id <span className="mono">{requestId}</span>: the server's log has more under it.
        </Box>
      )}
    </Alert>
  );
}

/** Where nothing of a page can be shown. */
export function FailedPage({ title, ...failure }: { title: string; error: ApiError; again?: () => void }) {
  return (
    <ContentLayout header={<Header variant="h1">{title}</Header>}>
      <Failure {...failure} />
    </ContentLayout>
  );
}

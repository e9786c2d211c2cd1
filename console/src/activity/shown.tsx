// One event of the audit trail: who, when, and before and after line by line.
import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { colorTextStatusError, colorTextStatusSuccess } from "@cloudscape-design/design-tokens";

import { Moment } from "../layout/moment";
import { type AuditEvent, compare, type Filter, kindName } from "./events";

const COLORS = { "−": colorTextStatusError, "+": colorTextStatusSuccess, " ": "inherit" } as const;

export function Shown({ event, onFilter }: { event: AuditEvent; onFilter: (key: Filter, value: string) => void }) {
  return (
    <SpaceBetween size="m">
      <KeyValuePairs
        columns={4}
        items={[
          { label: "When", value: <Moment time={event.at} /> },
          { label: "User", value: event.access_key_id === "" ? event.user : `${event.user} (${event.access_key_id})` },
          { label: "Action", value: <span className="mono">{event.action}</span> },
          { label: kindName(event.kind), value: <span className="mono">{event.resource}</span> },
        ]}
      />
      <SpaceBetween direction="horizontal" size="xs">
        <Button onClick={() => onFilter("request", event.request_id)}>All of this request</Button>
        <Button onClick={() => onFilter("resource", event.resource)}>All of this resource</Button>
        <Button onClick={() => onFilter("user", event.user)}>All of this user</Button>
      </SpaceBetween>
      <pre className="mono plain" aria-label="Before and after">
        {compare(event).map(({ mark, text }, at) => (
          <div key={at} style={{ color: COLORS[mark] }}>
            {mark} {text}
          </div>
        ))}
      </pre>
    </SpaceBetween>
  );
}

// What changes for clients between two versions of a policy, in sentences.
import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Spinner from "@cloudscape-design/components/spinner";

import { native } from "../api/client";
import { useAsked } from "../api/use";
import type { Difference } from "../compare/differences";
import { Failure } from "../layout/error";

interface Side {
  id: string;
  version: number;
}

export function Differences({ before, after, title }: { before: Side; after: Side; title: string }) {
  const { value, error, again } = useAsked(`difference ${JSON.stringify([before, after])}`, (signal) =>
    native<{ differences: readonly Difference[] }>("POST", "/meridian/policies/difference", { before, after }, signal),
  );
  if (error !== undefined) return <Failure error={error} again={again} />;
  if (value === undefined) return <Spinner />;
  if (value.differences.length === 0) return <Box>{title}, nothing changes for clients.</Box>;
  return (
    <ExpandableSection defaultExpanded headerText={title} headerCounter={`(${value.differences.length})`}>
      <ul>
        {value.differences.map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </ExpandableSection>
  );
}

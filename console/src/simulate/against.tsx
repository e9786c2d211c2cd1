// A stored version that a draft is simulated against: which one, and what its clients get.
import Select from "@cloudscape-design/components/select";
import { useMemo } from "react";

import { useAsked } from "../api/use";
import { listVersions } from "../policies/lists";
import { read } from "../policy/document";
import type { Graph } from "../policy/graph";

export interface Against {
  version: number;
  document: string;
  graph: Graph;
}

const NOTHING = { value: "", label: "Nothing" };

interface Props {
  /** The id of the policy. */
  policy: string;
  against: Against | undefined;
  onChange: (against: Against | undefined) => void;
}

export function AgainstField({ policy, against, onChange }: Props) {
  const versions = useAsked(`versions ${policy}`, (signal) => listVersions(policy, signal));
  const options = useMemo(() => [NOTHING, ...(versions.value ?? []).map(({ Version, Comment = "" }) => ({ value: String(Version), label: `Version ${Version}`, description: Comment }))], [versions.value]);
  return (
    <Select
      ariaLabel="Against"
      selectedOption={options.find(({ value }) => value === String(against?.version ?? "")) ?? NOTHING}
      options={options}
      statusType={versions.error !== undefined ? "error" : versions.loading ? "loading" : "finished"}
      errorText="The versions could not be read."
      onChange={({ detail }) => {
        const found = versions.value?.find(({ Version }) => String(Version) === detail.selectedOption.value);
        onChange(found === undefined ? undefined : { version: found.Version, document: found.Document, graph: read(found.Document) });
      }}
    />
  );
}

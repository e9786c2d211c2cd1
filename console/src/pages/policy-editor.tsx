// A traffic policy on the canvas: a new one, or a version of one to begin the next from.
import Box from "@cloudscape-design/components/box";
import Spinner from "@cloudscape-design/components/spinner";
import { useNavigate, useParams, useSearchParams } from "react-router";

import { call } from "../api/client";
import type { TrafficPolicy } from "../api/operations";
import { useAsked } from "../api/use";
import { draftKey } from "../editor/draft";
import { Editor } from "../editor/editor";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { Frame } from "../layout/frame";
import { useSession } from "../session";

export function Page() {
  const { id, version } = useParams();
  return id === undefined || version === undefined ? <Edit key="new" base={undefined} /> : <Version key={`${id} ${version}`} id={id} version={Number(version)} />;
}

function Version({ id, version }: { id: string; version: number }) {
  const { value, error, again } = useAsked(`policy ${id} ${version}`, (signal) => call("GetTrafficPolicy", { Id: id, Version: version }, signal));
  if (value !== undefined) return <Edit base={value.TrafficPolicy} />;
  return (
    <Frame title="Traffic policy">
      {error === undefined ? (
        <Box textAlign="center" margin="xxl">
          <Spinner size="large" />
        </Box>
      ) : (
        <Failure error={error} again={again} />
      )}
    </Frame>
  );
}

function Edit({ base }: { base: TrafficPolicy | undefined }) {
  const { session } = useSession();
  const { show } = useFlashes();
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const title = base === undefined ? "New traffic policy" : base.Name;
  const crumbs =
    base === undefined
      ? [{ text: "New", path: "/policies/new" }]
      : [
          { text: base.Name, path: `/policies/${base.Id}` },
          { text: `Version ${base.Version}`, path: `/policies/${base.Id}/versions/${base.Version}` },
        ];
  return (
    <Frame title={title} crumbs={crumbs} wide>
      <Editor
        draftKey={draftKey(session?.accountId ?? "", base)}
        base={base}
        importing={query.has("import")}
        onSaved={(saved) => {
          show({ id: "policy-saved", type: "success", header: `Version ${saved.Version} of ${saved.Name} is saved`, content: "It answers for names once it is applied to them." });
          navigate(`/policies/${saved.Id}/apply/${saved.Version}`);
        }}
      />
    </Frame>
  );
}

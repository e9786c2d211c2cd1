// Creating a health check, or changing one.
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { type ApiError, call, native } from "../api/client";
import { asApiError, useAsked } from "../api/use";
import { type Brief, type Check, titleOf } from "../check/check";
import { fieldsOf, NEW, problems, toConfig, toUpdate } from "../check/fields";
import { CheckForm } from "../check/form";
import { FailedPage, Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { Frame } from "../layout/frame";

export function Page() {
  const { id } = useParams();
  const found = useAsked(`check ${id ?? ""}`, (signal) => (id === undefined ? Promise.resolve(undefined) : native<Check>("GET", `/meridian/checks/${id}`, undefined, signal)));
  if (id === undefined) return <Editor key="new" />;
  if (found.value !== undefined) return <Editor key={id} check={found.value} />;
  return (
    <Frame title="Edit health check" crumbs={[{ text: id, path: `/checks/${id}` }]}>
      {found.error === undefined ? <Spinner size="large" /> : <FailedPage title="Health check" error={found.error} again={found.again} />}
    </Frame>
  );
}

function Editor({ check }: { check?: Check }) {
  const navigate = useNavigate();
  const { show } = useFlashes();
  const [fields, setFields] = useState(() => (check === undefined ? NEW : fieldsOf(check.config, check.name)));
  const [reference] = useState(() => crypto.randomUUID()); // one check, however often it is sent
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>();
  const others = useAsked("checks", (signal) => native<{ checks: readonly Brief[] }>("GET", "/meridian/checks", undefined, signal));
  const wrong = problems(fields);
  const save = async () => {
    setTried(true);
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    setError(undefined);
    try {
      const id = check === undefined ? await create() : await change(check);
      if (fields.name !== (check?.name ?? "")) await call("ChangeTagsForResource", { ResourceType: "healthcheck", ResourceId: id, ...(fields.name === "" ? { RemoveTagKeys: ["Name"] } : { AddTags: [{ Key: "Name", Value: fields.name }] }) });
      show({ id: `check ${id}`, type: "success", header: check === undefined ? "The health check is created; the first looks are on their way." : "The health check is changed." });
      navigate(`/checks/${id}`);
    } catch (failed) {
      setError(asApiError(failed));
      setBusy(false);
    }
  };
  const create = async () => (await call("CreateHealthCheck", { CallerReference: reference, HealthCheckConfig: toConfig(fields) })).HealthCheck.Id;
  const change = async ({ id, version }: Check) => {
    await call("UpdateHealthCheck", { HealthCheckId: id, HealthCheckVersion: version, ...toUpdate(fields) });
    return id;
  };
  const title = check === undefined ? "Create health check" : `Edit ${titleOf(check)}`;
  return (
    <Frame title={title} contentType="form" crumbs={check === undefined ? [{ text: "Create", path: "/checks/create" }] : [{ text: titleOf(check), path: `/checks/${check.id}` }, { text: "Edit", path: `/checks/${check.id}/edit` }]}>
      <ContentLayout header={<Header variant="h1">{title}</Header>}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <Form
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" formAction="none" onClick={() => navigate(check === undefined ? "/checks" : `/checks/${check.id}`)}>
                  Cancel
                </Button>
                <Button variant="primary" loading={busy}>
                  {check === undefined ? "Create health check" : "Save"}
                </Button>
              </SpaceBetween>
            }
          >
            <SpaceBetween size="l">
              {error !== undefined && <Failure error={error} />}
              <CheckForm fields={fields} set={(changed) => setFields((before) => ({ ...before, ...changed }))} wrong={tried ? wrong : {}} existing={check !== undefined} others={(others.value?.checks ?? []).filter(({ id, type }) => id !== check?.id && type !== "CALCULATED")} />
            </SpaceBetween>
          </Form>
        </form>
      </ContentLayout>
    </Frame>
  );
}

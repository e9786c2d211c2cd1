// The reader's own settings, and the limits of the account.
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { call } from "../api/client";
import { useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { useSession } from "../session";
import { chooseTheme, storedTheme, type Theme } from "../theme";

const LIMITS = [
  ["MAX_HOSTED_ZONES_BY_OWNER", "Hosted zones"],
  ["MAX_HEALTH_CHECKS_BY_OWNER", "Health checks"],
  ["MAX_TRAFFIC_POLICIES_BY_OWNER", "Traffic policies"],
  ["MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER", "Policy records"],
  ["MAX_REUSABLE_DELEGATION_SETS_BY_OWNER", "Reusable delegation sets"],
] as const;

export function Page() {
  const { session } = useSession();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const limits = useAsked("limits", (signal) => Promise.all(LIMITS.map(([Type]) => call("GetAccountLimit", { Type }, signal))));
  return (
    <Frame title="Settings">
      <ContentLayout header={<Header variant="h1">Settings</Header>}>
        <SpaceBetween size="l">
          <Container header={<Header variant="h2">This browser</Header>}>
            <FormField label="Theme">
              <SegmentedControl
                label="Theme"
                selectedId={theme}
                options={[
                  { id: "light", text: "Light" },
                  { id: "dark", text: "Dark" },
                ]}
                onChange={({ detail }) => {
                  const chosen: Theme = detail.selectedId === "dark" ? "dark" : "light";
                  chooseTheme(chosen);
                  setTheme(chosen);
                }}
              />
            </FormField>
          </Container>
          <Container header={<Header variant="h2">Account</Header>}>
            <ColumnLayout columns={1}>
              <KeyValuePairs
                columns={3}
                items={[
                  { label: "Signed in as", value: session?.user ?? "" },
                  { label: "Account", value: <span className="mono">{session?.accountId}</span> },
                ]}
              />
              {limits.error !== undefined && <Failure error={limits.error} again={limits.again} />}
              <KeyValuePairs
                columns={3}
                items={LIMITS.map(([, label], at) => {
                  const found = limits.value?.[at];
                  const text = found === undefined ? "–" : `${found.Count.toLocaleString()} of ${found.Limit.Value.toLocaleString()}`;
                  return { label, value: <span className="number">{text}</span> };
                })}
              />
            </ColumnLayout>
          </Container>
        </SpaceBetween>
      </ContentLayout>
    </Frame>
  );
}

// One health check: its state and why, its history, who sees what, what depends on it, and the operator's word.
import "../check/check.css";

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { colorBackgroundNotificationRed, colorBackgroundStatusError, colorBorderDividerDefault, colorTextStatusSuccess } from "@cloudscape-design/design-tokens";
import { type CSSProperties, useState } from "react";
import { useNavigate, useParams } from "react-router";

import { native } from "../api/client";
import { useEvents } from "../api/events";
import { useAsked } from "../api/use";
import { type Check, titleOf, TYPES } from "../check/check";
import { checkForms } from "../check/copy";
import { DeleteChecks } from "../check/delete";
import { isEndpoint } from "../check/fields";
import { OptionsDialog } from "../check/options";
import { OverrideAlert, OverrideDialog } from "../check/override";
import { BigState } from "../check/state";
import { Strip } from "../check/strip";
import { Turn } from "../check/switches";
import { Checkers, Children, Events, UsedBy } from "../check/tables";
import { CopyAs } from "../layout/copy-as";
import { FailedPage } from "../layout/error";
import { Frame } from "../layout/frame";
import { LiveMark } from "../layout/live";
import { Moment } from "../layout/moment";

const EVERY = 10_000; // milliseconds; flips are told at once, what checkers see is not
const COLORS = {
  "--strip-healthy": colorTextStatusSuccess,
  "--strip-unhealthy": colorBackgroundNotificationRed,
  "--strip-unhealthy-back": colorBackgroundStatusError,
  "--strip-none": colorBorderDividerDefault,
} as CSSProperties;

type Dialog = "delete" | "override" | "options" | "turn";

export function Page() {
  const { id = "" } = useParams();
  const { value, error, again } = useAsked(`check ${id}`, (signal) => native<Check>("GET", `/meridian/checks/${id}`, undefined, signal), EVERY);
  const [count, setCount] = useState(0);
  const refresh = () => {
    again();
    setCount((before) => before + 1);
  };
  const live = useEvents(refresh, id);
  return (
    <Frame title={value === undefined ? "Health check" : titleOf(value)} crumbs={[{ text: value === undefined ? id : titleOf(value), path: `/checks/${id}` }]}>
      {value !== undefined ? <Shown check={value} count={count} live={<LiveMark {...live} />} refresh={refresh} /> : error !== undefined ? <FailedPage title="Health check" error={error} again={again} /> : <Spinner size="large" />}
    </Frame>
  );
}

function Shown({ check, count, live, refresh }: { check: Check; count: number; live: React.ReactNode; refresh: () => void }) {
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<Dialog | undefined>();
  const close = (changed: boolean) => {
    setDialog(undefined);
    if (changed) refresh();
  };
  return (
    <div style={COLORS}>
      <ContentLayout
        header={
          <Header
            variant="h1"
            info={live}
            description={<CopyToClipboard variant="inline" textToCopy={check.id} textToDisplay={check.id} copyButtonAriaLabel={`Copy the id ${check.id}`} copySuccessText="Copied" copyErrorText="Could not copy" />}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                {check.routing_control !== null && <Button onClick={() => setDialog("turn")}>{check.routing_control.on ? "Turn off" : "Turn on"}</Button>}
                <Button onClick={() => setDialog("override")}>Override</Button>
                <Button onClick={() => navigate(`/checks/${check.id}/edit`)}>Edit</Button>
                <CopyAs what="The health check" forms={checkForms(check.id, check.name, check.config)} />
                <ButtonDropdown
                  items={[
                    { id: "options", text: "Options beyond Route 53", disabled: !isEndpoint(check.type), ...(!isEndpoint(check.type) && { disabledReason: "It probes no endpoint." }) },
                    { id: "delete", text: "Delete" },
                  ]}
                  onItemClick={({ detail }) => setDialog(detail.id === "delete" ? "delete" : "options")}
                >
                  More
                </ButtonDropdown>
              </SpaceBetween>
            }
          >
            {titleOf(check)}
          </Header>
        }
      >
        <SpaceBetween size="l">
          <OverrideAlert check={check} onChanged={refresh} />
          <Overview check={check} />
          <Strip id={check.id} createdAt={check.created_at} count={count} />
          {check.type === "CALCULATED" ? <Children checks={check.children} /> : isEndpoint(check.type) && <Checkers checkers={check.checkers} />}
          <UsedBy users={check.used_by} />
          <Events events={check.events} />
        </SpaceBetween>
      </ContentLayout>
      {dialog === "override" && <OverrideDialog check={check} onClose={close} />}
      {dialog === "options" && <OptionsDialog check={check} onClose={close} />}
      {dialog === "turn" && check.routing_control !== null && <Turn found={{ ...check.routing_control, checks: [check] }} onClose={close} />}
      {dialog === "delete" && <DeleteChecks checks={[check]} used={check.used_by.length} onClose={(deleted) => (deleted ? navigate("/checks") : setDialog(undefined))} />}
    </div>
  );
}

function Overview({ check }: { check: Check }) {
  return (
    <Container header={<Header variant="h2">State</Header>}>
      <SpaceBetween size="l">
        <div aria-live="polite">
          <BigState check={check} />
          <Box color="text-body-secondary">
            {check.since !== null && (
              <>
                Since <Moment time={check.since} />:{" "}
              </>
            )}
            {check.reason}
          </Box>
        </div>
        <KeyValuePairs
          columns={4}
          items={[
            { label: "Type", value: TYPES[check.type][0] },
            { label: "Looks at", value: <span className="mono">{check.target}</span> },
            { label: "Interval", value: check.interval === null ? "–" : `${check.interval} s${check.options.interval === null ? "" : ", by option"}` },
            { label: "Turns after", value: isEndpoint(check.type) ? `${check.fall} bad or ${check.rise} good in a row` : "–" },
            { label: "Inverted", value: check.inverted ? "Yes" : "No" },
            { label: "Created", value: <Moment time={check.created_at} /> },
            { label: "Version", value: <span className="number">{check.version}</span> },
          ]}
        />
      </SpaceBetween>
    </Container>
  );
}

// The tree as it was walked: each step, at each choice all arms with the reason of those that did not stand.
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Steps, { type StepsProps } from "@cloudscape-design/components/steps";

import { useFollow } from "../policies/follow";
import { type Arm, armName, compared, type Explanation, type GroupStep, headline, percent, type Step } from "./explanation";

/** Ids of the health checks whose state is supposed, and not as it is. */
type Supposed = ReadonlySet<string | null>;

export function Walked({ explanation }: { explanation: Explanation }) {
  return <Steps ariaLabel="The tree as it was walked" steps={explanation.steps.map((step): StepsProps.Step => ({ status: statusOf(step), header: headline(step), details: <Details step={step} supposed={new Set((explanation.overrides.health ?? []).map(({ id }) => id))} /> }))} />;
}

function statusOf(step: Step): StepsProps.Status {
  switch (step.step) {
    case "prohibited":
    case "failure":
    case "missing_target":
      return "error";
    case "zone":
      return step.apex === null ? "warning" : "success";
    case "name":
      return step.found === "nothing" || step.found === "empty_non_terminal" ? "warning" : "success";
    case "group":
      return step.last_resort ? "warning" : "success";
    case "outside":
      return step.resolved ? "success" : "warning";
    case "client":
      return step.country === null ? "info" : "success";
    default:
      return "success";
  }
}

function Details({ step, supposed }: { step: Step; supposed: Supposed }) {
  const follow = useFollow();
  switch (step.step) {
    case "client":
      return (
        <Quiet>
          <span className="mono">
            {step.address}/{step.prefix}
          </span>
          , from the {step.from}
          {step.latitude !== null && step.longitude !== null && `; ${step.latitude.toFixed(1)}°, ${step.longitude.toFixed(1)}°`}
          {step.source === "" ? "; no geolocation data is installed" : `; says ${step.source} of ${step.date}`}
        </Quiet>
      );
    case "zone":
      return step.id === null ? null : (
        <Quiet>
          <Link href={`/console/zones/${step.id}`} onFollow={follow}>
            <span className="mono">{step.id}</span>
          </Link>
          , version {step.version}
          {step.view != null && `, seen from ${step.view}`}
        </Quiet>
      );
    case "name":
      return step.by === step.name ? null : (
        <Quiet>
          <span className="mono">{step.by}</span> decides
        </Quiet>
      );
    case "record_set":
      return <Records records={step.records} ttl={step.ttl} />;
    case "outside":
      return (
        <Quiet>
          {step.resolved ? `Its answer for ${step.answer_for === "block" ? "this client's network" : step.answer_for === "area" ? "this client's area" : "everyone"} is kept fresh` : "It has not answered yet"}
        </Quiet>
      );
    case "failure":
      return <Quiet>{step.reason}</Quiet>;
    case "group":
      return <Choice step={step} supposed={supposed} />;
    default:
      return null;
  }
}

function Choice({ step, supposed }: { step: GroupStep; supposed: Supposed }) {
  const follow = useFollow();
  return (
    <SpaceBetween size="xs">
      {step.policy_record !== undefined && (
        <Quiet>
          A policy record of{" "}
          <Link href={`/console/policies/${step.policy_record.policy_id}/versions/${step.policy_record.version}`} onFollow={follow}>
            this traffic policy, version {step.policy_record.version}
          </Link>
        </Quiet>
      )}
      {step.last_resort && <StatusIndicator type="warning">Nothing was healthy, so everything was treated as healthy</StatusIndicator>}
      <ul className="arms">
        {step.arms.map((arm, at) => (
          <li key={at} className={arm.chosen ? "arm chosen" : arm.excluded === null ? "arm" : "arm excluded"}>
            <ArmLine arm={arm} inRule={step.rule !== undefined} supposed={supposed} />
          </li>
        ))}
      </ul>
    </SpaceBetween>
  );
}

function ArmLine({ arm, inRule, supposed }: { arm: Arm; inRule: boolean; supposed: Supposed }) {
  const follow = useFollow();
  return (
    <>
      <div className="arm-name">
        <span className="mono">{armName(arm, inRule)}</span>
        {arm.chosen && <StatusIndicator type="success">Chosen</StatusIndicator>}
      </div>
      <div className="arm-share number">{percent(arm.probability)}</div>
      <div className="arm-detail">
        {compared(arm)}
        {arm.health_check_id != null && (
          <>
            {" · "}
            <Link href={`/console/checks/${arm.health_check_id}`} onFollow={follow}>
              {arm.health_check_name || "health check"}
            </Link>{" "}
            {`is ${supposed.has(arm.health_check_id) ? "supposed " : ""}${arm.healthy ? "healthy" : "unhealthy"}`}
            {!supposed.has(arm.health_check_id) && arm.health_check_reason != null && arm.health_check_reason !== "" && `: ${arm.health_check_reason}`}
          </>
        )}
        {arm.excluded !== null && <div className="arm-why">Not chosen: {arm.excluded}</div>}
      </div>
    </>
  );
}

export function Records({ records, ttl }: { records: readonly string[]; ttl: number }) {
  return (
    <Quiet>
      <span className="mono">{records.join(", ")}</span>, TTL {ttl} s
    </Quiet>
  );
}

function Quiet({ children }: { children: React.ReactNode }) {
  return <Box color="text-body-secondary">{children}</Box>;
}

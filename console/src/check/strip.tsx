// The last hours of a check as a strip: its states one after the other, with the times in words for those who cannot see it.
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import { useSearchParams } from "react-router";

import { native } from "../api/client";
import { useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { type History, minutesOf, type Span, spans } from "./check";

const HOURS = ["1", "6", "24"] as const;
const WORDS = { healthy: "Healthy", unhealthy: "Unhealthy", none: "Not there yet" } as const;

export function Strip({ id, createdAt, count }: { id: string; createdAt: string; count: number }) {
  const [parameters, setParameters] = useSearchParams();
  const hours = HOURS.find((each) => each === parameters.get("hours")) ?? (Date.now() - Date.parse(createdAt) < 3_600_000 ? "1" : "6");
  const { value, error, again } = useAsked(`${id} ${hours} ${count}`, (signal) => native<History>("GET", `/meridian/checks/${id}/history?minutes=${Number(hours) * 60}&events=1`, undefined, signal), 60_000);
  const found = value === undefined ? [] : spans(minutesOf(value));
  const [from, to] = [found[0]?.from ?? 0, found.at(-1)?.to ?? 1];
  const down = found.filter(({ state }) => state === "unhealthy");
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={value === undefined ? undefined : down.length === 0 ? "Healthy throughout." : `Unhealthy for ${minutesIn(down)} min in ${down.length} ${down.length === 1 ? "stretch" : "stretches"}.`}
          actions={
            <SegmentedControl
              label="How far back"
              selectedId={hours}
              options={HOURS.map((each) => ({ id: each, text: `${each} h` }))}
              onChange={({ detail }) =>
                setParameters(
                  (before) => {
                    before.set("hours", detail.selectedId);
                    return before;
                  },
                  { replace: true },
                )
              }
            />
          }
        >
          History
        </Header>
      }
    >
      {error !== undefined && <Failure error={error} again={again} />}
      <div className="strip" role="img" aria-label={found.map(words).join("; ") || "No history"}>
        {found.map((span) => (
          <div key={span.from} className={span.state} style={{ flexGrow: span.to - span.from }} title={words(span)} />
        ))}
      </div>
      <div className="strip-times number">
        {value !== undefined && (
          <>
            <Box color="text-body-secondary">{clock(from)}</Box>
            <Box color="text-body-secondary">{clock((from + to) / 2)}</Box>
            <Box color="text-body-secondary">now</Box>
          </>
        )}
      </div>
    </Container>
  );
}

const minutesIn = (found: readonly Span[]): number => found.reduce((sum, { from, to }) => sum + (to - from) / 60_000, 0);
const clock = (at: number): string => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const words = ({ from, to, state }: Span): string => `${WORDS[state]} from ${clock(from)} to ${clock(to)}`;

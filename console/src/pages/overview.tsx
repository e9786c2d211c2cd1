// How much there is, how it does, and what is on its way. Follows what happens.
import ContentLayout from "@cloudscape-design/components/content-layout";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";

import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";
import { LiveMark } from "../layout/live";
import { RateChart } from "../overview/chart";
import { type Followed, useOverview } from "../overview/follow";
import { byEdge, byType, byZone, type Read, ratesOf, replies } from "../overview/overview";
import { Changes, Counts, Edges, First, Health } from "../overview/parts";

const MOST = 6; // lines in a chart
const NONE = "Nothing was asked since this page was opened. Edges say every five seconds what they have counted.";

export function Page() {
  const followed = useOverview();
  const { latest, error, state, pause } = followed;
  return (
    <Frame title="Overview" contentType="dashboard">
      <ContentLayout header={<Header variant="h1" info={<LiveMark state={state} pause={pause} />}>Overview</Header>}>
        <SpaceBetween size="l">
          {error !== undefined && <Failure error={error} />}
          {latest === undefined && error === undefined && <Spinner size="large" />}
          {latest !== undefined && (
            <SpaceBetween size="l">
              <Counts count={latest.count} />
              {latest.count.zones === 0 && <First />}
              <Rates followed={followed} />
              <Grid gridDefinition={[{ colspan: { default: 12, s: 6 } }, { colspan: { default: 12, s: 6 } }]}>
                <Health health={latest.health} />
                <Changes changes={latest.changes} />
              </Grid>
              <Edges edges={latest.edges} />
            </SpaceBetween>
          )}
        </SpaceBetween>
      </ContentLayout>
    </Frame>
  );
}

function Rates({ followed: { counts } }: { followed: Followed }) {
  const by = (read: Read) => ratesOf(counts.looks, read, MOST);
  const half = { colspan: { default: 12, s: 6 } } as const;
  return (
    <Grid gridDefinition={[half, half, half, half]}>
      <RateChart title="Replies" rates={by(replies)} none={NONE} />
      <RateChart title="Questions by edge" rates={by(byEdge)} none={NONE} />
      <RateChart title="Questions by zone" rates={by(byZone)} none="No zone of this account was asked since this page was opened, or questions are not counted by zone (the setting metrics_zones)." />
      <RateChart title="Questions by type" rates={by(byType)} none={NONE} />
    </Grid>
  );
}

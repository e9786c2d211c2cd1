// The geolocation data in use, with the credit that its licence asks for.
import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";

import { native } from "../api/client";
import { useAsked } from "../api/use";
import { Failure } from "../layout/error";

/** Of docs/reference/overview.md. */
type Geodata = { installed: false } | { installed: true; source: string; date: string | null; attribution: string; networks: { ipv4: number; ipv6: number } };

const OLD = 60; // days after which addresses have moved enough to say so

export function GeodataStatus() {
  const { value, error, again } = useAsked("geodata", (signal) => native<Geodata>("GET", "/meridian/geodata", undefined, signal));
  return (
    <Container header={<Header variant="h2" description="Says where clients are, for geolocation and geoproximity.">Geolocation data</Header>}>
      {error !== undefined && <Failure error={error} again={again} />}
      {value === undefined && error === undefined && <Spinner />}
      {value?.installed === false && (
        <Alert type="info" header="None is installed">
          Every client is taken to be nowhere: geolocation answers with its default. <span className="mono">meridian place install</span> fetches free data of the world, and it is in use at once.
        </Alert>
      )}
      {value?.installed === true && (
        <SpaceBetween size="m">
          {daysOf(value.date) > OLD && (
            <Alert type="warning" header={`${daysOf(value.date)} days old`}>
              Addresses move. <span className="mono">meridian place update</span> takes newer data.
            </Alert>
          )}
          <KeyValuePairs
            columns={4}
            items={[
              { label: "Source", value: value.source },
              { label: "Of", value: value.date ?? "an unknown day" },
              { label: "Networks", value: <span className="number">{`${value.networks.ipv4.toLocaleString("en")} IPv4, ${value.networks.ipv6.toLocaleString("en")} IPv6`}</span> },
              { label: "Attribution", value: value.attribution || "None asked for" },
            ]}
          />
        </SpaceBetween>
      )}
    </Container>
  );
}

const daysOf = (date: string | null): number => (date === null ? 0 : Math.floor((Date.now() - Date.parse(date)) / 86_400_000));

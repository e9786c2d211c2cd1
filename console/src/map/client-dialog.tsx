// A client picked on the map: the country, or in the US the state, under a click. Loaded when it is opened.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState } from "react";

import { armColor } from "../editor/colors";
import { type Atlas, type Client, placeName } from "./atlas";
import { codeOf, clientAt } from "./client-at";
import { MAP_COLORS } from "./ink";
import { shapes } from "./shapes";
import type { Place } from "./sphere";
import { WorldMap } from "./world-map";

interface Props {
  atlas: Atlas;
  clients: readonly Client[];
  onPick: (client: Client) => void;
  onClose: () => void;
}

export default function ClientDialog({ atlas, clients, onPick, onClose }: Props) {
  const [asked, setAsked] = useState<Place | undefined>();
  const there = asked && shapes(atlas.countries).at(asked);
  const client = there && clientAt(clients, there);
  const chosen = client && codeOf(client);
  const painted = useMemo(() => ({ fillOf: (code: string) => (code === chosen ? { color: armColor(0), faint: false } : undefined) }), [chosen]);
  return (
    <Modal
      visible
      size="large"
      header="Where the client is"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" disabled={client === undefined} onClick={() => client && onPick(client)}>
              Use this client
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="s">
        <div className="client-map" style={MAP_COLORS}>
          <WorldMap label="The world" does="picks the country there" countries={atlas.countries} painted={painted} pins={[]} asked={asked} onAsk={setAsked} />
        </div>
        <div aria-live="polite">
          {client !== undefined ? (
            <Box>
              <strong>{placeName(atlas, client.country, client.subdivision)}</strong>, asked as <span className="mono">{client.network}</span>
            </Box>
          ) : there === undefined ? (
            <Box color="text-body-secondary">Click a country, or move the crosshair there with the arrow keys and press enter.</Box>
          ) : (
            <Alert type="info">{there.country === undefined ? "No country is there." : `The geolocation data knows no network in ${placeName(atlas, there.country)}.`}</Alert>
          )}
        </div>
      </SpaceBetween>
    </Modal>
  );
}

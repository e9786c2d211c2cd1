// A button that opens the map to pick a client on; the map is loaded then.
import Button from "@cloudscape-design/components/button";
import { lazy, Suspense, useState } from "react";

import { type Client, useAtlas, useClients } from "./atlas";

const ClientDialog = lazy(() => import("./client-dialog"));

export function PickClient({ onPick }: { onPick: (client: Client) => void }) {
  const [open, setOpen] = useState(false);
  const { value: atlas } = useAtlas();
  const { value: clients = [] } = useClients();
  return (
    <>
      <Button iconName="map" formAction="none" disabled={atlas === undefined || clients.length === 0} onClick={() => setOpen(true)}>
        Pick on a map
      </Button>
      {open && atlas !== undefined && (
        <Suspense>
          <ClientDialog
            atlas={atlas}
            clients={clients}
            onClose={() => setOpen(false)}
            onPick={(client) => {
              setOpen(false);
              onPick(client);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

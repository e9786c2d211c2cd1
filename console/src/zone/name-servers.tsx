// The name servers of a hosted zone, to copy to whoever delegates to it.
import Box from "@cloudscape-design/components/box";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { call } from "../api/client";
import type { HostedZone } from "../api/operations";
import { useAsked } from "../api/use";
import { Failure } from "../layout/error";
import { shownName } from "../records/policy";

export function NameServers({ zone, onClose }: { zone: HostedZone; onClose: () => void }) {
  const found = useAsked(zone.Id, (signal) => call("GetHostedZone", { Id: zone.Id }, signal));
  return (
    <Modal visible header={`Name servers of ${shownName(zone.Name)}`} closeAriaLabel="Close" onDismiss={onClose}>
      <SpaceBetween size="m">
        <Box>The parent zone or the registrar has to name all of them.</Box>
        {found.error !== undefined && <Failure error={found.error} again={found.again} />}
        <ServerList servers={found.value?.DelegationSet?.NameServers ?? []} />
      </SpaceBetween>
    </Modal>
  );
}

export function ServerList({ servers }: { servers: readonly string[] }) {
  if (servers.length === 0) return <>–</>;
  return (
    <SpaceBetween size="xxs">
      {servers.map((server) => (
        <span key={server} className="mono">
          {server}
        </span>
      ))}
      <CopyToClipboard copyButtonText="Copy all" textToCopy={servers.join("\n")} copySuccessText="Copied" copyErrorText="Could not copy" />
    </SpaceBetween>
  );
}

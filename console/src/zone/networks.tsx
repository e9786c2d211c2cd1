// The networks that see a private zone: listed, added, removed.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";

import { call } from "../api/client";
import type { HostedZone, VPC } from "../api/operations";
import { AskFirst } from "../layout/ask-first";
import { Empty } from "../layout/empty";
import { useFlashes } from "../layout/flashes";
import { shownName } from "../records/policy";
import { followChange } from "./follow";
import { asVpc, NO_VPC, type Vpc, VpcFields } from "./vpc-fields";

interface Props {
  zone: HostedZone;
  vpcs: readonly VPC[];
  onChanged: () => void;
}

export function Networks({ zone, vpcs, onChanged }: Props) {
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<VPC | undefined>();
  const done = (close: () => void) => (changed: boolean) => {
    close();
    if (changed) onChanged();
  };
  return (
    <>
      <Table
        items={vpcs}
        ariaLabels={{ tableLabel: "Networks" }}
        header={
          <Header variant="h2" counter={`(${vpcs.length})`} description="Only clients in these see the zone." actions={<Button onClick={() => setAdding(true)}>Associate network</Button>}>
            Networks
          </Header>
        }
        empty={<Empty text="No network sees this zone." />}
        columnDefinitions={[
          { id: "id", header: "VPC id", isRowHeader: true, cell: ({ VPCId }) => <span className="mono">{VPCId}</span> },
          { id: "region", header: "Region", cell: ({ VPCRegion }) => <span className="mono">{VPCRegion}</span> },
          {
            id: "remove",
            header: <span className="unseen">Actions</span>,
            width: 140,
            cell: (vpc) => (
              <Button
                variant="inline-link"
                ariaLabel={`Remove ${vpc.VPCId}`}
                disabled={vpcs.length === 1}
                disabledReason="A private zone is seen from one network at least. Associate another first, or delete the zone."
                onClick={() => setRemoving(vpc)}
              >
                Remove
              </Button>
            ),
          },
        ]}
      />
      {adding && <Add zone={zone} without={vpcs.flatMap(({ VPCId }) => VPCId ?? [])} onClose={done(() => setAdding(false))} />}
      {removing !== undefined && <Remove zone={zone} vpc={removing} onClose={done(() => setRemoving(undefined))} />}
    </>
  );
}

function Add({ zone, without, onClose }: { zone: HostedZone; without: readonly string[]; onClose: (done: boolean) => void }) {
  const flashes = useFlashes();
  const [vpc, setVpc] = useState<Vpc>(NO_VPC);
  const run = async () => {
    const { ChangeInfo } = await call("AssociateVPCWithHostedZone", { HostedZoneId: zone.Id, VPC: asVpc(vpc) });
    followChange(flashes, ChangeInfo, `${vpc.id.trim()} sees ${shownName(zone.Name)}`);
  };
  return (
    <AskFirst title="Associate network" action="Associate" run={run} disabled={vpc.id.trim() === "" || vpc.region.trim() === ""} onClose={onClose}>
      <VpcFields value={vpc} onChange={setVpc} without={without} />
    </AskFirst>
  );
}

function Remove({ zone, vpc, onClose }: { zone: HostedZone; vpc: VPC; onClose: (done: boolean) => void }) {
  const flashes = useFlashes();
  const run = async () => {
    const { ChangeInfo } = await call("DisassociateVPCFromHostedZone", { HostedZoneId: zone.Id, VPC: vpc });
    followChange(flashes, ChangeInfo, `${vpc.VPCId} sees ${shownName(zone.Name)} no more`);
  };
  return (
    <AskFirst title="Remove network" action="Remove" run={run} onClose={onClose}>
      <Box>
        Clients in <span className="mono">{vpc.VPCId}</span> will not see <span className="mono">{shownName(zone.Name)}</span> any more; they are answered as everybody is.
      </Box>
    </AskFirst>
  );
}

// All hosted zones: find, create, delete.
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate } from "react-router";

import { all, call } from "../api/client";
import type { HostedZone, ListHostedZonesResponse } from "../api/operations";
import { useAsked } from "../api/use";
import { FailedPage } from "../layout/error";
import { Frame } from "../layout/frame";
import { type Column, Listing } from "../layout/listing";
import { useFollow } from "../policies/follow";
import { shownName } from "../records/policy";
import { DeleteZone } from "../zone/delete";
import { NameServers } from "../zone/name-servers";

const isPrivate = (zone: HostedZone): boolean => zone.Config?.PrivateZone === true;
const nameOf = ({ Name }: HostedZone): string => shownName(Name);

export function Page() {
  const navigate = useNavigate();
  const follow = useFollow();
  const zones = useAsked("zones", (signal) =>
    all<ListHostedZonesResponse, HostedZone>(
      (page) => call("ListHostedZones", { MaxItems: "100", ...(page?.NextMarker && { Marker: page.NextMarker }) }, signal),
      (page) => page.HostedZones,
      (page) => page.IsTruncated,
    ),
  );
  const [deleting, setDeleting] = useState<HostedZone | undefined>();
  const [serversOf, setServersOf] = useState<HostedZone | undefined>();
  const columns: readonly Column<HostedZone>[] = [
    {
      id: "name",
      header: "Name",
      value: nameOf,
      cell: (zone) => (
        <Link href={`/console/zones/${zone.Id}`} onFollow={follow}>
          <span className="mono">{nameOf(zone)}</span>
        </Link>
      ),
    },
    { id: "kind", header: "Type", value: (zone) => (isPrivate(zone) ? "Private" : "Public"), cell: (zone) => (isPrivate(zone) ? "Private" : "Public"), width: 100 },
    {
      id: "records",
      header: "Record sets",
      value: ({ ResourceRecordSetCount: count = 0 }) => count,
      cell: ({ ResourceRecordSetCount: count = 0 }) => <span className="number">{count.toLocaleString("en")}</span>,
      width: 130,
    },
    { id: "comment", header: "Comment", value: ({ Config }) => Config?.Comment ?? "", cell: ({ Config }) => Config?.Comment || "–" },
    {
      id: "servers",
      header: "Name servers",
      cell: (zone) =>
        isPrivate(zone) ? (
          "–"
        ) : (
          <Button variant="inline-link" ariaLabel={`Show the name servers of ${nameOf(zone)}`} onClick={() => setServersOf(zone)}>
            Show
          </Button>
        ),
      width: 125,
    },
    {
      id: "id",
      header: "Id",
      value: ({ Id }) => Id,
      unsorted: true,
      cell: ({ Id }) => <CopyToClipboard variant="inline" textToCopy={Id} textToDisplay={Id} copyButtonAriaLabel={`Copy the id ${Id}`} copySuccessText="Copied" copyErrorText="Could not copy" />,
      width: 250,
    },
  ];
  const create = (
    <Button variant="primary" onClick={() => navigate("/zones/create")}>
      Create hosted zone
    </Button>
  );
  return (
    <Frame title="Hosted zones" contentType="table">
      {zones.error !== undefined && zones.value === undefined ? (
        <FailedPage title="Hosted zones" error={zones.error} again={zones.again} />
      ) : (
        <Listing
          items={zones.value}
          columns={columns}
          idOf={({ Id }) => Id}
          nameOf={nameOf}
          title="Hosted zones"
          noun="hosted zones"
          selection="single"
          again={zones.again}
          empty={{ text: "A hosted zone holds the records of a domain, and answers for it.", action: create }}
          actions={([chosen]) => (
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={chosen === undefined} onClick={() => chosen && navigate(`/zones/${chosen.Id}`)}>
                Open
              </Button>
              <Button disabled={chosen === undefined} onClick={() => setDeleting(chosen)}>
                Delete
              </Button>
              {create}
            </SpaceBetween>
          )}
        />
      )}
      {deleting !== undefined && (
        <DeleteZone
          zone={deleting}
          onClose={(deleted) => {
            setDeleting(undefined);
            if (deleted) zones.again();
          }}
        />
      )}
      {serversOf !== undefined && <NameServers zone={serversOf} onClose={() => setServersOf(undefined)} />}
    </Frame>
  );
}

// The versions of a policy (R-VIS-11): open, edit as new version, describe, apply, compare, delete.
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";
import { useNavigate } from "react-router";

import { type ApiError, call } from "../api/client";
import type { TrafficPolicy, TrafficPolicyInstance } from "../api/operations";
import { asApiError } from "../api/use";
import { Failure } from "../layout/error";
import { useFlashes } from "../layout/flashes";
import { useFollow } from "./follow";

interface Props {
  /** The newest first. */
  versions: readonly TrafficPolicy[];
  /** Undefined while they are asked for. */
  records: readonly TrafficPolicyInstance[] | undefined;
  onApply: (version: number) => void;
  /** `isLast`: the policy is gone with its last version. */
  onChanged: (isLast: boolean) => void;
}

const MOST = 3; // versions that a menu offers to compare with; the page itself offers all

export function Versions({ versions, records, onApply, onChanged }: Props) {
  const navigate = useNavigate();
  const follow = useFollow();
  const { fail } = useFlashes();
  const [deleting, setDeleting] = useState<TrafficPolicy>();
  const countOf = (version: number) => records?.filter(({ TrafficPolicyVersion }) => TrafficPolicyVersion === version).length;
  return (
    <>
      <Table<TrafficPolicy>
        header={
          <Header variant="h2" counter={`(${versions.length})`} description="A version never changes. Editing one makes the next.">
            Versions
          </Header>
        }
        trackBy={({ Version }) => String(Version)}
        items={versions}
        submitEdit={async ({ Id, Version }, _, value) => {
          try {
            await call("UpdateTrafficPolicyComment", { Id, Version, Comment: String(value) });
            onChanged(false);
          } catch (error) {
            fail("policy-comment", `Version ${Version} keeps its description`, error);
            throw error;
          }
        }}
        ariaLabels={{ activateEditLabel: (_, { Version }) => `Edit the description of version ${Version}`, cancelEditLabel: () => "Cancel", submitEditLabel: () => "Save", tableLabel: "Versions" }}
        columnDefinitions={[
          {
            id: "version",
            header: "Version",
            isRowHeader: true,
            width: 110,
            cell: ({ Id, Version }) => (
              <Link href={`/console/policies/${Id}/versions/${Version}`} onFollow={follow}>
                {Version}
              </Link>
            ),
          },
          { id: "records", header: "Policy records", width: 150, cell: ({ Version }) => <span className="number">{countOf(Version) ?? "–"}</span> },
          { id: "type", header: "DNS type", width: 110, cell: ({ Type }) => Type },
          {
            id: "comment",
            header: "Description",
            cell: ({ Comment }) => Comment ?? "–",
            editConfig: {
              ariaLabel: "Description",
              editIconAriaLabel: "Can be edited",
              editingCell: ({ Comment }, { currentValue, setValue }) => <Input autoFocus value={String(currentValue ?? Comment ?? "")} onChange={({ detail }) => setValue(detail.value)} />,
            },
          },
          {
            id: "actions",
            header: "Actions",
            width: 230,
            cell: (version) => (
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="inline-link" ariaLabel={`Edit as new version, from version ${version.Version}`} onClick={() => navigate(`/policies/${version.Id}/versions/${version.Version}`)}>
                  Edit as new version
                </Button>
                <ButtonDropdown
                  variant="inline-icon"
                  ariaLabel={`More for version ${version.Version}`}
                  items={[
                    { id: "apply", text: "Apply to names" },
                    ...versions.filter(({ Version }) => Version !== version.Version).slice(0, MOST).map(({ Version }) => ({ id: `compare ${Version}`, text: `Compare with version ${Version}` })),
                    { id: "delete", text: "Delete" },
                  ]}
                  onItemClick={({ detail }) => {
                    const other = Number(detail.id.replace("compare ", ""));
                    if (detail.id === "apply") onApply(version.Version);
                    else if (detail.id === "delete") setDeleting(version);
                    else navigate(`/policies/${version.Id}/compare/${Math.min(version.Version, other)}/${Math.max(version.Version, other)}`);
                  }}
                />
              </SpaceBetween>
            ),
          },
        ]}
      />
      {deleting !== undefined && (
        <Delete
          version={deleting}
          isLast={versions.length === 1}
          onClose={() => setDeleting(undefined)}
          onDone={() => {
            setDeleting(undefined);
            onChanged(versions.length === 1);
          }}
        />
      )}
    </>
  );
}

function Delete({ version, isLast, onClose, onDone }: { version: TrafficPolicy; isLast: boolean; onClose: () => void; onDone: () => void }) {
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const remove = () => {
    setBusy(true);
    call("DeleteTrafficPolicy", { Id: version.Id, Version: version.Version }).then(onDone, (failure: unknown) => {
      setError(asApiError(failure));
      setBusy(false);
    });
  };
  return (
    <Modal
      visible
      header={`Delete version ${version.Version} of ${version.Name}`}
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} onClick={remove}>
              Delete
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {error !== undefined && <Failure error={error} />}
        <Box>{isLast ? "It is the only version: the policy goes with it." : "Its number is never used again. Other versions stay."}</Box>
      </SpaceBetween>
    </Modal>
  );
}

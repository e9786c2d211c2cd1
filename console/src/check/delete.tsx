// Deleting health checks.
import { call } from "../api/client";
import { DeleteSeveral } from "../layout/delete-several";
import { titleOf } from "./check";

interface Props {
  checks: readonly { id: string; name: string }[];
  /** How many records use it, where that is known. */
  used?: number;
  onClose: (deleted: boolean) => void;
}

export function DeleteChecks({ checks, used, onClose }: Props) {
  return (
    <DeleteSeveral
      kind="health check"
      things={checks.map((check) => ({ id: check.id, title: titleOf(check) }))}
      remove={(HealthCheckId) => call("DeleteHealthCheck", { HealthCheckId })}
      warning={warningOf(used)}
      onClose={onClose}
    />
  );
}

function warningOf(used: number | undefined): string {
  if (used === undefined) return "Records that use it count as healthy from then on.";
  if (used === 0) return "No record uses it.";
  return `${used} ${used === 1 ? "record uses" : "records use"} it, and will count as healthy from then on.`;
}

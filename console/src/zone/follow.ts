// A change on its way: a flash that stays until all edges serve it.
import { call } from "../api/client";
import type { ChangeInfo } from "../api/operations";
import { asApiError } from "../api/use";
import type { useFlashes } from "../layout/flashes";

const PACE = [300, 500, 1000, 2000, 4000]; // milliseconds between two looks; the last goes on

/** Shows `done` as on its way, and as a success as soon as GetChange says INSYNC. `after`: then, once. */
export function followChange(flashes: Pick<ReturnType<typeof useFlashes>, "show">, change: ChangeInfo, done: string, after?: () => void): void {
  const id = `change-${change.Id}`;
  const look = async (at: number): Promise<void> => {
    try {
      const { ChangeInfo: found } = await call("GetChange", { Id: change.Id });
      if (found.Status === "INSYNC") {
        flashes.show({ id, type: "success", header: `${done}, and all name servers answer so.` });
        after?.();
        return;
      }
    } catch (error) {
      const { code, message } = asApiError(error);
      if (code !== "Unreachable" && code !== "Throttling") {
        flashes.show({ id, type: "warning", header: `${done}. Whether all name servers have it is not known`, content: `${code}: ${message}` });
        return;
      }
    }
    setTimeout(() => void look(at + 1), PACE[Math.min(at, PACE.length - 1)]);
  };
  flashes.show({ id, type: "in-progress", header: `${done}; it is on its way to the name servers.`, content: `Change ${change.Id}` });
  void look(0);
}

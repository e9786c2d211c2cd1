// A change on its way: a flash that says which edges have it, and stays until all do.
import { native } from "../api/client";
import type { ChangeInfo } from "../api/operations";
import { asApiError } from "../api/use";
import type { useFlashes } from "../layout/flashes";
import type { ChangeOnItsWay } from "../overview/overview";
import { reachedText, servedText } from "./reached";

const PACE = [300, 500, 1000, 2000, 4000]; // milliseconds between two looks; the last goes on

/** Shows `done` as on its way, and as a success as soon as the change is in sync. `after`: then, once. */
export function followChange(flashes: Pick<ReturnType<typeof useFlashes>, "show">, change: ChangeInfo, done: string, after?: () => void): void {
  const bare = change.Id.replace(/^\/change\//, ""); // calls of our own give it as the API does
  const id = `change-${bare}`;
  const look = async (at: number): Promise<void> => {
    try {
      const found = await native<ChangeOnItsWay & { status: string }>("GET", `/meridian/changes/${bare}`);
      if (found.status === "INSYNC") {
        flashes.show({ id, type: "success", header: `${done}, and all name servers answer so.`, content: servedText(found) });
        after?.();
        return;
      }
      flashes.show({ id, type: "in-progress", header: `${done}; it is on its way to the name servers.`, content: reachedText(found) });
    } catch (error) {
      const { code, message } = asApiError(error);
      if (code !== "Unreachable" && code !== "Throttling") {
        flashes.show({ id, type: "warning", header: `${done}. Whether all name servers have it is not known`, content: `${code}: ${message}` });
        return;
      }
    }
    setTimeout(() => void look(at + 1), PACE[Math.min(at, PACE.length - 1)]);
  };
  flashes.show({ id, type: "in-progress", header: `${done}; it is on its way to the name servers.` });
  void look(0);
}

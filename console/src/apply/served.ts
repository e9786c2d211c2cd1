// Waits until every live edge serves changes.
import { call } from "../api/client";
import { asApiError } from "../api/use";
import type { useFlashes } from "../layout/flashes";

const PACE = [300, 500, 1000, 2000, 4000]; // milliseconds between two looks; the last goes on

/** Ends when GetChange says INSYNC of all; `onServed` hears of each. Ends early when told to. */
export async function whenServed(changes: readonly string[], signal: AbortSignal, onServed: (change: string) => void): Promise<void> {
  for (const Id of changes) {
    for (let at = 0; !signal.aborted && !(await isServed(Id)); at++) await new Promise((resolve) => setTimeout(resolve, PACE[Math.min(at, PACE.length - 1)]));
    if (signal.aborted) return;
    onServed(Id);
  }
}

/** Shows a message until all is served, and then another. */
export function followAll({ show }: Pick<ReturnType<typeof useFlashes>, "show">, id: string, changes: readonly string[], done: string, after?: () => void): void {
  show({ id, type: "in-progress", header: `${done}; it is on its way to the name servers.` });
  whenServed(changes, new AbortController().signal, () => undefined).then(
    () => {
      show({ id, type: "success", header: `${done}, and all name servers answer so.` });
      after?.();
    },
    (error: unknown) => show({ id, type: "warning", header: `${done}. Whether all name servers have it is not known`, content: asApiError(error).message }),
  );
}

/** A server that is away, or asked too often, is asked again. */
async function isServed(Id: string): Promise<boolean> {
  try {
    return (await call("GetChange", { Id })).ChangeInfo.Status === "INSYNC";
  } catch (error) {
    const found = asApiError(error);
    if (found.code === "Unreachable" || found.code === "Throttling") return false;
    throw found;
  }
}

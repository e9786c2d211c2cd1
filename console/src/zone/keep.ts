// Pending changes of a zone: kept in this tab of the browser, so that a reload loses nothing.
import { useCallback, useState } from "react";

import type { Pending } from "../records/pending";

export function usePending(zoneId: string): [readonly Pending[], (pending: readonly Pending[]) => void] {
  const key = `meridian.pending.${zoneId}`;
  const [held, setHeld] = useState<{ key: string; pending: readonly Pending[] }>(() => ({ key, pending: read(key) }));
  const current = held.key === key ? held.pending : read(key);
  const set = useCallback(
    (pending: readonly Pending[]) => {
      setHeld({ key, pending });
      if (pending.length === 0) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, JSON.stringify(pending));
    },
    [key],
  );
  return [current, set];
}

function read(key: string): readonly Pending[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(found) ? (found as Pending[]) : [];
  } catch {
    return [];
  }
}

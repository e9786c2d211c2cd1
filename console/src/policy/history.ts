// Undo and redo: the graphs before and after the one at hand.
export interface History<Value> {
  past: readonly Value[];
  now: Value;
  future: readonly Value[];
}

const MOST = 200; // steps that can be taken back

export const begin = <Value>(now: Value): History<Value> => ({ past: [], now, future: [] });

/** `merge`: the change is part of the one before, such as the next letter of a name or the next step of a slider. */
export function change<Value>({ past, now }: History<Value>, next: Value, merge = false): History<Value> {
  if (next === now) return { past, now, future: [] };
  return { past: merge && past.length > 0 ? past : [...past, now].slice(-MOST), now: next, future: [] };
}

export function undo<Value>(history: History<Value>): History<Value> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future] };
}

export function redo<Value>(history: History<Value>): History<Value> {
  const [after, ...future] = history.future;
  return after === undefined ? history : { past: [...history.past, history.now], now: after, future };
}

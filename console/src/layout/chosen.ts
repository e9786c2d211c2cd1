// What somebody has chosen for a list, as this browser keeps it.

export interface Chosen {
  pageSize: number;
  /** In their order. */
  columns: readonly { id: string; visible: boolean }[];
}

const PAGE = 50;

/** What was kept, with columns that came later shown at the end, and those that are gone left out. */
export function read(list: string, ids: readonly string[], storage: Pick<Storage, "getItem"> = localStorage): Chosen {
  const kept = parsed(storage.getItem(keyOf(list)));
  const columns = kept.columns.filter(({ id }) => ids.includes(id));
  const later = ids.filter((id) => !columns.some((column) => column.id === id)).map((id) => ({ id, visible: true }));
  return { pageSize: kept.pageSize, columns: [...columns, ...later] };
}

export function write(list: string, chosen: Chosen, storage: Pick<Storage, "setItem"> = localStorage): void {
  storage.setItem(keyOf(list), JSON.stringify(chosen));
}

const keyOf = (list: string): string => `meridian.list.${list}`;

function parsed(text: string | null): Chosen {
  try {
    const { pageSize, columns } = JSON.parse(text ?? "{}") as Partial<Record<keyof Chosen, unknown>>;
    return { pageSize: typeof pageSize === "number" && pageSize > 0 ? pageSize : PAGE, columns: Array.isArray(columns) ? columns.filter(isColumn) : [] };
  } catch {
    return { pageSize: PAGE, columns: [] };
  }
}

const isColumn = (found: unknown): found is Chosen["columns"][number] => typeof found === "object" && found !== null && "id" in found && typeof found.id === "string" && "visible" in found && typeof found.visible === "boolean";

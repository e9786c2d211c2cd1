// Which columns a list shows, in which order, and how many rows a page has; kept in this browser.
import CollectionPreferences from "@cloudscape-design/components/collection-preferences";
import { type ReactNode, useState } from "react";

import { type Chosen, read, write } from "./chosen";

interface Columns {
  id: string;
  header: ReactNode;
}

interface Preferences {
  chosen: Chosen;
  /** For the table. */
  columnDisplay: Chosen["columns"];
  button: ReactNode;
}

const SIZES = [20, 50, 100, 200];

/** `list` names it in this browser's storage; the first column always shows. Without `paged`, the page size is the server's. */
export function usePreferences(list: string, columns: readonly Columns[], { paged = true }: { paged?: boolean } = {}): Preferences {
  const ids = columns.map(({ id }) => id);
  const [chosen, setChosen] = useState(() => read(list, ids));
  const options = columns.map(({ id, header }, at) => ({ id, label: typeof header === "string" ? header : id, alwaysVisible: at === 0 }));
  const button = (
    <CollectionPreferences
      title="Preferences"
      confirmLabel="Confirm"
      cancelLabel="Cancel"
      preferences={{ pageSize: chosen.pageSize, contentDisplay: chosen.columns }}
      {...(paged && { pageSizePreference: { title: "Page size", options: SIZES.map((value) => ({ value, label: `${value} rows` })) } })}
      contentDisplayPreference={{ title: "Columns", description: "Which are shown, and in which order.", options }}
      onConfirm={({ detail }) => {
        const next = { pageSize: detail.pageSize ?? chosen.pageSize, columns: detail.contentDisplay ?? chosen.columns };
        write(list, next);
        setChosen(next);
      }}
    />
  );
  return { chosen, columnDisplay: chosen.columns, button };
}

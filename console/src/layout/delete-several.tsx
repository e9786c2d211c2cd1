// Deleting one or several things, after saying what that does. One that is refused does not hold up the others.
import Alert from "@cloudscape-design/components/alert";
import type { ReactNode } from "react";

import { AskFirst } from "./ask-first";
import { useFlashes } from "./flashes";

interface Props {
  /** What they are, such as "health check"; an s makes several of them. */
  kind: string;
  things: readonly { id: string; title: string }[];
  remove: (id: string) => Promise<unknown>;
  /** What deleting them does. */
  warning: ReactNode;
  onClose: (deleted: boolean) => void;
}

export function DeleteSeveral({ kind, things, remove, warning, onClose }: Props) {
  const { fail, show } = useFlashes();
  const run = async () => {
    const refusals = [];
    for (const { id, title } of things) {
      try {
        await remove(id);
      } catch (error) {
        refusals.push({ id, title, error });
      }
    }
    const [first] = refusals;
    const gone = things.length - refusals.length;
    if (first !== undefined && gone === 0) throw first.error; // the dialog stays, and says why
    for (const { id, title, error } of refusals) fail(`delete ${id}`, `${title} was not deleted`, error);
    show({ id: `${kind}s deleted`, type: "success", header: gone === 1 ? `The ${kind} is deleted.` : `${gone} ${kind}s are deleted.` });
  };
  return (
    <AskFirst title={things.length === 1 ? `Delete ${kind}` : `Delete ${things.length} ${kind}s`} action="Delete" run={run} onClose={onClose}>
      <ul className="plain">
        {things.map(({ id, title }) => (
          <li key={id} className="mono">
            {title}
          </li>
        ))}
      </ul>
      <Alert type="warning">{warning}</Alert>
    </AskFirst>
  );
}

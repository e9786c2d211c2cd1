// A menu that copies an object as other tools write it.
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";

import { useFlashes } from "./flashes";

const FORMS = { command: "AWS CLI", json: "JSON", terraform: "Terraform" } as const;

export type Forms = Readonly<Record<keyof typeof FORMS, () => string>>;

/** `what` is said when it is copied, such as "The zone". */
export function CopyAs({ what, forms }: { what: string; forms: Forms }) {
  const { show, fail } = useFlashes();
  const copy = async (form: keyof typeof FORMS) => {
    try {
      await navigator.clipboard.writeText(forms[form]());
      show({ id: "copied", type: "success", header: `${what} is copied as ${FORMS[form]}.` });
    } catch (error) {
      fail("copied", "The browser did not let it be copied", error);
    }
  };
  return (
    <ButtonDropdown
      items={Object.entries(FORMS).map(([id, text]) => ({ id, text }))}
      onItemClick={({ detail }) => void copy(detail.id as keyof typeof FORMS)}
    >
      Copy as
    </ButtonDropdown>
  );
}

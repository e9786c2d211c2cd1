// Links inside the console, followed without loading the page anew.
import { useNavigate } from "react-router";

interface Followed {
  preventDefault: () => void;
  detail: { href?: string | undefined };
}

/** Where the console stands on its server; links have it, so that they can be opened elsewhere and sent to others. */
export const BASE = "/console";

export function useFollow(): (event: Followed) => void {
  const navigate = useNavigate();
  return (event) => {
    if (event.detail.href === undefined) return;
    event.preventDefault();
    navigate(event.detail.href.replace(BASE, "") || "/");
  };
}

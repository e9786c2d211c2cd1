// Links inside the console, followed without loading the page anew.
import { useNavigate } from "react-router";

interface Followed {
  preventDefault: () => void;
  detail: { href?: string | undefined };
}

export function useFollow(): (event: Followed) => void {
  const navigate = useNavigate();
  return (event) => {
    if (event.detail.href === undefined) return;
    event.preventDefault();
    navigate(event.detail.href);
  };
}

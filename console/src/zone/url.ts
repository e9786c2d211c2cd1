// The filter of a list in the page's address, so that a view can be sent to a colleague.
import type { PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

const NONE: PropertyFilterProps.Query = { tokens: [], operation: "and" };

export function useFilterInUrl(): [PropertyFilterProps.Query, (query: PropertyFilterProps.Query) => void] {
  const [parameters, setParameters] = useSearchParams();
  const text = parameters.get("filter");
  const query = useMemo(() => readFilter(text), [text]);
  const set = useCallback(
    ({ tokens, operation }: PropertyFilterProps.Query) =>
      setParameters(
        (before) => {
          const after = new URLSearchParams(before);
          if (tokens.length === 0) after.delete("filter");
          else after.set("filter", JSON.stringify({ tokens, operation }));
          return after;
        },
        { replace: true },
      ),
    [setParameters],
  );
  return [query, set];
}

/** What cannot be read is no filter: addresses come from anywhere. */
export function readFilter(text: string | null): PropertyFilterProps.Query {
  if (text === null) return NONE;
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== "object" || found === null || !("tokens" in found) || !Array.isArray(found.tokens)) return NONE;
    const tokens = found.tokens.filter(isToken);
    return { tokens, operation: "operation" in found && found.operation === "or" ? "or" : "and" };
  } catch {
    return NONE;
  }
}

function isToken(token: unknown): token is PropertyFilterProps.Token {
  if (typeof token !== "object" || token === null || !("value" in token) || !("operator" in token)) return false;
  const key = "propertyKey" in token ? token.propertyKey : undefined;
  return typeof token.value === "string" && typeof token.operator === "string" && (key === undefined || typeof key === "string");
}

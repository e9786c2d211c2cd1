// Places in a document: from JSON pointers (RFC 6901) to lines of its text, and to boxes and arms.
import { ARMS } from "./document";
import { keyOf } from "./graph";
import type { Spot } from "./walk";

/** The box and arm that a pointer is in; undefined if it is in none, such as the document's own members. */
export function spotAt(pointer: string): Spot | undefined {
  const [, member, id, inside, number] = pointer.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (member === "StartRule" || member === "StartEndpoint") return { key: "start" };
  if (id === undefined) return undefined;
  if (member === "Endpoints") return { key: keyOf({ kind: "endpoint", id }) };
  if (member !== "Rules") return undefined;
  const key = keyOf({ kind: "rule", id });
  if (inside === "Primary" || inside === "Secondary") return { key, arm: inside === "Primary" ? 0 : 1 };
  const isList = Object.values(ARMS).some((list) => list === inside);
  return isList && number !== undefined && /^\d+$/.test(number) ? { key, arm: Number(number) } : { key };
}

/**
 * The line, from 1 on, that each value of a document begins in, by its pointer. Reads as far as the text
 * is JSON.
 */
export function lines(text: string): Map<string, number> {
  const found = new Map<string, number>();
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|\n/gs);
  let line = 1;
  const stack: { pointer: string; list: boolean; next: number; key: string | undefined }[] = [];
  const here = (): string => {
    const top = stack.at(-1);
    return top === undefined ? "" : `${top.pointer}/${top.list ? top.next : (top.key ?? "")}`;
  };
  for (const [token] of tokens) {
    const top = stack.at(-1);
    if (token === "\n") line++;
    else if (token === "{" || token === "[") {
      found.set(here(), line);
      stack.push({ pointer: here(), list: token === "[", next: 0, key: undefined });
    } else if (token === "}" || token === "]") stack.pop();
    else if (token === ",") {
      if (top !== undefined) [top.next, top.key] = [top.next + 1, undefined];
    } else if (token === ":") continue;
    else if (top !== undefined && !top.list && top.key === undefined) top.key = memberOf(token);
    else found.set(here(), line);
  }
  return found;
}

function memberOf(token: string): string {
  try {
    return String(JSON.parse(token)).replaceAll("~", "~0").replaceAll("/", "~1");
  } catch {
    return token;
  }
}

/** The line of a pointer, or of the nearest value around it. */
export function lineOf(places: ReadonlyMap<string, number>, pointer: string): number {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const line = places.get(at);
    if (line !== undefined) return line;
  }
  return places.get("") ?? 1;
}

/** The line that a JSON parser's message speaks of, in the words of any browser; the last line if it speaks of none. */
export function lineOfMessage(message: string, text: string): number {
  const named = /line (\d+)/.exec(message)?.[1];
  if (named !== undefined) return Number(named);
  const position = /position (\d+)/.exec(message)?.[1];
  return text.slice(0, position === undefined ? text.length : Number(position)).split("\n").length;
}

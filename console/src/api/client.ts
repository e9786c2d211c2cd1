// The way to the server: the public API's operations over JSON, and calls of our own.
//
// Requests carry the session's cookie; the header `X-Meridian-Console` says that it is the console that
// asks, and no page elsewhere: other origins cannot set it.
import type { Operations } from "./operations";

/** What went wrong, in the API's own words. `messages`: each of the reasons, where there are several. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly requestId: string,
    readonly messages: readonly string[] = [],
  ) {
    super(message);
  }
}

/** Calls an operation of the Route 53 API by its name, with the members that boto3 users know. */
export function call<Name extends keyof Operations>(
  name: Name,
  input: Operations[Name]["input"],
  signal?: AbortSignal,
): Promise<Operations[Name]["output"]> {
  return send("POST", `/console/api/call/${name}`, input, signal);
}

/** Calls one of our own, such as `/meridian/explain`. */
export function native<Reply>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Reply> {
  return send(method, path, body, signal);
}

/** Calls one of our own that takes or gives a text, such as a zone file. */
export async function nativeText(method: string, path: string, body?: string): Promise<string> {
  return exchange(method, path, body, "text/plain; charset=utf-8");
}

async function send<Reply>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Reply> {
  const text = await exchange(method, path, body === undefined ? undefined : JSON.stringify(body), "application/json", signal);
  return (text === "" ? {} : JSON.parse(text)) as Reply;
}

async function exchange(method: string, path: string, body: string | undefined, type: string, signal?: AbortSignal): Promise<string> {
  const request: RequestInit = { method, credentials: "same-origin", headers: { "X-Meridian-Console": "1" } };
  if (signal !== undefined) request.signal = signal;
  if (body !== undefined) {
    request.body = body;
    request.headers = { ...request.headers, "Content-Type": type };
  }
  let response: Response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("Unreachable", "The server cannot be reached. Nothing that you typed is lost; try again.", 0, "");
  }
  const text = await response.text();
  if (response.ok) return text;
  throw refusal(response, text);
}

function refusal(response: Response, text: string): ApiError {
  if (response.status === 401) window.dispatchEvent(new Event(SIGNED_OUT));
  const requestId = response.headers.get("x-amzn-RequestId") ?? "";
  try {
    const { code, message, messages } = JSON.parse(text) as { code: string; message: string; messages?: string[] };
    return new ApiError(code, message, response.status, requestId, messages ?? []);
  } catch {
    return new ApiError("Unreadable", `The server answered ${response.status} ${response.statusText}.`, response.status, requestId);
  }
}

/** Heard on `window` when the server knows our session no more. */
export const SIGNED_OUT = "meridian:signed-out";

/** Every page of a listing, one after the other, as long as there are more. */
export async function all<Page, Item>(
  first: (marker: Page | undefined) => Promise<Page>,
  items: (page: Page) => readonly Item[],
  more: (page: Page) => boolean,
): Promise<Item[]> {
  const found: Item[] = [];
  let page: Page | undefined;
  do {
    page = await first(page);
    found.push(...items(page));
  } while (more(page));
  return found;
}

// Asks the server as several clients, one after the other, and again when the draft or what is supposed changes.
import { useEffect, useState } from "react";

import { ApiError } from "../api/client";
import { asApiError } from "../api/use";
import { type Explanation, explain } from "./explanation";

export interface Answer {
  explanation?: Explanation;
  error?: ApiError;
}

const PAUSE = 300; // milliseconds without a change before the server is asked
const LATER = 500; // and after it has said that we ask too often
const TRIES = 6;
const DRAW = crypto.getRandomValues(new BigUint64Array(1)).join(); // the same for as long as the console is open

/** By network. What is not answered yet is missing; `document` undefined asks nothing. */
export function useExplained(document: string | undefined, type: string, networks: readonly string[], supposed: Readonly<Record<string, boolean>>): ReadonlyMap<string, Answer> {
  const key = JSON.stringify([document, type, networks, supposed]);
  const [found, setFound] = useState<{ key: string; answers: ReadonlyMap<string, Answer> }>({ key: "", answers: new Map() });
  useEffect(() => {
    if (document === undefined) return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const answers = new Map<string, Answer>();
      for (const client of networks) {
        const answer = await ask(() => explain(document, type, { client, supposed, draw: DRAW }, abort.signal));
        if (abort.signal.aborted) return;
        answers.set(client, answer);
        setFound({ key, answers: new Map(answers) });
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key]);
  return found.key === key ? found.answers : NONE;
}

const NONE: ReadonlyMap<string, Answer> = new Map();

async function ask(once: () => Promise<Explanation>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return { explanation: await once() };
    } catch (error) {
      const found = asApiError(error);
      if (found.code !== "Throttling" || tries === TRIES) return { error: found };
      await new Promise((resolve) => setTimeout(resolve, LATER));
    }
  }
}

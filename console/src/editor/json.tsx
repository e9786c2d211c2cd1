// The document beside the canvas: what is typed here is drawn there, and the other way round.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMemo, useRef, useState } from "react";

import { BadDocument, read } from "../policy/document";
import type { Graph } from "../policy/graph";
import { lineOf, lineOfMessage, lines } from "../policy/place";
import type { Problem, Severity } from "./verdict";

interface Props {
  graph: Graph;
  /** The graph as a document. */
  document: string;
  problems: readonly Problem[];
  onChange: (graph: Graph) => void;
}

export function Json({ graph, document, problems, onChange }: Props) {
  // What is being typed stays as it is until the graph is changed elsewhere.
  const [typed, setTyped] = useState<{ text: string; graph: Graph; error?: BadDocument }>();
  const current = typed !== undefined && typed.graph === graph ? typed : undefined;
  const text = current?.text ?? document;
  const marked = useMemo(() => markedLines(text, current?.error, problems), [text, current?.error, problems]);
  const rows = text.split("\n");
  const first = [...marked.keys()].sort((a, b) => a - b)[0];
  const gutter = useRef<HTMLDivElement>(null);
  const show = (line: number) => gutter.current?.children[line - 1]?.scrollIntoView({ block: "center" });
  const type = (next: string) => {
    try {
      const found = read(next);
      setTyped({ text: next, graph: found });
      onChange(found);
    } catch (error) {
      if (!(error instanceof BadDocument)) throw error;
      setTyped({ text: next, graph, error });
    }
  };
  return (
    <>
      <Box margin={{ bottom: "xs" }}>
        <div aria-live="polite">
          <SpaceBetween direction="horizontal" size="xs">
            {current?.error !== undefined ? (
              <StatusIndicator type="error" wrapText>
                {current.error.message}
              </StatusIndicator>
            ) : (
              <StatusIndicator type="success">Drawn as it is written</StatusIndicator>
            )}
            {first !== undefined && (
              <Button variant="inline-link" onClick={() => show(first)}>
                Show line {first}
              </Button>
            )}
          </SpaceBetween>
        </div>
      </Box>
      <div className="json">
        <div className="gutter" aria-hidden ref={gutter}>
          {rows.map((_, at) => (
            <div key={at} className={marked.get(at + 1)?.severity} title={marked.get(at + 1)?.text}>
              {at + 1}
            </div>
          ))}
        </div>
        <div className="paper">
          <pre aria-hidden>
            {rows.map((row, at) => (
              <span key={at} className={marked.get(at + 1)?.severity}>
                {row}
                {"\n"}
              </span>
            ))}
          </pre>
          <textarea value={text} spellCheck={false} autoCapitalize="off" aria-label="Document in JSON" aria-invalid={current?.error !== undefined} onChange={(event) => type(event.target.value)} />
        </div>
      </div>
    </>
  );
}

/** The lines that have a problem, from 1 on. What cannot be read is all there is to say. */
function markedLines(text: string, error: BadDocument | undefined, problems: readonly Problem[]): Map<number, { severity: Severity; text: string }> {
  const places = lines(text);
  if (error !== undefined) {
    const line = error.at === "" ? lineOfMessage(error.message, text) : lineOf(places, error.at);
    return new Map([[line, { severity: "error", text: error.message }]]);
  }
  const found = new Map<number, { severity: Severity; text: string }>();
  for (const { pointer, severity, text: what } of problems) {
    const line = lineOf(places, pointer);
    if (found.get(line)?.severity !== "error") found.set(line, { severity, text: what });
  }
  return found;
}

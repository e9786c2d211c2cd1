// What the colours and numbers of the map say, in words: one row for each arm.
import type { ReactNode } from "react";

import { armColor } from "../editor/colors";
import type { Graph, Rule } from "../policy/graph";
import { refText } from "./words";

interface Props {
  graph: Graph;
  rule: Rule;
  /** What each arm is for, such as "eu-central-1, Frankfurt". */
  textOf: (arm: number) => string;
  /** What stands at the end of an arm's row, such as its bias. */
  endOf?: (arm: number) => string;
  /** What stands below the row of the chosen arm. */
  below?: ReactNode;
  chosen: number | undefined;
  onChoose: (arm: number) => void;
}

export function Legend({ graph, rule, textOf, endOf, below, chosen, onChoose }: Props) {
  return (
    <ul className="arms">
      {rule.arms.map((arm, number) => (
        <li key={number}>
          <button type="button" aria-pressed={number === chosen} onClick={() => onChoose(number)}>
            <span className="swatch" style={{ background: armColor(number) }}>
              {number + 1}
            </span>
            <span>
              {textOf(number)}
              <span className="leads">{refText(graph, arm.to)}</span>
            </span>
            <span className="number">{endOf?.(number)}</span>
          </button>
          {number === chosen && below !== undefined && <div className="below-arm">{below}</div>}
        </li>
      ))}
    </ul>
  );
}

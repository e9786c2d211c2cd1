// From an explanation to the way through the tree: what to light, where it ends, and why not elsewhere.
import type { Lit } from "../editor/nodes";
import { markKey } from "../editor/verdict";
import { armLabel, type Graph, keyOf, type Ref, type Rule } from "../policy/graph";
import type { Explanation } from "./explanation";

export interface Turn {
  rule: string;
  /** The numbers of the arms that were taken; several only of multivalue. */
  arms: readonly number[];
  /** How likely that was, 0 to 1. */
  probability: number;
  /** Nothing was healthy, so everything was treated as healthy. */
  lastResort: boolean;
}

export interface Way {
  turns: readonly Turn[];
  /** The endpoints that answer. */
  ends: readonly Ref[];
  /** The values of the answer; empty where there is none. */
  values: readonly string[];
  rcode: string;
  lit: Lit;
}

export function wayOf(explanation: Explanation, graph: Graph): Way {
  const turns: Turn[] = [];
  const ends: Ref[] = graph.start?.kind === "endpoint" ? [graph.start] : [];
  const spots = new Set<string>(["start"]);
  const excluded = new Map<string, string>();
  for (const { step, rule, arms = [], last_resort: lastResort = false } of explanation.steps) {
    if (step !== "group" || rule === undefined) continue;
    const key = keyOf({ kind: "rule", id: rule });
    const chosen = arms.filter((arm) => arm.chosen);
    spots.add(key);
    for (const arm of arms) {
      const spot = markKey({ key, arm: armNumber(arm.set_identifier) });
      if (arm.chosen) spots.add(spot);
      else if (arm.excluded !== null) excluded.set(spot, arm.health_check_reason == null || arm.healthy ? arm.excluded : `${arm.excluded}: ${arm.health_check_reason}`);
    }
    const numbers = chosen.map(({ set_identifier }) => armNumber(set_identifier));
    if (numbers.length > 0) turns.push({ rule, arms: numbers, probability: chosen[0]?.probability ?? 1, lastResort });
    for (const number of numbers) {
      const to = graph.rules[rule]?.arms[number]?.to;
      if (to?.kind === "endpoint") ends.push(to);
    }
  }
  for (const end of ends) spots.add(keyOf(end));
  const values = explanation.response.answer.map((line) => line.split(" ").slice(4).join(" "));
  return { turns, ends, values, rcode: explanation.response.rcode, lit: { spots, excluded } };
}

/** Set identifiers of compiled rules begin with the number of the arm. */
const armNumber = (setIdentifier: string): number => Number.parseInt(setIdentifier, 10);

/** Such as "geo: US → split: east, as 25 % of them". */
export function turnsText({ turns }: Way, graph: Graph): string {
  return turns
    .map(({ rule, arms, probability, lastResort }) => {
      const own = graph.rules[rule];
      const labels = own === undefined ? "" : arms.map((arm) => label(own, arm)).join(" and ");
      const chance = own?.kind !== "multivalue" && probability < 1 ? `, as ${Math.round(probability * 1000) / 10} % of them` : "";
      return `${rule}: ${labels}${chance}${lastResort ? ", as nothing is healthy" : ""}`;
    })
    .join(" → ");
}

/** Weights say nothing of where an arm leads. */
const label = (rule: Rule, arm: number): string => (rule.kind === "weighted" ? (rule.arms[arm]?.to?.id ?? "") : armLabel(rule, arm));

/** What the client gets, such as "192.0.2.1 and 192.0.2.2". */
export function answerText({ ends, values, rcode }: Way, graph: Graph): string {
  if (values.length > 0) return values.join(" and ");
  if (ends.length > 0) return `what ${ends.map(({ id }) => graph.endpoints[id]?.value ?? id).join(" and ")} answers`;
  return rcode === "NOERROR" ? "no answer" : `no answer (${rcode})`;
}

/** The number of the arm by which a way passes its first rule that goes by place; undefined if it passes none. */
export function placedArm({ turns }: Way, graph: Graph): number | undefined {
  const turn = turns.find(({ rule }) => graph.rules[rule]?.kind === "geo" || graph.rules[rule]?.kind === "geoproximity");
  return turn?.arms[0];
}

/** The health checks that arms of a graph name, in the order of the rules. */
export function checksOf(graph: Graph): string[] {
  const found = Object.values(graph.rules).flatMap(({ arms }) => arms.flatMap(({ healthCheck }) => (healthCheck === undefined || healthCheck === "" ? [] : [healthCheck])));
  return [...new Set(found)];
}

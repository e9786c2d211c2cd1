// Changes to a policy: each takes a graph and gives another.
import { type Arm, children, closesCircle, type Endpoint, freeId, type Graph, has, keyOf, reached, type Ref, refs, type Rule, type RuleKind, same } from "./graph";

/** Where a connection begins: the start, or an arm of a rule. */
export type Port = "start" | { rule: string; arm: number };

export interface Added {
  graph: Graph;
  ref: Ref;
}

/** Adds a rule of a kind with the arms that such a rule begins with, and connects it to `from` if that is given. */
export function addRule(graph: Graph, kind: RuleKind, from?: Port): Added {
  const id = freeId(graph, "rule", kind);
  const rule: Rule = { kind, arms: FIRST_ARMS[kind] };
  return connected({ ...graph, rules: { ...graph.rules, [id]: rule } }, { kind: "rule", id }, from);
}

/** Adds an endpoint, and connects it to `from` if that is given. */
export function addEndpoint(graph: Graph, endpoint: Endpoint, from?: Port, stem = "endpoint"): Added {
  const id = freeId(graph, "endpoint", stem);
  return connected({ ...graph, endpoints: { ...graph.endpoints, [id]: endpoint } }, { kind: "endpoint", id }, from);
}

function connected(graph: Graph, ref: Ref, from: Port | undefined): Added {
  return { graph: from === undefined ? graph : connect(graph, from, ref), ref };
}

const OPEN: Arm = { to: undefined };
const FIRST_ARMS: Readonly<Record<RuleKind, readonly Arm[]>> = {
  failover: [OPEN, OPEN],
  geo: [{ ...OPEN, isDefault: true }],
  geoproximity: [OPEN, OPEN],
  latency: [OPEN, OPEN],
  multivalue: [OPEN, OPEN],
  weighted: [
    { ...OPEN, weight: "50" },
    { ...OPEN, weight: "50" },
  ],
  cidr: [OPEN, { ...OPEN, isDefault: true }],
};

/** Leads a port to a box, or with undefined to nothing. */
export function connect(graph: Graph, from: Port, to: Ref | undefined): Graph {
  if (from === "start") return { ...graph, start: to };
  return editArm(graph, from.rule, from.arm, (arm) => ({ ...arm, to }));
}

/** Whether a connection may be made: no circles (R-TFD-5), and multivalue rules lead to values alone (R-TFR-5). */
export function mayConnect(graph: Graph, from: Port, to: Ref): boolean {
  if (!has(graph, to)) return false;
  if (from === "start") return true;
  if (graph.rules[from.rule]?.kind === "multivalue" && graph.endpoints[to.kind === "endpoint" ? to.id : ""]?.type !== "value") return false;
  return !closesCircle(graph, { kind: "rule", id: from.rule }, to);
}

/** A copy of a box: the arms of a rule lead where those of the first lead. */
export function duplicate(graph: Graph, ref: Ref): Added | undefined {
  const [rule, endpoint] = ref.kind === "rule" ? [graph.rules[ref.id], undefined] : [undefined, graph.endpoints[ref.id]];
  const id = freeId(graph, ref.kind, ref.id);
  if (rule !== undefined) return { graph: { ...graph, rules: { ...graph.rules, [id]: rule } }, ref: { kind: "rule", id } };
  if (endpoint === undefined) return undefined;
  return { graph: { ...graph, endpoints: { ...graph.endpoints, [id]: endpoint } }, ref: { kind: "endpoint", id } };
}

/** With an arm further up (-1) or down (1). The sides of a failover rule change places. */
export function moveArm(graph: Graph, id: string, at: number, by: -1 | 1): Graph {
  return editRule(graph, id, (rule) => {
    const arms = [...rule.arms];
    const [here, there] = [arms[at], arms[at + by]];
    if (here === undefined || there === undefined) return rule;
    [arms[at], arms[at + by]] = [there, here];
    return { ...rule, arms };
  });
}

export function editRule(graph: Graph, id: string, change: (rule: Rule) => Rule): Graph {
  const rule = graph.rules[id];
  return rule === undefined ? graph : { ...graph, rules: { ...graph.rules, [id]: change(rule) } };
}

export function editArm(graph: Graph, id: string, at: number, change: (arm: Arm) => Arm): Graph {
  return editRule(graph, id, (rule) => ({ ...rule, arms: rule.arms.map((arm, number) => (number === at ? change(arm) : arm)) }));
}

export function editEndpoint(graph: Graph, id: string, change: (endpoint: Endpoint) => Endpoint): Graph {
  const endpoint = graph.endpoints[id];
  return endpoint === undefined ? graph : { ...graph, endpoints: { ...graph.endpoints, [id]: change(endpoint) } };
}

/** A further arm. A failover rule has two and no more. */
export function addArm(graph: Graph, id: string): Graph {
  return editRule(graph, id, (rule) => {
    if (rule.kind === "failover") return rule;
    return { ...rule, arms: [...rule.arms, rule.kind === "weighted" ? { ...OPEN, weight: "0" } : OPEN] };
  });
}

/** Without an arm; what it led to stays. The sides of a failover rule are emptied instead. */
export function removeArm(graph: Graph, id: string, at: number): Graph {
  return editRule(graph, id, (rule) => {
    if (rule.kind === "failover") return { ...rule, arms: rule.arms.map((arm, number) => (number === at ? OPEN : arm)) };
    return { ...rule, arms: rule.arms.filter((_, number) => number !== at) };
  });
}

/** Without a box, and without the boxes that nothing else leads to then (R-VIS-4). */
export function remove(graph: Graph, ref: Ref): Graph {
  const loose = refs(graph).filter((each) => !same(each, ref) && !reached(graph, roots(graph)).has(keyOf(each)));
  const without = disconnected(drop(graph, [ref]), ref);
  const kept = reached(without, [...(without.start === undefined ? [] : [without.start]), ...loose]);
  const below = reached(graph, children(graph, ref));
  return drop(
    without,
    refs(without).filter((each) => below.has(keyOf(each)) && !kept.has(keyOf(each))),
  );
}

const roots = (graph: Graph): Ref[] => (graph.start === undefined ? [] : [graph.start]);

function drop(graph: Graph, gone: readonly Ref[]): Graph {
  const keys = new Set(gone.map(keyOf));
  const without = <Value>(kind: Ref["kind"], of: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(of).filter(([id]) => !keys.has(keyOf({ kind, id }))));
  return { ...graph, rules: without("rule", graph.rules), endpoints: without("endpoint", graph.endpoints) };
}

function disconnected(graph: Graph, ref: Ref): Graph {
  const away = (to: Ref | undefined) => (same(to, ref) ? undefined : to);
  return redirected(graph, away);
}

function redirected(graph: Graph, each: (to: Ref | undefined) => Ref | undefined): Graph {
  const rules = Object.fromEntries(
    Object.entries(graph.rules).map(([id, rule]) => [id, { ...rule, arms: rule.arms.map((arm) => ({ ...arm, to: each(arm.to) })) }]),
  );
  return { ...graph, start: each(graph.start), rules };
}

/** Under another name, wherever it is led to; unchanged if that name is taken or empty. */
export function rename(graph: Graph, ref: Ref, id: string): Graph {
  const renamed: Ref = { ...ref, id };
  if (id === "" || has(graph, renamed)) return graph;
  const under = <Value>(of: Readonly<Record<string, Value>>) => Object.fromEntries(Object.entries(of).map(([own, value]) => [own === ref.id ? id : own, value]));
  const moved = ref.kind === "rule" ? { ...graph, rules: under(graph.rules) } : { ...graph, endpoints: under(graph.endpoints) };
  return redirected(moved, (to) => (same(to, ref) ? renamed : to));
}

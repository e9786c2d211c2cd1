// What a connection may lead to: a new rule or endpoint, or a box that is there (R-VIS-2).
import { mayConnect, type Port } from "../policy/edit";
import { type Graph, keyOf, refOf, refs, type RuleKind } from "../policy/graph";
import { target } from "../policy/walk";
import { endpointName, endpointTypes, RULE_WORDS, ruleKinds } from "../policy/words";
import type { Choice } from "./chooser";
import type { Creation } from "./state";

/** `from` undefined: what can be created without a connection. */
export function creations(graph: Graph, from: Port | undefined): Choice[] {
  const below = from === undefined || from === "start" ? undefined : graph.rules[from.rule];
  const onlyValues = below?.kind === "multivalue";
  const rules = onlyValues ? [] : ruleKinds(graph);
  const types = onlyValues ? ["value"] : endpointTypes(graph.recordType);
  const to = from === undefined ? undefined : target(graph, from);
  const existing = from === undefined ? [] : refs(graph).filter((ref) => mayConnect(graph, from, ref) && (to === undefined || keyOf(ref) !== keyOf(to)));
  return [
    ...rules.map((kind): Choice => ({ id: `rule ${kind}`, group: "New rule", text: RULE_WORDS[kind].name, what: RULE_WORDS[kind].what })),
    ...types.map((type): Choice => ({ id: `type ${type}`, group: "New endpoint", text: endpointName(type, graph.recordType) })),
    ...existing.map((ref): Choice => ({ id: `box ${keyOf(ref)}`, group: "Connect to what is there", text: ref.id, what: nameOf(graph, keyOf(ref)) })),
  ];
}

/** What a choice of `creations` stands for. */
export function creationOf(id: string): Creation {
  const value = id.slice(id.indexOf(" ") + 1);
  if (id.startsWith("rule ")) return { rule: value as RuleKind };
  if (id.startsWith("type ")) return { endpoint: value };
  return { existing: refOf(value) };
}

function nameOf(graph: Graph, key: string): string {
  const { kind, id } = refOf(key);
  if (kind === "endpoint") return graph.endpoints[id]?.value ?? "";
  const rule = graph.rules[id];
  return rule === undefined ? "" : `${RULE_WORDS[rule.kind].name} rule`;
}

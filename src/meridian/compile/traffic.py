"""From a policy record to groups: the start under its name, every other rule a hidden group (traffic-flow.md §3)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from meridian.compile.group import NO_CHECKS, CannotCompile, arm, kind, records
from meridian.compile.image import Group, HiddenGroup, Target, ToHidden, ToOutside
from meridian.model.name import parse
from meridian.model.record import TYPES, AliasTarget, RecordSet
from meridian.model.traffic import Rule, Tree, record_sets
from meridian.place.coordinates import BUILT_IN, Places


class Groups(msgspec.Struct, frozen=True):
    """What a policy record compiles to: the group of its name and type, and the others by their hidden ids."""

    root: Group
    hidden: Mapping[str, HiddenGroup]


def groups(root: RecordSet, tree: Tree, places: Places = BUILT_IN, checks: Mapping[str, int] = NO_CHECKS) -> Groups:
    """
    Compile a policy record.

    Hidden groups are in the root's shard, so that a new tree takes the place of the old one in one moment
    (R-TFI-5). A rule that several items lead to is one group.

    Args:
        root: Its root record set: name, TTL, and the instance's id.
        places: Where geoproximity's regions and places are.
        checks: The slots of health checks, by id; without those that were deleted (R-HLT-2).

    Raises:
        CannotCompile: Something stands nobody knows where.
    """
    if not tree.starts_with_rule:
        return Groups(_group(root, tree, None, places, checks), {})
    first, *rest = tree.used_rules
    number = TYPES[root.type]
    return Groups(
        _group(root, tree, first, places, checks),
        {
            hidden_id(root, rule.id): HiddenGroup(
                **msgspec.structs.asdict(_group(root, tree, rule, places, checks)), type=number
            )
            for rule in rest
        },
    )


def hidden_id(root: RecordSet, rule: str) -> str:
    """What a rule's hidden group is called: the instance's id, a slash, the rule's id."""
    return f"{root.traffic_policy_instance_id}/{rule}"


def _group(root: RecordSet, tree: Tree, rule: Rule | None, places: Places, checks: Mapping[str, int]) -> Group:
    if root.ttl is None:
        raise CannotCompile(f"{root.name} {root.type}: the root of a policy record without a TTL")
    made = record_sets(tree, rule, root.name, root.ttl)
    rules = [False] if rule is None else [item.is_rule for item in rule.items]
    cidr = made[0].cidr_routing_config
    return Group(
        kind=kind(made[0].policy),
        arms=[
            arm(record_set, _target(root, record_set, is_rule), places, checks)
            for record_set, is_rule in zip(made, rules, strict=True)
        ],
        collection=cidr.collection_id if cidr else "",
    )


def _target(root: RecordSet, record_set: RecordSet, is_rule: bool) -> Target:
    alias: AliasTarget | None = record_set.alias
    if alias is None:
        return records(record_set)
    if is_rule:
        return ToHidden(hidden_id(root, alias.dns_name), root.name.wire)
    return ToOutside(target=parse(alias.dns_name).wire, type=TYPES[root.type])

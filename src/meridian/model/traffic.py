"""
Traffic policies: what their documents mean, and the policy records made from them (traffic-flow.md).

A document is a graph: a start, rules that choose, endpoints that answer. A rule's items lead to an endpoint
or to another rule; a node may be shared, but no rule leads back to itself (R-TFD-5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from meridian.model.name import Name, parse
from meridian.model.rdata import encode
from meridian.model.record import (
    TYPES,
    AliasTarget,
    CidrRoutingConfig,
    GeoLocation,
    GeoProximityLocation,
    RecordSet,
)

OLD_FORMAT, NEW_FORMAT = "2015-10-01", "2023-05-09"
OWN_FORMAT = "meridian-2026-10-01"  # as NEW_FORMAT, with cidr rules (R-TFR-9)
FORMATS = (OLD_FORMAT, NEW_FORMAT, OWN_FORMAT)

RECORD_TYPES = tuple(sorted(TYPES.keys() - {"NS", "SOA", "DS"}))  # R-TFD-2

# The policy that record sets of a rule have, by RuleType (traffic-flow.md §2).
POLICIES = {
    "failover": "failover",
    "geo": "geolocation",
    "geoproximity": "geoproximity",
    "latency": "latency",
    "multivalue": "multivalue",
    "weighted": "weighted",
    "cidr": "cidr",
}

_ADDRESSES = ("A", "AAAA")


class EndpointType(msgspec.Struct, frozen=True):
    """
    What an endpoint may be.

    Attributes:
        record_types: Of documents that may have it; empty for all.
        evaluates_health: Whether EvaluateTargetHealth means anything for it (the table's column ETH).
    """

    record_types: tuple[str, ...] = ()
    evaluates_health: bool = True


# R-TFE-1..5.
ENDPOINT_TYPES: Mapping[str, EndpointType] = {
    "value": EndpointType(evaluates_health=False),
    "cloudfront": EndpointType(_ADDRESSES, evaluates_health=False),
    "elastic-load-balancer": EndpointType(_ADDRESSES),
    "application-load-balancer": EndpointType(_ADDRESSES),
    "network-load-balancer": EndpointType(_ADDRESSES),
    "elastic-beanstalk": EndpointType(("A",)),
    "s3-website": EndpointType(("A",)),
}


class Endpoint(msgspec.Struct, frozen=True):
    """What answers: a record's value, or a service's name. `region` is that of an `s3-website` bucket."""

    id: str
    type: str
    value: str
    region: str | None = None

    @property
    def target(self) -> Name | None:
        """The name that a service endpoint leads to; None for a `value`."""
        if self.type == "value":
            return None
        if self.type != "s3-website" or self._is_site(self.value):
            return parse(self.value)
        domain = "amazonaws.com.cn" if (self.region or "").startswith("cn-") else "amazonaws.com"
        return parse(f"s3-website-{self.region}.{domain}")

    @property
    def bucket(self) -> Name | None:
        """Of an `s3-website` that gives its bucket: the name that the policy record must have (R-TFE-5)."""
        return parse(self.value) if self.type == "s3-website" and not self._is_site(self.value) else None

    def _is_site(self, value: str) -> bool:
        return value.startswith("s3-website") and ".amazonaws.com" in value


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One way out of a rule. Of the members from `weight` on it has the one that its rule's type asks for.

    Attributes:
        leads_to: The id of an endpoint, or of a rule.
        place: Where it stands in the document, as a JSON pointer (RFC 6901).
        evaluate_target_health: As it is in force, where the document says nothing too (R-TFR-8).
    """

    leads_to: str
    is_rule: bool
    place: str
    health_check: str | None = None
    evaluate_target_health: bool = False
    weight: int | None = None
    region: str | None = None
    geo_location: GeoLocation | None = None
    failover: str | None = None
    geo_proximity_location: GeoProximityLocation | None = None
    cidr_routing_config: CidrRoutingConfig | None = None


class Rule(msgspec.Struct, frozen=True):
    """A choice between items, at least one. `type` is the document's RuleType."""

    id: str
    type: str
    items: tuple[Item, ...]


class Tree(msgspec.Struct, frozen=True):
    """
    A document as it is understood.

    Attributes:
        record_type: Of all record sets that it makes.
        start: The id of a rule, or of an endpoint.
    """

    format: str
    record_type: str
    start: str
    starts_with_rule: bool
    endpoints: Mapping[str, Endpoint]
    rules: Mapping[str, Rule]

    @property
    def used_rules(self) -> list[Rule]:
        """The rules that the start leads to, each once, those nearer to it first."""
        found: dict[str, Rule] = {}
        waiting = [self.start] if self.starts_with_rule else []
        while waiting:
            rule = self.rules[waiting.pop(0)]
            if rule.id not in found:
                found[rule.id] = rule
                waiting += [item.leads_to for item in rule.items if item.is_rule]
        return list(found.values())

    @property
    def used_endpoints(self) -> list[Endpoint]:
        """The endpoints that the start leads to, each once."""
        ids = [item.leads_to for rule in self.used_rules for item in rule.items if not item.is_rule]
        return [self.endpoints[id_] for id_ in dict.fromkeys(ids if self.starts_with_rule else [self.start])]

    @property
    def items(self) -> Iterator[Item]:
        """Every item of the used rules."""
        return (item for rule in self.used_rules for item in rule.items)


def record_sets(tree: Tree, rule: Rule | None, name: Name, ttl: int) -> list[RecordSet]:
    """
    The record sets that a rule stands for, in the order of its items (R-TFC-2).

    Their set identifiers are the item's number and what it leads to (R-TFC-6). An alias whose zone id is
    empty leads to the rule that it names, or to the service.

    Args:
        rule: None for the start of a tree that starts with an endpoint.
        ttl: Seconds, of each that holds a value (R-TTL-5).
    """
    if rule is None:
        return [_content(tree, RecordSet(name, tree.record_type), tree.start, False, False, ttl)]
    return [_record_set(tree, rule, number, item, name, ttl) for number, item in enumerate(rule.items)]


def _record_set(tree: Tree, rule: Rule, number: int, item: Item, name: Name, ttl: int) -> RecordSet:
    marked = RecordSet(
        name,
        tree.record_type,
        f"{number} {item.leads_to}",
        weight=item.weight,
        region=item.region,
        geo_location=item.geo_location,
        failover=item.failover,
        multi_value_answer=True if rule.type == "multivalue" else None,
        cidr_routing_config=item.cidr_routing_config,
        geo_proximity_location=item.geo_proximity_location,
        health_check_id=item.health_check,
    )
    return _content(tree, marked, item.leads_to, item.is_rule, item.evaluate_target_health, ttl)


def _content(tree: Tree, marked: RecordSet, leads_to: str, is_rule: bool, evaluates: bool, ttl: int) -> RecordSet:
    replace = msgspec.structs.replace
    if is_rule:
        return replace(marked, alias=AliasTarget("", leads_to, evaluates))
    endpoint = tree.endpoints[leads_to]
    if endpoint.target is not None:
        return replace(marked, alias=AliasTarget("", endpoint.target.text, evaluates))
    return replace(marked, ttl=ttl, values=(endpoint.value,), rdata=(encode(tree.record_type, endpoint.value),))


class PolicyVersion(msgspec.Struct, frozen=True):
    """
    One version of a traffic policy (R-TFO-1). Its document stays as it is for ever (R-TFO-2).

    Attributes:
        document: Verbatim (R-TFD-4).
        deleted: Still readable by id and version, and not listed (R-TFO-6).
    """

    id: str
    version: int
    name: str
    type: str
    document: str
    comment: str | None = None
    deleted: bool = False


class PolicySummary(msgspec.Struct, frozen=True):
    """A policy in a list (R-TFO-8); `count` is the number of its versions."""

    id: str
    name: str
    type: str
    latest_version: int
    count: int


class Instance(msgspec.Struct, frozen=True):
    """
    A policy record: a name that a version of a policy answers for (traffic-flow.md §4).

    Attributes:
        ttl, policy_id, version: What is served; of an instance that was never built, what was asked for.
        failure: Why the last attempt to build it failed; empty if it did not.
        is_rooted: Whether its root record set is there.
        in_sync: Whether every live edge serves it.
        is_updated: Whether it serves what an update asked for, and no longer what it was created with.
    """

    id: str
    account_id: str
    zone_id: str
    name: Name
    type: str
    ttl: int
    policy_id: str
    version: int
    failure: str = ""
    is_rooted: bool = False
    in_sync: bool = False
    is_updated: bool = False

    @property
    def state(self) -> str:
        """Creating, Updating, Applied or Failed (R-TFI-4)."""
        if self.failure:
            return "Failed"
        if self.in_sync:
            return "Applied"
        return "Updating" if self.is_updated else "Creating"

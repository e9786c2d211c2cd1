"""What keeps a policy record from being built: the record sets that it stands for, judged as those of a user."""

from __future__ import annotations

from collections.abc import Container, Iterator
from collections.abc import Set as AbstractSet

import msgspec

from meridian.changes import cidr, policy
from meridian.model.alias_service import Services
from meridian.model.name import Name, plain
from meridian.model.record import CidrRoutingConfig
from meridian.model.traffic import Rule, Tree, record_sets
from meridian.model.zone import HostedZone
from meridian.settings import Quotas

LONGEST_MESSAGE = 1024  # characters of an instance's Message


class References(msgspec.Struct, frozen=True):
    """What a tree refers to outside of itself; whether these exist is for the caller to look up (R-TFR-11)."""

    health_checks: frozenset[str]
    cidr_locations: frozenset[CidrRoutingConfig]


def references(tree: Tree) -> References:
    """Gather what the used part of a tree refers to."""
    items = list(tree.items)
    return References(
        frozenset(item.health_check for item in items if item.health_check),
        frozenset(item.cidr_routing_config for item in items if item.cidr_routing_config),
    )


def reasons(
    tree: Tree,
    zone: HostedZone,
    name: Name,
    quotas: Quotas,
    *,
    outside: Services,
    missing_checks: AbstractSet[str] = frozenset(),
    missing_locations: Container[CidrRoutingConfig] = frozenset(),
) -> list[str]:
    """
    Why a policy record cannot be built from a tree, in the words of InvalidChangeBatch (R-TFI-17); none if it can.

    Args:
        outside: The services that endpoints may lead to.
        missing_checks, missing_locations: Those of `references` that do not exist.
    """
    found = [f"A health check with id {check} does not exist." for check in sorted(missing_checks)]
    found += _endpoint_reasons(tree, name, outside)
    for rule in tree.used_rules if tree.starts_with_rule else ():
        found += _rule_reasons(tree, rule, zone, name, quotas, missing_locations)
    return list(dict.fromkeys(found))


def message(found: list[str]) -> str:
    """The reasons as an instance's Message, which has at most 1,024 characters."""
    text = " ".join(reason if reason.endswith(".") else f"{reason}." for reason in found)
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def _rule_reasons(
    tree: Tree, rule: Rule, zone: HostedZone, name: Name, quotas: Quotas, missing: Container[CidrRoutingConfig]
) -> Iterator[str]:
    group = policy.Group(quotas)
    for record_set in record_sets(tree, rule, name, 0):
        for reason in (
            *policy.marker_reasons(record_set, zone),
            *cidr.location_reasons(record_set, missing),
            *group.admit(record_set),
        ):
            yield f"Rule '{rule.id}': {reason}"


def _endpoint_reasons(tree: Tree, name: Name, outside: Services) -> Iterator[str]:
    """R-TFE-2..5, R-TFE-8."""
    for endpoint in tree.used_endpoints:
        target = endpoint.target
        if target is None:
            continue
        if endpoint.bucket is not None and endpoint.bucket != name:
            text = f"Endpoint '{endpoint.id}': the bucket {plain(endpoint.bucket)} cannot answer for {plain(name)}"
            yield f"{text}, as a website's bucket has the name that it answers for"
        elif not any(service.has(target) for services in outside.values() for service in services):
            yield (
                f"Endpoint '{endpoint.id}': the alias target name {plain(target)} does not lie within a zone of a "
                "service that aliases can lead to"
            )

"""Rules of alias record sets: what they may lead to (records.md §6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from meridian.changes.draft import Draft
from meridian.model import name as names
from meridian.model.alias_service import Service, Services
from meridian.model.name import Name
from meridian.model.record import AliasTarget, RecordSet
from meridian.model.zone import HostedZone

Place = tuple[Name, str]  # a group: owner name and type


def target_reasons(record_set: RecordSet, zone: HostedZone, draft: Draft, outside: Services) -> list[str]:
    """
    Judge the target of one record set against the zone as it is at this point of the batch (R-ALI-3..5).

    Args:
        outside: The services that an alias may lead to (R-ALI-4).
    """
    alias = record_set.alias
    if alias is None:
        return []
    if record_set.type in ("NS", "SOA"):
        # Ours (R-ALI-5).
        return [f"RRSet of type {record_set.type} with DNS name {record_set.name} cannot be an alias"]
    if alias.hosted_zone_id in outside:
        return _service_reasons(record_set, alias, zone, outside[alias.hosted_zone_id])
    tried = _tried(record_set, alias)
    misplaced = f"{tried} the alias target name does not lie within the target zone"
    if alias.hosted_zone_id != zone.id:
        return [misplaced]
    target = target_name(alias)
    reasons = [] if target.is_at_or_below(zone.name) else [misplaced]
    if reasons or not draft.group(target, record_set.type):
        reasons.append(f"{tried} that target was not found")
    return reasons


def _service_reasons(
    record_set: RecordSet, alias: AliasTarget, zone: HostedZone, services: Iterable[Service]
) -> list[str]:
    """Judge a target of a service: its name, and what the service allows (records.md §6)."""
    tried = _tried(record_set, alias)
    found = next((service for service in services if service.has(target_name(alias))), None)
    if found is None:
        return [f"{tried} the alias target name does not lie within the target zone"]
    reasons = []
    if record_set.type not in found.types:
        reasons.append(f"{tried} that target was not found")
    if alias.evaluate_target_health and not found.evaluates_health:
        reasons.append(f"{tried} EvaluateTargetHealth cannot be true for {found.name}")  # ours (R-TREE-10)
    if zone.private and not found.in_private_zones:
        reasons.append(f"{tried} an alias of a private zone cannot target {found.name}")  # ours
    return reasons


def _tried(record_set: RecordSet, alias: AliasTarget) -> str:
    return (
        f"Tried to create an alias that targets {alias.dns_name}, type {record_set.type} "
        f"in zone {alias.hosted_zone_id}, but"
    )


def same_target(one: AliasTarget | None, other: AliasTarget | None) -> bool:
    """Whether two aliases lead to the same; a load balancer's prefix `dualstack.` makes no difference (R-ALI-9)."""
    if one is None or other is None:
        return one is other
    return _without_prefix(one) == _without_prefix(other)


def _without_prefix(alias: AliasTarget) -> AliasTarget:
    return msgspec.structs.replace(alias, dns_name=alias.dns_name.removeprefix("dualstack."))


def target_name(alias: AliasTarget) -> Name:
    """Give the name that an alias leads to."""
    return names.parse(alias.dns_name)


def looping(starts: Iterable[Place], zone: HostedZone, draft: Draft) -> set[Place]:
    """
    Find groups that reach themselves through aliases of the zone (R-ALI-7).

    Args:
        starts: Groups whose aliases have changed; a new loop passes at least one of them.

    Returns:
        Every group on a loop that was found; at least one loop is, if there are any.
    """
    found: set[Place] = set()
    done: set[Place] = set()
    for start in starts:
        if start not in done:
            _walk(start, zone, draft, done, found)
    return found


def _walk(start: Place, zone: HostedZone, draft: Draft, done: set[Place], found: set[Place]) -> None:
    """Walk depth first without recursion, since a chain may be as long as a batch."""
    path: dict[Place, Iterator[Place]] = {start: iter(_targets(start, zone, draft))}
    while path:
        place, targets = next(reversed(path.items()))
        for target in targets:
            if target in path:
                ordered = list(path)
                found.update(ordered[ordered.index(target) :])
            elif target not in done:
                path[target] = iter(_targets(target, zone, draft))
                break
        else:
            del path[place]
            done.add(place)


def _targets(place: Place, zone: HostedZone, draft: Draft) -> list[Place]:
    """Give the groups of the zone that the aliases of one group lead to."""
    name, type = place
    return [
        (target_name(held.alias), type)
        for held in draft.group(name, type)
        if held.alias and held.alias.hosted_zone_id == zone.id and target_name(held.alias).is_at_or_below(zone.name)
    ]

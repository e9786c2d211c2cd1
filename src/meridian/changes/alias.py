"""Rules of alias record sets: what they may lead to (records.md §6)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from meridian.changes.draft import Draft
from meridian.model import name as names
from meridian.model.name import Name
from meridian.model.record import AliasTarget, RecordSet
from meridian.model.zone import HostedZone

Place = tuple[Name, str]  # a group: owner name and type


def target_reasons(record_set: RecordSet, zone: HostedZone, draft: Draft, outside: Container[str]) -> list[str]:
    """
    Judge the target of one record set against the zone as it is at this point of the batch (R-ALI-3..5).

    Args:
        outside: Ids of hosted zones of services that an alias may lead to (R-ALI-4).
    """
    alias = record_set.alias
    if alias is None:
        return []
    if record_set.type in ("NS", "SOA"):
        # Ours (R-ALI-5).
        return [f"RRSet of type {record_set.type} with DNS name {record_set.name} cannot be an alias"]
    if alias.hosted_zone_id in outside:
        return []
    tried = (
        f"Tried to create an alias that targets {alias.dns_name}, type {record_set.type} "
        f"in zone {alias.hosted_zone_id}, but"
    )
    misplaced = f"{tried} the alias target name does not lie within the target zone"
    if alias.hosted_zone_id != zone.id:
        return [misplaced]
    target = target_name(alias)
    reasons = [] if target.is_at_or_below(zone.name) else [misplaced]
    if reasons or not draft.group(target, record_set.type):
        reasons.append(f"{tried} that target was not found")
    return reasons


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

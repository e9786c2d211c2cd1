"""From the record sets of one owner name and type to the group that the engine decides (architecture §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from meridian.compile.image import Arm, Group, Records, Target, ToGroup, ToOutside
from meridian.model.name import parse
from meridian.model.record import TYPES, AliasTarget, GeoLocation, GeoProximityLocation, RecordSet
from meridian.place.coordinates import BUILT_IN, Places, Point

# The policies whose group kind has another name in the image.
_KINDS = {"geolocation": "geo"}

NO_CHECKS: Mapping[str, int] = MappingProxyType({})


class CannotCompile(ValueError):
    """A record set that has no form in the image; the text names it."""


def group(
    zone_id: str, record_sets: Sequence[RecordSet], places: Places = BUILT_IN, checks: Mapping[str, int] = NO_CHECKS
) -> Group:
    """
    Compile all record sets of one name and type, at least one, in any order.

    Arms are sorted by set identifier, so that equal record sets make equal images.

    Args:
        places: Where geoproximity's regions and places are.
        checks: The slots of health checks, by id. What is not among them was deleted, and counts as healthy (R-HLT-2).

    Raises:
        CannotCompile: A record set leads nowhere, or stands nobody knows where.
    """
    if len(record_sets) == 1 and _is_plain(record_sets[0]):
        return Group("simple", [Arm(records(record_sets[0]))])
    ordered = sorted(record_sets, key=lambda record_set: record_set.set_identifier or "")
    cidr = ordered[0].cidr_routing_config
    return Group(
        kind=kind(ordered[0].policy),
        arms=[arm(record_set, _target(zone_id, record_set), places, checks) for record_set in ordered],
        collection=cidr.collection_id if cidr else "",
    )


def kind(policy: str) -> str:
    """What the image calls a policy."""
    return _KINDS.get(policy, policy)


def records(record_set: RecordSet) -> Records:
    """
    The data of a record set that holds values.

    Raises:
        CannotCompile: It holds none.
    """
    if record_set.ttl is None or not record_set.rdata:
        raise CannotCompile(f"{record_set.name} {record_set.type}: neither records nor an alias")
    # Values that differ only in spelling, as ::1 and 0::1 do, are one record (RFC 2181 §5).
    rdata = record_set.rdata
    return Records(ttl=record_set.ttl, rdata=list(rdata if len(rdata) == 1 else dict.fromkeys(rdata)))


def _is_plain(record_set: RecordSet) -> bool:
    """Whether it is nothing but records, as most are; there is no policy without an identifier (R-POL-1, R-POL-6)."""
    return record_set.set_identifier is None and record_set.alias is None and record_set.health_check_id is None


def arm(record_set: RecordSet, target: Target, places: Places, checks: Mapping[str, int]) -> Arm:
    """
    Compile one record set of a group.

    Args:
        target: What it leads to.

    Raises:
        CannotCompile: It stands nobody knows where.
    """
    alias, geo = record_set.alias, record_set.geo_location or GeoLocation()
    latitude, longitude = _point(record_set.geo_proximity_location, places)
    return Arm(
        target=target,
        id=record_set.set_identifier or "",
        health=checks.get(record_set.health_check_id or "", 0),
        evaluate_target=alias is not None and alias.evaluate_target_health,
        weight=record_set.weight or 0,
        secondary=record_set.failover == "SECONDARY",
        continent=geo.continent_code or "",
        country=geo.country_code or "",
        subdivision=geo.subdivision_code or "",
        latitude=latitude,
        longitude=longitude,
        bias=(record_set.geo_proximity_location and record_set.geo_proximity_location.bias) or 0,
        region=record_set.region or "",
        location=record_set.cidr_routing_config.location_name if record_set.cidr_routing_config else "",
    )


def _point(place: GeoProximityLocation | None, places: Places) -> Point:
    """Where a resource is, in hundredths of a degree; nowhere in particular in groups that do not ask (R-GPX-10)."""
    if place is None:
        return 0, 0
    point = places.point(place)
    if point is None:
        raise CannotCompile(f"{place.aws_region or place.local_zone_group}: it has no coordinates")
    return point


def _target(zone_id: str, record_set: RecordSet) -> Target:
    return records(record_set) if record_set.alias is None else _alias(zone_id, record_set.type, record_set.alias)


def _alias(zone_id: str, record_type: str, alias: AliasTarget) -> Target:
    """An alias of this zone leads to the group of its own type (R-ALI-3); any other leads outside (R-ALI-14)."""
    target = parse(alias.dns_name).wire
    if alias.hosted_zone_id == zone_id:
        return ToGroup(owner=target, type=TYPES[record_type])
    return ToOutside(target=target, type=TYPES[record_type])

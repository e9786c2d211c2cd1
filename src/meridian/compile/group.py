"""From the record sets of one owner name and type to the group that the engine decides (architecture §3)."""

from __future__ import annotations

from collections.abc import Sequence

from meridian.compile.image import Arm, Group, Records, Target, ToGroup, ToOutside
from meridian.model.name import parse
from meridian.model.record import TYPES, AliasTarget, RecordSet

# The policies whose group kind has another name in the image.
_KINDS = {"geolocation": "geo"}


class CannotCompile(ValueError):
    """A record set that has no form in the image; the text names it."""


def group(zone_id: str, record_sets: Sequence[RecordSet]) -> Group:
    """
    Compile all record sets of one name and type, at least one, in any order.

    Arms are sorted by set identifier, so that equal record sets make equal images.

    Raises:
        CannotCompile: A record set leads nowhere.
    """
    ordered = sorted(record_sets, key=lambda record_set: record_set.set_identifier or "")
    policy = ordered[0].policy
    return Group(kind=_KINDS.get(policy, policy), arms=[_arm(zone_id, record_set) for record_set in ordered])


def records(record_set: RecordSet) -> Records:
    """
    The data of a record set that holds values.

    Raises:
        CannotCompile: It holds none.
    """
    if record_set.ttl is None or not record_set.rdata:
        raise CannotCompile(f"{record_set.name} {record_set.type}: neither records nor an alias")
    # Values that differ only in spelling, as ::1 and 0::1 do, are one record (RFC 2181 §5).
    return Records(ttl=record_set.ttl, rdata=list(dict.fromkeys(record_set.rdata)))


def _arm(zone_id: str, record_set: RecordSet) -> Arm:
    alias = record_set.alias
    return Arm(
        target=records(record_set) if alias is None else _alias(zone_id, record_set.type, alias),
        id=record_set.set_identifier or "",
        evaluate_target=alias is not None and alias.evaluate_target_health,
        weight=record_set.weight or 0,
        secondary=record_set.failover == "SECONDARY",
    )


def _alias(zone_id: str, record_type: str, alias: AliasTarget) -> Target:
    """An alias of this zone leads to the group of its own type (R-ALI-3); any other leads outside (R-ALI-14)."""
    target = parse(alias.dns_name).wire
    if alias.hosted_zone_id == zone_id:
        return ToGroup(owner=target, type=TYPES[record_type])
    return ToOutside(target=target, type=TYPES[record_type])

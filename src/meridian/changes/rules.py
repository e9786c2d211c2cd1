"""
Rules about one record set by itself: its name, type, values and content (records.md §2, §4, §5).

A rule is a total function that returns reasons in the API's words; no reasons means yes. Texts
that nobody has seen from Amazon follow the pattern of those that were (marked "ours").
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from meridian.changes import alias
from meridian.model.rdata import BadValue, encode
from meridian.model.record import RecordSet
from meridian.model.zone import HostedZone
from meridian.settings import Quotas


def outside_zone(record_set: RecordSet, zone: HostedZone) -> list[str]:
    """R-NAM-7, R-ERR-7."""
    if record_set.name.is_at_or_below(zone.name):
        return []
    return [f"RRSet with DNS name {record_set.name} is not permitted in zone {zone.name}"]


def with_rdata(record_set: RecordSet) -> tuple[RecordSet, list[str]]:
    """Fill in the wire octets; values that their type does not allow are told instead (R-TYP-18, R-ERR-22)."""
    rdata, reasons = [], []
    for value in record_set.values:
        try:
            rdata.append(encode(record_set.type, value))
        except BadValue as bad:
            reasons.append(f"Invalid Resource Record: '{bad}'")
    return msgspec.structs.replace(record_set, rdata=tuple(rdata)), reasons


def value_reasons(record_set: RecordSet, quotas: Quotas) -> list[str]:
    """Judge the values beside each other: how many, and none twice (R-TYP-3, R-TYP-17, R-SET-5)."""
    values = record_set.values
    reasons = []
    if len(values) > quotas.values_per_record_set:
        reasons.append(f"Cannot have more than {quotas.values_per_record_set} records in a RRSet.")
    if len(values) > 1:
        reasons += [f"Duplicate Resource Record: '{value}'" for value in _surplus(values)]
        if record_set.type == "CNAME":
            # Ours.
            reasons.append(
                f"RRSet of type CNAME with DNS name {record_set.name} is not permitted with more than one value"
            )
        if record_set.type == "SOA":
            reasons.append("A HostedZone must contain exactly one SOA record.")
    return reasons


def place_reasons(record_set: RecordSet, zone: HostedZone) -> list[str]:
    """Judge whether the type may stand at the name (R-SET-3, R-TYP-7, R-TYP-12, R-WLD-5, R-PVT-8); mostly ours."""
    at_apex = record_set.name == zone.name
    match record_set.type:
        case "CNAME" | "DS" if at_apex:
            where = f"at apex in zone {zone.name}"
        case "SOA" if not at_apex:
            where = f"below apex in zone {zone.name}"
        case "NS" if record_set.name.is_wildcard:
            where = f"at a wildcard name in zone {zone.name}"
        case "NS" if zone.private and not at_apex:
            where = f"below apex in private zone {zone.name}"
        case _:
            return []
    return [f"RRSet of type {record_set.type} with DNS name {record_set.name} is not permitted {where}"]


def instance_reasons(record_set: RecordSet, stored: RecordSet | None, instance: str | None = None) -> list[str]:
    """
    Refuse to write the root of a policy record, which only its instance may (R-CHG-13); ours.

    Args:
        instance: The id of the instance that asks; None for a user.
    """
    owners = {record_set.traffic_policy_instance_id, stored.traffic_policy_instance_id if stored else instance}
    if owners == {instance}:
        return []
    return [
        f"RRSet with DNS name {record_set.name}, type {record_set.type} cannot be created or changed here "
        "as it belongs to a traffic policy instance."
    ]


def same_content(given: RecordSet, stored: RecordSet) -> bool:
    """Tell whether a DELETE names what is stored: everything equal, values in any order (R-CHG-5, R-ALI-9)."""
    as_stored = msgspec.structs.replace(
        given,
        values=stored.values if sorted(given.values) == sorted(stored.values) else given.values,
        rdata=stored.rdata,
        # The root of a policy record may be named without its TTL.
        ttl=stored.ttl if stored.traffic_policy_instance_id and given.ttl is None else given.ttl,
        alias=stored.alias if alias.same_target(given.alias, stored.alias) else given.alias,
        multi_value_answer=stored.multi_value_answer if given.multi_value_answer is None else given.multi_value_answer,
    )
    return as_stored == stored


def _surplus(values: tuple[str, ...]) -> Iterator[str]:
    seen = set()
    for value in values:
        if value in seen:
            yield value
        seen.add(value)

"""
Record sets and change batches between the API's dictionaries and the model's values.

The dictionaries have the service model's member names and have passed its constraints (types,
ranges, patterns); what holds between several members is checked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from meridian.errors import ChangeRejected, InvalidInput
from meridian.model import name as names
from meridian.model.name import BadName, Name
from meridian.model.place import BUILT_IN, CONTINENTS, COUNTRIES, SUBDIVISIONS, Nameable
from meridian.model.record import (
    Action,
    AliasTarget,
    Change,
    CidrRoutingConfig,
    Coordinates,
    GeoLocation,
    GeoProximityLocation,
    RecordSet,
)

MARKERS = (
    "Weight",
    "Region",
    "GeoLocation",
    "Failover",
    "MultiValueAnswer",
    "CidrRoutingConfig",
    "GeoProximityLocation",
)

_PLAIN = {"Name", "Type", "TTL", "ResourceRecords"}  # nothing of these can contradict another
_CIDR_LOCATION = re.compile(r"\*|[0-9A-Za-z_-]{1,16}")
_LOCAL_ZONE_GROUP = re.compile(r"(.+)-[a-z]{3}-[0-9]{1,2}")

_EXPECTED_POLICY = "Expected exactly one of [Weight, Region, Failover, GeoLocation, or MultiValueAnswer]"
_EXPECTED_CONTENT = (
    "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]"
)


def read_changes(batch: Mapping[str, Any], nameable: Nameable | None = BUILT_IN) -> list[Change]:
    """
    Read the changes of a ChangeBatch.

    Args:
        nameable: The places that geoproximity may name; None for any, where a server has judged already.

    Raises:
        InvalidInput: A change has too many, too few or impossible members; the first such change is
            named (R-ERR-30..32). It goes before problems with names.
        ChangeRejected: Names that cannot be, all of them (R-NAM-9).
    """
    items: Sequence[Mapping[str, Any]] = batch.get("Changes") or ()
    if not items:
        raise InvalidInput("Invalid request: Expected at least one Change in ChangeBatch")
    for item in items:
        _check(item, nameable)
    problems: list[str] = []
    changes = [_change(item, problems) for item in items]
    if problems:
        raise ChangeRejected(problems)
    return changes


class PlainRecordSet(Protocol):
    """A record set that has nothing but records; each member within the service model's bounds."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def type(self) -> str: ...  # noqa: D102

    @property
    def ttl(self) -> int: ...  # noqa: D102

    @property
    def values(self) -> tuple[str, ...]: ...  # noqa: D102


def read_plain(action: Action, items: Iterable[PlainRecordSet]) -> list[Change]:
    """
    Read record sets that have nothing but records, all to be changed in one way.

    Raises:
        ChangeRejected: Names that cannot be, all of them (R-NAM-9).
    """
    problems: list[str] = []
    changes = [
        Change(action, RecordSet(_name(item.name, problems), item.type, None, item.ttl, item.values)) for item in items
    ]
    if problems:
        raise ChangeRejected(problems)
    return changes


def to_api(record_set: RecordSet) -> dict[str, Any]:
    """Write a record set as the API shows it: members in the documented order, absent ones left out (R-CHG-19)."""
    if record_set.is_plain and record_set.values and record_set.ttl is not None:
        return {
            "Name": record_set.name.text,
            "Type": record_set.type,
            "TTL": record_set.ttl,
            "ResourceRecords": [{"Value": value} for value in record_set.values],
        }
    members: dict[str, Any] = {
        "Name": record_set.name.text,
        "Type": record_set.type,
        "SetIdentifier": record_set.set_identifier,
        "Weight": record_set.weight,
        "Region": record_set.region,
        "GeoLocation": _show_geo_location(record_set.geo_location),
        "Failover": record_set.failover,
        "MultiValueAnswer": record_set.multi_value_answer,
        "TTL": record_set.ttl,
        "ResourceRecords": [{"Value": value} for value in record_set.values] or None,
        "AliasTarget": _show_alias(record_set.alias),
        "HealthCheckId": record_set.health_check_id,
        "TrafficPolicyInstanceId": record_set.traffic_policy_instance_id,
        "CidrRoutingConfig": _show_cidr(record_set.cidr_routing_config),
        "GeoProximityLocation": _show_geo_proximity(record_set.geo_proximity_location),
    }
    return _present(members)


# --- what holds between members


def _check(item: Mapping[str, Any], nameable: Nameable | None) -> None:
    members = item["ResourceRecordSet"]
    if members.keys() == _PLAIN and members["ResourceRecords"]:
        return
    problem = (
        _policy_problem(members)
        or _content_problem(members)
        or _geo_location_problem(members.get("GeoLocation"))
        or _geo_proximity_problem(members.get("GeoProximityLocation"), nameable)
        or _cidr_problem(members.get("CidrRoutingConfig"))
    )
    if problem:
        raise InvalidInput(f"Invalid request: {problem} in Change with {_described(item)}")


def _described(item: Mapping[str, Any]) -> str:
    members = item["ResourceRecordSet"]
    identifier = members.get("SetIdentifier") or "null"
    return f"[Action={item['Action']}, Name={members['Name']}, Type={members['Type']}, SetIdentifier={identifier}]"


def _policy_problem(members: Mapping[str, Any]) -> str | None:
    """R-POL-1, R-POL-6, R-ERR-30, R-ERR-32."""
    markers = sum(members.get(marker) is not None for marker in MARKERS)
    identified = members.get("SetIdentifier") is not None
    if markers > 1:
        return f"{_EXPECTED_POLICY}, but found more than one"
    if markers == 1 and not identified:
        return "Missing field 'SetIdentifier'"
    if identified and not markers:
        return f"{_EXPECTED_POLICY}, but found none"
    return None


def _content_problem(members: Mapping[str, Any]) -> str | None:
    """R-SET-1, R-ALI-8, R-ERR-31."""
    ttl = members.get("TTL") is not None
    records = bool(members.get("ResourceRecords"))
    alias = members.get("AliasTarget") is not None
    instance = members.get("TrafficPolicyInstanceId") is not None
    # The root of a policy record is listed with its TTL, and deleted as it is listed (R-TFC-4).
    if alias + (records or (ttl and not instance)) + instance > 1:
        return f"{_EXPECTED_CONTENT}, but found more than one"
    if not (alias or (ttl and records) or instance):
        return f"{_EXPECTED_CONTENT}, but found none"
    return None


def _geo_location_problem(place: Mapping[str, Any] | None) -> str | None:
    """R-GEO-1..4; the texts are ours."""
    if place is None:
        return None
    continent, country, subdivision = (
        place.get(member) for member in ("ContinentCode", "CountryCode", "SubdivisionCode")
    )
    if continent is not None and (country is not None or subdivision is not None):
        return "GeoLocation has a ContinentCode together with a CountryCode or SubdivisionCode"
    if continent is None and country is None:
        return "GeoLocation has neither a ContinentCode nor a CountryCode"
    known = (
        continent in CONTINENTS
        if continent is not None
        else subdivision in SUBDIVISIONS.get(country or "", {})
        if subdivision is not None
        else country == "*" or country in COUNTRIES
    )
    return None if known else "GeoLocation is not one of those that ListGeoLocations shows"


def _geo_proximity_problem(place: Mapping[str, Any] | None, nameable: Nameable | None) -> str | None:
    """R-GPX-1, R-GPX-2, R-GPX-10; the texts are ours."""
    if place is None:
        return None
    region, group, coordinates = (place.get(member) for member in ("AWSRegion", "LocalZoneGroup", "Coordinates"))
    if (region, group, coordinates).count(None) != 2:
        return "Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates] in GeoProximityLocation"
    if nameable and region is not None and region not in nameable.regions:
        return f"AWSRegion '{region}' is not known"
    if nameable and group is not None and not _is_local_zone_group(group, nameable):
        return f"LocalZoneGroup '{group}' is not known"
    if coordinates is not None and not _on_earth(coordinates):
        return "Coordinates are outside of -90 to 90 degrees of latitude, -180 to 180 degrees of longitude"
    return None


def _is_local_zone_group(group: str, nameable: Nameable) -> bool:
    parts = _LOCAL_ZONE_GROUP.fullmatch(group)
    return group in nameable.places or (parts is not None and parts[1] in nameable.regions)


def _on_earth(coordinates: Mapping[str, str]) -> bool:
    return abs(float(coordinates["Latitude"])) <= 90 and abs(float(coordinates["Longitude"])) <= 180


def _cidr_problem(config: Mapping[str, Any] | None) -> str | None:
    """R-CID-2: the model's pattern lets a star stand among other characters."""
    if config is None or _CIDR_LOCATION.fullmatch(config["LocationName"]):
        return None
    return f"LocationName '{config['LocationName']}' is neither * nor letters, digits, - and _"


# --- dictionaries to values


def _change(item: Mapping[str, Any], problems: list[str]) -> Change:
    return Change(action=item["Action"], record_set=_record_set(item["ResourceRecordSet"], problems))


def _record_set(members: Mapping[str, Any], problems: list[str]) -> RecordSet:
    """Read a record set; names that cannot be are told in `problems` and read as the root."""
    if members.keys() == _PLAIN:
        values = tuple([record["Value"] for record in members["ResourceRecords"]])
        return RecordSet(_name(members["Name"], problems), members["Type"], None, members["TTL"], values)
    get = members.get
    return RecordSet(
        name=_name(members["Name"], problems),
        type=members["Type"],
        set_identifier=get("SetIdentifier"),
        ttl=get("TTL"),
        values=tuple([record["Value"] for record in get("ResourceRecords") or ()]),
        alias=_alias(get("AliasTarget"), problems),
        weight=get("Weight"),
        region=get("Region"),
        geo_location=_geo_location(get("GeoLocation")),
        failover=get("Failover"),
        multi_value_answer=get("MultiValueAnswer"),
        cidr_routing_config=_cidr(get("CidrRoutingConfig")),
        geo_proximity_location=_geo_proximity(get("GeoProximityLocation")),
        health_check_id=get("HealthCheckId") or None,
        traffic_policy_instance_id=get("TrafficPolicyInstanceId"),
    )


def _name(text: str, problems: list[str]) -> Name:
    try:
        return names.parse(text)
    except BadName as bad:
        problems.append(f"FATAL problem: {bad.code} ({bad.explanation}) encountered with '{text}'")
        return names.ROOT


def _alias(members: Mapping[str, Any] | None, problems: list[str]) -> AliasTarget | None:
    if members is None:
        return None
    return AliasTarget(
        hosted_zone_id=members["HostedZoneId"].removeprefix("/hostedzone/"),
        dns_name=_name(members["DNSName"], problems).text,
        evaluate_target_health=members["EvaluateTargetHealth"],
    )


def _geo_location(members: Mapping[str, Any] | None) -> GeoLocation | None:
    if members is None:
        return None
    return GeoLocation(members.get("ContinentCode"), members.get("CountryCode"), members.get("SubdivisionCode"))


def _cidr(members: Mapping[str, Any] | None) -> CidrRoutingConfig | None:
    return None if members is None else CidrRoutingConfig(members["CollectionId"], members["LocationName"])


def _geo_proximity(members: Mapping[str, Any] | None) -> GeoProximityLocation | None:
    if members is None:
        return None
    at = members.get("Coordinates")
    return GeoProximityLocation(
        aws_region=members.get("AWSRegion"),
        local_zone_group=members.get("LocalZoneGroup"),
        coordinates=at and Coordinates(at["Latitude"], at["Longitude"]),
        bias=members.get("Bias"),
    )


# --- values to dictionaries


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in members.items() if value is not None}


def _show_geo_location(place: GeoLocation | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return _present(
        {
            "ContinentCode": place.continent_code,
            "CountryCode": place.country_code,
            "SubdivisionCode": place.subdivision_code,
        }
    )


def _show_alias(alias: AliasTarget | None) -> dict[str, Any] | None:
    if alias is None:
        return None
    return {
        "HostedZoneId": alias.hosted_zone_id,
        "DNSName": alias.dns_name,
        "EvaluateTargetHealth": alias.evaluate_target_health,
    }


def _show_cidr(config: CidrRoutingConfig | None) -> dict[str, Any] | None:
    if config is None:
        return None
    return {"CollectionId": config.collection_id, "LocationName": config.location_name}


def _show_geo_proximity(place: GeoProximityLocation | None) -> dict[str, Any] | None:
    if place is None:
        return None
    at = place.coordinates
    return _present(
        {
            "AWSRegion": place.aws_region,
            "LocalZoneGroup": place.local_zone_group,
            "Coordinates": at and {"Latitude": at.latitude, "Longitude": at.longitude},
            "Bias": place.bias,
        }
    )

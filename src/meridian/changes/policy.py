"""Rules of the routing policies: what a record set may carry, what may share a group (routing.md §1, §5..§11)."""

from __future__ import annotations

from meridian.model.place import CONTINENTS, COUNTRIES, SUBDIVISIONS
from meridian.model.record import GeoLocation, RecordSet
from meridian.model.zone import HostedZone
from meridian.settings import Quotas

MAX_GEOPROXIMITY = 30  # record sets of one group (R-GPX-8)

_NO_POLICY = frozenset({"SOA", "NS", "DS"})  # types that stay simple (R-POL-5)


def marker_reasons(record_set: RecordSet, zone: HostedZone) -> list[str]:
    """Judge the policy marker of one record set by itself (R-POL-5, R-MVA-1, R-FAI-5, R-CID-9)."""
    policy = record_set.policy
    if policy == "simple":
        return []
    reasons = []
    if record_set.type in _NO_POLICY or (policy == "multivalue" and record_set.type == "CNAME"):
        reasons.append(f"{_named(record_set)} cannot be created as {policy} sets cannot have this type.")
    if policy == "multivalue" and record_set.alias:
        reasons.append(f"{_named(record_set)} cannot be created as multivalue sets cannot be aliases.")
    if policy == "cidr" and zone.private:
        reasons.append(f"{_named(record_set)} cannot be created as private zones cannot have cidr sets.")
    if record_set.failover == "PRIMARY" and not record_set.alias and not record_set.health_check_id:
        reasons.append("A non-alias primary ResourceRecordSet must have an associated health check. No changes made.")
    return reasons


class Group:
    """
    The record sets of one name and type, seated one after the other.

    Whoever comes is judged by those already there. All rules of a group hold between two record
    sets, so a group is lawful if and only if each of its record sets was admitted, in any order.
    """

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._size = 0
        self._policy: str | None = None
        self._ttl: int | None = None
        self._collection: str | None = None
        self._taken: set[object] = set()

    def admit(self, record_set: RecordSet) -> list[str]:
        """Seat a record set, or say why it cannot stand beside the others."""
        if self._policy not in (None, record_set.policy):
            return [_mixed(record_set)]
        self._policy = record_set.policy
        self._size += 1
        return [*self._too_many(record_set), *self._unlike(record_set), *self._twice(record_set)]

    def _too_many(self, record_set: RecordSet) -> list[str]:
        """R-SET-5, R-GPX-8; ours."""
        limit = self._quotas.record_sets_per_group
        if record_set.policy == "geoproximity":
            limit = min(limit, MAX_GEOPROXIMITY)
        if self._size <= limit:
            return []
        return [f"{_named(record_set)} cannot be created as {limit} sets with the same name and type already exist."]

    def _unlike(self, record_set: RecordSet) -> list[str]:
        """One TTL in weighted groups (R-WEI-9, R-ERR-13), one collection in CIDR groups (R-CID-8; ours)."""
        if record_set.policy == "weighted" and record_set.ttl is not None:
            self._ttl = record_set.ttl if self._ttl is None else self._ttl
            if record_set.ttl != self._ttl:
                return [
                    f"RRSet with DNS name {record_set.name} and type {record_set.type}, SetIdentifier "
                    f"{record_set.set_identifier} cannot be created as weighted sets must contain the same TTL."
                ]
        if config := record_set.cidr_routing_config:
            self._collection = self._collection or config.collection_id
            if config.collection_id != self._collection:
                return [f"{_named(record_set)} cannot be created as cidr sets must use the same CIDR collection."]
        return []

    def _twice(self, record_set: RecordSet) -> list[str]:
        """One record set for each role, region or location (R-FAI-1, R-LAT-1, R-GEO-5, R-GPX-8, R-CID-8)."""
        seat = _seat(record_set)
        if seat is None:
            return []
        if seat in self._taken:
            return [_taken(record_set)]
        self._taken.add(seat)
        return []


def _named(record_set: RecordSet) -> str:
    return f"RRSet with DNS name {record_set.name}, type {record_set.type}, SetIdentifier {record_set.set_identifier}"


def _seat(record_set: RecordSet) -> object:
    """Give what no two record sets of a group may share; None where the policy has nothing such."""
    if place := record_set.geo_proximity_location:
        return place.aws_region or place.local_zone_group or _degrees(record_set)
    if config := record_set.cidr_routing_config:
        return config.location_name
    return record_set.region or record_set.geo_location or record_set.failover


def _degrees(record_set: RecordSet) -> tuple[float, float] | None:
    """Coordinates as numbers, so that `+1.0` and `1` are one place."""
    place = record_set.geo_proximity_location
    at = place and place.coordinates
    return (float(at.latitude), float(at.longitude)) if at else None


def _mixed(record_set: RecordSet) -> str:
    """R-POL-2: the text that the policy of the newcomer has (R-ERR-10..18)."""
    named = _named(record_set)
    match record_set.policy:
        case "simple":
            return (
                f"RRSet with DNS name {record_set.name}, type {record_set.type} cannot be created "
                "as other RRSets exist with the same name and type."
            )
        case "latency":
            return (
                f"{named}, and Region Name={record_set.region} cannot be created "
                "because a non-latency RRSet with the same name and type already exists."
            )
        case "geolocation":
            return (
                f"{named}, and routing to {_location(record_set.geo_location)} cannot be created "
                "because a non-GEO RRSet with the same name and type already exists"
            )
        case "multivalue":
            return (
                f'RRSet with DNS name {record_set.name}, type {record_set.type}, SetIdentifier "'
                f'{record_set.set_identifier}" cannot be created because a non multivalue answer rrset exists '
                "with the same name and type."
            )
        case policy:
            return f"{named} cannot be created as a non-{policy} set exists with the same name and type."


def _taken(record_set: RecordSet) -> str:
    """R-ERR-15, R-ERR-16, R-ERR-18."""
    named = _named(record_set)
    match record_set.policy:
        case "latency":
            return (
                f"{named}, and Region Name={record_set.region} cannot be created "
                "because a latency RRSet with the same name, type and region already exists."
            )
        case "geolocation":
            return (
                f"{named}, and routing to {_location(record_set.geo_location)} cannot be created "
                "because a GEO RRSet with the same name, type and location already exists"
            )
        case "failover":
            return (
                f"{named} cannot be created as a failover {record_set.failover} RRSet "
                "with the same name and type already exists."
            )
        case policy:
            return (
                f"{named} cannot be created as a {policy} RRSet with the same name, type and location already exists."
            )


def _location(place: GeoLocation | None) -> str:
    """Write a location as R-ERR-16 does: `[continent = (NA, North America)]`."""
    if place is None:
        return "[]"
    if place.continent_code:
        return f"[continent = ({place.continent_code}, {CONTINENTS.get(place.continent_code)})]"
    country = place.country_code or ""
    shown = f"country = ({country}, {COUNTRIES.get(country, 'Default')})"
    if place.subdivision_code:
        subdivision = SUBDIVISIONS.get(country, {}).get(place.subdivision_code)
        shown += f", subdivision = ({place.subdivision_code}, {subdivision})"
    return f"[{shown}]"

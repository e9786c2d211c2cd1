"""Resource record sets as the API knows them, and the changes that are asked of them."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from meridian.model.name import Name

Action = Literal["CREATE", "DELETE", "UPSERT"]

# The 17 types a hosted zone can hold, with their numbers (records.md §2).
TYPES: dict[str, int] = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
    "NAPTR": 35, "DS": 43, "SSHFP": 44, "TLSA": 52, "SVCB": 64, "HTTPS": 65, "SPF": 99, "CAA": 257,
}  # fmt: skip


class AliasTarget(msgspec.Struct, frozen=True):
    """What an alias leads to (R-ALI-1). `dns_name` is shown with its final dot, in lower case (R-ALI-10)."""

    hosted_zone_id: str
    dns_name: str
    evaluate_target_health: bool


class GeoLocation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place: a continent, a country, or a country and its subdivision (R-GEO-1)."""

    continent_code: str | None = None
    country_code: str | None = None
    subdivision_code: str | None = None


class Coordinates(msgspec.Struct, frozen=True):
    """Decimal degrees as given, at most two decimals (R-GPX-2)."""

    latitude: str
    longitude: str


class GeoProximityLocation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a resource is, and how far its reach is bent: -99 to 99 (R-GPX-1, R-GPX-3)."""

    aws_region: str | None = None
    local_zone_group: str | None = None
    coordinates: Coordinates | None = None
    bias: int | None = None


class CidrRoutingConfig(msgspec.Struct, frozen=True):
    """A location of a CIDR collection (R-CID-1)."""

    collection_id: str
    location_name: str


class Key(NamedTuple):
    """What tells one record set of a zone from another (R-SET-2)."""

    name: Name
    type: str
    set_identifier: str | None


class RecordSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One resource record set: owner name, type, optional set identifier.

    Exactly one of `alias`, (`ttl` and `values`), `traffic_policy_instance_id` is there (R-SET-1),
    and at most one policy marker from `weight` on (R-POL-1).

    Attributes:
        ttl: Seconds, 0 to 2147483647; None for an alias.
        values: Record text as it was sent (R-TYP-16, R-TXT-5), in that order.
        rdata: The same records as wire octets, in the same order; filled when the set is accepted.
    """

    name: Name
    type: str
    set_identifier: str | None = None
    ttl: int | None = None
    values: tuple[str, ...] = ()
    rdata: tuple[bytes, ...] = ()
    alias: AliasTarget | None = None
    weight: int | None = None
    region: str | None = None
    geo_location: GeoLocation | None = None
    failover: str | None = None
    multi_value_answer: bool | None = None
    cidr_routing_config: CidrRoutingConfig | None = None
    geo_proximity_location: GeoProximityLocation | None = None
    health_check_id: str | None = None
    traffic_policy_instance_id: str | None = None

    @property
    def key(self) -> Key:
        """Name, type and set identifier (R-SET-2)."""
        return Key(self.name, self.type, self.set_identifier)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing but a TTL and values: no policy, no alias, no health check."""
        return self == RecordSet(self.name, self.type, ttl=self.ttl, values=self.values, rdata=self.rdata)

    @property
    def policy(self) -> str:
        """The routing policy that the set's marker stands for: `simple` where there is none (routing.md §1)."""
        if self.weight is not None:
            return "weighted"
        if self.region is not None:
            return "latency"
        if self.failover is not None:
            return "failover"
        if self.geo_location is not None:
            return "geolocation"
        if self.multi_value_answer is not None:
            return "multivalue"
        if self.cidr_routing_config is not None:
            return "cidr"
        if self.geo_proximity_location is not None:
            return "geoproximity"
        return "simple"


class Change(msgspec.Struct, frozen=True):
    """One change of a batch, as it was asked for; the record set's `rdata` is still empty."""

    action: Action
    record_set: RecordSet

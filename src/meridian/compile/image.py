"""
The zone image: what control compiles and edges serve (architecture §3).

MessagePack with named fields and a `kind` tag. Readers skip fields they do not know, so that old
and new run together; a change of meaning raises `FORMAT`. The engine's own definition is
`engine/core/src/image/wire.rs`; `tests/vectors/image/` binds the two.
"""

from __future__ import annotations

import msgspec

FORMAT = 1


class Records(msgspec.Struct, frozen=True, tag_field="kind", tag="records"):
    """A record set's data: TTL in seconds and each record's RDATA in wire form, names uncompressed."""

    ttl: int
    rdata: list[bytes]


class ToGroup(msgspec.Struct, frozen=True, tag_field="kind", tag="group"):
    """Another group of the same zone. `owner` is a lower-case wire name, `type` a type number."""

    owner: bytes
    type: int


class ToHidden(msgspec.Struct, frozen=True, tag_field="kind", tag="hidden"):
    """A group without a name: a step of a traffic policy (R-TFC-3). `owner` places it in a shard."""

    id: str
    owner: bytes


class ToOutside(msgspec.Struct, frozen=True, tag_field="kind", tag="outside"):
    """A name outside the zone, kept fresh by a connector (R-ALI-14)."""

    target: bytes
    type: int


Target = Records | ToGroup | ToHidden | ToOutside


class Arm(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One record set of a group.

    Attributes:
        id: Set identifier; empty in a simple group.
        health: Slot in the health table, 0 for none (R-SEL-1).
        evaluate_target: Whether the arm is only as healthy as the group it leads to (R-TREE-2).
        weight: 0 to 255, in weighted groups.
        secondary: In failover groups, whether this is the SECONDARY.
        continent, country, subdivision: In geo groups: a continent, a country (`*` for the default),
            or a country and a subdivision of it.
        latitude, longitude: In geoproximity groups, hundredths of a degree; south and west negative.
        bias: In geoproximity groups, -99 to 99.
        region: In latency groups, the region's id.
        location: In cidr groups, the location's name, `*` for the default.
    """

    target: Target
    id: str = ""
    health: int = 0
    evaluate_target: bool = False
    weight: int = 0
    secondary: bool = False
    continent: str = ""
    country: str = ""
    subdivision: str = ""
    latitude: int = 0
    longitude: int = 0
    bias: int = 0
    region: str = ""
    location: str = ""


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    All record sets of one name and type, and how one is chosen.

    `kind` is simple, weighted, latency, failover, geo, geoproximity, multivalue or cidr. An engine
    that does not know a kind answers SERVFAIL for that group alone.

    Attributes:
        collection: In cidr groups, the id of the CIDR collection.
    """

    kind: str
    arms: list[Arm]
    collection: str = ""


class HiddenGroup(Group, frozen=True, kw_only=True):
    """A group without a name. No owner says its type, so it does: a type number."""

    type: int


class Shard(msgspec.Struct, frozen=True):
    """
    A part of a zone's names.

    Attributes:
        version: The zone version at which this shard was compiled.
        names: Owner (lower-case wire name) to type number to group. An owner without groups is an
            empty non-terminal.
        groups: Hidden groups by id.
    """

    format: int
    zone_id: str
    index: int
    count: int
    version: int
    names: dict[bytes, dict[int, Group]]
    groups: dict[str, HiddenGroup]


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What holds for a whole zone, and which shards make it up.

    Attributes:
        view: None for a public zone; else the first of `views`, which keeps engines that do not know these
            from showing the zone to everybody.
        views: The network views that a private zone is seen from (R-PVT-13).
        rank: Of several zones with one apex in one view, the lowest rank answers.
        soa: The SOA record with its TTL, for negative answers (R-APX-3).
        ns: The apex NS record set, for the authority section (R-SEL-7).
        shard_versions: One for each shard, in order; its length is a power of two, 1 to 4096.
        log: The log group that its queries are logged to, empty for none (R-LOG-4).
    """

    format: int
    zone_id: str
    version: int
    apex: bytes
    rank: int
    soa: Records
    ns: Records
    shard_versions: list[int]
    view: str | None = None
    log: str = ""
    views: list[str] = []


encode = msgspec.msgpack.Encoder().encode
decode_head = msgspec.msgpack.Decoder(Head).decode
decode_shard = msgspec.msgpack.Decoder(Shard).decode


def outside_targets(octets: bytes) -> set[tuple[bytes, int]]:
    """Names, in wire form, and types outside the zone that the groups of an encoded shard lead to."""
    if b"outside" not in octets:
        return set()  # the tag of such targets: most shards have none, and need not be read
    found = decode_shard(octets)
    groups = [*found.groups.values(), *(group for types in found.names.values() for group in types.values())]
    targets = (arm.target for group in groups for arm in group.arms)
    return {(target.target, target.type) for target in targets if isinstance(target, ToOutside)}

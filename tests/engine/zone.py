"""A small zone as head and shards, for tests of the engine through its Python face."""

from __future__ import annotations

import ipaddress

from meridian.compile.image import FORMAT, Arm, Group, Head, Records, Shard, encode
from meridian.compile.zone import shard_of
from meridian.model.name import parse

ID = "Z0BINDING"
APEX = parse("example.com.")
SOA = Records(900, [parse("ns.test.").wire + parse("host.test.").wire + bytes(20)])
NS = Records(172_800, [parse("ns.test.").wire])


def address(text: str) -> bytes:
    return ipaddress.ip_address(text).packed


def plain(*addresses: str) -> Group:
    """A group of one plain A record set."""
    return Group("simple", [Arm(Records(60, [address(each) for each in addresses]))])


def weighted(weights: dict[str, int]) -> Group:
    """A group of A record sets, each of one address with its weight; the health slots are 1, 2, …"""
    return Group(
        "weighted",
        [
            Arm(Records(60, [address(each)]), id=each, weight=weight, health=slot)
            for slot, (each, weight) in enumerate(weights.items(), start=1)
        ],
    )


def head(version: int, shard_versions: list[int], *, zone_id: str = ID, format: int = FORMAT) -> bytes:
    return encode(
        Head(
            format=format,
            zone_id=zone_id,
            version=version,
            apex=APEX.wire,
            rank=0,
            soa=SOA,
            ns=NS,
            shard_versions=shard_versions,
        )
    )


def shards(version: int, count: int, groups: dict[str, Group], *, zone_id: str = ID) -> list[bytes]:
    """All shards of the zone at one version, with the apex and one A group for each name."""
    names = {APEX.wire: {6: Group("simple", [Arm(SOA)]), 2: Group("simple", [Arm(NS)])}}
    slots = {APEX.wire: APEX.slot}
    for text, group in groups.items():
        name = parse(text)
        names[name.wire], slots[name.wire] = {1: group}, name.slot
    return [
        encode(
            Shard(
                format=FORMAT,
                zone_id=zone_id,
                index=index,
                count=count,
                version=version,
                names={owner: types for owner, types in names.items() if shard_of(slots[owner], count) == index},
                groups={},
            )
        )
        for index in range(count)
    ]

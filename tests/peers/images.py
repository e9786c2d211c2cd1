"""Master files to zone images, for an engine that is tried without a control plane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import dns.name
import dns.rdatatype
import dns.zone
import msgspec

from meridian.compile.image import Group, Shard, encode
from meridian.compile.zone import head, shard, shard_of
from meridian.model.name import Name, from_wire
from meridian.model.record import TYPES, RecordSet
from meridian.model.zone import DelegationSet, HostedZone


class Images(NamedTuple):
    """What `Engine.publish` takes."""

    head: bytes
    shards: list[bytes]


def images(apex: str, file: Path, *, zone_id: str, rank: int = 0, routed: Mapping[Name, Group] | None = None) -> Images:
    """
    Compile a master file as plain record sets, as a zone that was created with all of them at once.

    Args:
        routed: Further names, each with one group of type A.

    Raises:
        dns.exception.DNSException: The file is not a zone.
    """
    sets = list(_record_sets(dns.zone.from_file(str(file), origin=apex, relativize=False)))
    routed = routed or {}
    zone = _zone(_name(dns.name.from_text(apex)), zone_id, rank, len(sets) + len(routed))
    owners = {each.name for each in sets} | routed.keys()
    by_shard: dict[int, list[RecordSet]] = defaultdict(list)
    empty: dict[int, set[Name]] = defaultdict(set)
    for each in sets:
        by_shard[shard_of(each.name.slot, zone.shard_count)].append(each)
    for name in {above for owner in owners for above in owner.between(zone.name)} - owners:
        empty[shard_of(name.slot, zone.shard_count)].add(name)
    apex_sets = {each.type: each for each in sets if each.name == zone.name}
    return Images(
        encode(head(zone, apex_sets["SOA"], apex_sets["NS"], [1] * zone.shard_count)),
        [
            encode(_with(routed, shard(zone_id, index, zone.shard_count, 1, by_shard[index], empty[index])))
            for index in range(zone.shard_count)
        ],
    )


def _with(routed: Mapping[Name, Group], plain: Shard) -> Shard:
    """The shard with those of the names that are its own."""
    own = {name.wire: {TYPES["A"]: group} for name, group in routed.items() if _is_in(name, plain)}
    return msgspec.structs.replace(plain, names=dict(sorted((plain.names | own).items())))


def _is_in(name: Name, plain: Shard) -> bool:
    return shard_of(name.slot, plain.count) == plain.index


def _zone(apex: Name, zone_id: str, rank: int, count: int) -> HostedZone:
    return HostedZone(
        id=zone_id,
        account_id="",
        name=apex,
        caller_reference="",
        rank=rank,
        version=1,
        shard_count=1 if count <= 500 else 16 if count <= 8_000 else 256,
        record_set_count=count,
        delegation_set=DelegationSet(()),
    )


def _record_sets(zone: dns.zone.Zone) -> Iterator[RecordSet]:
    for owner, rdataset in zone.iterate_rdatasets():
        yield RecordSet(
            name=_name(owner),
            type=dns.rdatatype.to_text(rdataset.rdtype),
            ttl=rdataset.ttl,
            rdata=tuple(rdata.to_wire() or b"" for rdata in rdataset),
        )


def _name(name: dns.name.Name) -> Name:
    return from_wire(name.to_wire() or b"")

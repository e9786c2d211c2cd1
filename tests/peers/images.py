"""Master files to zone images, for an engine that is tried without a control plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dns.name
import dns.rdatatype
import dns.zone

from meridian.compile.image import FORMAT, Arm, Group, Head, Records, Shard, encode
from meridian.model.name import Name, from_wire


class Images(NamedTuple):
    """What `Engine.publish` takes."""

    head: bytes
    shards: list[bytes]


def images(apex: str, file: Path, *, zone_id: str, rank: int = 0) -> Images:
    """
    Compile a master file as plain record sets, each name in the shard that its hash says.

    Raises:
        dns.exception.DNSException: The file is not a zone.
    """
    zone = dns.zone.from_file(str(file), origin=apex, relativize=False)
    owners: dict[Name, dict[int, Group]] = {}
    for owner, rdatatype, records in _record_sets(zone):
        owners.setdefault(owner, {})[rdatatype] = Group("simple", [Arm(records)])
    top = from_wire(dns.name.from_text(apex).to_wire())
    for owner in list(owners):
        for above in owner.between(top):
            owners.setdefault(above, {})
    bits = 0 if len(owners) <= 500 else 4 if len(owners) <= 8_000 else 8
    shards: list[dict[bytes, dict[int, Group]]] = [{} for _ in range(1 << bits)]
    for owner, groups in owners.items():
        shards[owner.slot >> (12 - bits)][owner.wire] = groups
    head = Head(
        FORMAT, zone_id, 1, top.wire, rank, _only(owners[top], "SOA"), _only(owners[top], "NS"), [1] * len(shards)
    )
    return Images(
        encode(head), [encode(Shard(FORMAT, zone_id, i, len(shards), 1, names, {})) for i, names in enumerate(shards)]
    )


def _record_sets(zone: dns.zone.Zone) -> Iterator[tuple[Name, int, Records]]:
    for owner, rdataset in zone.iterate_rdatasets():
        yield (
            from_wire(owner.to_wire()),
            int(rdataset.rdtype),
            Records(rdataset.ttl, [rdata.to_wire() for rdata in rdataset]),
        )


def _only(groups: dict[int, Group], rdatatype: str) -> Records:
    target = groups[int(dns.rdatatype.from_text(rdatatype))].arms[0].target
    assert isinstance(target, Records)
    return target

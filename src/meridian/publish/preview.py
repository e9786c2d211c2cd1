"""The image of a zone as a change would make it: compiled as the publisher does, and put nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from meridian.changes.zone import default_record_sets
from meridian.compile import image
from meridian.compile.serial import following, soa_following
from meridian.compile.zone import NO_TREES, head, shard, shard_of, slots_of
from meridian.model.name import Name
from meridian.model.record import RecordSet
from meridian.model.secondary import NOBODY, Secondaries
from meridian.model.traffic import Tree
from meridian.model.zone import DelegationSet, HostedZone
from meridian.place.coordinates import BUILT_IN, Places
from meridian.publish.publisher import changed_shards, check_slots, trees_of, views_of
from meridian.store import outbox, record
from meridian.store.record import Foreseen

LONE = "DRAFT"  # no zone has this id


class Preview(NamedTuple):
    """An encoded head, and those of its shards that an edge may lack."""

    head: bytes
    shards: list[bytes]


def preview(
    conn: Connection,
    zone: HostedZone,
    foreseen: Foreseen,
    last: image.Head | None,
    places: Places = BUILT_IN,
    drafts: Mapping[str, Tree] = NO_TREES,
    secondaries: Secondaries = NOBODY,
) -> Preview:
    """
    Compile a zone with a plan carried out.

    Args:
        foreseen: What the plan would change, in the transaction of `conn`.
        last: The head whose shards are at hand, and therefore left out where they would be the same;
            None for all shards.
        places: Where geoproximity's regions and places are.
        drafts: What policy records of the plan answer by that are not stored, by instance id.
        secondaries: Who may take zones; theirs have a serial that grows.

    Raises:
        CannotCompile: A record set has no form in the image.
    """
    follows = not zone.private and secondaries.have(zone.name)
    count, version = zone.shard_count, zone.version + 1
    unpublished = changed_shards(zone, last, outbox.of_zone(conn, zone.id))
    changed = sorted({*unpublished, *(shard_of(slot, count) for slot in foreseen.slots)})
    if follows:  # with its serial, the shard of the apex is another one as well
        changed = sorted({*changed, shard_of(zone.name.slot, count)})
    fits = last is not None and len(last.shard_versions) == count
    versions = list(last.shard_versions) if last is not None and fits else [version] * count
    shards = []
    for index in changed:
        versions[index] = version
        found = _in_shard(conn, zone, foreseen, index)
        trees = {**trees_of(conn, found[0]), **drafts}
        checks = check_slots(conn, found[0], trees)
        sets = following(found[0], version) if follows else found[0]
        shards.append(image.encode(shard(zone.id, index, count, version, sets, found[1], places, checks, trees)))
    at_apex = _at_apex(conn, zone, foreseen)
    views = views_of(conn, zone.id)
    soa = soa_following(at_apex["SOA"], version) if follows else at_apex["SOA"]
    compiled = head(msgspec.structs.replace(zone, version=version), soa, at_apex["NS"], versions, views=views)
    return Preview(image.encode(compiled), shards)


def lone(conn: Connection, root: RecordSet, drafts: Mapping[str, Tree], places: Places = BUILT_IN) -> Preview:
    """
    Compile a zone that nobody has, with the id `LONE`: it holds a policy record at its apex and nothing else.

    Args:
        drafts, places: As `preview`.

    Raises:
        CannotCompile: As `preview`.
    """
    servers = DelegationSet(("ns.invalid",))
    zone = HostedZone(LONE, "", root.name, "", 1, 1, 1, 3, servers)
    ns, soa = default_record_sets(root.name, servers, "hostmaster.invalid")
    checks = check_slots(conn, (), drafts)
    compiled = shard(zone.id, 0, 1, zone.version, (ns, soa, root), (), places, checks, drafts)
    return Preview(image.encode(head(zone, soa, ns, [zone.version])), [image.encode(compiled)])


def _in_shard(conn: Connection, zone: HostedZone, foreseen: Foreseen, index: int) -> tuple[list[RecordSet], list[Name]]:
    first, last = slots_of(index, zone.shard_count)
    return foreseen.over(record.in_slots(conn, zone.id, first, last), first, last)


def _at_apex(conn: Connection, zone: HostedZone, foreseen: Foreseen) -> dict[str, RecordSet]:
    """SOA and NS are there before and after any plan (R-APX-4)."""
    stored = {found.type: found for found in record.at_name(conn, zone.id, zone.name)}
    return stored | {put.type: put for put in foreseen.plan.put if put.name == zone.name}

"""The serial of a zone that secondaries may take grows with each change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from meridian.changes.batch import Plan
from meridian.compile.image import Group, Head, Records, decode_head, decode_shard
from meridian.compile.serial import serial
from meridian.compile.zone import shard_of
from meridian.edge.agent import Agent
from meridian.feed.keys import head_key, shard_key
from meridian.model.name import parse
from meridian.model.secondary import Secondaries, Secondary
from meridian.publish.preview import preview
from meridian.publish.publisher import Publisher
from meridian.store import record
from meridian.store import zone as zones
from tests.publish.conftest import world as world
from tests.publish.world import World, a

APEX = parse("example.com")
TAKER = Secondary("ns2", (), (), None, (APEX,))


def _publisher(world: World) -> Publisher:
    return Publisher(world.database, world.feed, world.clock, world.sync.wake, secondaries=Secondaries((), (TAKER,)))


async def _head(world: World, zone_id: str) -> Head:
    found = await world.feed.get(head_key(zone_id))
    assert found is not None
    return decode_head(found[0])


async def _serial_at_apex(world: World, zone_id: str, count: int) -> int:
    found = await world.feed.get(shard_key(zone_id, count, shard_of(APEX.slot, count)))
    assert found is not None
    (arm,) = decode_shard(found[0]).names[APEX.wire][6].arms
    assert isinstance(arm.target, Records)
    return serial(arm.target.rdata[0])


def test_follows_the_version(world: World) -> None:
    """Head and apex have the serial of the version, whichever shard was changed; other zones keep theirs (R-APX-2)."""

    async def test() -> None:
        other = world.create("example.net", shards=16)
        zone_id = world.create(shards=16)
        world.publisher = _publisher(world)
        seen = []
        for number in range(4):
            for name, each in (("example.com", zone_id), ("example.net", other)):
                world.change(each, f"n{number}.{name}")
            await world.publish()
            head = await _head(world, zone_id)
            in_head = serial(head.soa.rdata[0])
            assert in_head == await _serial_at_apex(world, zone_id, 16)
            seen.append((head.version, in_head))
            assert serial((await _head(world, other)).soa.rdata[0]) == 0
        assert [serial for _, serial in seen] == [version for version, _ in seen]
        assert len(set(seen)) == 4

    asyncio.run(test())


def test_told_when_served(world: World) -> None:
    """An edge tells of each version of a zone that it swaps in, and of none twice."""

    async def test() -> None:
        zone_id = world.create()
        world.publisher = _publisher(world)
        told: list[tuple[str, int]] = []
        await world.publish()
        world.start_edge()
        world.agent = Agent(
            world.feed,
            world.engine,
            "edge-1",
            world.clock,
            served=lambda head: told.append((head.zone_id, head.version)),
        )
        await world.agent.load()
        await world.serve()
        world.change(zone_id, "www.example.com")
        await world.publish()
        await world.serve()
        await world.serve()
        assert told == [(zone_id, 1), (zone_id, 2)]

    asyncio.run(test())


def test_a_preview_has_the_serial_that_the_change_would_have(world: World) -> None:
    """At the apex too, whichever name is changed; of a zone that nobody may take, the record's own (R-APX-2)."""
    zones_of = {name: world.create(name, shards=16) for name in ("example.com", "example.net")}
    world.publisher = _publisher(world)
    asyncio.run(world.publish())
    seen = {}
    for name, zone_id in zones_of.items():
        last = asyncio.run(_head(world, zone_id))
        plan = Plan(delete=(), put=(a(f"new.{name}"),))
        with world.database.read() as conn:
            zone = zones.get(conn, zone_id)
            assert zone is not None
            foreseen = record.foresee(conn, zone, plan)
            made = preview(conn, zone, foreseen, last, secondaries=Secondaries((), (TAKER,)))
        apex = [shard.names.get(zone.name.wire) for shard in map(decode_shard, made.shards)]
        at_apex = [_soa_of(groups) for groups in apex if groups is not None]
        seen[name] = [serial(decode_head(made.head).soa.rdata[0]), *at_apex]
        expected = zone.version + 1 if name == "example.com" else 0
        assert set(seen[name]) == {expected}
    assert len(seen["example.com"]) == 2, "the shard of the apex is among those that change"


def _soa_of(groups: Mapping[int, Group]) -> int:
    (arm,) = groups[6].arms
    assert isinstance(arm.target, Records)
    return serial(arm.target.rdata[0])

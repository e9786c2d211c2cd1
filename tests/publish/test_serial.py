"""The serial of a zone that secondaries may take grows with each change."""

from __future__ import annotations

import asyncio

from meridian.compile.image import Head, Records, decode_head, decode_shard
from meridian.compile.serial import serial
from meridian.compile.zone import shard_of
from meridian.edge.agent import Agent
from meridian.feed.keys import head_key, shard_key
from meridian.model.name import parse
from meridian.model.secondary import Secondaries, Secondary
from meridian.publish.publisher import Publisher
from tests.publish.conftest import world as world
from tests.publish.world import World

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

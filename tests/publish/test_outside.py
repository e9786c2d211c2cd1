"""Changes that lead to names outside wait for the first answer (R-ALI-14)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from meridian.changes.traffic import require
from meridian.connect import answer
from meridian.feed.feed import Entry
from meridian.feed.keys import outside_key
from meridian.model.name import parse
from meridian.model.record import AliasTarget, RecordSet
from meridian.publish import outside
from tests.changes.test_traffic import SHAPES
from tests.publish.world import World, a

ANSWER = answer.encode(answer.Answer(60, (b"\xcb\0\x71\1",), True, 0))
LB, CDN = outside_key("lb.fake.test.", "A"), outside_key("cdn.fake.test.", "A")


def alias(name: str, target: str = "lb.fake.test.", zone_id: str = "Z0LB") -> RecordSet:
    return RecordSet(parse(name), "A", alias=AliasTarget(zone_id, target, False))


async def answered(world: World, key: str = LB) -> None:
    await world.feed.put(Entry(key, ANSWER, 1))


def test_targets_are_those_outside() -> None:
    """Aliases inside the zone and plain record sets lead nowhere else; spelling does not count."""
    found = [
        alias("a.example.com", "LB.fake.test"),
        alias("b.example.com"),
        alias("c.example.com", "www.example.com.", "Z1"),
    ]
    assert outside.targets("Z1", [*found, a("d.example.com")]) == {LB}


def test_targets_of_a_policy_record() -> None:
    """R-TFE-8, R-ALI-14: the services that its endpoints lead to, those that nothing leads to left out."""
    root = RecordSet(parse("www.example.com"), "A", ttl=60, traffic_policy_instance_id="i")
    tree = require(SHAPES["03-failover-to-website"])
    names = ("shop-1234567890.us-east-1.elb.amazonaws.com.", "s3-website-us-east-1.amazonaws.com.")
    assert outside.targets("Z1", [root], {"i": tree}) == {outside_key(name, "A") for name in names}
    assert outside.targets("Z1", [root], {"i": require(SHAPES["18-unused-and-unknown"])}) == set()


def test_a_zone_stays_as_it_was_until_there_is_an_answer(world: World) -> None:
    """Nothing of the change is published before, and all of it after; the change is pending as long."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        change = world.change(zone_id, alias("example.com"), "www.example.com")
        await world.publish()
        await world.serve()
        await world.acknowledge()
        assert await world.listed(zone_id) == 1
        assert world.status(change) == "PENDING"
        assert world.rows() == 1

        await answered(world)
        await world.publish()
        await world.serve()
        await world.acknowledge()
        assert await world.listed(zone_id) == 2
        assert world.status(change) == "INSYNC"
        assert world.rows() == 0

    asyncio.run(test())


def test_nobody_waits_for_ever_nor_twice(world: World) -> None:
    """After some seconds the change is published without an answer; later ones do not wait for this target again."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        world.change(zone_id, alias("example.com"))
        await world.publish()
        world.clock.forward(outside.PATIENCE - 0.1)
        await world.publish()
        assert await world.listed(zone_id) == 1
        world.clock.forward(0.1)
        await world.publish()
        assert await world.listed(zone_id) == 2

        world.change(zone_id, alias("www.example.com"))
        await world.publish()
        assert await world.listed(zone_id) == 3
        world.change(zone_id, alias("www.example.com", "cdn.fake.test."))
        await world.publish()
        assert await world.listed(zone_id) == 3
        await answered(world, CDN)
        await world.publish()
        assert await world.listed(zone_id) == 4

    asyncio.run(test())


def test_a_change_waits_for_its_own_targets_alone(world: World) -> None:
    """What else leads outside in the zone was waited for when it came: a control plane that starts asks only once."""

    async def test() -> None:
        zone_id = world.create()
        world.change(zone_id, alias("example.com"))
        world.clock.forward(0)
        await world.publish()
        world.clock.forward(outside.PATIENCE)
        await world.publish()
        assert await world.listed(zone_id) == 2
        world.start_publisher()
        world.change(zone_id, "www.example.com")
        await world.publish()
        assert await world.listed(zone_id) == 3

    asyncio.run(test())


def test_a_start_goes_on_waiting(world: World) -> None:
    """A control plane that ended while a change waited publishes no more than that one did, until it has waited too."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        change = world.change(zone_id, alias("example.com"))
        world.start_publisher()
        await world.publisher.reconcile()
        await world.serve()
        await world.acknowledge()
        assert await world.listed(zone_id) == 1
        assert world.status(change) == "PENDING"
        await answered(world)
        await world.publish()
        await world.serve()
        await world.acknowledge()
        assert await world.listed(zone_id) == 2
        assert world.status(change) == "INSYNC"

    asyncio.run(test())


def test_a_lost_feed_is_filled_at_once(world: World) -> None:
    """Where no change is pending there is nothing to wait for: zones are published before their targets are known."""

    async def test() -> None:
        zone_id = world.create()
        world.change(zone_id, alias("example.com"))
        await answered(world)
        await world.publish()
        world.lose_feed()
        await world.publisher.reconcile()
        assert await world.listed(zone_id) == 2

    asyncio.run(test())


def test_the_answer_wakes_the_publisher(world: World) -> None:
    """A zone that waits is published when the answer comes; another zone's change does not wait with it."""

    async def test() -> None:
        held_up, free = world.create("held.example"), world.create("free.example")
        await world.publish()
        running = asyncio.create_task(world.publisher.run())
        catalog = world.feed.watch("catalog/")
        try:
            async with asyncio.timeout(20):
                world.change(held_up, alias("held.example"))
                world.change(free, "www.free.example")
                while await world.listed(free) != 2:
                    await anext(catalog)
                assert await world.listed(held_up) == 1
                await answered(world)
                while await world.listed(held_up) != 2:
                    await anext(catalog)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await catalog.aclose()

    asyncio.run(test())

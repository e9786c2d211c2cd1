from __future__ import annotations

import asyncio

import pytest

from meridian.feed.feed import Entry
from meridian.feed.keys import Ack, ack_key, catalog_of, encode
from meridian.publish.sync import Served, served_by_all
from tests.publish.world import World

NOW = 1000.0


def ack(edge: str, catalogs: dict[int, int], *, ago: float = 0.0, failed: tuple[str, ...] = ()) -> Ack:
    return Ack(edge, NOW - ago, catalogs, dict.fromkeys(failed, "why"))


@pytest.mark.parametrize(
    ("fact", "acks", "expected"),
    [
        ("no edge", [], Served({}, set())),
        ("one edge", [ack("a", {1: 5})], Served({1: 5}, set())),
        ("the slowest edge counts", [ack("a", {1: 5, 2: 9}), ack("b", {1: 4, 2: 10})], Served({1: 4, 2: 9}, set())),
        ("a catalog that one edge lacks", [ack("a", {1: 5, 2: 9}), ack("b", {1: 5})], Served({1: 5}, set())),
        ("a silent edge holds nothing up", [ack("a", {1: 5}), ack("b", {1: 1}, ago=15)], Served({1: 5}, set())),
        ("an edge is live for 15 seconds", [ack("a", {1: 5}), ack("b", {1: 1}, ago=14.9)], Served({1: 1}, set())),
        ("only silent edges", [ack("a", {1: 5}, ago=60)], Served({}, set())),
        (
            "failures of all live edges",
            [ack("a", {1: 5}, failed=("Z1",)), ack("b", {1: 5}, failed=("Z2",)), ack("c", {}, ago=99, failed=("Z3",))],
            Served({1: 5}, {"Z1", "Z2"}),
        ),
    ],
)
def test_served_by_all(fact: str, acks: list[Ack], expected: Served) -> None:
    """What all live edges serve is what the slowest one does."""
    served = served_by_all(acks, NOW)
    assert (served.catalogs, set(served.failed)) == (expected.catalogs, set(expected.failed)), fact


async def say(world: World, edge: str, version: int, catalogs: dict[int, int], *, ahead: float = 0.0) -> None:
    value = Ack(edge, world.clock.now().timestamp() + ahead, catalogs, {})
    await world.feed.put(Entry(ack_key(edge), encode(value), version))
    await world.sync.hear(ack_key(edge))


def test_change_waits_for_every_live_edge(world: World) -> None:
    """A change is in sync when the last live edge has acknowledged it, and not before."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        catalog = catalog_of(zone_id)
        change_id = world.change(zone_id, "www.example.com")
        await world.publish()
        for edge, version, expected in (
            ("a", 1, "PENDING"),
            ("b", 1, "PENDING"),
            ("a", 2, "PENDING"),
            ("b", 2, "INSYNC"),
        ):
            await say(world, edge, version, {catalog: version})
            await world.sync.acknowledge()
            assert world.status(change_id) == expected

    asyncio.run(test())


def test_no_live_edge(world: World) -> None:
    """Without a live edge a change stays PENDING, however long that takes: never by a timer."""

    async def test() -> None:
        zone_id = world.create()
        change_id = world.change(zone_id, "www.example.com")
        await world.publish()
        await world.serve()
        for _ in range(3):
            world.clock.forward(3600)
            assert await world.acknowledge() == 0
        assert world.status(change_id) == "PENDING"

    asyncio.run(test())


def test_edge_that_falls_silent(world: World) -> None:
    """An edge that is gone holds a change up until it no longer counts as live."""

    async def test() -> None:
        zone_id = world.create()
        change_id = world.change(zone_id, "www.example.com")
        await world.publish()
        catalog = catalog_of(zone_id)
        await say(world, "gone", 1, {catalog: 0})
        world.clock.forward(10)
        await say(world, "here", 1, {catalog: 1})
        assert await world.sync.acknowledge() == 0
        world.clock.forward(5)
        await world.sync.acknowledge()
        assert world.status(change_id) == "INSYNC"

    asyncio.run(test())


def test_start_beside_edges_that_lag(world: World) -> None:
    """A control plane that starts hears every edge before it judges."""

    async def test() -> None:
        zone_id = world.create()
        change_id = world.change(zone_id, "www.example.com")
        await world.publish()
        for edge, reached in (("a", 1), ("b", 0), ("c", 0)):
            await say(world, edge, 1, {catalog_of(zone_id): reached})
        world.start_publisher()
        heard = world.sync.hear
        running = asyncio.create_task(world.sync.run())

        async def hear_slowly(key: str) -> None:
            for _ in range(50):
                await asyncio.sleep(0.001)
            await heard(key)

        world.sync.hear = hear_slowly  # type: ignore[method-assign]
        for _ in range(300):
            await asyncio.sleep(0.001)
            assert world.status(change_id) == "PENDING"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(test())


def test_edge_whose_clock_is_wrong(world: World) -> None:
    """That an edge is live shows in that it speaks, whatever its clock says."""

    async def test() -> None:
        zone_id = world.create()
        change_id = world.change(zone_id, "www.example.com")
        await world.publish()
        for wrong in (-3600.0, 3600.0):
            for version in (1, 2):
                await say(world, f"wrong{wrong}", version, {catalog_of(zone_id): 0}, ahead=wrong)
        await say(world, "right", 1, {catalog_of(zone_id): 1})
        assert await world.sync.acknowledge() == 0
        world.clock.forward(15)
        await say(world, "right", 2, {catalog_of(zone_id): 1})
        await world.sync.acknowledge()
        assert world.status(change_id) == "INSYNC"

    asyncio.run(test())


def test_zone_that_an_edge_could_not_load(world: World) -> None:
    """A zone that a live edge failed to load stays PENDING; the others of its catalog do not wait for it."""

    async def test() -> None:
        bad = world.create("bad.example")
        good = world.create("good.example", catalog=catalog_of(bad))
        changes = [world.change(zone_id) for zone_id in (bad, good)]
        await world.publish()
        world.engine.refuse.add(bad)
        await world.serve()
        await world.acknowledge()
        assert [world.status(change_id) for change_id in changes] == ["PENDING", "INSYNC"]
        world.engine.refuse.clear()
        await world.serve()
        await world.acknowledge()
        assert [world.status(change_id) for change_id in changes] == ["INSYNC", "INSYNC"]

    asyncio.run(test())


def test_edge_that_withdraws(world: World) -> None:
    """An acknowledgement that was deleted no longer counts."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        await say(world, "a", 1, {catalog_of(zone_id): 1})
        await world.feed.delete(ack_key("a"))
        await world.sync.hear(ack_key("a"))
        assert await world.sync.acknowledge() == 0

    asyncio.run(test())

"""Two control planes on one database and one feed: a stale writer overwrites nothing that is newer."""

from __future__ import annotations

import asyncio
from typing import Any

from meridian.feed.feed import Entry
from meridian.feed.keys import catalog_key, catalog_of, head_key, shard_key
from meridian.publish.publisher import Publisher
from tests.publish.world import World


class SlowFeed:
    """A feed that holds each put of some keys back until it is let go, as a network or a stopped process does."""

    def __init__(self, feed: Any, prefix: str) -> None:
        self._feed, self._prefix = feed, prefix
        self.reached, self.let_go = asyncio.Event(), asyncio.Event()

    async def put(self, *entries: Entry) -> None:
        if any(entry.key.startswith(self._prefix) for entry in entries):
            self.reached.set()
            await self.let_go.wait()
        await self._feed.put(*entries)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._feed, name)


class Slow:
    """A second control plane that stands still before it puts some keys."""

    def __init__(self, world: World, prefix: str) -> None:
        self.feed = SlowFeed(world.feed, prefix)
        feed: Any = self.feed
        self._publisher = Publisher(world.database, feed, world.clock, lambda: None)

    async def begin(self, zone_id: str) -> asyncio.Task[None]:
        """Publish up to there."""
        task = asyncio.create_task(self._publisher.publish(zone_id))
        await self.feed.reached.wait()
        return task

    async def begin_reconciling(self) -> asyncio.Task[None]:
        """Bring the feed in step up to there, as at a start."""
        task = asyncio.create_task(self._publisher.reconcile())
        await self.feed.reached.wait()
        return task

    async def end(self, task: asyncio.Task[None]) -> None:
        self.feed.let_go.set()
        await task


async def served(world: World, zone_id: str, *changes: str) -> None:
    """Edges serve the newest version, and each change is in sync once they do."""
    await world.serve()
    await world.acknowledge()
    assert [world.status(each) for each in changes] == ["INSYNC"] * len(changes)
    assert world.engine.zones() == {zone_id: await world.listed(zone_id)}
    assert world.rows() == 0


def test_an_older_image(world: World) -> None:
    """Images and lists of an older version that arrive late are ignored; the newer one stays."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        first = world.change(zone_id, "a.example.com")
        late = Slow(world, f"zone/{zone_id}/")
        task = await late.begin(zone_id)
        second = world.change(zone_id, "b.example.com")
        await world.publish()
        newest = await world.feed.get(shard_key(zone_id, 1, 0))
        await late.end(task)
        assert await world.feed.get(shard_key(zone_id, 1, 0)) == newest
        head = await world.head(zone_id)
        assert head is not None
        assert (head.version, await world.listed(zone_id)) == (3, 3)
        await served(world, zone_id, first, second)

    asyncio.run(test())


def test_an_older_list(world: World) -> None:
    """A catalog that was read before another control plane wrote it takes nothing of that back."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        first = world.change(zone_id, "a.example.com")
        late = Slow(world, "catalog/")
        task = await late.begin(zone_id)
        second = world.change(zone_id, "b.example.com")
        await world.publish()
        await late.end(task)
        assert await world.listed(zone_id) == 3
        await served(world, zone_id, first, second)

    asyncio.run(test())


def test_two_zones_of_one_catalog(world: World) -> None:
    """Of two who list in the same catalog at once, both are listed, and each change waits for the list that has it."""

    async def test() -> None:
        one = world.create()
        other = world.create("example.net", catalog=catalog_of(one))
        late = Slow(world, "catalog/")
        task = await late.begin(one)
        await world.publisher.publish(other)
        await late.end(task)
        assert (await world.listed(one), await world.listed(other)) == (1, 1)
        await world.serve()
        assert world.engine.zones() == {one: 1, other: 1}

    asyncio.run(test())


def test_a_zone_that_was_deleted_meanwhile(world: World) -> None:
    """A zone does not come back by one who has read it before it was deleted."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        world.change(zone_id, "a.example.com")
        late = Slow(world, f"zone/{zone_id}/")
        task = await late.begin(zone_id)
        world.delete(zone_id)
        await world.publish()
        await late.end(task)
        assert await world.listed(zone_id) is None
        assert await world.zone_keys(zone_id) == []

    asyncio.run(test())


def test_shards_of_a_zone_that_has_grown_meanwhile(world: World) -> None:
    """One who knows fewer shards leaves those of the larger count alone."""

    async def test() -> None:
        zone_id = world.create()
        late = Slow(world, catalog_key(catalog_of(zone_id)))
        task = await late.begin(zone_id)
        grown = world.change(zone_id, "a.example.com", shards=16)
        await world.publish()
        await late.end(task)
        wanted = {head_key(zone_id), *(shard_key(zone_id, 16, index) for index in range(16))}
        assert set(await world.zone_keys(zone_id)) == wanted
        await served(world, zone_id, grown)

    asyncio.run(test())


def test_a_start_that_is_overtaken(world: World) -> None:
    """What another control plane lists while one that starts brings a catalog in step stays listed, and is served."""

    async def test() -> None:
        one = world.create()
        for name in "abcd":
            first = world.change(one, f"{name}.example.com")
            await world.publish()
        world.lose_feed()  # so that the catalog is to be far beyond what it was, for the position of the last change
        late = Slow(world, "catalog/")
        task = await late.begin_reconciling()
        second = world.change(one, "e.example.com")
        other = world.create("example.net", catalog=catalog_of(one))
        await world.publish()
        await late.end(task)
        assert (await world.listed(one), await world.listed(other)) == (6, 1)
        await world.serve()
        await world.acknowledge()
        assert world.engine.zones() == {one: 6, other: 1}
        assert (world.status(first), world.status(second)) == ("INSYNC", "INSYNC")

    asyncio.run(test())


def test_a_start_that_knows_less_than_the_feed(world: World) -> None:
    """A zone that was made after a control plane has read the database is not taken for one that is gone."""

    async def test() -> None:
        one = world.create()
        late = Slow(world, f"zone/{one}/")
        task = await late.begin_reconciling()
        other = world.create("example.net", catalog=catalog_of(one))
        await world.publisher.publish(other)
        await late.end(task)
        assert (await world.listed(one), await world.listed(other)) == (1, 1)
        await world.serve()
        assert world.engine.zones() == {one: 1, other: 1}

    asyncio.run(test())

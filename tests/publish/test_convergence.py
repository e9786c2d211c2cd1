"""Laws of the whole way from a commit to the engine, whatever fails and restarts on it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from meridian.feed.keys import head_key, shard_key
from tests.publish.world import Broken, World

STEPS = ["create", "change", "change", "grow", "delete", "publish", "publish", "serve", "serve"]
RESTARTS = ["restart publisher", "restart edge", "lose feed"]
CALLS = st.one_of(st.none(), st.integers(0, 12))  # of the feed in one step, after which all fail
STORIES = st.lists(st.tuples(st.sampled_from(STEPS + RESTARTS), CALLS), max_size=25)


class Story:
    """A world in which things happen, and what must be true after each of them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.zones: dict[str, int] = {}  # version by id
        self.pending: dict[str, tuple[str, int]] = {}  # zone and version by change id
        self.served: dict[str, int] = {}  # the newest version that any edge ever served

    async def step(self, kind: str, calls: int | None) -> None:
        acts: dict[str, Callable[[], Awaitable[object]]] = {
            "publish": self.world.publish,
            "serve": self.world.serve,
            "restart publisher": self.world.publisher.reconcile,
        }
        if kind == "restart publisher":
            self.world.start_publisher()
            acts[kind] = self.world.publisher.reconcile
        if kind in acts:
            await self._until_broken(acts[kind], calls)
        else:
            self._change(kind)
        await self.acknowledge()

    async def acknowledge(self) -> None:
        """Let control hear the edge. Nothing may be in sync that was never served."""
        for zone_id, version, _ in self.world.engine.published:
            self.served[zone_id] = max(version, self.served.get(zone_id, 0))
        await self.world.acknowledge()
        for change_id, (zone_id, version) in list(self.pending.items()):
            if self.world.status(change_id) == "INSYNC":
                assert self.served.get(zone_id, 0) >= version or zone_id not in self.zones
                del self.pending[change_id]

    async def finish(self) -> None:
        """Nothing fails any more."""
        self.world.start_publisher()
        await self.world.publisher.reconcile()
        await self.world.publish()
        await self.world.serve()
        await self.acknowledge()

    async def _until_broken(self, act: Callable[[], Awaitable[object]], calls: int | None) -> None:
        self.world.feed.calls_left = calls
        with suppress(Broken):
            await act()
        self.world.feed.calls_left = None

    def _change(self, kind: str) -> None:
        if kind == "create":
            self.zones[self.world.create(shards=self.random.choice([1, 16]))] = 1
        elif kind == "restart edge":
            self.world.start_edge()
        elif kind == "lose feed":
            self.world.lose_feed()
        elif self.zones:
            zone_id = self.random.choice(list(self.zones))
            if kind == "delete":
                self.world.delete(zone_id)
                del self.zones[zone_id]
                return
            names = {f"{self.random.choice('abcdefgh')}.{self.random.choice('xyz')}.example.com" for _ in range(3)}
            change_id = self.world.change(zone_id, *names, shards=256 if kind == "grow" else None)
            self.zones[zone_id] += 1
            self.pending[change_id] = (zone_id, self.zones[zone_id])


@settings(max_examples=40, deadline=None)
@given(steps=STORIES, seed=st.integers(0, 1000))
def test_edge_ends_at_the_newest_version(steps: list[tuple[str, int | None]], seed: int) -> None:
    """
    Whatever is interrupted, restarted or lost, in whatever order, the edge ends with what is stored.

    No change is ever in sync that was not served, all are in the end, and no key is left without parent.
    """

    async def test(world: World) -> None:
        story = Story(world, seed)
        for kind, calls in steps:
            await story.step(kind, calls)
        await story.finish()
        assert world.served() == world.stored()
        assert world.engine.zones() == story.zones
        assert not story.pending
        assert world.rows() == 0
        await _check_keys(world, story.zones)

    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        asyncio.run(test(world))
        world.close()


async def _check_keys(world: World, zones: dict[str, int]) -> None:
    expected = set()
    for zone_id in zones:
        head = await world.head(zone_id)
        assert head is not None
        count = len(head.shard_versions)
        expected |= {head_key(zone_id), *(shard_key(zone_id, count, index) for index in range(count))}
    assert set(await world.feed.keys("zone/")) == expected

"""All parts running together, woken by commits and by each other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from meridian.feed.keys import catalog_of
from tests.publish.world import World


def run(world: World, test: Callable[[], Awaitable[None]]) -> None:
    """Run a test beside publisher, sync and agent."""

    async def together() -> None:
        parts = [asyncio.create_task(part()) for part in (world.publisher.run, world.sync.run, world.agent.run)]
        try:
            async with asyncio.timeout(60):
                await test()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    asyncio.run(together())


async def status(world: World, change_id: str, seconds: float = 30.0) -> str:
    """A change's status, after waiting for it to be in sync as GetChange does."""
    return await asyncio.to_thread(
        world.sync.wait_for, lambda: world.status(change_id), lambda found: found == "INSYNC", seconds
    )


def test_commit_wakes_everything(world: World) -> None:
    """A commit is enough: it is published, served, acknowledged and in sync, and whoever waits is told."""

    async def test() -> None:
        zone_id = await asyncio.to_thread(world.create)
        for number in range(5):
            change_id = await asyncio.to_thread(world.change, zone_id, f"n{number}.example.com")
            assert await status(world, change_id) == "INSYNC"
        assert world.served() == world.stored()

    run(world, test)


def test_many_zones_at_once(world: World) -> None:
    """Changes of many zones, made while others are on their way, all arrive; also in one catalog."""

    async def test() -> None:
        first = await asyncio.to_thread(world.create)
        made = await asyncio.gather(
            *(asyncio.to_thread(world.create, f"z{n}.example", catalog=catalog_of(first)) for n in range(8))
        )
        changes = await asyncio.gather(
            *(asyncio.to_thread(world.change, zone_id, f"w{n}.example.com") for n in range(4) for zone_id in made)
        )
        assert {await status(world, change_id) for change_id in changes} == {"INSYNC"}
        assert world.served() == world.stored()

    run(world, test)


def test_zone_that_fails_is_tried_again(world: World) -> None:
    """A zone that could not be published is tried again by the clock, without a further commit."""

    async def test() -> None:
        world.feed.refused = "zone/"
        change_id = world.change(await asyncio.to_thread(world.create))
        assert await status(world, change_id, seconds=0.2) == "PENDING"
        world.feed.refused = None
        world.clock.forward(60)
        assert await status(world, change_id) == "INSYNC"

    run(world, test)


def test_waiting_ends(world: World) -> None:
    """Who waits for what does not come gets the last look when the time is up."""
    begun = time.monotonic()
    assert world.sync.wait_for(lambda: "PENDING", lambda found: found == "INSYNC", 0.05) == "PENDING"
    assert time.monotonic() - begun >= 0.05

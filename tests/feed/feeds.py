"""Every kind of feed, opened in the same way, so that one set of tests holds for all of them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from meridian.clock import SystemClock
from meridian.feed.feed import Entry, Feed
from meridian.feed.jetstream import JetstreamFeed
from meridian.feed.keys import FILLED
from meridian.feed.local import LocalFeed
from meridian.feed.mirror import Mirror
from meridian.settings import Settings
from tests.feed.nats_server import NatsServer

# Opens a feed; opened again, it has the values of before.
Opening = Callable[[], AbstractAsyncContextManager[Feed]]

KINDS = ("local", "jetstream", "mirror")
_numbers = itertools.count()


def opening(kind: str, server: NatsServer, folder: Path) -> Opening:
    """A feed of this kind, of its own: a file in `folder`, a new bucket of `server`, or both."""
    file, settings = folder / "feed.db", bucket_settings(server)
    openings: dict[str, Opening] = {
        "local": lambda: _local(file),
        "jetstream": lambda: jetstream(settings),
        "mirror": lambda: mirror(settings, file),
    }
    return openings[kind]


def bucket_settings(server: NatsServer) -> Settings:
    """Settings for a bucket that no other test has."""
    return Settings(feed=(server.url,), feed_bucket=f"bucket-{next(_numbers)}")


@asynccontextmanager
async def _local(file: Path) -> AsyncIterator[LocalFeed]:
    feed = LocalFeed(file)
    try:
        yield feed
    finally:
        feed.close()


@asynccontextmanager
async def jetstream(
    settings: Settings, *, makes_bucket: bool = True, fills: bool = True
) -> AsyncIterator[JetstreamFeed]:
    """A connected feed; `fills` says that its bucket is filled, as control does."""
    feed = JetstreamFeed(settings, "test", SystemClock(), makes_bucket=makes_bucket)
    async with running(feed.run()):
        if fills:
            await feed.put(Entry(FILLED, b"", 1))
        yield feed


@asynccontextmanager
async def mirror(settings: Settings, file: Path, *, fills: bool = True) -> AsyncIterator[Mirror]:
    """A mirror that has caught up with its bucket, if that is filled."""
    local = LocalFeed(file)
    async with jetstream(settings, fills=fills) as remote:
        feed = Mirror(remote, local, SystemClock())
        async with running(feed.run()):
            if fills:
                await feed.caught_up(30)
            yield feed
    local.close()


@asynccontextmanager
async def running(part: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """A part that runs meanwhile."""
    task = asyncio.create_task(part)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

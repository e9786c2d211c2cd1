"""
Publishes what checkers and edges are to know of health checks: the blocks `checks/…` (feed/health.py).

The database keeps a version for each block, which grows with each change of a check in it. Whatever
is newer there than in the feed is put. So nothing waits in a queue, and a process that ends between
a commit and its publication loses nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
import structlog

from meridian.feed.feed import Entry, Feed
from meridian.feed.health import CHECKS, Block, Definition, checks_block, checks_key, encode
from meridian.feed.turns import forever
from meridian.feed.waiting import news_within
from meridian.store import health
from meridian.store.database import Database
from meridian.store.health import Defined

log = structlog.get_logger()

_LOOK_EVERY = 1.0  # seconds between looks at the versions when nothing wakes us, and at blocks that failed
_LEAST_PAUSE = 0.02  # seconds between looks when much is committed


class HealthPublisher:
    """Makes the feed say what the database says of health checks."""

    def __init__(self, database: Database, feed: Feed) -> None:
        self._database = database
        self._feed = feed
        self._held: dict[int, int] = {}  # block to the version that the feed holds
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Reconcile, then publish each change, until cancelled."""
        loop = asyncio.get_running_loop()
        self._database.on_commit(lambda: _wake(loop, self._woken))
        await forever(self._follow)

    async def reconcile(self) -> None:
        """
        Bring every block in step with the database: for a start, and for a feed that was lost.

        A database that went back in time, from a backup, gets versions beyond the feed's. Deleting
        the feed's keys instead would let edges see, for a moment, that there are no checks.
        """
        self._held = {}
        for key in await self._feed.keys(CHECKS):
            found = await self._feed.get(key)
            if found is not None:
                block = checks_block(key)
                self._held[block] = await asyncio.to_thread(self._settle, block, *found)
        await self.publish()

    async def publish(self) -> None:
        """Put each block that is newer in the database than in the feed. One that fails is tried again later."""
        for block, version in (await asyncio.to_thread(self._versions)).items():
            if self._held.get(block) == version:
                continue
            try:
                await self._put(block)
            except Exception as error:
                log.error("checks.publish_failed", block=block, reason=repr(error), exc_info=error)

    async def _follow(self) -> None:
        await self.reconcile()
        while True:
            await news_within(self._woken, _LOOK_EVERY)
            self._woken.clear()
            await self.publish()
            await asyncio.sleep(_LEAST_PAUSE)

    async def _put(self, block: int) -> None:
        version, octets = await asyncio.to_thread(self._encoded, block)
        await self._feed.put(Entry(checks_key(block), octets, version))
        self._held[block] = version
        log.info("checks.published", block=block, version=version, octets=len(octets))

    # What follows runs in worker threads.

    def _versions(self) -> dict[int, int]:
        with self._database.read() as conn:
            return health.block_versions(conn)

    def _encoded(self, block: int) -> tuple[int, bytes]:
        """A block as the feed keeps it, with the version that it has at the same moment."""
        with self._database.read() as conn:
            checks = tuple(map(definition, health.in_block(conn, block)))
            return health.block_versions(conn).get(block, 0), encode(Block(checks))

    def _settle(self, block: int, octets: bytes, version: int) -> int:
        """Tell which version of a block the feed can be taken to hold; where it is not ours, let ours be later."""
        ours, wanted = self._encoded(block)
        if ours < version or (ours == version and wanted != octets):
            with self._database.write() as conn:
                health.raise_version(conn, block, version)
        return version


def definition(defined: Defined) -> Definition:
    """What the feed tells of a check. Its children stand there by their slots, not by their ids once more."""
    check, children = defined
    return Definition(
        id=check.id,
        slot=check.slot,
        revision=check.revision,
        config=msgspec.structs.replace(check.config, child_health_checks=()),
        options=check.options,
        metric=check.metric,
        override=check.override,
        switch=check.switch,
        children=children,
    )


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has ended: the next start compares the versions
        loop.call_soon_threadsafe(event.set)

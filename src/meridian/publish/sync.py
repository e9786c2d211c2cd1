"""
INSYNC: a change is in sync when every live edge serves it, and for no other reason (R-CHG-16).

Each edge says, catalog by catalog, up to which version it serves everything (`feed.keys.Ack`). A
change waits at a catalog and version (`store.change`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple, TypeVar

import msgspec
import structlog

from meridian.clock import Clock
from meridian.feed.feed import Feed
from meridian.feed.keys import ACKS, FILLED, Ack, decode_ack
from meridian.feed.turns import forever
from meridian.feed.waiting import news_within
from meridian.store import change
from meridian.store.database import Database

T = TypeVar("T")

log = structlog.get_logger()

LIVE_FOR = 15.0  # seconds after its last word that an edge counts as live
_LOOK_EVERY = 1.0  # seconds; an edge that falls silent no longer holds others up
_PRUNE_EVERY = 3600.0  # seconds between looks at changes that nobody will ask for any more (R-CHG-17)


class Served(NamedTuple):
    """
    What all live edges serve.

    Attributes:
        catalogs: Catalog to the version that all of them have reached. Empty if no edge is live.
        failed: Zones that one of them could not load.
    """

    catalogs: dict[int, int]
    failed: Collection[str]


def served_by_all(acks: Iterable[Ack], now: float) -> Served:
    """
    Sum up what live edges have said.

    Args:
        now: Seconds since the epoch; an edge silent for 15 s or more is not live.
    """
    live = [ack for ack in acks if now - ack.at < LIVE_FOR]
    if not live:
        return Served({}, ())
    common = set.intersection(*(set(ack.catalogs) for ack in live))
    catalogs = {catalog: min(ack.catalogs[catalog] for ack in live) for catalog in common}
    return Served(catalogs, {zone_id for ack in live for zone_id in ack.failed})


def _in_feed(ack: Ack, filled: int) -> Ack:
    """What an edge has reached in the feed as it was filled last: nothing yet, if it speaks of another filling."""
    return ack if ack.filled == filled else msgspec.structs.replace(ack, catalogs={})


class Sync:
    """Turns changes INSYNC as edges acknowledge them."""

    def __init__(self, database: Database, feed: Feed, clock: Clock) -> None:
        self._database = database
        self._feed = feed
        self._clock = clock
        # What each edge said last, by key: with the time by our clock, and the version.
        self._acks: dict[str, tuple[Ack, int]] = {}
        self._filled = 0  # the version of the feed's last filling
        self._listed = asyncio.Event()
        self._woken = asyncio.Event()
        self._progress = threading.Condition()
        self._rounds = 0  # in which changes became INSYNC

    def wake(self) -> None:
        """Look again: changes have got their position. On the event loop only."""
        self._woken.set()

    async def run(self) -> None:
        """Follow the acknowledgements until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for loop in (self._follow, self._look, self._prune):
                tasks.create_task(forever(loop))

    async def acknowledge(self) -> int:
        """Turn every change INSYNC that all live edges serve, and give their number."""
        found = await self._feed.get(FILLED)
        self._filled = 0 if found is None else found[1]
        served = served_by_all(self.said(), self._clock.now().timestamp())
        if not served.catalogs:
            return 0
        count = await asyncio.to_thread(self._write, served)
        if count:
            log.info("changes.insync", count=count)
            with self._progress:
                self._rounds += 1
                self._progress.notify_all()
        return count

    def wait_for(self, look: Callable[[], T], is_done: Callable[[T], bool], seconds: float) -> T:
        """
        Look, and look again whenever changes have become INSYNC, until it is done or the time is up.

        Blocks: from worker threads only.

        Returns:
            What the last look gave.
        """
        end = time.monotonic() + seconds
        while True:
            seen = self._rounds
            found = look()
            left = end - time.monotonic()
            if is_done(found) or left <= 0:
                return found
            with self._progress:
                if self._rounds == seen:
                    self._progress.wait(left)

    def said(self) -> list[Ack]:
        """What each edge said last, in no order; what it has reached in another filling of the feed is left out."""
        return [_in_feed(ack, self._filled) for ack, _ in list(self._acks.values())]

    async def hear(self, key: str) -> None:
        """Take in what an edge says under this key."""
        found = await self._feed.get(key)
        before = self._acks.get(key)
        if found is None:
            self._acks.pop(key, None)
        elif before is None or before[1] != found[1]:
            ack = decode_ack(found[0])
            # An edge that speaks now is live now, whatever its clock says.
            self._acks[key] = (msgspec.structs.replace(ack, at=self._clock.now().timestamp()), found[1])

    async def hear_all(self) -> None:
        """Take in what every edge has said before, whenever that was: its clock is all there is to go by."""
        for key in await self._feed.keys(ACKS):
            found = await self._feed.get(key)
            if found is not None and key not in self._acks:
                self._acks[key] = (decode_ack(found[0]), found[1])

    async def _follow(self) -> None:
        await self.hear_all()
        self._listed.set()
        async for key in self._feed.watch(ACKS):
            await self.hear(key)
            self._woken.set()

    async def _look(self) -> None:
        await self._listed.wait()  # an edge that was not heard yet may be the slowest
        while True:
            self._woken.clear()
            await self.acknowledge()
            await news_within(self._woken, _LOOK_EVERY)

    async def _prune(self) -> None:
        while True:
            await asyncio.to_thread(self._forget_old)
            await asyncio.sleep(_PRUNE_EVERY)

    def _forget_old(self) -> None:
        with self._database.write() as conn:
            change.prune(conn, self._clock.now())

    def _write(self, served: Served) -> int:
        with self._database.read() as conn:
            waiting = change.pending_positions(conn)
        reached = {
            catalog: served.catalogs[catalog]
            for catalog, version in waiting
            if version <= served.catalogs.get(catalog, 0)
        }
        if not reached:
            return 0
        with self._database.write() as conn:
            return change.acknowledge(conn, reached, served.failed)

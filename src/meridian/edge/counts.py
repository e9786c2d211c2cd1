"""Tells control what an edge has counted, on a clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from meridian.clock import Clock
from meridian.feed.feed import Entry, Feed
from meridian.feed.keys import Counts, counts_key, encode
from meridian.feed.turns import forever

EVERY = 5.0  # seconds between two counts


class CountsReporter:
    """
    Puts the counts of one edge into the feed.

    Args:
        count: May take some milliseconds; called in a thread of its own.
    """

    def __init__(self, feed: Feed, clock: Clock, count: Callable[[], Counts]) -> None:
        self._feed, self._clock, self._count = feed, clock, count

    async def run(self) -> None:
        """Count and tell, until cancelled."""
        await forever(self._report)

    async def report(self) -> None:
        """Count and tell once."""
        counts = await asyncio.to_thread(self._count)
        key = counts_key(counts.edge)
        found = await self._feed.get(key)
        # The time as well as the last version: a disk that was wiped remembers none, and must not look old.
        version = max(0 if found is None else found[1] + 1, int(self._clock.now().timestamp() * 1000))
        await self._feed.put(Entry(key, encode(counts), version))

    async def _report(self) -> None:
        while True:
            await self.report()
            await asyncio.sleep(EVERY)

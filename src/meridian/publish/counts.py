"""What each edge has counted, as it said last (`feed.keys.Counts`)."""

from __future__ import annotations

from meridian.feed.feed import Feed
from meridian.feed.keys import COUNTS, Counts, decode_counts
from meridian.feed.turns import forever


class EdgeCounts:
    """Follows the counts of all edges."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._said: dict[str, Counts] = {}  # by key

    async def run(self) -> None:
        """Follow them until cancelled."""
        await forever(self._follow)

    def said(self) -> dict[str, Counts]:
        """What each edge said last, by its name. May be called from any thread."""
        return {counts.edge: counts for counts in list(self._said.values())}

    async def hear(self, key: str) -> None:
        """Take in what an edge says under this key."""
        found = await self._feed.get(key)
        if found is None:
            self._said.pop(key, None)
        else:
            self._said[key] = decode_counts(found[0])

    async def _follow(self) -> None:
        async for key in self._feed.watch(COUNTS):
            await self.hear(key)

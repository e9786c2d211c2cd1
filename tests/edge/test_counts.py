"""What an edge counts reaches control."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from meridian.edge.counts import CountsReporter
from meridian.feed.keys import Counts, counts_key
from meridian.feed.local import LocalFeed
from meridian.publish.counts import EdgeCounts


class SetBack:
    """A clock that jumped back by a year between two looks."""

    def __init__(self) -> None:
        self._years = [2026, 2025]

    def now(self) -> datetime:
        return datetime(self._years.pop(0), 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def counts(edge: str, questions: int) -> Counts:
    return Counts(edge, 1.5, {"udp_queries": questions}, {1: questions, 0: 1}, {"Z1": questions})


def test_control_knows_what_each_edge_said_last(tmp_path: Path) -> None:
    """By the edge's name, also after its clock was set back; one that is forgotten is gone."""

    async def test() -> None:
        feed = LocalFeed(tmp_path / "feed.db")
        heard = EdgeCounts(feed)
        said = iter([counts("fra", 7), counts("fra", 9)])
        reporter = CountsReporter(feed, SetBack(), lambda: next(said))
        for expected in (7, 9):
            await reporter.report()
            await heard.hear(counts_key("fra"))
            assert heard.said() == {"fra": counts("fra", expected)}
        await feed.delete(counts_key("fra"))
        await heard.hear(counts_key("fra"))
        assert heard.said() == {}
        feed.close()

    asyncio.run(test())

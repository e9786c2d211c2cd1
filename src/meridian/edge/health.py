"""Makes the engine's health table say what this edge's board says (architecture §6.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from meridian.clock import Clock
from meridian.feed.feed import Feed
from meridian.feed.turns import forever
from meridian.health import memory
from meridian.health.board import Board, Flip
from meridian.health.follow import Follower

log = structlog.get_logger()

MEMORY = "health.json"  # in the data folder


class Answering(Protocol):
    """What is asked of `meridian._engine.Engine`, whose face says what the call does."""

    def set_health(self, pairs: Sequence[tuple[int, bool]]) -> None:
        """Set slots of the health table."""
        ...


class HealthAgent:
    """
    Votes on every check and keeps one engine in step with the outcome.

    Args:
        quorum: The share of healthy votes that has to be exceeded (R-HCA-1).
        file: Where statuses are remembered across restarts.
    """

    def __init__(self, feed: Feed, engine: Answering, clock: Clock, quorum: float, file: Path) -> None:
        self._engine = engine
        self._board = Board(clock, quorum)
        self._follower = Follower(feed, self._board, clock, self._set)
        self._file = file
        self._news = asyncio.Event()

    async def load(self) -> None:
        """Give the engine what the last values come to: with them an edge starts, whether or not anybody is there."""
        self._board.remember(await asyncio.to_thread(memory.read, self._file))
        await self._follower.load()

    async def run(self) -> None:
        """Follow the feed, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follower.run())
            tasks.create_task(forever(partial(memory.keep, self._file, self._board, self._news)))

    def _set(self, flips: Sequence[Flip]) -> None:
        # Not in a thread: it takes microseconds, and the way to the answer should not wait for one.
        self._engine.set_health([(flip.slot, flip.healthy) for flip in flips])
        self._news.set()
        for flip in flips:
            log.info("health.flipped", check=flip.id, healthy=flip.healthy, reason=flip.state.reason)

"""The control plane's own view of all checks: what its API, its history and its metrics are about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from meridian.clock import Clock
from meridian.feed.feed import Feed
from meridian.feed.health import Definition
from meridian.feed.turns import forever
from meridian.health import memory
from meridian.health.board import Board, Flip
from meridian.health.follow import Follower
from meridian.health.state import State
from meridian.health.sweep import keep_swept
from meridian.notify.recorder import Recorder
from meridian.store.database import Database

MEMORY = "health-control.json"  # in the data folder
_ANSWER_SECONDS = 5.0  # how long a worker thread waits for the event loop
_AT_ONCE = 200  # checks looked at before the event loop gets its turn


class Watch:
    """
    Votes on every check as each edge does (R-HCA-2), and keeps the history.

    Args:
        quorum: The share of healthy votes that has to be exceeded (R-HCA-1).
        kept: How long the history is kept.
        file: Where statuses are remembered across restarts.
    """

    def __init__(
        self, feed: Feed, database: Database, clock: Clock, *, quorum: float, kept: timedelta, file: Path
    ) -> None:
        self._feed = feed
        self._board = Board(clock, quorum)
        self._recorder = Recorder(database, self._board, clock, kept)
        self._follower = Follower(feed, self._board, clock, self._take)
        self._file = file
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def load(self) -> None:
        """Begin with the feed's last values."""
        self._loop = asyncio.get_running_loop()
        self._board.remember(await asyncio.to_thread(memory.read, self._file))
        await self._follower.load()

    async def run(self) -> None:
        """Follow the feed and write the history, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follower.run())
            tasks.create_task(self._recorder.run())
            tasks.create_task(forever(partial(memory.keep, self._file, self._board, self._news)))
            tasks.create_task(forever(partial(keep_swept, self._feed, self._board)))

    def states_of(self, slots: Sequence[int]) -> Mapping[int, State]:
        """
        The states of the checks in these slots, of one moment; unknown ones are left out. From worker threads only.

        Raises:
            TimeoutError: The event loop does not answer: the server is stopping.
        """
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self._look(slots), self._loop).result(_ANSWER_SECONDS)

    def unhealthy(self) -> set[int]:
        """
        The slots of all checks that are not healthy. From worker threads only.

        Raises:
            TimeoutError: As `states_of`.
        """
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self._unhealthy(), self._loop).result(_ANSWER_SECONDS)

    def checkers(self) -> list[str]:
        """
        The addresses that checkers probe from, sorted (R-HCG-3). From worker threads only.

        Raises:
            TimeoutError: As `states_of`.
        """
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self._addresses(), self._loop).result(_ANSWER_SECONDS)

    async def all(self) -> AsyncIterator[tuple[Definition, State]]:
        """Every check with its state, in the order of slots. Others get their turn in between."""
        for number, slot in enumerate(self._board.slots(), 1):
            definition, state = self._board.definition(slot), self._board.state(slot)
            if definition is not None and state is not None:
                yield definition, state
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _look(self, slots: Sequence[int]) -> dict[int, State]:
        found = {slot: self._board.state(slot) for slot in slots}
        return {slot: state for slot, state in found.items() if state is not None}

    async def _unhealthy(self) -> set[int]:
        return self._board.unhealthy()

    async def _addresses(self) -> list[str]:
        return sorted(self._board.addresses())

    def _take(self, flips: Sequence[Flip]) -> None:
        self._recorder.take(flips)
        self._news.set()

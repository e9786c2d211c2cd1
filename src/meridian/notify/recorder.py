"""Writes flips into the history, beside the way to the answer and never on it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import structlog

from meridian.clock import Clock
from meridian.feed.turns import forever
from meridian.health.board import Board, Flip
from meridian.store import health_event
from meridian.store.database import Database

log = structlog.get_logger()

MOST = 10_000  # flips that wait while the database is away; more are made up for by a look at the board
_AT_ONCE = 200  # flips a transaction
_PRUNE_EVERY = 3600.0  # seconds


class Recorder:
    """
    Keeps the history in step with one board.

    Args:
        kept: How long events are kept.
    """

    def __init__(self, database: Database, board: Board, clock: Clock, kept: timedelta) -> None:
        self._database = database
        self._board = board
        self._clock = clock
        self._kept = kept
        self._due: deque[Flip] = deque()
        self._news = asyncio.Event()
        self._behind = True  # whether the history may have missed something: at first, what happened before

    def take(self, flips: Sequence[Flip]) -> None:
        """Write these flips soon. Never blocks; on the event loop only."""
        if len(self._due) + len(flips) > MOST:
            self._behind = True
        else:
            self._due.extend(flips)
        self._news.set()

    async def run(self) -> None:
        """Write what is taken, and forget what is old, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(forever(self._write_all))
            tasks.create_task(forever(self._prune))

    async def write(self) -> None:
        """Write all that is due, then what was missed; it stays due if the database is away."""
        while self._due or self._behind:
            if not self._due:
                await self._catch_up()
            batch = list(islice(self._due, _AT_ONCE))
            await asyncio.to_thread(self._write, batch)
            for _ in batch:
                self._due.popleft()

    async def _write_all(self) -> None:
        while True:
            await self.write()
            await self._news.wait()
            self._news.clear()

    async def _catch_up(self) -> None:
        """Take what the board knows and the history does not."""
        unhealthy = set(await asyncio.to_thread(self._read))
        self._behind = False
        for status in self._board.statuses():
            if status.healthy == (status.id in unhealthy):
                slot = self._board.slot_of(status.id)
                state = None if slot is None else self._board.state(slot)
                if slot is not None and state is not None:
                    self._due.append(Flip(slot, status.id, state.healthy, state))

    async def _prune(self) -> None:
        while True:
            count = await asyncio.to_thread(self._forget_old)
            if count:
                log.info("history.pruned", events=count)
            await asyncio.sleep(_PRUNE_EVERY)

    def _read(self) -> list[str]:
        with self._database.read() as conn:
            return health_event.unhealthy(conn)

    def _write(self, flips: Sequence[Flip]) -> None:
        with self._database.write() as conn:
            for flip in flips:
                at = datetime.fromtimestamp(flip.state.since, UTC)
                by = "" if flip.state.override is None else flip.state.override.by
                health_event.flip(conn, flip.id, at, flip.healthy, flip.state.reason, by)

    def _forget_old(self) -> int:
        with self._database.write() as conn:
            return health_event.prune(conn, self._clock.now() - self._kept)

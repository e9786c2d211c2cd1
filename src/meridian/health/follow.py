"""Keeps a health board in step with the feed, and tells what flips (architecture §6.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from meridian.clock import Clock
from meridian.feed.feed import Feed
from meridian.feed.health import CHECKS, REPORTS, Definition, Report, checks_block, decode_block, decode_report
from meridian.feed.turns import Turns, forever
from meridian.health.board import Board, Flip

log = structlog.get_logger()

_LOOK_EVERY = 10.0  # seconds between looks at every key, for what a wake-up has missed
_TICK_EVERY = 0.5  # seconds between looks at what time brings
_KEYS_AT_ONCE = 4


class Follower:
    """
    Keeps one board in step with the feed.

    Args:
        on_flips: Called on the event loop with the checks whose state in force has changed, each once.
            From `load` it gets every check that is not healthy. It must not block.
    """

    def __init__(self, feed: Feed, board: Board, clock: Clock, on_flips: Callable[[Sequence[Flip]], None]) -> None:
        self._feed = feed
        self._board = board
        self._clock = clock
        self._on_flips = on_flips
        self._held: dict[str, int] = {}

    async def load(self) -> None:
        """Begin with all that the feed has, whether or not anybody writes to it."""
        begun = self._clock.monotonic()
        blocks: dict[int, Sequence[Definition]] = {}
        reports: dict[str, Report] = {}
        for key in [*await self._feed.keys(CHECKS), *await self._feed.keys(REPORTS)]:
            found = await self._feed.get(key)
            try:
                if found is None:
                    continue
                if key.startswith(CHECKS):
                    blocks[checks_block(key)] = decode_block(found[0]).checks
                else:
                    reports[key] = decode_report(found[0])
                self._held[key] = found[1]
            except Exception as error:
                _log_failure(key, error)
        self._tell(self._board.restore(blocks, reports))
        took = round((self._clock.monotonic() - begun) * 1000)
        log.info("health.loaded", checks=len(self._board.slots()), reports=len(reports), took_ms=took)

    async def run(self) -> None:
        """Follow the feed and the clock, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            turns = Turns(self.follow, tasks, _KEYS_AT_ONCE)
            for prefix in (CHECKS, REPORTS):
                tasks.create_task(forever(partial(self._watch, prefix, turns)))
            tasks.create_task(forever(partial(self._look, turns)))
            tasks.create_task(forever(self._tick))

    async def follow(self, key: str) -> None:
        """Bring the board in step with one key. Never raises: what cannot be read leaves in force what was."""
        try:
            found = await self._feed.get(key)
            version = None if found is None else found[1]
            if self._held.get(key) == version:
                return
            self._tell(self._take(key, None if found is None else found[0]))
        except Exception as error:
            _log_failure(key, error)
            return
        if version is None:
            del self._held[key]
        else:
            self._held[key] = version

    def _take(self, key: str, octets: bytes | None) -> Sequence[Flip]:
        """
        Give the board what a key says now.

        A block of definitions that is missing says nothing, and what it said stays (R-HCD-5): checks
        are taken away by a block without them.
        """
        if key.startswith(REPORTS):
            return self._board.report(key, None if octets is None else decode_report(octets))
        return () if octets is None else self._board.define(checks_block(key), decode_block(octets).checks)

    def _tell(self, flips: Sequence[Flip]) -> None:
        if flips:
            self._on_flips(flips)

    async def _watch(self, prefix: str, turns: Turns) -> None:
        async for key in self._feed.watch(prefix):
            turns.due(key)

    async def _look(self, turns: Turns) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            for key in {*await self._feed.keys(CHECKS), *await self._feed.keys(REPORTS), *self._held}:
                turns.due(key)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_EVERY)
            self._tell(self._board.tick())


def _log_failure(key: str, error: Exception) -> None:
    log.error("health.unreadable", key=key, reason=f"{type(error).__name__}: {error}")

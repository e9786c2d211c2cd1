"""Gives the engine what outside alias targets answer, as the feed says it (R-ALI-14)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Protocol

import structlog

from meridian.feed.feed import Feed
from meridian.feed.keys import OUTSIDE, outside_key, outside_target
from meridian.feed.turns import Turns, forever
from meridian.model.name import from_wire, parse
from meridian.model.record import TYPES

log = structlog.get_logger()

_LOOK_EVERY = 10.0  # seconds between looks at every key, for what a wake-up has missed
_KEYS_AT_ONCE = 4
_TYPE_NAMES = {number: text for text, number in TYPES.items()}


class Answering(Protocol):
    """What is asked of `meridian._engine.Engine`, whose face says what the call does."""

    def set_outside(self, name: bytes, qtype: int, data: bytes) -> None:
        """Say what an outside target answers; no octets: it is none any more."""
        ...


class OutsideAgent:
    """Keeps one engine in step with the feed's outside targets."""

    def __init__(self, feed: Feed, engine: Answering) -> None:
        self._feed = feed
        self._engine = engine
        self._held: dict[str, int] = {}
        self._turn = asyncio.Lock()  # so that no older value of a key overtakes a newer one

    async def load(self) -> None:
        """Give the engine all that the feed has: with it an edge starts, whether or not a resolver can be reached."""
        for key in await self._feed.keys(OUTSIDE):
            await self.follow(key)

    async def run(self) -> None:
        """Follow the feed, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            turns = Turns(self.follow, tasks, _KEYS_AT_ONCE)
            tasks.create_task(forever(partial(self._watch, turns)))
            tasks.create_task(forever(partial(self._look, turns)))

    async def hold(self, targets: Iterable[tuple[bytes, int]]) -> None:
        """Give the engine these targets, by name and type, before it serves who leads to them."""
        for name, rtype in targets:
            key = outside_key(from_wire(name).text, _TYPE_NAMES[rtype])
            if key not in self._held:
                await self.follow(key)

    async def follow(self, key: str) -> None:
        """Bring one target in step. Never raises: what cannot be used leaves in force what was."""
        async with self._turn:
            await self._follow(key)

    async def _follow(self, key: str) -> None:
        try:
            found = await self._feed.get(key)
            octets, version = (b"", None) if found is None else found
            if self._held.get(key) == version:
                return
            name, rtype = outside_target(key)
            await asyncio.to_thread(self._engine.set_outside, parse(name).wire, TYPES[rtype], octets)
        except Exception as error:
            log.error("outside.load_failed", key=key, reason=f"{type(error).__name__}: {error}")
            return
        if version is None:
            del self._held[key]
        else:
            self._held[key] = version

    async def _watch(self, turns: Turns) -> None:
        async for key in self._feed.watch(OUTSIDE):
            turns.due(key)

    async def _look(self, turns: Turns) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            for key in {*await self._feed.keys(OUTSIDE), *self._held}:
                turns.due(key)

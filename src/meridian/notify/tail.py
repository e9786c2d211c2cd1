"""The end of the history: tells whoever waits that events have been added to it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from meridian.feed.turns import forever
from meridian.feed.waiting import news_within
from meridian.store import health_event
from meridian.store.database import Database

_LOOK_EVERY = 2.0  # seconds between looks when nothing wakes us: other control planes write as well
_LEAST_PAUSE = 0.02  # seconds between looks when much is committed


class Tail:
    """Looks at the history for all who wait, so that it costs one look however many they are. On one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._newest = 0
        self._woken = asyncio.Event()
        self._grown = asyncio.Event()
        self.ended = False

    async def run(self) -> None:
        """Follow the history, until cancelled."""
        loop = asyncio.get_running_loop()
        self._database.on_commit(lambda: _wake(loop, self._woken))
        await forever(self._look)

    async def beyond(self, event_id: int, seconds: float) -> bool:
        """
        Wait until there is an event later than `event_id`, `seconds` at the most.

        Returns:
            Whether there is one. Once it has ended, there is none, and nobody waits.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.ended and self._newest <= event_id:
                    await self._grown.wait()
        return not self.ended and self._newest > event_id

    def end(self) -> None:
        """Let go of everybody who waits: the server stops."""
        self.ended = True
        self._grown.set()

    async def _look(self) -> None:
        while True:
            self._woken.clear()
            newest = await asyncio.to_thread(self._read)
            if newest != self._newest:
                self._newest = newest
                self._grown.set()
                self._grown = asyncio.Event()
            await asyncio.sleep(_LEAST_PAUSE)
            await news_within(self._woken, _LOOK_EVERY)

    def _read(self) -> int:
        with self._database.read() as conn:
            return health_event.newest(conn)


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(event.set)

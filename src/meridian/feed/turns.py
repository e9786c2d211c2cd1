"""Jobs by key: each key's in turn, several keys at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Turns:
    """
    Runs a job for each key that is due, never two for one key at a time.

    A key that falls due while its job runs gets one more run after it, however often it fell due.

    Args:
        job: What to do for a key. It must not raise: that would end everything in `tasks`.
        tasks: Where the jobs run.
        at_once: Most jobs at one time.
    """

    def __init__(self, job: Callable[[str], Awaitable[None]], tasks: asyncio.TaskGroup, at_once: int) -> None:
        self._job = job
        self._tasks = tasks
        self._free = asyncio.Semaphore(at_once)
        self._running: set[str] = set()
        self._again: set[str] = set()

    def due(self, key: str) -> None:
        """Run the job for this key, as soon as may be."""
        if key in self._running:
            self._again.add(key)
            return
        self._running.add(key)
        self._tasks.create_task(self._run(key))

    async def _run(self, key: str) -> None:
        while True:
            async with self._free:
                self._again.discard(key)
                await self._job(key)
            if key not in self._again:
                break
        self._running.discard(key)

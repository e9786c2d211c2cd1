"""How the parts around the feed run: jobs by key, each in its turn; and loops that outlive their errors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

_PAUSE = 1.0  # seconds before a loop that failed begins again


async def forever(loop: Callable[[], Awaitable[None]]) -> None:
    """
    Run a loop that should never end, and begin it again when it fails.

    A full disk or a database that is away for a moment must not end a server that can still answer.
    """
    while True:
        try:
            await loop()
        except Exception:
            log.exception("loop.failed", loop=repr(loop), again_in_s=_PAUSE)
        await asyncio.sleep(_PAUSE)


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

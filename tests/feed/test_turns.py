from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from meridian.feed import turns
from meridian.feed.turns import Turns


class Jobs:
    """Runs that a test lets go one by one."""

    def __init__(self) -> None:
        self.running: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.most = 0
        self.gate = asyncio.Semaphore(0)

    async def __call__(self, key: str) -> None:
        self.running[key] += 1
        assert self.running[key] == 1
        self.most = max(self.most, self.running.total())
        await self.gate.acquire()
        self.running[key] -= 1
        self.done[key] += 1

    async def until(self, count: int) -> None:
        while self.done.total() < count:
            self.gate.release()
            await asyncio.sleep(0)


def test_turns() -> None:
    """One job a key at a time, at most two at once; a key that fell due meanwhile runs once more, not more often."""

    async def test() -> None:
        jobs = Jobs()
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            keyed = Turns(jobs, tasks, 2)
            for key in "abca":
                keyed.due(key)
            await asyncio.sleep(0)
            for _ in range(5):
                keyed.due("a")
            await jobs.until(4)
        assert jobs.done == Counter(a=2, b=1, c=1)
        assert jobs.most == 2

    asyncio.run(test())


def test_key_again_after_it_is_done() -> None:
    """A key whose job has ended runs anew when it falls due."""

    async def test() -> None:
        jobs = Jobs()
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            keyed = Turns(jobs, tasks, 2)
            for count in (1, 2, 3):
                keyed.due("a")
                await jobs.until(count)
                await asyncio.sleep(0)
        assert jobs.done == Counter(a=3)

    asyncio.run(test())


def test_loop_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that fails begins again, and again; it ends with its task and in no other way."""
    monkeypatch.setattr(turns, "_PAUSE", 0.0)

    async def test() -> None:
        begun = 0
        thrice = asyncio.Event()

        async def loop() -> None:
            nonlocal begun
            begun += 1
            if begun < 3:
                raise OSError("disk full")
            thrice.set()
            await asyncio.Event().wait()

        async with asyncio.timeout(30):
            task = asyncio.create_task(turns.forever(loop))
            await thrice.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(test())

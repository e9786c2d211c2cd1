from __future__ import annotations

import asyncio
from collections import Counter

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
            turns = Turns(jobs, tasks, 2)
            for key in "abca":
                turns.due(key)
            await asyncio.sleep(0)
            for _ in range(5):
                turns.due("a")
            await jobs.until(4)
        assert jobs.done == Counter(a=2, b=1, c=1)
        assert jobs.most == 2

    asyncio.run(test())


def test_key_again_after_it_is_done() -> None:
    """A key whose job has ended runs anew when it falls due."""

    async def test() -> None:
        jobs = Jobs()
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            turns = Turns(jobs, tasks, 2)
            for count in (1, 2, 3):
                turns.due("a")
                await jobs.until(count)
                await asyncio.sleep(0)
        assert jobs.done == Counter(a=3)

    asyncio.run(test())

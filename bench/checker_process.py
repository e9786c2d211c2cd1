"""
The checker, alone in a process: what `meridian serve` runs in the role `checker`, with its statistics told each second.

    python -m bench.checker_process FEED SECONDS      SECONDS: between two lines of statistics
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import msgspec

from meridian.app import build_checker
from meridian.clock import SystemClock
from meridian.feed.local import LocalFeed
from meridian.health.checker import Checker, Statistics
from meridian.settings import Settings


class Line(msgspec.Struct, frozen=True):
    """
    What is told each time.

    Attributes:
        at: Seconds, by the monotonic clock.
        cpu: Seconds of CPU time that the process has used.
    """

    at: float
    cpu: float
    statistics: Statistics


async def _tell(checker: Checker, seconds: float) -> None:
    while True:
        line = Line(time.monotonic(), time.process_time(), checker.statistics())
        print(msgspec.json.encode(line).decode(), flush=True)
        await asyncio.sleep(seconds)


async def _run(file: Path, seconds: float) -> None:
    feed = LocalFeed(file)
    settings = Settings(checker_name="bench", private_targets=("127.0.0.0/8",))
    checker = build_checker(settings, feed, SystemClock())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(checker.run())
        tasks.create_task(_tell(checker, seconds))


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), float(sys.argv[2])))

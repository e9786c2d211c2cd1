from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from meridian.feed.feed import Entry
from meridian.feed.health import Block, Definition, checks_key, encode
from meridian.feed.local import LocalFeed
from meridian.model.health import HealthCheck, HealthCheckConfig
from meridian.store import account, health
from meridian.store.database import Database
from meridian.store.ids import new_uuid
from tests.databases import sqlite_in
from tests.fakes.clock import FakeClock
from tests.health.checks import report, sees

PATIENCE = 30.0  # seconds


class Store:
    """A database with an account, and checks in it."""

    def __init__(self, folder: Path) -> None:
        self.url = sqlite_in(folder)
        self.database = Database(self.url)
        self.database.migrate()
        self.clock = FakeClock()
        with self.database.write() as conn:
            self.account_id = account.create_account(conn)

    def add_check(self, config: HealthCheckConfig | None = None) -> HealthCheck:
        config = config or HealthCheckConfig("TCP", ip_address="192.0.2.1", port=80, request_interval=10)
        with self.database.write() as conn:
            return health.insert(conn, self.account_id, new_uuid(), config, self.clock.now())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.database.close()


@asynccontextmanager
async def running(*parts: Callable[[], Any]) -> AsyncIterator[None]:
    """Run these for the time of the block."""
    tasks = [asyncio.ensure_future(part()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.005)


class Feeding:
    """A feed, and short ways to say what is in it."""

    def __init__(self, file: Path) -> None:
        self.feed = LocalFeed(file)
        self._version = 0

    async def define(self, *checks: HealthCheck) -> None:
        """Say which checks there are."""
        definitions = [
            Definition(check.id, check.slot, check.revision, check.config, override=check.override) for check in checks
        ]
        await self._put(checks_key(0), encode(Block(tuple(definitions))))

    async def report(self, checker: str, **healthy: bool) -> None:
        """Say what a checker sees; checks are named `slot_1` and so on."""
        seen = [sees(int(name.removeprefix("slot_")), state) for name, state in healthy.items()]
        key, told = report(checker, *seen)
        await self._put(key, encode(told))

    async def _put(self, key: str, value: bytes) -> None:
        self._version += 1
        await self.feed.put(Entry(key, value, self._version))


@pytest.fixture
def feeding(tmp_path: Path) -> Iterator[Feeding]:
    made = Feeding(tmp_path / "feed.db")
    yield made
    made.feed.close()

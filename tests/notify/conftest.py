from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from meridian.model.health import HealthCheck, HealthCheckConfig
from meridian.store import account, health
from meridian.store.database import Database
from meridian.store.ids import new_uuid
from tests.fakes.clock import FakeClock

PATIENCE = 30.0  # seconds


class Store:
    """A database with an account, and checks in it."""

    def __init__(self, file: Path) -> None:
        self.url = f"sqlite:///{file}"
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
    made = Store(tmp_path / "meridian.db")
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

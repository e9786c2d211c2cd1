from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from meridian.api.context import Caller, Context
from meridian.settings import Quotas, Settings
from meridian.store import account
from meridian.store.database import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_912, tzinfo=UTC)


class StoppedClock:
    """A clock that stands at one moment."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'meridian.db'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def context(database: Database) -> Context:
    """A request of a user of a fresh account."""
    return caller(database, Settings(public_url="https://dns.example.net", quotas=Quotas(hosted_zones=20)))


@pytest.fixture
def stranger(context: Context) -> Context:
    """A request of a user of another account of the same server."""
    return caller(context.database, context.settings)


def caller(database: Database, settings: Settings) -> Context:
    with database.write() as conn:
        account_id = account.create_account(conn)
    return Context(database, settings, StoppedClock(), Caller(account_id, "admin", "AKIA"), "request")


def with_quotas(context: Context, **quotas: int) -> Context:
    """The same caller under other quotas."""
    settings = msgspec.structs.replace(context.settings, quotas=Quotas(**quotas))
    return msgspec.structs.replace(context, settings=settings)

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian.store import account
from meridian.store.database import Database
from tests import databases
from tests.store import postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database is, of either kind: with today's schema where a test asks for `database`, else new."""
    has_schema = "database" in request.fixturenames
    if request.param == "sqlite":
        return databases.sqlite_in(tmp_path) if has_schema else f"sqlite:///{tmp_path / 'meridian.db'}"
    server = databases.postgresql_server()
    if server is None:
        pytest.skip("PostgreSQL is not installed; scripts/need-peers installs it")
    name = f"meridian_{uuid.uuid4().hex}"
    return postgresql.create(server, name, template=databases.MIGRATED if has_schema else None)


@pytest.fixture
def database(url: str, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    database = Database(url, tmp_path / "seal.key")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def account_id(database: Database) -> str:
    with database.write() as conn:
        return account.create_account(conn)

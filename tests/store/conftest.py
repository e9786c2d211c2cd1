from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian.store import account
from meridian.store.database import Database
from tests.store import postgresql


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str | None]:
    """The SQLAlchemy URL of a PostgreSQL server; None where Debian's package is not installed."""
    programs = postgresql.programs()
    if programs is None:
        yield None
        return
    with postgresql.server(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new database may be, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'meridian.db'}"
    server: str | None = request.getfixturevalue("postgresql_server")
    if server is None:
        pytest.skip("PostgreSQL is not installed; scripts/need-peers installs it")
    return postgresql.create(server, f"meridian_{uuid.uuid4().hex}")


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

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from meridian.store import account
from meridian.store.database import Database


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where a new database may be: SQLite, or one on the PostgreSQL server of MERIDIAN_TEST_POSTGRESQL."""
    server = os.environ.get("MERIDIAN_TEST_POSTGRESQL")
    return _new_on(server) if server else f"sqlite:///{tmp_path / 'meridian.db'}"


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


def _new_on(server: str) -> str:
    name = f"meridian_{uuid.uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        # A database that sorts as people do, so that listings in byte order do not come by luck.
        conn.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"))
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)

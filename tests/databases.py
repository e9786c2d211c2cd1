"""
Which kind of database tests work on: SQLite, or PostgreSQL where `MERIDIAN_TEST_DATABASE=postgresql` says so.

`tests/store` works on both, always.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from meridian.store.database import SEAL_FILE, Database
from tests.store import postgresql

VARIABLE = "MERIDIAN_TEST_DATABASE"


def open_in(folder: Path) -> Database:
    """The database of this folder, with today's schema; the same one each time."""
    return Database(url_in(folder), folder / SEAL_FILE)


def is_sqlite() -> bool:
    """Whether tests work on SQLite."""
    return os.environ.get(VARIABLE, "sqlite") == "sqlite"


def url_in(folder: Path) -> str:
    """Where the database of this folder is; it has today's schema."""
    return sqlite_in(folder) if is_sqlite() else _on_postgresql(folder)


# To migrate a database takes SQLite as long as a test, and PostgreSQL a second. What tests begin with is a copy.


def sqlite_in(folder: Path) -> str:
    """Where the SQLite database of this folder is; it has today's schema."""
    file = folder / "meridian.db"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(_sqlite())
    return f"sqlite:///{file}"


@cache
def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "meridian.db"
        _migrate(f"sqlite:///{file}")
        return file.read_bytes()


@cache
def _on_postgresql(folder: Path) -> str:
    name = f"folder_{hashlib.sha256(str(folder).encode()).hexdigest()[:32]}"
    server = postgresql_server()
    assert server is not None, "PostgreSQL is not installed; scripts/need-peers installs it"
    return postgresql.create(server, name, template=MIGRATED)


MIGRATED = "migrated"


@cache
def postgresql_server() -> str | None:
    """The URL of a server for this process, with a database `MIGRATED` to copy; None where none is installed."""
    programs = postgresql.programs()
    if programs is None:
        return None
    stack = ExitStack()
    server = stack.enter_context(postgresql.server(programs))
    atexit.register(stack.close)
    _migrate(postgresql.create(server, MIGRATED))
    return server


def _migrate(url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(url, Path(folder) / SEAL_FILE)
        database.migrate()
        database.close()

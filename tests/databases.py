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
    """The database of this folder, not migrated; the same one each time."""
    return Database(url_in(folder), folder / SEAL_FILE)


def is_sqlite() -> bool:
    """Whether tests work on SQLite."""
    return os.environ.get(VARIABLE, "sqlite") == "sqlite"


def url_in(folder: Path) -> str:
    """Where the database of this folder is."""
    if is_sqlite():
        return f"sqlite:///{folder / 'meridian.db'}"
    return _on_postgresql(folder)


@cache
def _on_postgresql(folder: Path) -> str:
    name = f"folder_{hashlib.sha256(str(folder).encode()).hexdigest()[:32]}"
    return postgresql.create(_server(), name, template=_TEMPLATE)


_TEMPLATE = "migrated"  # migrating takes PostgreSQL a second, and copying what is migrated a tenth of one


@cache
def _server() -> str:
    """A server for this process, with a database to make others from."""
    programs = postgresql.programs()
    assert programs is not None, "PostgreSQL is not installed; scripts/need-peers installs it"
    stack = ExitStack()
    server = stack.enter_context(postgresql.server(programs))
    atexit.register(stack.close)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(postgresql.create(server, _TEMPLATE), Path(folder) / SEAL_FILE)
        database.migrate()
        database.close()
    return server

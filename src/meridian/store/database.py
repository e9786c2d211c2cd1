"""The database: connections, transactions, and telling others of a commit."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy import URL, Connection, Dialect, Engine, Table, create_engine, event, insert, make_url
from sqlalchemy.exc import ArgumentError

from meridian.errors import MeridianError
from meridian.settings import Settings
from meridian.store.group_commit import GroupCommit
from meridian.store.seal import Sealer, attach, key_name
from meridian.store.tables import access_key
from meridian.store.transaction import begin

WAIT_SECONDS = 5.0  # how long a write waits for others (R-CHG-11)

SEAL_FILE = "seal.key"  # in the data folder, unless the setting seal_key_file names another

Around = Callable[[Connection], AbstractContextManager[Any]]
"""From the connection of a write to what is done before and after it, all in one transaction."""

_MIGRATIONS = Path(__file__).parent / "migrations"
# What makes a transaction see one moment; SQLite's always do.
_READ: dict[str, dict[str, Any]] = {"sqlite": {}, "postgresql": {"isolation_level": "REPEATABLE READ"}}
# Seconds within which writes may join a transaction. PostgreSQL has other writers, and would find them in a deadlock
# with one that holds the locks of several.
JOIN_SECONDS = {"sqlite": 0.02, "postgresql": 0.0}

# Connections that stay open, since to open one costs more than a change: as many as requests are answered at one
# time. What publishes takes a few beside them.
_READERS = {"pool_size": 15, "max_overflow": 10, "pool_use_lifo": True}

log = structlog.get_logger()


class Database:
    """
    One database, SQLite or PostgreSQL.

    Safe to use from many threads. A write that has returned survives loss of power.

    Args:
        url: SQLAlchemy URL. A SQLite file is created when it is missing, for its owner's eyes only.
        key_file: What secrets are sealed with; None: `SEAL_FILE` beside a SQLite file, or in the working folder.

    Raises:
        MeridianError: The URL cannot be used; the text says why.
    """

    def __init__(self, url: str, key_file: Path | None = None) -> None:
        self.sealer = Sealer(key_file or _beside(url))
        sealed = attach(self.sealer)
        # One connection writes always, so that SQLite finds the pages in memory that it wrote last.
        self._writing = _engine(url, pool_size=1, max_overflow=0).execution_options(**sealed)
        kind = self._writing.dialect.name
        self._reading = _engine(url, **_READERS).execution_options(**sealed, **_READ[kind])
        self._commits = GroupCommit(self._writing, JOIN_SECONDS[kind], self._tell)
        self._listeners: list[Callable[[], None]] = []
        self._around: Around = nullcontext

    def migrate(self, *, opens_secrets: bool = True) -> None:
        """
        Bring the schema up to date, all steps in one transaction.

        Args:
            opens_secrets: See that the secrets in the database can be opened.

        Raises:
            MeridianError: A newer program has written this database; `SealError`: its secrets cannot be opened.
        """
        with self.write() as conn:
            if not _is_up_to_date(conn):
                _upgrade(conn)
            if opens_secrets:
                sealed = conn.execute(sa.select(access_key.c.sealed_secret)).scalars()
                self.sealer.prepare({key_name(secret) for secret in sealed})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one moment of the database from its first statement on."""
        with self._reading.connect() as conn, begin(conn):
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """
        Give the one connection that may write; commit where the block ends, roll back if it raises.

        Raises:
            ApiError: PriorRequestNotComplete, after waiting five seconds for other writes (R-CHG-11).
        """
        with self._commits.turn(WAIT_SECONDS) as conn, self._around(conn):
            yield conn

    def with_writes_in(self, around: Around) -> Database:
        """Give the same database; each write through what is given runs inside `around`, in its transaction."""
        same = copy.copy(self)
        same._around = around
        return same

    def on_commit(self, callback: Callable[[], None]) -> None:
        """
        Call `callback` after each write that was committed, from the thread that wrote.

        It must be quick and safe in any thread. What it raises is logged: the write stands.
        """
        self._listeners = [*self._listeners, callback]

    def close(self) -> None:
        """Close all connections."""
        self._reading.dispose()
        self._writing.dispose()

    def _tell(self) -> None:
        for callback in self._listeners:
            try:
                callback()
            except Exception:
                log.exception("store.listener_failed", listener=repr(callback))


def open_database(settings: Settings) -> Database:
    """
    Open the database of these settings, with its schema up to date.

    Raises:
        MeridianError: It cannot be opened; says why.
    """
    database = Database(settings.database_url, settings.seal_key)
    database.migrate()
    return database


def _is_up_to_date(conn: Connection) -> bool:
    """Whether no step is left to be done; asked first, since Alembic takes a while to import."""
    if not sa.inspect(conn).has_table("alembic_version"):
        return False
    last = max(file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
    return conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [last]


def _upgrade(conn: Connection) -> None:
    import alembic.command
    import alembic.config
    import alembic.util

    config = alembic.config.Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    try:
        alembic.command.upgrade(config, "head")
    except alembic.util.CommandError as error:
        raise MeridianError(f"the database was written by a newer meridian: {error}; use that one") from None


def insert_many(conn: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """
    Insert rows in the driver's own form, for tables that get thousands at once.

    SQLAlchemy's way through each row costs more than the database takes for it.

    Args:
        columns: Names of those that rows have, in the order of the values.
        rows: Values of types that drivers know: str, bytes, int and None.
    """
    if not rows:
        return
    statement, in_order = _insertion(conn.dialect, table, tuple(columns))
    if in_order is None:
        values: list[Any] = [dict(zip(columns, row, strict=True)) for row in rows]
    else:
        values = list(map(in_order, rows))
    conn.exec_driver_sql(statement, values)


@lru_cache
def _insertion(
    dialect: Dialect, table: Table, columns: tuple[str, ...]
) -> tuple[str, Callable[[Sequence[Any]], tuple[Any, ...]] | None]:
    """The statement, and how it wants a row's values: in an order of its own, or by name (None)."""
    compiled = insert(table).compile(dialect=dialect, column_keys=list(columns))
    order = compiled.positiontup if compiled.positional else None
    return str(compiled), None if order is None else itemgetter(*map(columns.index, order))


def _beside(url: str) -> Path:
    """Where the key file is if nobody says: in the folder of a SQLite file, else in that we are in."""
    try:
        name = make_url(url).database or ""
    except ArgumentError:
        name = ""  # `_engine` says what is wrong
    return (Path(name).parent if url.startswith("sqlite") else Path()) / SEAL_FILE


def _engine(url: str, **pool: Any) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise MeridianError(f"database: '{url}' is no SQLAlchemy URL, such as sqlite:///meridian.db") from None
    if parsed.get_backend_name() not in _READ:
        raise MeridianError(f"database: '{parsed.get_backend_name()}' is not supported; use sqlite or postgresql")
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, pool)
    return create_engine(parsed, **pool)


def _sqlite(url: URL, pool: Mapping[str, Any]) -> Engine:
    if not url.database or url.database == ":memory:":
        raise MeridianError("database: SQLite needs a file, such as sqlite:///meridian-data/meridian.db")
    _create_private(Path(url.database))
    engine = create_engine(url, **pool)
    event.listen(engine, "connect", _set_pragmas)
    return engine


def _create_private(file: Path) -> None:
    """Make the file readable by its owner only, since it holds secrets; SQLite gives its journals the same mode."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise MeridianError(f"database: {file}: {error.strerror}; choose another place with data_dir") from None


def _set_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `begin` does
    for pragma in (
        f"busy_timeout = {int(WAIT_SECONDS * 1000)}",
        "journal_mode = WAL",
        "synchronous = FULL",  # a commit is on the disk before it is replied to (R-CHG-16)
        "foreign_keys = ON",
        "wal_autocheckpoint = 4000",  # pages, 16 MB: a change writes a few dozen, and each checkpoint takes long
    ):
        connection.execute(f"PRAGMA {pragma}")

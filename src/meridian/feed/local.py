"""The feed of one machine: last values in a small SQLite file, wake-ups in memory."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import structlog

from meridian.compile.image import FORMAT
from meridian.errors import MeridianError
from meridian.feed.feed import Entry, Position

T = TypeVar("T")

log = structlog.get_logger()

FEED_FILE = "feed.db"  # in the data folder of a process

_VERSION = "SELECT version FROM value WHERE key = ?"
_GET = "SELECT value, version FROM value WHERE key = ?"
_KEYS = "SELECT key FROM value WHERE key >= ? AND key < ? ORDER BY key"
_DELETE = "DELETE FROM value WHERE key = ?"
_COPY = "INSERT OR REPLACE INTO value (key, version, value) VALUES (?, ?, ?)"
_NO_COPY = "DELETE FROM position"
_POSITION = "SELECT identity, sequence FROM position"
_LAST = "\U0010ffff"  # sorts after every character that a key has


class LastValues:
    """
    The values in a feed's file, for reading alone: also from beside the process that writes them.

    Args:
        file: Has to be there; it is never changed.

    Raises:
        MeridianError: It is not there, or is no feed of this version.
    """

    def __init__(self, file: Path) -> None:
        if not file.exists():
            raise MeridianError(f"{file}: no such file; start the server there once, or name its folder with data_dir")
        if not _is_usable(file):
            raise MeridianError(f"{file}: not the feed of this version of meridian; start the server to renew it")
        self._connection = _connect(file, read_only=True)

    def get(self, key: str) -> tuple[bytes, int] | None:
        """The last value of a key and its version; None where there is none."""
        found: tuple[bytes, int] | None = self._connection.execute(_GET, (key,)).fetchone()
        return found

    def get_all(self, keys: Iterable[str]) -> list[tuple[bytes, int] | None]:
        """What `get` gives for each of these keys, of one moment: one lock of the file for all."""
        self._connection.execute("BEGIN")
        try:
            return [self.get(key) for key in keys]
        finally:
            self._connection.execute("COMMIT")

    def keys(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted."""
        return [key for (key,) in self._connection.execute(_KEYS, (prefix, prefix + _LAST))]

    def versions(self) -> dict[str, int]:
        """The version of every key's last value."""
        return dict(self._connection.execute("SELECT key, version FROM value ORDER BY key").fetchall())

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class LocalFeed:
    """
    A `Feed` within one process.

    The file is the edge's memory: a process that starts without a control plane finds the last
    values there. A file that cannot be read, or of another image format, is replaced by an empty
    one, which the control plane fills again. Values are on the disk and nowhere else.

    Args:
        file: Made where it is missing.

    Raises:
        MeridianError: The file can be neither read nor replaced.
    """

    def __init__(self, file: Path) -> None:
        self._writing = _open(file)
        self._values = LastValues(file)
        # SQLite blocks, so it runs apart from the event loop: one thread for each connection.
        self._writer = ThreadPoolExecutor(1, "feed-write")
        self._reader = ThreadPoolExecutor(1, "feed-read")
        self._watchers: set[_Watcher] = set()

    async def put(self, *entries: Entry) -> None:
        """Set values, all in one transaction; versions that are not newer are ignored."""
        self._tell(await self._run(self._writer, lambda: self._put(entries)))

    async def get(self, key: str) -> tuple[bytes, int] | None:
        """The last value of a key and its version; None where there is none."""
        return await self._run(self._reader, lambda: self._values.get(key))

    async def get_all(self, keys: Sequence[str]) -> list[tuple[bytes, int] | None]:
        """What `get` gives for each of these keys, of one moment."""
        return await self._run(self._reader, lambda: self._values.get_all(keys))

    async def delete(self, *keys: str) -> None:
        """Forget keys, all in one transaction."""
        self._tell(await self._run(self._writer, lambda: self._delete(keys)))

    async def keys(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted."""
        return await self._run(self._reader, lambda: self._values.keys(prefix))

    async def watch(self, prefix: str) -> AsyncGenerator[str, None]:
        """Give each present key that begins with `prefix`, then each that is put or deleted."""
        watcher = _Watcher(prefix)
        self._watchers.add(watcher)  # before listing, so that no change falls in between
        try:
            watcher.add(await self.keys(prefix))
            while True:
                yield await watcher.take()
        finally:
            self._watchers.discard(watcher)

    async def copy(self, changes: Mapping[str, Entry | None], position: Position) -> None:
        """
        Take over what a bucket holds, all in one transaction; the bucket has judged the versions.

        Args:
            changes: By key, its value, or None if it was deleted; watchers are told in this order.
            position: Where in the bucket's changes the file stands after that.
        """
        await self._run(self._writer, lambda: self._copy(changes, position))
        self._tell(list(changes))

    async def versions(self) -> dict[str, int]:
        """The version of every key's last value."""
        return await self._run(self._reader, self._values.versions)

    async def position(self) -> Position | None:
        """Where in the changes of which bucket the file stands; None if it is no copy of one, or was put to since."""
        return await self._run(self._writer, self._position)

    def close(self) -> None:
        """End the threads and close the file, after what is under way."""
        for executor in (self._writer, self._reader):
            executor.shutdown()
        self._values.close()
        self._writing.close()

    async def _run(self, executor: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, call)

    def _put(self, entries: Sequence[Entry]) -> list[str]:
        with self._writing:
            self._writing.execute(_NO_COPY)
            return [entry.key for entry in entries if self._put_one(entry)]

    def _put_one(self, entry: Entry) -> bool:
        held = self._writing.execute(_VERSION, (entry.key,)).fetchone()
        if not entry.follows(None if held is None else held[0]):
            return False
        self._writing.execute(_COPY, (entry.key, entry.version, entry.value))
        return True

    def _delete(self, keys: Sequence[str]) -> list[str]:
        with self._writing:
            self._writing.execute(_NO_COPY)
            return [key for key in keys if self._writing.execute(_DELETE, (key,)).rowcount]

    def _copy(self, changes: Mapping[str, Entry | None], position: Position) -> None:
        with self._writing:
            self._writing.executemany(_DELETE, [(key,) for key, entry in changes.items() if entry is None])
            puts = [(entry.key, entry.version, entry.value) for entry in changes.values() if entry is not None]
            self._writing.executemany(_COPY, puts)
            self._writing.execute(_NO_COPY)
            self._writing.execute("INSERT INTO position VALUES (?, ?)", position)

    def _position(self) -> Position | None:
        found = self._writing.execute(_POSITION).fetchone()
        return None if found is None else Position(*found)

    def _tell(self, changed: Sequence[str]) -> None:
        for watcher in self._watchers:
            watcher.add(key for key in changed if key.startswith(watcher.prefix))


class _Watcher:
    """The keys that one watcher has still to take, each once, in the order in which they came."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._due: dict[str, None] = {}
        self._some = asyncio.Event()

    def add(self, keys: Iterable[str]) -> None:
        self._due.update(dict.fromkeys(keys))
        if self._due:
            self._some.set()

    async def take(self) -> str:
        await self._some.wait()
        key = next(iter(self._due))
        del self._due[key]
        if not self._due:
            self._some.clear()
        return key


def _open(file: Path) -> sqlite3.Connection:
    """Open the file for writing, empty where it is not usable."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not _is_usable(file):
            log.warning("feed.restarted", file=str(file), reason="unreadable, or of another image format")
            for suffix in ("", "-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
        connection = _connect(file)
        connection.execute("PRAGMA journal_mode = WAL")
        # A power cut may lose the last moments, never the rest; the publisher fills them in again.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS value (key TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL)"
        )
        connection.execute("CREATE TABLE IF NOT EXISTS position (identity TEXT NOT NULL, sequence INTEGER NOT NULL)")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    except (OSError, sqlite3.Error) as error:
        raise MeridianError(f"{file}: {error}; make the folder writable, or choose another with data_dir") from None
    return connection


def _is_usable(file: Path) -> bool:
    try:
        with closing(_connect(file, read_only=True)) as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute("SELECT key FROM value LIMIT 1")
    except sqlite3.DatabaseError:
        return False
    return bool(found == FORMAT)


def _connect(file: Path, *, read_only: bool = False) -> sqlite3.Connection:
    uri = f"file:{quote(str(file.absolute()))}?mode={'ro' if read_only else 'rwc'}"
    return sqlite3.connect(uri, uri=True, timeout=5.0, check_same_thread=False)

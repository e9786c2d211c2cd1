"""What is special to the feed of one machine; what all feeds do is in test_feed.py."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from meridian.errors import MeridianError
from meridian.feed.feed import Entry
from meridian.feed.local import LocalFeed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "feed.db"


@pytest.fixture
def feed(file: Path) -> Iterator[LocalFeed]:
    feed = LocalFeed(file)
    yield feed
    feed.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(bounded())


def test_put_is_one_moment(feed: LocalFeed, file: Path) -> None:
    """Another reader of the file sees all values of one put or none."""

    def read(stop: threading.Event) -> set[int]:
        seen: set[int] = set()
        with closing(sqlite3.connect(file)) as other:
            while not stop.is_set():
                versions = other.execute("SELECT DISTINCT version FROM value").fetchall()
                assert len(versions) <= 1
                seen.update(version for (version,) in versions)
        return seen

    async def test() -> None:
        stop = threading.Event()
        reading = asyncio.create_task(asyncio.to_thread(read, stop))
        for version in range(1, 100):
            await feed.put(*(Entry(f"k{n}", b"", version) for n in range(50)))
        stop.set()
        assert await reading

    run(test)


def _other_format(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 999")


def _not_a_database(file: Path) -> None:
    file.write_bytes(b"this is no database" * 1000)


def _without_table(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE value")


@pytest.mark.parametrize("spoil", [_other_format, _not_a_database, _without_table])
def test_unusable_file_starts_empty(file: Path, spoil: Callable[[Path], None]) -> None:
    """A file of another image format, or one that cannot be read, is replaced; control fills it again."""

    async def test() -> None:
        feed = LocalFeed(file)
        await feed.put(Entry("a", b"", 1))
        feed.close()
        spoil(file)
        feed = LocalFeed(file)
        assert await feed.keys("") == []
        await feed.put(Entry("a", b"new", 1))
        assert await feed.get("a") == (b"new", 1)
        feed.close()

    run(test)


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A place that is no folder is named, with what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MeridianError, match="data_dir"):
        LocalFeed(tmp_path / "file" / "feed.db")

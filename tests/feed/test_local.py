from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


async def next_of(watch: AsyncIterator[str]) -> str:
    return await anext(watch)


def test_last_value(feed: LocalFeed) -> None:
    """A key has its last value and that value's version; a key never put has none."""

    async def test() -> None:
        assert await feed.get("a") is None
        await feed.put(Entry("a", b"one", 1), Entry("b", b"two", 7))
        await feed.put(Entry("a", b"three", 2))
        assert await feed.get("a") == (b"three", 2)
        assert await feed.get("b") == (b"two", 7)

    run(test)


@settings(max_examples=30, deadline=None)
@given(puts=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), max_size=20), cut=st.integers(0, 20))
def test_newest_version_stays(tmp_path_factory: pytest.TempPathFactory, puts: list[tuple[str, int]], cut: int) -> None:
    """Whatever the order of puts, a key ends with the first value of its highest version; also after a restart."""
    file = tmp_path_factory.mktemp("feed") / "feed.db"

    async def put(some: list[tuple[str, int]], at: int) -> None:
        feed = LocalFeed(file)
        for number, (key, version) in enumerate(some, at):
            await feed.put(Entry(key, str(number).encode(), version))
        for key in "ab":
            newest = max((version for k, version in puts[: at + len(some)] if k == key), default=None)
            first = next((n for n, put in enumerate(puts) if put == (key, newest)), None)
            assert await feed.get(key) == (None if newest is None else (str(first).encode(), newest))
        feed.close()

    asyncio.run(put(puts[:cut], 0))
    asyncio.run(put(puts[cut:], len(puts[:cut])))


def test_keys(feed: LocalFeed) -> None:
    """Keys are listed by prefix, sorted; a deleted one no longer, and it may come back at any version."""

    async def test() -> None:
        await feed.put(*(Entry(key, b"", 5) for key in ("zone/B/head", "zone/A/shard/1.0", "zone/A/head", "zone0")))
        assert await feed.keys("zone/") == ["zone/A/head", "zone/A/shard/1.0", "zone/B/head"]
        assert await feed.keys("zone/A/") == ["zone/A/head", "zone/A/shard/1.0"]
        await feed.delete("zone/A/head", "never")
        assert await feed.keys("zone/A/") == ["zone/A/shard/1.0"]
        await feed.put(Entry("zone/A/head", b"again", 1))
        assert await feed.get("zone/A/head") == (b"again", 1)

    run(test)


def test_watch_gives_present_keys_first(feed: LocalFeed) -> None:
    """A watcher gets each present key, then each change under its prefix, and no other."""

    async def test() -> None:
        await feed.put(Entry("c/1", b"", 1), Entry("c/2", b"", 1), Entry("x", b"", 1))
        watch = feed.watch("c/")
        assert [await anext(watch), await anext(watch)] == ["c/1", "c/2"]
        await feed.put(Entry("x", b"", 2), Entry("c/3", b"", 1))
        assert await anext(watch) == "c/3"
        await feed.delete("c/1")
        assert await anext(watch) == "c/1"
        await watch.aclose()

    run(test)


def test_watch_coalesces(feed: LocalFeed) -> None:
    """A key that changes many times before it is taken comes once, and one whose put was ignored not at all."""

    async def test() -> None:
        await feed.put(Entry("c/1", b"", 1))
        watch = feed.watch("c/")
        assert await anext(watch) == "c/1"
        for version in range(2, 50):
            await feed.put(Entry("c/2", b"", version))
        await feed.put(Entry("c/1", b"older", 1))
        await feed.put(Entry("c/3", b"", 1))
        assert [await anext(watch), await anext(watch)] == ["c/2", "c/3"]
        await watch.aclose()

    run(test)


def test_watch_waits(feed: LocalFeed) -> None:
    """A watcher that has taken everything waits, and wakes with the next put."""

    async def test() -> None:
        await feed.put(Entry("c/1", b"", 1))
        watch = feed.watch("c/")
        assert await anext(watch) == "c/1"
        waiting = asyncio.create_task(next_of(watch))
        await asyncio.sleep(0)
        assert not waiting.done()
        await feed.put(Entry("c/2", b"", 1))
        assert await waiting == "c/2"
        await watch.aclose()

    run(test)


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


def test_values_survive(file: Path) -> None:
    """A feed opened again has every value: an edge starts from it."""

    async def put() -> None:
        feed = LocalFeed(file)
        await feed.put(Entry("a", b"\x00" * 100_000, 3))
        feed.close()

    async def get() -> None:
        feed = LocalFeed(file)
        assert await feed.get("a") == (b"\x00" * 100_000, 3)
        feed.close()

    run(put)
    run(get)


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

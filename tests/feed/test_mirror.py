"""What is special to a feed with its last values on this machine: it may be away, and the bucket may be lost."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from meridian.clock import SystemClock
from meridian.feed.feed import Entry, Position
from meridian.feed.keys import FILLED
from meridian.feed.local import LocalFeed
from meridian.feed.mirror import Mirror
from tests.feed.feeds import bucket_settings, jetstream, mirror, running
from tests.feed.nats_server import NatsServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server that a test may stop."""
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "feed.db"


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(bounded())


def held(file: Path) -> dict[str, tuple[int, bytes]]:
    """What the file holds, read beside the process that writes it."""
    with closing(sqlite3.connect(file)) as connection:
        return {key: (version, value) for key, version, value in connection.execute("SELECT * FROM value")}


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.005)


def test_reads_need_nothing_else(server: NatsServer, file: Path) -> None:
    """With the servers gone every last value is there, for a process that was running and for one that starts."""

    async def test() -> None:
        settings = bucket_settings(server)
        async with mirror(settings, file) as feed:
            await feed.put(Entry("a/b", b"one", 1))
            server.kill()
            assert await feed.get("a/b") == (b"one", 1)
            assert await feed.keys("a/") == ["a/b"]
        local = LocalFeed(file)
        assert await local.get("a/b") == (b"one", 1)
        local.close()

    run(test)


def test_puts_wait_while_the_servers_are_away(server: NatsServer, file: Path) -> None:
    """A put made while no server can be reached arrives later; it stands in the file when it returns."""

    async def test() -> None:
        async with mirror(bucket_settings(server), file) as feed:
            server.kill()
            put = asyncio.create_task(feed.put(Entry("a", b"", 1)))
            await asyncio.sleep(0.2)
            assert not put.done()
            server.start()
            await put
            assert held(file)["a"] == (1, b"")

    run(test)


def test_a_restart_goes_on_where_it_stood(nats: NatsServer, file: Path) -> None:
    """A process that starts again copies what has changed since, and not everything."""

    async def test() -> None:
        bucket = bucket_settings(nats)
        async with jetstream(bucket) as control:
            await control.put(*(Entry(f"k/{number}", b"", 1) for number in range(50)))
            async with mirror(bucket, file):
                await until(lambda: len(held(file)) == 51)
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("UPDATE value SET value = x'00' WHERE key = 'k/1'")
                connection.commit()
            await control.put(Entry("k/2", b"new", 2))
            async with mirror(bucket, file):
                await until(lambda: held(file)["k/2"] == (2, b"new"))
            assert held(file)["k/1"] == (1, b"\0")

    run(test)


def test_deletions_of_while_it_was_away(nats: NatsServer, file: Path) -> None:
    """A mirror that was away forgets what was deleted meanwhile, though nothing is left of it in the bucket."""

    async def test() -> None:
        bucket = bucket_settings(nats)
        async with jetstream(bucket) as control:
            await control.put(*(Entry(f"zone/{zone}/head", b"", 1) for zone in "ABC"))
            async with mirror(bucket, file):
                await until(lambda: len(held(file)) == 4)
            await control.delete("zone/A/head", "zone/B/head")
            await control.sweep(timedelta(0))
            async with mirror(bucket, file) as feed:
                await until(lambda: set(held(file)) == {"zone/C/head", FILLED})
                assert await feed.keys("zone/") == ["zone/C/head"]

    run(test)


def test_watchers_hear_of_what_the_listing_took(nats: NatsServer, file: Path) -> None:
    """A watch of the file gives a key that the comparison with the bucket removes."""

    async def test() -> None:
        bucket = bucket_settings(nats)
        async with jetstream(bucket) as control:
            await control.put(Entry("a/1", b"", 1))
            async with mirror(bucket, file):
                await until(lambda: len(held(file)) == 2)
            await control.delete("a/1")
            await control.sweep(timedelta(0))
            local = LocalFeed(file)
            watch = local.watch("a/")
            assert await anext(watch) == "a/1"
            async with running(Mirror(control, local, SystemClock()).run()):
                assert await anext(watch) == "a/1"
                assert await local.get("a/1") is None
            await watch.aclose()
            local.close()

    run(test)


def test_a_wiped_bucket_takes_nothing(server: NatsServer, file: Path) -> None:
    """A bucket that lost everything takes no value from a file, until control has filled it again."""

    async def test() -> None:
        bucket = bucket_settings(server)
        async with mirror(bucket, file) as feed:
            await feed.put(Entry("catalog/001", b"old", 7), Entry("gone/later", b"", 1))
        server.stop()
        server.wipe()
        server.start()
        with capture_logs() as logs:
            async with mirror(bucket, file, fills=False) as edge, jetstream(bucket, fills=False) as control:
                await control.put(Entry("catalog/001", b"new", 3))
                await until(lambda: any(log["event"] == "mirror.waits" for log in logs))
                assert await edge.get("catalog/001") == (b"old", 7)
                await control.put(Entry(FILLED, b"", 2))
                await until(lambda: held(file)["catalog/001"] == (3, b"new"))
                # What has no parent may be filled in a little later: it goes with a later comparison.
                assert "gone/later" in held(file)

    run(test)


def test_an_emptied_bucket_takes_nothing(nats: NatsServer, file: Path) -> None:
    """A bucket that somebody has emptied takes no value from a file."""

    async def test() -> None:
        bucket = bucket_settings(nats)
        async with mirror(bucket, file) as feed:
            await feed.put(Entry("a", b"", 1))
        async with jetstream(bucket, fills=False) as control:
            connection = await control.connection()
            await connection._jetstream.purge_stream(connection._stream)
            async with mirror(bucket, file, fills=False) as feed:
                await feed.put(Entry("b", b"", 1))
                await feed.caught_up(30)
                assert held(file).keys() == {"a", "b", FILLED}
            # It was compared by now: with the bucket that the file was copied from, that is done first of all.
            await control.put(Entry(FILLED, b"", 2))
            async with mirror(bucket, file, fills=False):
                await until(lambda: held(file).keys() == {"b", FILLED})

    run(test)


def test_a_bucket_that_went_back(server: NatsServer, tmp_path: Path, file: Path) -> None:
    """A bucket restored from a backup does not take an edge back, until control has filled it again."""

    async def test() -> None:
        bucket = bucket_settings(server)
        async with mirror(bucket, file) as feed:
            await feed.put(Entry("a", b"old", 1))
        server.stop()
        shutil.copytree(server.folder / "store", tmp_path / "backup")
        server.start()
        async with mirror(bucket, file) as feed:
            await feed.put(Entry("a", b"new", 2), Entry("b", b"", 1))
        server.stop()
        server.wipe()
        (tmp_path / "backup").rename(server.folder / "store")
        server.start()
        with capture_logs() as logs:
            async with mirror(bucket, file, fills=False) as edge, jetstream(bucket, fills=False) as control:
                await until(lambda: any(log["event"] == "mirror.waits" for log in logs))
                assert await edge.get("a") == (b"new", 2)
                await control.put(Entry("a", b"newest", 3), Entry(FILLED, b"", 2))
                await until(lambda: held(file)["a"] == (3, b"newest"))

    run(test)


def test_a_file_that_differs_is_copied_anew(nats: NatsServer, file: Path) -> None:
    """A file at the bucket's position that does not hold what the bucket holds finds out by comparing."""

    async def test() -> None:
        bucket = bucket_settings(nats)
        async with mirror(bucket, file) as feed:
            await feed.put(Entry("a", b"right", 2), Entry("b", b"", 1))
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("UPDATE value SET value = 'wrong', version = 1 WHERE key = 'a'")
            connection.commit()
        with capture_logs() as logs:
            async with mirror(bucket, file) as feed:
                await until(lambda: held(file)["a"] == (2, b"right"))
        assert "mirror.differs" in [log["event"] for log in logs]

    run(test)


def test_a_file_that_was_put_to_is_no_copy(file: Path) -> None:
    """A file that a process of its own has put to no longer stands anywhere in a bucket."""

    async def test() -> None:
        local = LocalFeed(file)
        at = Position("2026", 7)
        await local.copy({"a": Entry("a", b"", 5), "b": None}, at)
        assert (await local.position(), await local.get("a")) == (at, (b"", 5))
        await local.copy({"a": Entry("a", b"", 3)}, at)
        assert await local.get("a") == (b"", 3)
        await local.put(Entry("b", b"", 1))
        assert await local.position() is None
        local.close()

    run(test)


# --- laws

_KEY = st.sampled_from(["zone/a", "zone/b", "catalog/1", "acks/x"])
_ACTS = st.one_of(
    st.tuples(st.just("put"), _KEY),
    st.tuples(st.just("delete"), _KEY),
    st.tuples(st.sampled_from(["sweep", "leave", "come", "restart"]), st.just("")),
)


@settings(max_examples=20, deadline=None)
@given(acts=st.lists(_ACTS, max_size=20))
def test_a_mirror_ends_with_what_the_bucket_holds(acts: list[tuple[str, str]]) -> None:
    """Whatever happens while a mirror is there, away, or without a server, it ends with the bucket's last values."""

    async def test(folder: Path, server: NatsServer) -> None:
        bucket, file = bucket_settings(server), folder / "feed.db"
        mirrored = AsyncExitStack()
        async with jetstream(bucket) as control, mirrored:
            for version, (act, key) in enumerate(acts, 1):
                if act == "put":
                    await control.put(Entry(key, b"%d" % version, version))
                elif act == "delete":
                    await control.delete(key)
                elif act == "sweep":
                    await control.sweep(timedelta(0))
                elif act == "restart":
                    server.kill()
                    server.start()
                else:
                    await mirrored.aclose()
                    if act == "come":
                        await mirrored.enter_async_context(mirror(bucket, file))
            await mirrored.aclose()
            model = {key: await control.get(key) for key in await control.keys("")}
            async with mirror(bucket, file) as feed:
                await until(lambda: set(held(file)) == set(model))
                assert {key: await feed.get(key) for key in model} == model

    with TemporaryDirectory() as folder, NatsServer(Path(folder) / "nats") as server:
        run(lambda: test(Path(folder), server))

"""What is special to the feed of many machines: its servers go away, or lose what they had."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from nats.errors import Error
from structlog.testing import capture_logs

from meridian.clock import SystemClock
from meridian.errors import MeridianError
from meridian.feed import bucket as buckets
from meridian.feed import jetstream as feeds
from meridian.feed.bucket import Away
from meridian.feed.feed import Entry
from meridian.feed.jetstream import JetstreamFeed
from meridian.feed.keys import FILLED
from tests.feed.feeds import bucket_settings, jetstream, running
from tests.feed.nats_server import NatsServer
from tests.ports import free_port


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server that a test may stop."""
    with NatsServer(tmp_path / "nats") as server:
        yield server


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(bounded())


async def next_of(watch: AsyncIterator[str]) -> str:
    return await anext(watch)


def test_calls_wait_while_the_server_is_away(server: NatsServer) -> None:
    """A call made while no server can be reached is answered when one can be."""

    async def test() -> None:
        async with jetstream(bucket_settings(server)) as feed:
            await feed.put(Entry("a", b"before", 1))
            server.kill()
            calls = asyncio.gather(feed.get("a"), feed.put(Entry("b", b"during", 1)), feed.keys("a"))
            await asyncio.sleep(0.3)
            assert not calls.done()
            server.start()
            got, _, keys = await calls
            assert (got, keys) == ((b"before", 1), ["a"])
            assert await feed.get("b") == (b"during", 1)

    run(test)


def test_start_without_a_server(server: NatsServer) -> None:
    """A process may start before its servers do; why it cannot reach them is logged once, with what to look at."""

    async def test() -> None:
        server.stop()
        with capture_logs() as logs:
            feed = JetstreamFeed(bucket_settings(server), "test", SystemClock(), makes_bucket=True)
            async with running(feed.run()):
                await asyncio.sleep(1)
                server.start()
                await feed.put(Entry("a", b"", 1))
        assert [log["event"] for log in logs] == ["feed.unreachable", "feed.bucket_made", "feed.connected"]
        assert "Connect call failed" in logs[0]["reason"]
        assert logs[0]["remedy"] == "look at feed, and at the servers"

    run(test)


@pytest.mark.parametrize("end", [NatsServer.stop, NatsServer.kill])
def test_a_watch_goes_on_after_a_restart(server: NatsServer, end: Callable[[NatsServer], None]) -> None:
    """What is put or deleted after a restart of the server reaches a watch that began before it."""

    async def test() -> None:
        async with jetstream(bucket_settings(server)) as feed, aclosing(feed.watch("c/")) as watch:
            await feed.put(Entry("c/1", b"", 1), Entry("c/2", b"", 1))
            assert {await anext(watch), await anext(watch)} == {"c/1", "c/2"}
            waiting = asyncio.create_task(next_of(watch))
            end(server)
            server.start()
            await feed.put(Entry("c/3", b"", 1))
            await feed.delete("c/1")
            given = {await waiting}
            while not {"c/1", "c/3"} <= given:
                given.add(await anext(watch))

    run(test)


def test_a_watch_hears_of_what_was_deleted_while_it_could_not(server: NatsServer) -> None:
    """A key that went while a watch had no connection is given, though nothing is left of it in the bucket."""

    async def test() -> None:
        settings = bucket_settings(server)
        async with jetstream(settings) as feed, aclosing(feed.watch("c/")) as watch:
            await feed.put(Entry("c/1", b"", 1), Entry("c/2", b"", 1))
            assert {await anext(watch), await anext(watch)} == {"c/1", "c/2"}
            bucket = await feed.connection()
            bucket._client._transport.close()  # type: ignore[union-attr]
            async with jetstream(settings) as other:
                await other.delete("c/1")
                await other.sweep(timedelta(0))
            given = {await anext(watch)}
            while "c/1" not in given:
                given.add(await anext(watch))

    run(test)


def test_a_server_that_hangs_is_left(server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that no longer answers its pings is given up, and its watches go on elsewhere or later."""
    monkeypatch.setattr(buckets, "_PING_EVERY", 0.1)

    async def test() -> None:
        async with jetstream(bucket_settings(server)) as feed, aclosing(feed.watch("c/")) as watch:
            waiting = asyncio.create_task(next_of(watch))
            await feed.put(Entry("a", b"", 1))
            bucket = await feed.connection()
            server.send(signal.SIGSTOP)
            assert await bucket.until_broken() == "stale connection"
            server.send(signal.SIGCONT)
            await feed.put(Entry("c/1", b"", 1))
            assert await waiting == "c/1"

    run(test)


def test_a_late_put_does_not_win(nats: NatsServer) -> None:
    """Of two writers, the newer version wins, also where the older one knows nothing of it."""

    async def test() -> None:
        settings = bucket_settings(nats)
        async with jetstream(settings) as one, jetstream(settings) as other:
            await one.put(Entry("a", b"one", 1))
            await other.put(Entry("a", b"five", 5))
            await one.put(Entry("a", b"three", 3))
            assert await one.get("a") == (b"five", 5)
            await other.delete("a")
            await one.put(Entry("a", b"two", 2))
            assert await other.get("a") == (b"two", 2)

    run(test)


def test_deletions_are_swept(nats: NatsServer) -> None:
    """Nothing is left of a key that was deleted long ago; a value put since stays."""

    async def test() -> None:
        async with jetstream(bucket_settings(nats)) as feed:
            await feed.put(*(Entry(key, b"", 5) for key in ("a", "b", "c/d")))
            await feed.delete("a", "b", "c/d")
            await feed.put(Entry("b", b"again", 1))
            bucket = await feed.connection()
            await feed.sweep(timedelta(hours=1))
            assert {"a", "b", "c/d"} <= set(await bucket.listing())
            stale = (await bucket.listing())["a"]
            await feed.put(Entry("a", b"anew", 1))
            await bucket.forget(stale)
            await feed.sweep(timedelta(0))
            assert set(await bucket.listing()) == {"a", "b", "filled"}
            assert (await feed.get("a"), await feed.get("b")) == ((b"anew", 1), (b"again", 1))

    run(test)


def test_a_value_that_is_too_large(nats: NatsServer) -> None:
    """A value that the servers do not take is refused with the key of their configuration to raise."""

    async def test() -> None:
        async with jetstream(bucket_settings(nats)) as feed:
            with pytest.raises(
                MeridianError, match=r"feed: zone/Z/shard has 2000000 octets.*1048576; raise max_payload"
            ):
                await feed.put(Entry("zone/Z/shard", b"x" * 2_000_000, 1))
            await feed.put(Entry("a", b"", 1))

    run(test)


def test_three_servers_of_which_one_ends(tmp_path: Path) -> None:
    """With a bucket on three servers, each of them may end in turn: puts go on, and so does a watch."""
    servers = three_servers(tmp_path)

    async def test() -> None:
        urls = tuple(server.url for server in servers)
        settings = msgspec.structs.replace(bucket_settings(servers[0]), feed=urls, feed_replicas=3)
        async with jetstream(settings) as feed, aclosing(feed.watch("k/")) as watch:
            for version, server in enumerate(servers, 1):
                await feed.put(Entry("k/a", b"%d" % version, 2 * version))
                server.kill()
                await feed.put(Entry("k/a", b"%d" % version, 2 * version + 1))
                assert await feed.get("k/a") == (b"%d" % version, 2 * version + 1)
                await feed.put(Entry(f"k/{version}", b"", 1))
                server.start()
                while not await is_whole(feed):
                    await asyncio.sleep(0.1)
            given: set[str] = set()
            while not {"k/1", "k/2", "k/3"} <= given:
                given.add(await anext(watch))
            assert not feed._replaced.is_set()

    try:
        for server in servers:
            server.start()
        asyncio.run(asyncio.wait_for(test(), 240))
    finally:
        for server in servers:
            server.kill()


async def is_whole(feed: JetstreamFeed) -> bool:
    """Whether all three servers have all of the bucket, so that any of them may end."""
    bucket = await feed.connection()
    with suppress(Error, Away):
        info = await bucket.ask(bucket._jetstream.stream_info(bucket._stream))
        others = (info.cluster and info.cluster.replicas) or []
        return len(others) == 2 and all(other.current and not other.offline for other in others)
    return False


def three_servers(folder: Path) -> list[NatsServer]:
    """Servers of one cluster, not yet started."""
    servers = [NatsServer(folder / f"nats{number}") for number in range(3)]
    ports = [free_port() for _ in servers]
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
    for number, (server, port) in enumerate(zip(servers, ports, strict=True)):
        cluster = f"cluster {{ name: test, listen: 127.0.0.1:{port}, routes: [ {routes} ] }}"
        server.config = f"server_name: n{number}\n{cluster}"
    return servers


# --- a bucket that is lost


def wipe(server: NatsServer) -> None:
    """Lose everything, as with another disk."""
    server.stop()
    server.wipe()
    server.start()


def test_a_lost_bucket_is_made_anew_and_said(server: NatsServer) -> None:
    """Whoever fills a bucket is told that it is another one; its calls wait until it has accepted that."""

    async def test() -> None:
        async with jetstream(bucket_settings(server)) as feed:
            await feed.put(Entry("a", b"", 1))
            wipe(server)
            call = asyncio.create_task(feed.keys(""))
            await feed.until_replaced()
            await asyncio.sleep(0.2)
            assert not call.done()
            feed.accept()
            assert await call == []
            await feed.put(Entry("a", b"", 1))

    run(test)


def test_a_bucket_that_is_removed_under_way(server: NatsServer) -> None:
    """A bucket that somebody removes while we are connected is noticed by the next call."""

    async def test() -> None:
        async with jetstream(bucket_settings(server)) as feed:
            await feed.put(Entry("a", b"", 1))
            bucket = await feed.connection()
            await bucket._jetstream.delete_stream(bucket._stream)
            call = asyncio.create_task(feed.put(Entry("b", b"", 1)))
            await feed.until_replaced()
            feed.accept()
            await call
            assert await feed.keys("") == ["b"]

    run(test)


def test_what_fills_a_bucket_begins_anew(server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control's parts begin again with a bucket that was lost, and with one that somebody has emptied."""
    monkeypatch.setattr(feeds, "_LOOK_EVERY", 0.02)

    async def test() -> None:
        begun = asyncio.Queue[int]()

        async def part() -> None:
            await feed.put(Entry("a", b"", 1), Entry(FILLED, b"", 1))
            await begun.put(1)
            await asyncio.Event().wait()

        settings = bucket_settings(server)
        async with jetstream(settings, fills=False) as feed, running(feed.fill(part)):
            await begun.get()
            wipe(server)
            await begun.get()
            assert await feed.keys("") == ["a", FILLED]
            bucket = await feed.connection()
            while begun.empty():  # until it was seen to be filled before
                await asyncio.sleep(0.1)
                await bucket._jetstream.purge_stream(bucket._stream)
            await begun.get()

    run(test)


def test_a_restart_is_no_loss(server: NatsServer) -> None:
    """A bucket that has all its changes after a restart is the same."""

    async def test() -> None:
        async with jetstream(bucket_settings(server)) as feed:
            await feed.put(Entry("a", b"", 1))
            server.kill()
            server.start()
            await feed.put(Entry("a", b"", 2))
            assert not feed._replaced.is_set()

    run(test)


def test_a_bucket_that_went_back(server: NatsServer, tmp_path: Path) -> None:
    """A bucket with fewer changes than were put, such as from a backup, counts as another one."""

    async def test() -> None:
        async with jetstream(bucket_settings(server)) as feed:
            await feed.put(Entry("a", b"", 1))
            server.stop()
            shutil.copytree(server.folder / "store", tmp_path / "backup")
            server.start()
            await feed.put(Entry("a", b"", 2), Entry("b", b"", 1))
            server.stop()
            server.wipe()
            (tmp_path / "backup").rename(server.folder / "store")
            server.start()
            await feed.until_replaced()
            feed.accept()
            assert await feed.get("a") == (b"", 1)

    run(test)


def test_only_control_makes_a_bucket(nats: NatsServer) -> None:
    """An edge waits for the bucket that control makes, and says so."""

    async def test() -> None:
        settings = bucket_settings(nats)
        with capture_logs() as logs:
            async with jetstream(settings, makes_bucket=False, fills=False) as edge:
                call = asyncio.create_task(edge.get("a"))
                await asyncio.sleep(0.3)
                assert not call.done()
                async with jetstream(settings) as control:
                    await control.put(Entry("a", b"", 1))
                    assert await call is None or await edge.get("a") == (b"", 1)
        unreachable = next(log for log in logs if log["event"] == "feed.unreachable")
        assert unreachable["reason"] == f"there is no bucket {settings.feed_bucket}"
        assert unreachable["remedy"] == "start a process with the control role: it makes it"

    run(test)

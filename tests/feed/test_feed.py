"""What every feed does, whichever it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meridian.feed.feed import Entry, Feed
from tests.feed.feeds import KINDS, Opening, opening
from tests.feed.nats_server import NatsServer


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest, nats: NatsServer, tmp_path: Path) -> Opening:
    return opening(request.param, nats, tmp_path)


def run(opened: Opening, test: Callable[[Feed], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60), opened() as feed:
            await test(feed)

    asyncio.run(bounded())


async def next_of(watch: AsyncIterator[str]) -> str:
    return await anext(watch)


def test_last_value(opened: Opening) -> None:
    """A key has its last value and that value's version; a key never put has none."""

    async def test(feed: Feed) -> None:
        assert await feed.get("a") is None
        await feed.put(Entry("a", b"one", 1), Entry("b", b"", 7))
        await feed.put(Entry("a", b"three", 2))
        assert await feed.get("a") == (b"three", 2)
        assert await feed.get("b") == (b"", 7)

    run(opened, test)


def test_a_value_that_replaces_another(opened: Opening) -> None:
    """A put that names the version it replaces is ignored where the key has another, or has none."""

    async def test(feed: Feed) -> None:
        await feed.put(Entry("a", b"early", 9, replaces=3))
        assert await feed.get("a") is None
        await feed.put(Entry("a", b"first", 1, replaces=0))
        await feed.put(Entry("a", b"another first", 5, replaces=0))
        assert await feed.get("a") == (b"first", 1)
        await feed.put(Entry("a", b"second", 7, replaces=1))
        await feed.put(Entry("a", b"stale", 9, replaces=1))
        assert await feed.get("a") == (b"second", 7)

    run(opened, test)


def test_many_values(opened: Opening) -> None:
    """Many keys are got in the order asked for, also those that are not there and those that are asked for twice."""

    async def test(feed: Feed) -> None:
        await feed.put(Entry("a", b"one", 1), Entry("b", b"two", 7))
        found = [(b"two", 7), None, (b"one", 1), (b"two", 7)]
        assert await feed.get_all(["b", "c", "a", "b"]) == found
        assert await feed.get_all([]) == []
        await feed.put(Entry("c", b"three", 1))
        assert await feed.get_all(["c"]) == [(b"three", 1)]

    run(opened, test)


@pytest.mark.parametrize("size", [0, 1, 100_000, 1_000_000])
def test_values_survive(opened: Opening, size: int) -> None:
    """A feed opened again has every value, of up to about 1 MB: an edge starts from it."""
    value = bytes(range(256)) * (size // 256) + b"\xff" * (size % 256)

    async def put(feed: Feed) -> None:
        await feed.put(Entry("a/b", value, 3))

    async def get(feed: Feed) -> None:
        assert await feed.get("a/b") == (value, 3)

    run(opened, put)
    run(opened, get)


KEYS = ["zone/Z1/head", "zone/Z1/shard/16.3", "outside/\\052.www.example./A", "place/cidr/a=b", "x y/ü", "a//b/", "é>*"]


def test_every_key(opened: Opening) -> None:
    """A key may have any character, also those that NATS does not allow."""

    async def test(feed: Feed) -> None:
        await feed.put(*(Entry(key, key.encode(), 1) for key in KEYS))
        for key in KEYS:
            assert await feed.get(key) == (key.encode(), 1)
            assert key in await feed.keys(key[:3])
        async with aclosing(feed.watch("zone/")) as watch:
            assert [await anext(watch), await anext(watch)] == KEYS[:2]

    run(opened, test)


def test_keys(opened: Opening) -> None:
    """Keys are listed by prefix, sorted; a deleted one no longer, and it may come back at any version."""

    async def test(feed: Feed) -> None:
        await feed.put(*(Entry(key, b"", 5) for key in ("zone/B/head", "zone/A/shard/1.0", "zone/A/head", "zone0")))
        assert await feed.keys("zone/") == ["zone/A/head", "zone/A/shard/1.0", "zone/B/head"]
        assert await feed.keys("zone/A/") == ["zone/A/head", "zone/A/shard/1.0"]
        assert await feed.keys("zone") == ["zone/A/head", "zone/A/shard/1.0", "zone/B/head", "zone0"]
        assert await feed.keys("none/") == []
        await feed.delete("zone/A/head", "never")
        assert await feed.keys("zone/A/") == ["zone/A/shard/1.0"]
        await feed.put(Entry("zone/A/head", b"again", 1))
        assert await feed.get("zone/A/head") == (b"again", 1)

    run(opened, test)


def test_watch_gives_present_keys_first(opened: Opening) -> None:
    """A watcher gets each present key, then each change under its prefix, and no other."""

    async def test(feed: Feed) -> None:
        await feed.put(Entry("c/gone", b"", 1), Entry("c/1", b"", 1), Entry("c/2", b"", 1), Entry("x", b"", 1))
        await feed.delete("c/gone")
        async with aclosing(feed.watch("c/")) as watch:
            assert [await anext(watch), await anext(watch)] == ["c/1", "c/2"]
            await feed.put(Entry("x", b"", 2), Entry("c/3", b"", 1))
            assert await anext(watch) == "c/3"
            await feed.delete("c/1")
            assert await anext(watch) == "c/1"

    run(opened, test)


def test_watch_coalesces(opened: Opening) -> None:
    """A key that changes many times before it is taken comes once or little more; an ignored put does not count."""

    async def test(feed: Feed) -> None:
        await feed.put(Entry("c/1", b"", 1))
        async with aclosing(feed.watch("c/")) as watch:
            assert await anext(watch) == "c/1"
            for version in range(2, 50):
                await feed.put(Entry("c/2", b"", version))
            await feed.put(Entry("c/1", b"older", 1))
            await feed.put(Entry("c/3", b"", 1))
            given = []
            while "c/3" not in given:
                given.append(await anext(watch))
        assert set(given) == {"c/2", "c/3"}
        assert len(given) < 10

    run(opened, test)


def test_watch_waits(opened: Opening) -> None:
    """A watcher that has taken everything waits, and wakes with the next put."""

    async def test(feed: Feed) -> None:
        await feed.put(Entry("c/1", b"", 1))
        async with aclosing(feed.watch("c/")) as watch:
            assert await anext(watch) == "c/1"
            waiting = asyncio.create_task(next_of(watch))
            await asyncio.sleep(0)
            assert not waiting.done()
            await feed.put(Entry("c/2", b"", 1))
            assert await waiting == "c/2"

    run(opened, test)


def test_many_tasks_at_once(opened: Opening) -> None:
    """However many put to one key at the same time, the highest version stays."""

    async def test(feed: Feed) -> None:
        await asyncio.gather(*(feed.put(Entry("a", b"%d" % version, version)) for version in range(40)))
        assert await feed.get("a") == (b"39", 39)

    run(opened, test)


def test_no_later_value_without_the_earlier_ones(opened: Opening) -> None:
    """A reader that sees one value of a put sees those before it in the same put, or newer ones."""

    async def test(feed: Feed) -> None:
        done = False

        async def read() -> int:
            count = 0
            while not done:
                later = await feed.get("later")
                earlier = await feed.get("earlier")
                assert later is None or (earlier is not None and earlier[1] >= later[1])
                count += 1
            return count

        reading = asyncio.create_task(read())
        for version in range(1, 100):
            await feed.put(Entry("earlier", b"", version), Entry("later", b"", version))
        done = True
        assert await reading > 1

    run(opened, test)


# --- laws

_KEY = st.sampled_from(["k/a", "k/b/c", "k/b.c", "k/b c"])
_PUTS = st.lists(st.tuples(_KEY, st.integers(0, 5)), min_size=1, max_size=4)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(steps=st.lists(_PUTS | st.lists(_KEY, min_size=1, max_size=2) | st.none(), max_size=12))
def test_a_feed_is_a_table_of_last_values(
    kind: str, nats: NatsServer, steps: list[list[tuple[str, int]] | list[str] | None]
) -> None:
    """
    A key has the first value of its highest version since it was deleted, whatever else happens.

    Steps are puts of keys and versions, deletions of keys, and None: the feed is closed and opened.
    """

    async def test(folder: Path) -> None:
        opened = opening(kind, nats, folder)
        model: dict[str, tuple[bytes, int]] = {}
        async with AsyncExitStack() as stack:
            feed = await stack.enter_async_context(opened())
            for number, step in enumerate(steps):
                if step is None:
                    await stack.aclose()
                    feed = await stack.enter_async_context(opened())
                    continue
                puts = [Entry(item[0], b"%d" % number, item[1]) for item in step if isinstance(item, tuple)]
                gone = [item for item in step if isinstance(item, str)]
                await feed.put(*puts)
                await feed.delete(*gone)
                for entry in puts:
                    if entry.version > model.get(entry.key, (b"", -1))[1]:
                        model[entry.key] = (entry.value, entry.version)
                model = {key: value for key, value in model.items() if key not in gone}
                assert {key: await feed.get(key) for key in await feed.keys("k/")} == model

    with TemporaryDirectory() as folder:
        asyncio.run(test(Path(folder)))

"""From the feed to the board, and out with the flips."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from meridian.feed.feed import Entry
from meridian.feed.health import CHECKS, REPORTS, Block, Definition, Observation, checks_key, encode, report_key
from meridian.feed.local import LocalFeed
from meridian.health import memory
from meridian.health.board import Board, Flip, Remembered
from meridian.health.follow import Follower
from meridian.health.sweep import sweep
from tests.fakes.clock import FakeClock
from tests.health.checks import endpoint, report, sees, switch


class Watcher:
    """A follower with its board, and what it has told."""

    def __init__(self, folder: Path) -> None:
        self.feed = LocalFeed(folder / "feed.db")
        self.clock = FakeClock()
        self.board = Board(self.clock)
        self.told: list[tuple[int, bool]] = []
        self._some = asyncio.Event()
        self.follower = Follower(self.feed, self.board, self.clock, self._on_flips)
        self._version = 0

    async def define(self, block: int, *definitions: Definition) -> str:
        return await self.put(checks_key(block), encode(Block(definitions)))

    async def report(self, checker: str, *seen: Observation, at: float = 0.0) -> str:
        key, found = report(checker, *seen, at=at)
        return await self.put(key, encode(found))

    async def put(self, key: str, value: bytes) -> str:
        self._version += 1
        await self.feed.put(Entry(key, value, self._version))
        return key

    async def until_told(self, *flips: tuple[int, bool]) -> None:
        async with asyncio.timeout(30):
            while self.told != list(flips):
                self._some.clear()
                await self._some.wait()

    def _on_flips(self, flips: Sequence[Flip]) -> None:
        self.told += [(flip.slot, flip.healthy) for flip in flips]
        self._some.set()


def run(folder: Path, test: Callable[[Watcher], Awaitable[None]]) -> None:
    async def main() -> None:
        watcher = Watcher(folder)
        try:
            await test(watcher)
        finally:
            watcher.feed.close()

    asyncio.run(main())


def test_a_start_tells_every_check_that_is_not_healthy(tmp_path: Path) -> None:
    """With that and nothing else, one who takes all others for healthy knows the whole table."""

    async def test(watcher: Watcher) -> None:
        await watcher.define(0, endpoint(1), endpoint(2), switch(3, False))
        await watcher.report("ams1", sees(1, False), sees(2, True))
        await watcher.follower.load()
        assert sorted(watcher.told) == [(1, False), (3, False)]

    run(tmp_path, test)


def test_news_in_the_feed_flip_a_check(tmp_path: Path) -> None:
    """Running, it follows definitions and reports without being asked."""

    async def test(watcher: Watcher) -> None:
        running = asyncio.create_task(watcher.follower.run())
        await watcher.report("ams1", sees(1, False))
        await watcher.define(0, endpoint(1))
        await watcher.until_told((1, False))
        await watcher.report("ams1", sees(1, True))
        await watcher.until_told((1, False), (1, True))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(tmp_path, test)


def test_time_alone_flips_a_check(tmp_path: Path) -> None:
    """A checker falls silent, and nothing comes through the feed that would say so (R-HCA-6)."""

    async def test(watcher: Watcher) -> None:
        await watcher.define(0, endpoint(1))
        await watcher.report("ams1", sees(1, False))
        await watcher.report("fra1", sees(1, True))
        await watcher.follower.load()
        running = asyncio.create_task(watcher.follower.run())
        watcher.clock.forward(25)
        await watcher.follower.follow(await watcher.report("ams1", sees(1, False)))
        watcher.clock.forward(6)
        await watcher.until_told((1, False))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(tmp_path, test)


def test_a_look_at_an_old_report_is_no_sign_of_life(tmp_path: Path) -> None:
    """Only a new version makes a report young again."""

    async def test(watcher: Watcher) -> None:
        await watcher.define(0, endpoint(1))
        key = await watcher.report("ams1", sees(1, True))
        await watcher.follower.load()
        watcher.clock.forward(31)
        await watcher.follower.follow(key)
        watcher.board.tick()
        state = watcher.board.state(1)
        assert state is not None
        assert not state.seen

    run(tmp_path, test)


def test_what_cannot_be_read_leaves_what_was(tmp_path: Path) -> None:
    """A damaged block or report is passed over, at a start and later; the next one that is whole is taken."""

    async def test(watcher: Watcher) -> None:
        await watcher.put(checks_key(1), b"\xc1")
        await watcher.put(report_key("fra1", 0), b"\xc1")
        await watcher.define(0, endpoint(1))
        await watcher.report("ams1", sees(1, False))
        await watcher.follower.load()
        for key in (checks_key(0), report_key("ams1", 0)):
            await watcher.follower.follow(await watcher.put(key, b"\xc1"))
        assert watcher.told == [(1, False)]
        await watcher.follower.follow(await watcher.report("ams1", sees(1, True)))
        assert watcher.told == [(1, False), (1, True)]

    run(tmp_path, test)


def test_a_feed_that_is_lost_flips_nothing(tmp_path: Path) -> None:
    """All keys gone, definitions and reports: what was known stays (R-HCD-5)."""

    async def test(watcher: Watcher) -> None:
        await watcher.define(0, endpoint(1), endpoint(2))
        await watcher.report("ams1", sees(1, False), sees(2, True))
        await watcher.follower.load()
        keys = [*await watcher.feed.keys(CHECKS), *await watcher.feed.keys(REPORTS)]
        await watcher.feed.delete(*keys)
        for key in keys:
            await watcher.follower.follow(key)
        watcher.clock.forward(3600)
        watcher.board.tick()
        states = {slot: watcher.board.state(slot) for slot in (1, 2)}
        assert {slot: (state.healthy, state.seen) for slot, state in states.items() if state} == {
            1: (False, False),
            2: (True, False),
        }
        assert watcher.told == [(1, False)]

    run(tmp_path, test)


def test_a_block_without_a_check_takes_it_away(tmp_path: Path) -> None:
    """So checks are deleted; also at the first value after the keys were lost."""

    async def test(watcher: Watcher) -> None:
        key = await watcher.define(0, switch(1, False), switch(2, False))
        await watcher.follower.load()
        await watcher.feed.delete(key)
        await watcher.follower.follow(key)
        await watcher.follower.follow(await watcher.define(0, switch(2, False)))
        assert watcher.told == [(1, False), (2, False), (1, True)]

    run(tmp_path, test)


def test_reports_of_checkers_that_are_gone_for_good_are_swept(tmp_path: Path) -> None:
    """After a day, where others go on reporting; the last word on a block is kept for as long as it is the last."""

    async def test(watcher: Watcher) -> None:
        await watcher.define(0, endpoint(1))
        gone, stays = await watcher.report("old", sees(1, True)), await watcher.report("new", sees(1, True))
        await watcher.follower.load()
        for passed, left in ((24 * 3600, [stays, gone]), (1, [stays])):
            watcher.clock.forward(passed)
            await watcher.follower.follow(await watcher.report("new", sees(1, True)))
            await sweep(watcher.feed, watcher.board)
            assert await watcher.feed.keys(REPORTS) == left
        watcher.clock.forward(48 * 3600)
        await sweep(watcher.feed, watcher.board)
        assert await watcher.feed.keys(REPORTS) == [stays]

    run(tmp_path, test)


def test_statuses_are_remembered_in_a_file(tmp_path: Path) -> None:
    """What is written comes back, and the last writing counts."""
    file = tmp_path / "health.json"
    for statuses in (
        [Remembered("a", False, True, 1.5)],
        [Remembered("a", True, True, 2.5), Remembered("b", None, True, 3.0)],
    ):
        memory.write(file, statuses)
        assert memory.read(file) == statuses
    assert [one.name for one in tmp_path.iterdir()] == ["health.json"]


@pytest.mark.parametrize("content", [None, b"", b"{", b'[{"id":"a"}]', b"\xff"])
def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path, content: bytes | None) -> None:
    """An edge starts without it, from the feed alone."""
    file = tmp_path / "health.json"
    if content is not None:
        file.write_bytes(content)

    assert memory.read(file) == []

"""
Checkers and edges that lose sight of each other, with real probes, engines and time.

All run in this process on one feed: so each can be stopped, cut off, or given a wrong clock. What they
do is what the program's roles do.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from meridian._engine import Engine
from meridian.clock import Clock, SystemClock
from meridian.compile.image import Arm, Group, Records
from meridian.edge.health import HealthAgent
from meridian.feed.feed import Entry, Feed
from meridian.feed.health import REPORTS, Block, Definition, checks_key, encode, report_source
from meridian.feed.local import LocalFeed
from meridian.health.board import Board
from meridian.health.checker import Checker
from meridian.health.follow import Follower
from meridian.health.probe import Outcome
from meridian.health.reporter import Identity
from meridian.health.state import State
from meridian.model.health import Options
from tests.engine.test_binding import answers, ask
from tests.engine.zone import address, head, shards
from tests.fakes.endpoint import Endpoint, Unused, reads, reply, sends
from tests.health.probing import check, prober

pytestmark = pytest.mark.journey

PATIENCE = 60.0  # seconds; silence takes fifteen of them
PRIMARY, SECONDARY = "192.0.2.1", "192.0.2.2"
UP, DOWN = 1, 2  # the slots of the two checks, and of the endpoints at the beginning
NAMES = {UP: "up.example.com.", DOWN: "down.example.com."}


class SetClock(SystemClock):
    """The machine's clock, with a wall clock that can be set wrong."""

    def __init__(self) -> None:
        self.off = timedelta()

    def now(self) -> datetime:
        return super().now() + self.off


class PartialFeed:
    """The feed as a place has it that the reports of some checkers do not reach: their last ones stay."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._got: dict[str, tuple[bytes, int] | None] = {}
        self.cut_off: set[str] = set()

    async def put(self, *entries: Entry) -> None:
        await self._feed.put(*entries)

    async def get(self, key: str) -> tuple[bytes, int] | None:
        if not self._is_cut_off(key):
            self._got[key] = await self._feed.get(key)
        return self._got.get(key)

    async def get_all(self, keys: Sequence[str]) -> list[tuple[bytes, int] | None]:
        return [await self.get(key) for key in keys]

    async def delete(self, *keys: str) -> None:
        await self._feed.delete(*keys)

    async def keys(self, prefix: str) -> list[str]:
        return await self._feed.keys(prefix)

    async def watch(self, prefix: str) -> AsyncGenerator[str, None]:
        async for key in self._feed.watch(prefix):
            if not self._is_cut_off(key):
                yield key

    def _is_cut_off(self, key: str) -> bool:
        return key.startswith(REPORTS) and report_source(key)[0] in self.cut_off


class Edge:
    """The parts of an edge that health needs, and all that its engine was told."""

    def __init__(self, feed: Feed, clock: Clock, folder: Path) -> None:
        self.told: list[tuple[int, bool]] = []
        self._engine = Engine()
        self._engine.publish(head(1, [1]), shards(1, 1, {name: _failover(slot) for slot, name in NAMES.items()}))
        self.agent = HealthAgent(feed, self, clock, 0.18, folder / "health.json")

    def set_health(self, pairs: Sequence[tuple[int, bool]]) -> None:
        self._engine.set_health(pairs)
        self.told += pairs

    def answers(self) -> dict[int, str]:
        """What each name is answered with, by the slot of its check."""
        return {slot: answers(ask(self._engine, name))[0] for slot, name in NAMES.items()}


class Lab:
    """Checkers, edges, and a board to look at, on one feed; two endpoints, of which one is down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.feed = LocalFeed(folder / "feed.db")
        self.clock = SetClock()
        self.seen = PartialFeed(self.feed)
        self.board = Board(self.clock)
        self.edges: dict[str, Edge] = {}
        self._open = ExitStack()
        self._endpoint = ExitStack()
        endpoint = self._endpoint.enter_context(Endpoint(reads, sends(reply())))
        self._ports = {UP: endpoint.port, DOWN: self._open.enter_context(Unused())}
        self._running: dict[str, asyncio.Task[None]] = {}

    async def begin(self, *checkers: str, lies: str = "") -> None:
        """Two edges, one of which sees what `seen` lets through; checkers, one of which may lie."""
        definitions = tuple(_definition(slot, port) for slot, port in self._ports.items())
        await self.feed.put(Entry(checks_key(0), encode(Block(definitions)), 1))
        follower = Follower(self.seen, self.board, self.clock, lambda flips: None)
        self._start("board", follower.run())
        for name, feed in (("all", self.feed), ("some", self.seen)):
            await self.start_edge(name, feed)
        for name in checkers:
            self.start_checker(name, lies=name == lies)
        await self.until(lambda: self.counted() == [len(checkers)] * 2)
        await self.until(lambda: all(edge.answers() == {UP: PRIMARY, DOWN: SECONDARY} for edge in self.edges.values()))

    def start_checker(self, name: str, *, lies: bool = False) -> None:
        look = prober(clock=self.clock).probe

        async def contrary(definition: Definition) -> Outcome:
            outcome = await look(definition)
            return msgspec.structs.replace(outcome, healthy=not outcome.healthy)

        looks = {"HTTP": contrary if lies else look}
        self._start(name, Checker(self.feed, self.clock, Identity(name, ("eu-west-1",)), looks, at_once=10).run())

    async def start_edge(self, name: str, feed: Feed) -> None:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        self.edges[name] = Edge(feed, self.clock, folder)
        await self.edges[name].agent.load()
        self._start(f"edge {name}", self.edges[name].agent.run())

    async def stop(self, *names: str) -> None:
        tasks = [self._running.pop(name) for name in names]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def kill_endpoint(self) -> None:
        self._endpoint.close()

    def told(self) -> list[tuple[int, bool]]:
        """What the engines were told since this was last asked."""
        found = [pair for edge in self.edges.values() for pair in edge.told]
        for edge in self.edges.values():
            edge.told = []
        return found

    def states(self) -> list[State]:
        return [state for slot in NAMES if (state := self.board.state(slot)) is not None]

    def counted(self) -> list[int]:
        return [state.counted for state in self.states()]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                for task in self._running.values():
                    assert not task.done(), task.exception()
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        await self.stop(*self._running)
        self._endpoint.close()
        self._open.close()
        self.feed.close()

    def _start(self, name: str, run: Coroutine[Any, Any, None]) -> None:
        self._running[name] = asyncio.create_task(run)


def _failover(slot: int) -> Group:
    return Group(
        "failover",
        [
            Arm(Records(60, [address(PRIMARY)]), id="one", health=slot),
            Arm(Records(60, [address(SECONDARY)]), id="two", secondary=True),
        ],
    )


def _definition(slot: int, port: int) -> Definition:
    made = check(port=port, failure_threshold=1, options=Options(interval=1.0))
    return msgspec.structs.replace(made, slot=slot, id=f"check-{slot}")


def run(folder: Path, test: Callable[[Lab], Awaitable[None]]) -> None:
    async def main() -> None:
        lab = Lab(folder)
        try:
            await test(lab)
        finally:
            await lab.close()

    asyncio.run(main())


def test_nobody_sees_anything_for_a_while(tmp_path: Path) -> None:
    """
    All checkers stop, clocks are set by an hour, an edge starts anew, all checkers start anew: nothing flips.

    Then an endpoint dies, and both edges move.
    """

    async def test(lab: Lab) -> None:
        await lab.begin("ams1", "fra1", "sin1")
        lab.told()
        await lab.stop("ams1", "fra1", "sin1")
        await lab.until(lambda: not any(state.seen for state in lab.states()))
        assert [state.reason for state in lab.states()] == [
            "No checker reports: stays healthy",
            "No checker reports: stays unhealthy",
        ]
        lab.clock.off = timedelta(hours=1)
        await lab.stop("edge all")
        await lab.start_edge("all", lab.feed)
        assert lab.told() == [(DOWN, False)]  # to an engine that knew nothing
        lab.clock.off = timedelta(hours=-1)
        for name in ("ams1", "fra1", "sin1"):
            lab.start_checker(name)
        await lab.until(lambda: lab.counted() == [3, 3])
        lab.clock.off = timedelta()
        assert lab.told() == []
        lab.kill_endpoint()
        await lab.until(lambda: all(edge.answers()[UP] == SECONDARY for edge in lab.edges.values()))
        assert lab.told() == [(UP, False)] * 2

    run(tmp_path, test)


def test_half_of_the_checkers_are_cut_off(tmp_path: Path) -> None:
    """An edge that reaches two of four goes by these (R-HCA-2): nothing flips, and what dies is still seen to die."""

    async def test(lab: Lab) -> None:
        await lab.begin("ams1", "fra1", "sin1", "syd1")
        lab.told()
        lab.seen.cut_off = {"ams1", "fra1"}
        await lab.until(lambda: lab.counted() == [2, 2])
        assert {vote.checker for vote in lab.states()[0].votes if vote.counted} == {"sin1", "syd1"}
        assert all(vote.age >= 15 for vote in lab.states()[0].votes if not vote.counted)
        assert lab.told() == []
        lab.kill_endpoint()
        await lab.until(lambda: all(edge.answers()[UP] == SECONDARY for edge in lab.edges.values()))
        lab.seen.cut_off = set()
        await lab.until(lambda: lab.counted() == [4, 4])
        assert lab.told() == [(UP, False)] * 2

    run(tmp_path, test)


def test_one_of_six_lies(tmp_path: Path) -> None:
    """It says the contrary of the others of both endpoints, and no answer goes by it (R-HCA-1)."""

    async def test(lab: Lab) -> None:
        await lab.begin("liar", *(f"c{number}" for number in range(5)), lies="liar")
        assert [state.reason for state in lab.states()] == [
            "5 of 6 checkers see it healthy",
            "1 of 6 checkers see it healthy; 2 needed",
        ]

    run(tmp_path, test)

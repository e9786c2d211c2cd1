"""From the feed to the engine's health table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import dns.message

from meridian._engine import Engine
from meridian.compile.image import Arm, Group, Records
from meridian.edge.health import HealthAgent
from meridian.feed.feed import Entry
from meridian.feed.health import Block, Definition, Observation, checks_key, encode
from meridian.feed.local import LocalFeed
from meridian.health import memory
from tests.engine.zone import address, head, shards
from tests.fakes.clock import FakeClock
from tests.health.checks import endpoint, metric, report, sees

WWW = "www.example.com."
FAILOVER = Group(
    "failover",
    [
        Arm(Records(60, [address("192.0.2.1")]), id="primary", health=1),
        Arm(Records(60, [address("192.0.2.2")]), id="secondary", health=2, secondary=True),
    ],
)


class Table:
    """The engine, and what it was told."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._engine.publish(head(1, [1]), shards(1, 1, {WWW: FAILOVER}))
        self.told: list[tuple[int, bool]] = []
        self._some = asyncio.Event()

    def set_health(self, pairs: Sequence[tuple[int, bool]]) -> None:
        self._engine.set_health(pairs)
        self.told += pairs
        self._some.set()

    def answer(self) -> str:
        reply = self._engine.respond(dns.message.make_query(WWW, "A").to_wire(), "192.0.2.53")
        assert reply is not None
        return str(dns.message.from_wire(reply).answer[0][0].to_text())

    async def until(self, answer: str) -> None:
        async with asyncio.timeout(30):
            while self.answer() != answer:
                self._some.clear()
                await self._some.wait()


class Edge:
    """The parts of an edge that health needs; started anew, with the same folder, by `Edge(folder)`."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.feed = LocalFeed(folder / "feed.db")
        self.table = Table()
        self.memory = folder / "health.json"
        self.agent = HealthAgent(self.feed, self.table, self.clock, 0.18, self.memory)

    async def define(self, version: int, *definitions: Definition) -> None:
        await self.feed.put(Entry(checks_key(0), encode(Block(definitions)), version))

    async def report(self, version: int, *seen: Observation) -> None:
        key, found = report("ams1", *seen)
        await self.feed.put(Entry(key, encode(found), version))


async def stop(edge: Edge, running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    edge.feed.close()


def test_a_report_moves_the_answer_and_moves_it_back(tmp_path: Path) -> None:
    """Only slots that changed are told to the engine, each once."""

    async def test() -> None:
        edge = Edge(tmp_path)
        await edge.define(1, endpoint(1), endpoint(2))
        await edge.agent.load()
        running = asyncio.create_task(edge.agent.run())
        assert edge.table.answer() == "192.0.2.1"
        await edge.report(1, sees(1, False), sees(2, True))
        await edge.table.until("192.0.2.2")
        await edge.report(2, sees(1, True), sees(2, True))
        await edge.table.until("192.0.2.1")
        assert edge.table.told == [(1, False), (1, True)]
        await stop(edge, running)

    asyncio.run(test())


def test_an_edge_starts_with_what_it_knew(tmp_path: Path) -> None:
    """Nobody else is there: its answers are those from before, also where the reports say nothing any more."""

    async def test() -> None:
        edge = Edge(tmp_path)
        await edge.define(1, metric(1), endpoint(2))
        await edge.agent.load()
        running = asyncio.create_task(edge.agent.run())
        await edge.report(1, sees(1, False), sees(2, True))
        await edge.table.until("192.0.2.2")
        async with asyncio.timeout(30):
            while [one.healthy for one in memory.read(edge.memory)] != [False, True]:
                await asyncio.sleep(0.01)
        await edge.report(2, sees(1, None), sees(2, True))
        await stop(edge, running)

        again = Edge(tmp_path)
        await again.agent.load()
        assert again.table.answer() == "192.0.2.2"
        again.feed.close()

    asyncio.run(test())

"""The connector between a real database, a real feed and a name server on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import dns.message
import pytest
from sqlalchemy import text

from meridian._engine import Engine
from meridian.changes.batch import Plan
from meridian.connect import subnets
from meridian.connect.answer import Answer, Near, decode
from meridian.connect.connector import Connector
from meridian.edge.agent import Agent
from meridian.edge.outside import OutsideAgent
from meridian.feed.keys import OUTSIDE, outside_key, outside_target
from meridian.model.name import parse
from meridian.model.record import AliasTarget, RecordSet
from meridian.resolve.resolver import Resolver, Server
from meridian.store import outbox, record
from meridian.store import zone as zones
from tests.fakes.name_server import NameServer
from tests.publish.conftest import world as world
from tests.publish.world import World

TARGET = "lb.fake.test."
KEY = outside_key(TARGET, "A")
ONE, TWO = bytes([203, 0, 113, 1]), bytes([203, 0, 113, 2])


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer() as running:
        yield running


def alias(world: World, zone_id: str, *put: str, delete: Sequence[str] = (), target: str = TARGET) -> None:
    """Put and delete A aliases of these names to an outside name."""

    def record_set(name: str) -> RecordSet:
        return RecordSet(parse(name), "A", alias=AliasTarget("Z0CDN", target, False))

    with world.database.write() as conn:
        zone = zones.get(conn, zone_id)
        assert zone is not None
        plan = Plan(delete=tuple(record_set(name).key for name in delete), put=tuple(map(record_set, put)))
        slots = record.apply(conn, zone, plan)
        outbox.add(conn, zone_id, zones.bump_version(conn, zone_id), slots)


@asynccontextmanager
async def connected(world: World, server: NameServer, *areas: str) -> AsyncIterator[None]:
    """A connector at work."""
    resolver = Resolver([Server(*server.address)], timeout=1.0)
    connector = Connector(world.database, world.feed, world.clock, resolver, subnets.read(areas))
    running = asyncio.create_task(connector.run())
    try:
        async with asyncio.timeout(30):
            yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(world: World, holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a condition holds, looking whenever the feed changes."""
    news = world.feed.watch(OUTSIDE)
    while not await holds():
        await anext(news)
    await news.aclose()


async def held(world: World, key: str = KEY) -> Answer | None:
    found = await world.feed.get(key)
    return None if found is None else decode(found[0])


def test_keys_name_targets() -> None:
    """The key of a target names it, whatever its name holds."""
    name = parse(r"a\057b.\052.fake.test").text
    assert outside_target(outside_key(name, "AAAA")) == (name, "AAAA")


def test_targets_come_and_go_with_record_sets(world: World, server: NameServer) -> None:
    """A target has a key while a record set leads to it, one for all zones and names that do, and a while longer."""
    server.set(TARGET, "A", "203.0.113.2", "203.0.113.1", ttl=17)

    async def test() -> None:
        one, two = world.create("one.example"), world.create("two.example")
        alias(world, one, "one.example", "www.one.example")
        alias(world, two, "two.example")
        async with connected(world, server):

            async def is_there() -> bool:
                return await world.feed.keys(OUTSIDE) == [KEY]

            await until(world, is_there)
            now = int(world.clock.now().timestamp())
            assert await held(world) == Answer(17, (ONE, TWO), True, now)
            assert server.asked == [(TARGET, "A", None)]
            alias(world, one, delete=["one.example", "www.one.example"])
            await asyncio.sleep(0.3)
            assert await is_there()
            alias(world, two, delete=["two.example"])
            for look in range(1, 4):  # of the connector, which each commit wakes
                world.clock.forward(19.9)
                world.create(f"wake-{look}.example")
                await asyncio.sleep(0.3)
                assert await is_there()
            while await is_there():
                world.clock.forward(20)
                world.create(f"wake-{world.clock.monotonic()}.example")
                await asyncio.sleep(0.02)
            assert await world.feed.keys(OUTSIDE) == []

    asyncio.run(test())


def test_subnets_are_asked_for_where_they_matter(world: World, server: NameServer) -> None:
    """All subnets are asked for if the answer for the first depends on it; the block is the answer's scope."""
    server.set(
        TARGET, "A", "203.0.113.1", ttl=17, near={"192.0.0.0/16": "203.0.113.2", "198.51.100.0/25": "203.0.113.2"}
    )

    async def test() -> None:
        alias(world, world.create(), "example.com")
        async with connected(world, server, "continent/EU=192.0.2.0/24", "198.51.100.0/24"):

            async def is_there() -> bool:
                return await held(world) is not None

            await until(world, is_there)
            answer = await held(world)
            assert answer is not None
            eu = Near(bytes([192, 0, 0, 0]), 16, 17, (TWO,), ("EU", "", ""))
            assert (answer.rdata, answer.near) == ((ONE,), (eu, Near(bytes([128, 0, 0, 0]), 1, 17, (ONE,))))

    asyncio.run(test())


def test_other_subnets_are_not_asked_for_in_vain(world: World, server: NameServer) -> None:
    """An operator who answers everyone alike is asked for one subnet, once an hour."""
    server.set(TARGET, "A", "203.0.113.1", ttl=17)

    async def test() -> None:
        alias(world, world.create(), "example.com")
        async with connected(world, server, "192.0.2.0/24", "198.51.100.0/24"):

            async def is_there() -> bool:
                return await held(world) is not None

            await until(world, is_there)
        assert [subnet for *_, subnet in server.asked] == [None, "192.0.2.0/24"]

    asyncio.run(test())


def test_what_the_feed_holds_outlives_silence(world: World, server: NameServer) -> None:
    """A connector that starts where nobody answers leaves the last answer, with its age, and it is still served."""
    server.set(TARGET, "A", "203.0.113.1", ttl=17)

    def served(engine: Engine) -> list[str]:
        reply = engine.respond(dns.message.make_query("example.com", "A").to_wire(), "192.0.2.53")
        assert reply is not None
        return [item.to_text() for rrset in dns.message.from_wire(reply).answer for item in rrset]

    async def test() -> None:
        alias(world, world.create(), "example.com")
        async with connected(world, server):

            async def is_there() -> bool:
                return await held(world) is not None

            await until(world, is_there)
        await world.publish()
        before = await held(world)
        server.silent = True
        asked = len(server.asked)
        world.clock.forward(86_400)
        async with connected(world, server):
            while len(server.asked) == asked:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.5)
        assert await held(world) == before
        engine = Engine()
        agent, outside = Agent(world.feed, engine, "edge-2", world.clock), OutsideAgent(world.feed, engine)
        await agent.load()
        assert served(engine) == []
        await outside.load()
        assert served(engine) == ["203.0.113.1"]
        await world.feed.delete(KEY)
        await outside.follow(KEY)
        assert served(engine) == []

    asyncio.run(test())


def test_targets_outlive_the_database(world: World, server: NameServer) -> None:
    """While the database cannot be read, known targets are kept fresh, and no answer is forgotten."""
    server.set(TARGET, "A", "203.0.113.1", ttl=1)

    async def test() -> None:
        alias(world, world.create(), "example.com")
        async with connected(world, server):

            async def is_there() -> bool:
                return await held(world) is not None

            async def is_new() -> bool:
                answer = await held(world)
                return answer is not None and answer.rdata == (TWO,)

            await until(world, is_there)
            with world.database.write() as conn:
                conn.execute(text("ALTER TABLE record_set RENAME TO away"))
            server.set(TARGET, "A", "203.0.113.2", ttl=1)
            await until(world, is_new)
        async with connected(world, server):
            await asyncio.sleep(0.3)
            assert await is_new()

    asyncio.run(test())

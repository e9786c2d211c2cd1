"""Outside targets on the way from the feed to the engine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rcode
import pytest

from meridian._engine import Engine
from meridian.clock import SystemClock
from meridian.compile import image
from meridian.connect import answer
from meridian.edge.agent import Agent
from meridian.edge.outside import OutsideAgent
from meridian.feed.feed import Entry
from meridian.feed.keys import Catalog, catalog_key, catalog_of, encode, head_key, outside_key, shard_key
from meridian.feed.local import LocalFeed
from meridian.model.name import parse
from tests.engine import zone

KEY = outside_key("lb.fake.test.", "A")


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[LocalFeed]:
    feed = LocalFeed(tmp_path / "feed.db")
    yield feed
    feed.close()


async def lead(feed: LocalFeed, version: int, *names: str) -> None:
    """Put a zone whose names lead to lb.fake.test."""
    group = image.Group("simple", [image.Arm(image.ToOutside(parse("lb.fake.test.").wire, 1))])
    (shard,) = zone.shards(version, 1, dict.fromkeys(names, group))
    await feed.put(
        Entry(shard_key(zone.ID, 1, 0), shard, version),
        Entry(head_key(zone.ID), zone.head(version, [version]), version),
        Entry(catalog_key(catalog_of(zone.ID)), encode(Catalog({zone.ID: version})), version),
    )


async def tell(feed: LocalFeed, version: int, last: int) -> None:
    """Put what lb.fake.test answers: 203.0.113.⟨last⟩."""
    octets = answer.encode(answer.Answer(60, (zone.address(f"203.0.113.{last}"),), True, 0))
    await feed.put(Entry(KEY, octets, version))


def answers(engine: Engine, name: str) -> tuple[str, list[str]]:
    reply = engine.respond(dns.message.make_query(name, "A").to_wire(), "192.0.2.53")
    assert reply is not None
    message = dns.message.from_wire(reply)
    return dns.rcode.to_text(message.rcode()), [item.to_text() for rrset in message.answer for item in rrset]


def test_a_zone_is_served_with_what_its_targets_answer(feed: LocalFeed) -> None:
    """The agent of zones sees to the targets of what it is about to serve; it need not be told of them before."""

    async def test() -> None:
        engine = Engine()
        outside = OutsideAgent(feed, engine)
        agent = Agent(feed, engine, "edge", SystemClock(), outside.hold)
        await tell(feed, 1, 1)
        await lead(feed, 1, "www.example.com.")
        await agent.follow(catalog_key(catalog_of(zone.ID)))
        assert answers(engine, "www.example.com.") == ("NOERROR", ["203.0.113.1"])

        # What is held is kept fresh by the agent of targets, and not read again for each change of a zone.
        await tell(feed, 2, 2)
        await lead(feed, 2, "www.example.com.", "other.example.com.")
        await agent.follow(catalog_key(catalog_of(zone.ID)))
        assert answers(engine, "other.example.com.") == ("NOERROR", ["203.0.113.1"])
        await outside.follow(KEY)
        assert answers(engine, "other.example.com.") == ("NOERROR", ["203.0.113.2"])

    asyncio.run(test())


def test_a_target_that_the_feed_does_not_know_holds_nothing_up(feed: LocalFeed) -> None:
    """The zone is served, and the alias is SERVFAIL until somebody answers."""

    async def test() -> None:
        engine = Engine()
        outside = OutsideAgent(feed, engine)
        agent = Agent(feed, engine, "edge", SystemClock(), outside.hold)
        await lead(feed, 1, "www.example.com.")
        await agent.follow(catalog_key(catalog_of(zone.ID)))
        assert answers(engine, "www.example.com.") == ("SERVFAIL", [])
        await tell(feed, 1, 1)
        await outside.follow(KEY)
        assert answers(engine, "www.example.com.") == ("NOERROR", ["203.0.113.1"])

    asyncio.run(test())


class Slow:
    """An engine that takes its time with the first value it is given."""

    def __init__(self) -> None:
        self.given: list[bytes] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def set_outside(self, name: bytes, qtype: int, data: bytes) -> None:
        """Keep what was given, the first value when it may."""
        if not self.begun.is_set():
            self.begun.set()
            assert self.go_on.wait(20)
        self.given.append(data)


def test_no_older_value_overtakes_a_newer_one(feed: LocalFeed) -> None:
    """Whoever follows a target waits for those who do already: the value given last is the last there is."""

    async def test() -> None:
        engine = Slow()
        outside = OutsideAgent(feed, engine)
        await tell(feed, 1, 1)
        first = asyncio.create_task(outside.follow(KEY))
        await asyncio.to_thread(engine.begun.wait, 20)
        await tell(feed, 2, 2)
        second = asyncio.create_task(outside.follow(KEY))
        await asyncio.wait([second], timeout=0.2)
        engine.go_on.set()
        await asyncio.gather(first, second)
        found = await feed.get(KEY)
        assert found is not None
        assert engine.given[-1] == found[0]

    asyncio.run(test())

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from typing import TypeVar

import dns.message
import msgspec
import pytest
from structlog.testing import capture_logs

from meridian._engine import Engine
from meridian.compile import image
from meridian.edge.agent import Agent
from meridian.feed.feed import Entry
from meridian.feed.keys import Ack, ack_key, decode_ack, encode, head_key, shard_key
from meridian.feed.local import LocalFeed
from tests.publish.conftest import world as world
from tests.publish.world import World

T = TypeVar("T")


async def ack_of(world: World, edge: str = "edge-1") -> tuple[dict[int, int], dict[str, str]]:
    found = await world.feed.get(ack_key(edge))
    assert found is not None
    ack = decode_ack(found[0])
    assert ack.edge == edge
    return ack.catalogs, ack.failed


async def ack_at(world: World) -> int:
    """The version of the edge's acknowledgement."""
    found = await world.feed.get(ack_key("edge-1"))
    return 0 if found is None else found[1]


class Forgetful(LocalFeed):
    """A feed over the values of another, as a copy that was wiped and is still behind."""

    async def get(self, key: str) -> tuple[bytes, int] | None:
        return None


def test_only_changed_shards_are_fetched(world: World) -> None:
    """An edge that serves a version fetches only the shards that the next one changed."""

    async def test() -> None:
        zone_id = world.create(shards=16)
        await world.publish()
        await world.serve()
        world.change(zone_id, "www.example.com")
        await world.publish()
        await world.serve()
        assert world.engine.published == [(zone_id, 1, 16), (zone_id, 2, 1)]
        assert world.served() == world.stored()

    asyncio.run(test())


def test_edge_without_control(world: World) -> None:
    """An edge that starts alone serves the last values, every zone of them."""

    async def test() -> None:
        for name in ("one.example", "two.example", "three.example"):
            world.create(name)
        await world.publish()
        world.start_edge()
        await world.agent.load()
        assert world.served() == world.stored()

    asyncio.run(test())


def test_shard_ahead_of_its_head(world: World) -> None:
    """A shard that is newer than the head says makes the edge keep what it serves, and load when the head follows."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        await world.serve()
        old_head = await world.feed.get(head_key(zone_id))
        world.change(zone_id, "www.example.com")
        await world.publish()
        new_head = await world.feed.get(head_key(zone_id))
        assert old_head is not None
        assert new_head is not None
        await world.feed.delete(head_key(zone_id))
        await world.feed.put(Entry(head_key(zone_id), old_head[0], 1))
        world.start_edge()
        await world.serve()
        _, failed = await ack_of(world)
        assert set(failed) == {zone_id}
        await world.feed.put(Entry(head_key(zone_id), new_head[0], 2))
        await world.serve()
        assert world.served() == world.stored()
        assert (await ack_of(world))[1] == {}

    asyncio.run(test())


def test_zone_that_fails(world: World) -> None:
    """A zone that cannot be loaded is named in the acknowledgement with its reason; all others are served."""

    async def test() -> None:
        bad, good = world.create("bad.example"), world.create("good.example")
        await world.publish()
        await world.feed.delete(shard_key(bad, 1, 0))
        await world.serve()
        assert world.engine.zones() == {good: 1}
        _, failed = await ack_of(world)
        assert failed == {bad: "shard 0 is not there at version 1"}

    asyncio.run(test())


def test_failed_zone_that_is_removed(world: World) -> None:
    """A failed zone that no longer exists is forgotten."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        world.engine.refuse.add(zone_id)
        await world.serve()
        world.delete(zone_id)
        await world.publish()
        await world.serve()
        assert (await ack_of(world))[1] == {}

    asyncio.run(test())


def test_a_large_zone_comes_in_parts(world: World) -> None:
    """A zone of 4,096 shards is loaded whole, though no more than 256 are fetched at once."""

    async def test() -> None:
        zone_id = world.create(shards=4096)
        world.change(zone_id, *(f"n{number}.deep.example.com" for number in range(300)))
        await world.publish()
        await world.serve()
        assert world.engine.published == [(zone_id, 2, 4096)]
        assert world.served() == world.stored()
        assert max(map(len, world.feed.asked)) == 256

    asyncio.run(test())


def test_many_zones(world: World) -> None:
    """Of many zones in one catalog those that can be served are, and each other is named."""

    async def test() -> None:
        zones = [world.create(f"zone-{number}.example", catalog=7) for number in range(300)]
        await world.publish()
        for bad in zones[::50]:
            await world.feed.delete(head_key(bad))
        for bad in zones[10::50]:
            await world.feed.delete(shard_key(bad, 1, 0))
        await world.serve()
        bad_ones = {*zones[::50], *zones[10::50]}
        assert world.engine.zones().keys() == set(zones) - bad_ones
        assert (await ack_of(world))[1].keys() == bad_ones

    asyncio.run(test())


def test_building_gives_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What builds zones, and what frees them, runs at a lower priority than what answers."""
    seen: list[int] = []

    def look(*_: object) -> None:
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        for call in ("publish_all", "retire"):
            monkeypatch.setattr(world.engine, call, _after(look, getattr(world.engine, call)))
        await world.serve()
        world.delete(zone_id)
        await world.publish()
        await world.serve()
        assert world.served() == {}

    asyncio.run(test())
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert seen == [min(own + 10, 19), min(own + 10, 19)]


def _after(first: Callable[..., None], call: Callable[..., T]) -> Callable[..., T]:
    def both(*arguments: object) -> T:
        first()
        return call(*arguments)

    return both


def test_a_head_that_comes_late(world: World) -> None:
    """A head that comes after the catalog that lists it is found by looking again, though the catalog stays."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        world.change(zone_id, "www.example.com")
        await world.publish()
        new = await world.feed.get(head_key(zone_id))
        assert new is not None
        early = image.encode(msgspec.structs.replace(image.decode_head(new[0]), version=1))
        await world.feed.delete(head_key(zone_id))
        await world.feed.put(Entry(head_key(zone_id), early, 1))
        await world.serve()
        assert world.engine.zones() == {zone_id: 1}
        await world.feed.put(Entry(head_key(zone_id), *new))
        await world.serve()
        assert world.engine.zones() == {zone_id: 2}

    asyncio.run(test())


def test_agent_runs(world: World) -> None:
    """Running, an agent serves what is put without being asked, and each acknowledgement is newer than the last."""

    async def test() -> None:
        acks = world.feed.watch("acks/")
        running = asyncio.create_task(world.agent.run())
        async with asyncio.timeout(30):
            for number in range(3):
                world.create(f"zone-{number}.example")
                await world.publish()
                while len(world.engine.zones()) <= number:
                    await anext(acks)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert world.served() == world.stored()
        await acks.aclose()

    asyncio.run(test())


def test_acknowledgements_of_an_edge_that_forgot_everything(world: World) -> None:
    """An edge whose disk was wiped is heard at once, though it said much under this name before."""

    async def test() -> None:
        await world.feed.put(Entry(ack_key("edge-1"), encode(Ack("edge-1", 0.0, {}, {})), 100_000))
        forgetful = Forgetful(world.folder / "feed.db")
        agent = Agent(forgetful, world.engine, "edge-1", world.clock)
        world.clock.forward(1)
        running = asyncio.create_task(agent.run())
        async with asyncio.timeout(30):
            while (await ack_at(world)) <= 100_000:
                await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        forgetful.close()

    asyncio.run(test())


def test_two_edges_of_one_name(world: World) -> None:
    """Of two edges that acknowledge under one name, each tells the operator."""

    async def test() -> None:
        with capture_logs() as logs:
            await world.agent.acknowledge(1)
            await world.agent.acknowledge(2)
            assert logs == []
            world.clock.forward(1)
            other = Agent(world.feed, world.engine, "edge-1", world.clock)
            await other.acknowledge(3)
            await world.agent.acknowledge(4)
        assert [(log["event"], log["edge"]) for log in logs] == [("edge.name_taken", "edge-1")]
        assert "edge_name" in logs[0]["remedy"]

    asyncio.run(test())


@pytest.mark.parametrize("shards", [1, 16, 256])
def test_real_engine(world: World, shards: int) -> None:
    """From a commit to the octets of a reply: the compiled engine answers with what is stored, and then no longer."""

    def answer(name: str) -> str:
        reply = engine.respond(dns.message.make_query(name, "A").to_wire(), "192.0.2.53")
        assert reply is not None
        message = dns.message.from_wire(reply)
        return message.answer[0][0].to_text() if message.answer else message.rcode().name

    engine = Engine()

    async def test() -> None:
        agent = Agent(world.feed, engine, "edge-1", world.clock)
        zone_id = world.create(shards=shards)
        names = [f"n{number}.deep.example.com" for number in range(50)]
        world.change(zone_id, *names)
        await world.publish()
        await agent.load()
        assert {answer(name) for name in names} == {"192.0.2.1"}
        assert answer("deep.example.com") == "NOERROR"
        assert answer("nothing.example.com") == "NXDOMAIN"
        world.change(zone_id, delete=names[:1])
        await world.publish()
        await agent.load()
        assert (answer(names[0]), answer(names[1])) == ("NXDOMAIN", "192.0.2.1")
        assert engine.zones() == {zone_id: 3}
        world.delete(zone_id)
        await world.publish()
        await agent.load()
        assert answer(names[1]) == "REFUSED"

    asyncio.run(test())

"""Places on their way from the database to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from meridian.changes.cidr import BlockPlan
from meridian.feed.keys import PLACES, catalog_key, decode_catalog, place_key
from meridian.model.cidr import CidrCollection, parse
from meridian.publish.place import LATENCY, PlacePublisher
from meridian.store import change, cidr, place
from tests.publish.test_two_controls import SlowFeed
from tests.publish.world import World

ID = "c8c02a84-aaaa-bbbb-cccc-e0d26f4c1a5e"


class Places(World):
    """A world with CIDR collections and a latency table."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.latency = b"one"
        self.places = self.fresh()
        with self.database.write() as conn:
            cidr.insert(conn, CidrCollection(ID, self.account_id, "offices", "r", 1))

    def fresh(self) -> PlacePublisher:
        """A publisher that remembers nothing."""
        return PlacePublisher(self.database, self.feed, lambda: self.latency, self.sync.wake)

    def put(self, block: str, location: str) -> str:
        """Put a block into the collection, as the API would; give the change's id."""
        with self.database.write() as conn:
            version = cidr.apply(conn, ID, BlockPlan(delete=(), put=((parse(block), location),)))
            made = change.new(self.clock.now())
            change.insert(conn, made, self.account_id, ID, version)
            place.add(conn, cidr.outbox_key(ID), version)
        return made.id

    def status(self, change_id: str) -> str:
        with self.database.read() as conn:
            return change.get(conn, self.account_id, change_id).status

    async def step(self) -> None:
        """Let the edge see the catalog of places, say so, and let that be heard."""
        await self.agent.follow(catalog_key(PLACES))
        self.acks += 1
        await self.agent.acknowledge(self.acks)
        await self.sync.hear("acks/edge-1")
        await self.sync.acknowledge()

    acks = 0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Places]:
    made = Places(tmp_path)
    yield made
    made.close()


def test_a_change_of_a_collection_reaches_the_engine_and_becomes_insync(world: Places) -> None:
    """The blocks stand in the engine before the change is INSYNC, and not before an edge says so (R-CHG-16)."""

    async def test() -> None:
        made = world.put("192.0.2.0/24", "oslo")
        await world.places.publish()
        assert world.status(made) == "PENDING"
        await world.step()
        assert world.status(made) == "INSYNC"
        collection = msgspec.msgpack.decode(world.engine.places[f"cidr/{ID}"])
        assert (collection["locations"], collection["blocks"]) == (["oslo"], [[b"\xc0\0\2\0", 24, 0]])

    asyncio.run(test())


def test_a_publisher_that_starts_anew_makes_good_what_is_missing(world: Places) -> None:
    """A lost feed is filled again, beyond the positions that pending changes wait at."""

    async def test() -> None:
        made = world.put("192.0.2.0/24", "oslo")
        for _ in range(3):
            world.put("198.51.100.0/24", "rome")
            await world.places.publish()
        world.lose_feed()
        world.start_publisher()
        world.start_edge()
        await world.fresh().reconcile()
        await world.step()
        assert world.status(made) == "INSYNC"
        assert len(msgspec.msgpack.decode(world.engine.places[f"cidr/{ID}"])["blocks"]) == 2

    asyncio.run(test())


def test_a_deleted_collection_goes(world: Places) -> None:
    """What the database has no more, neither the feed nor the engine keeps."""

    async def test() -> None:
        world.put("192.0.2.0/24", "oslo")
        await world.places.publish()
        await world.step()
        with world.database.write() as conn:
            cidr.apply(conn, ID, BlockPlan(delete=(parse("192.0.2.0/24"),), put=()))
            cidr.delete(conn, ID)
            place.add(conn, cidr.outbox_key(ID), 9)
        await world.places.publish()
        await world.step()
        assert world.engine.places[f"cidr/{ID}"] == b""
        assert await world.feed.get(place_key(f"cidr/{ID}")) is None

    asyncio.run(test())


def test_the_latency_table_is_put_when_it_changes(world: Places) -> None:
    """An equal table is not published again; another is, beside the collections."""

    async def test() -> None:
        world.put("192.0.2.0/24", "oslo")
        await world.places.publish()
        for latency in (b"one", b"one", b"two"):
            world.latency = latency
            await world.places.publish_latency()
        found = await world.feed.get(catalog_key(PLACES))
        assert found is not None
        assert decode_catalog(found[0]).places[LATENCY] == 2
        await world.step()
        assert world.engine.places[LATENCY] == b"two"
        assert f"cidr/{ID}" in world.engine.places

    asyncio.run(test())


def test_a_table_that_cannot_be_used_keeps_its_change_pending(world: Places) -> None:
    """An edge that could not load a collection says so, and its change is not INSYNC."""

    async def test() -> None:
        world.engine.refuse.add(f"cidr/{ID}")
        made = world.put("192.0.2.0/24", "oslo")
        await world.places.publish()
        await world.step()
        assert world.status(made) == "PENDING"
        world.engine.refuse.clear()
        await world.step()
        assert world.status(made) == "INSYNC"

    asyncio.run(test())


def test_the_publisher_of_zones_leaves_the_places_alone(world: Places) -> None:
    """The catalog of places outlives a reconciliation of the zones."""

    async def test() -> None:
        world.put("192.0.2.0/24", "oslo")
        await world.places.publish()
        await world.publisher.reconcile()
        found = await world.feed.get(catalog_key(PLACES))
        assert found is not None
        assert decode_catalog(found[0]).places.keys() == {f"cidr/{ID}"}

    asyncio.run(test())


@pytest.mark.parametrize("work", ["publish", "reconcile", "publish_latency"])
def test_a_control_plane_that_is_overtaken_takes_nothing_back(world: Places, work: str) -> None:
    """What another lists while one stands still before the catalog stays listed, and every change becomes INSYNC."""

    async def test() -> None:
        first = world.put("192.0.2.0/24", "oslo")
        if work != "publish":
            await world.places.publish()
        if work == "reconcile":
            for _ in range(3):
                first = world.put("192.0.2.0/24", "oslo")
                await world.places.publish()
            world.lose_feed()  # so that the catalog is to be far beyond what it was
            world.start_publisher()
            world.start_edge()
            world.places = world.fresh()
        held: Any = SlowFeed(world.feed, "catalog/")
        late = PlacePublisher(world.database, held, lambda: b"late", world.sync.wake)
        task = asyncio.create_task(getattr(late, work)())
        await held.reached.wait()
        await world.places.publish_latency()
        second = world.put("198.51.100.0/24", "rome")
        await world.places.publish()
        held.let_go.set()
        await task
        found = await world.feed.get(catalog_key(PLACES))
        assert found is not None
        with world.database.read() as conn:
            assert decode_catalog(found[0]).places[f"cidr/{ID}"] == dict(cidr.versions(conn))[ID]
        assert LATENCY in decode_catalog(found[0]).places
        await world.places.publish()
        await world.step()
        assert (world.status(first), world.status(second)) == ("INSYNC", "INSYNC")
        assert len(msgspec.msgpack.decode(world.engine.places[f"cidr/{ID}"])["blocks"]) == 2

    asyncio.run(test())

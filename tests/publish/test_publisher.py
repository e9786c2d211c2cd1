from __future__ import annotations

import asyncio

import msgspec
import pytest
import sqlalchemy as sa

from meridian.compile import image
from meridian.feed.feed import Entry
from meridian.feed.keys import FILLED, Catalog, ack_key, catalog_key, catalog_of, encode, head_key, shard_key
from meridian.model.name import parse
from meridian.publish.publisher import changed_shards
from meridian.store import change
from meridian.store import zone as zones
from meridian.store.outbox import Row
from meridian.store.tables import record_set
from tests.publish.world import Broken, World


def test_new_zone(world: World) -> None:
    """A new zone stands in the feed with shard, head and catalog, and its outbox row is settled."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        head = await world.head(zone_id)
        assert head is not None
        assert (head.version, head.shard_versions, head.apex) == (1, [1], parse("example.com").wire)
        assert await world.listed(zone_id) == 1
        assert await world.zone_keys(zone_id) == [head_key(zone_id), shard_key(zone_id, 1, 0)]
        assert world.rows() == 0
        with world.database.read() as conn:
            assert change.pending_positions(conn) == [(catalog_of(zone_id), 1)]

    asyncio.run(test())


def test_change_touches_its_shards_only(world: World) -> None:
    """A change recompiles the shards of its names; the head names the others at the version they have."""

    async def test() -> None:
        zone_id = world.create(shards=16)
        await world.publish()
        world.change(zone_id, "www.example.com")
        await world.publish()
        touched = parse("www.example.com").slot >> 8
        head = await world.head(zone_id)
        assert head is not None
        assert head.shard_versions == [2 if index == touched else 1 for index in range(16)]
        for index in range(16):
            found = await world.feed.get(shard_key(zone_id, 16, index))
            assert found is not None
            assert image.decode_shard(found[0]).version == head.shard_versions[index]

    asyncio.run(test())


def test_batches_are_published_together(world: World) -> None:
    """Many waiting changes of a zone become one version, with all of their shards."""

    async def test() -> None:
        zone_id = world.create(shards=16)
        await world.publish()
        for number in range(30):
            world.change(zone_id, f"n{number}.example.com")
        await world.publish()
        await world.serve()
        assert world.engine.published == [(zone_id, 31, 16)]
        assert world.served() == world.stored()
        assert world.rows() == 0

    asyncio.run(test())


def test_growing_zone(world: World) -> None:
    """A zone that gets more shards is recompiled whole, and the keys of the former shards go."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        world.change(zone_id, "www.example.com", shards=16)
        await world.publish()
        expected = sorted([head_key(zone_id), *(shard_key(zone_id, 16, index) for index in range(16))])
        assert await world.zone_keys(zone_id) == expected
        await world.serve()
        assert world.served() == world.stored()

    asyncio.run(test())


def test_deleted_zone(world: World) -> None:
    """A deleted zone leaves its catalog and then the feed; its change is in sync when edges have retired it."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        await world.serve()
        change_id = world.delete(zone_id)
        await world.publish()
        assert await world.listed(zone_id) is None
        assert await world.zone_keys(zone_id) == []
        await world.acknowledge()
        assert world.status(change_id) == "PENDING"
        await world.serve()
        await world.acknowledge()
        assert world.status(change_id) == "INSYNC"
        assert world.engine.zones() == {}

    asyncio.run(test())


def test_zone_that_cannot_be_compiled(world: World) -> None:
    """A zone with rows that have no image holds up no other; it is tried again later, and keeps its row until then."""

    async def test() -> None:
        bad, good = world.create("bad.example"), world.create("good.example")
        await world.publish()
        with world.database.write() as conn:
            rdata = conn.execute(sa.select(record_set.c.rdata).where(record_set.c.type == "SOA").limit(1)).scalar_one()
            conn.execute(sa.update(record_set).where(record_set.c.zone_id == bad).values(rdata=None))
        change_id = world.change(bad, "www.bad.example")
        world.change(good, "www.good.example")
        await world.publish()
        assert (await world.listed(bad), await world.listed(good)) == (1, 2)
        assert world.rows() == 1
        await world.serve()
        await world.acknowledge()
        assert world.status(change_id) == "PENDING"
        with world.database.write() as conn:
            conn.execute(sa.update(record_set).where(record_set.c.zone_id == bad).values(rdata=rdata))
        await world.publish()
        await world.serve()
        await world.acknowledge()
        assert await world.listed(bad) == 2
        assert world.status(change_id) == "INSYNC"

    asyncio.run(test())


def test_lost_feed(world: World) -> None:
    """A feed that lost all values is filled again, beyond every position that a pending change waits at."""

    async def test() -> None:
        zone_id, other = world.create("one.example"), world.create("two.example", shards=16)
        await world.publish()
        for number in range(5):
            pending = world.change(zone_id, f"n{number}.one.example")
            await world.publish()
        world.lose_feed()
        await world.publisher.reconcile()
        assert (await world.listed(zone_id), await world.listed(other)) == (6, 1)
        found = await world.feed.get(catalog_key(catalog_of(zone_id)))
        assert found is not None
        assert found[1] > 6
        await world.serve()
        await world.acknowledge()
        assert world.status(pending) == "INSYNC"
        assert world.served() == world.stored()

    asyncio.run(test())


def test_lost_feed_under_a_living_edge(world: World) -> None:
    """What an edge acknowledged of a feed that is lost stands for nothing in the one that control fills after it."""

    async def test() -> None:
        zone_id = world.create()
        for number in range(5):
            world.change(zone_id, f"n{number}.example.com")
            await world.publish()
        await world.serve()
        await world.acknowledge()
        said = await world.feed.get(ack_key("edge-1"))
        assert said is not None
        await world.feed.delete(*await world.feed.keys(""))
        world.start_publisher()
        await world.publisher.reconcile()
        change_id = world.change(zone_id, "late.example.com")
        await world.publish()
        await world.feed.put(Entry(ack_key("edge-1"), said[0], said[1] + 1))
        await world.acknowledge()
        assert world.status(change_id) == "PENDING"
        await world.serve()
        await world.acknowledge()
        assert world.status(change_id) == "INSYNC"

    asyncio.run(test())


def test_filled_feed(world: World) -> None:
    """Once all is in the feed, it says so, at each start anew; and not before."""

    async def test() -> None:
        world.create()
        world.feed.refused = "catalog/"
        with pytest.raises(Broken):
            await world.publisher.reconcile()
        assert await world.feed.get(FILLED) is None
        world.feed.refused = None
        await world.publisher.reconcile()
        first = await world.feed.get(FILLED)
        await world.publisher.reconcile()
        second = await world.feed.get(FILLED)
        assert first is not None
        assert second is not None
        assert second[1] > first[1]

    asyncio.run(test())


def test_zone_that_no_longer_exists(world: World) -> None:
    """A start removes what the feed has and the database has not."""

    async def test() -> None:
        stale = "Z0STALE0000000"
        await world.feed.put(
            Entry(head_key(stale), b"", 1),
            Entry(catalog_key(catalog_of(stale)), encode(Catalog({stale: 1})), 1),
        )
        await world.publisher.reconcile()
        assert await world.listed(stale) is None
        assert await world.zone_keys(stale) == []

    asyncio.run(test())


def test_database_from_a_backup(world: World) -> None:
    """A database that went back in time wins: feed and edge follow it to the lower version."""

    async def test() -> None:
        zone_id = world.create()
        await world.publish()
        for number in range(3):
            world.change(zone_id, f"n{number}.example.com")
        await world.publish()
        await world.serve()
        with world.database.write() as conn:
            conn.execute(sa.text("UPDATE hosted_zone SET version = 2"))
            conn.execute(sa.delete(record_set).where(record_set.c.type == "A"))
        world.start_publisher()
        await world.publisher.reconcile()
        await world.serve()
        assert world.engine.zones() == {zone_id: 2}
        assert world.served() == world.stored()

    asyncio.run(test())


ROWS = [Row(1, "Z", 4, (0,)), Row(2, "Z", 5, (255, 4095))]
WHOLE = list(range(16))


@pytest.mark.parametrize(
    ("fact", "last", "version", "rows", "expected"),
    [
        ("the feed has nothing", None, 5, ROWS, WHOLE),
        ("rows tell of every version", (3, 16), 5, ROWS, [0, 15]),
        ("rows of versions that are published do not count", (4, 16), 5, ROWS, [0, 15]),
        ("a version without row", (2, 16), 5, ROWS, WHOLE),
        ("a row that asks for the whole zone", (4, 16), 5, [Row(1, "Z", 5, None)], WHOLE),
        ("another shard count", (4, 1), 5, ROWS, WHOLE),
        ("nothing new", (5, 16), 5, ROWS, []),
        ("the database went back", (6, 16), 5, ROWS, WHOLE),
        ("a change that touched no name", (4, 16), 5, [Row(1, "Z", 5, ())], []),
    ],
)
def test_changed_shards(
    world: World, fact: str, last: tuple[int, int] | None, version: int, rows: list[Row], expected: list[int]
) -> None:
    """Only the shards that the rows name, if the rows tell of every version since the last head."""
    zone_id = world.create(shards=16)
    with world.database.read() as conn:
        stored = zones.get(conn, zone_id)
    assert stored is not None
    zone = msgspec.structs.replace(stored, version=version)
    records = image.Records(1, [])
    head = None if last is None else image.Head(1, zone_id, last[0], b"", 1, records, records, [1] * last[1])
    assert list(changed_shards(zone, head, rows)) == expected, fact

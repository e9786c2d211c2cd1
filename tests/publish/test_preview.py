from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meridian.changes.batch import Plan
from meridian.compile.image import Head, Shard, decode_head, decode_shard
from meridian.feed.keys import shard_key
from meridian.publish.preview import preview
from meridian.store import outbox, record
from meridian.store import zone as zones
from tests.publish.world import World, a

NAMES = ["a", "b", "x.a", "y.a", "z.y.a", "q.r.s", "t.s", "*.w"]
FULL = [f"{name}.example.com" for name in NAMES]


def foresee(world: World, zone_id: str, put: list[str], delete: list[str], last: Head | None) -> dict[int, Shard]:
    """The shards of a preview, by number; nothing is written by making it."""
    plan = Plan(delete=tuple(a(name).key for name in delete), put=tuple(map(a, put)))
    with world.database.read() as conn:
        zone = zones.get(conn, zone_id)
        assert zone is not None
        before = world.stored(), len(outbox.of_zone(conn, zone_id))
        made = preview(conn, zone, record.foresee(conn, zone, plan), last)
        assert (world.stored(), len(outbox.of_zone(conn, zone_id))) == before
        assert decode_head(made.head).version == zone.version + 1
    shards = [decode_shard(octets) for octets in made.shards]
    assert {shard.version for shard in shards} <= {zone.version + 1}
    return {shard.index: shard for shard in shards}


async def published(world: World, zone_id: str) -> dict[int, Shard]:
    found = {}
    head = await world.head(zone_id)
    assert head is not None
    for index in range(len(head.shard_versions)):
        value = await world.feed.get(shard_key(zone_id, len(head.shard_versions), index))
        assert value is not None
        found[index] = decode_shard(value[0])
    return found


@settings(max_examples=40, deadline=None)
@given(stored=st.sets(st.sampled_from(FULL)), asked=st.sets(st.sampled_from(FULL)), publish=st.booleans())
def test_what_is_foreseen_is_what_is_published(stored: set[str], asked: set[str], publish: bool) -> None:
    """A preview's shards hold the names that publishing the same change would, empty non-terminals included."""
    delete, put = sorted(stored & asked), sorted(asked - stored)
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        zone_id = world.create(shards=16)
        asyncio.run(world.publish())
        world.change(zone_id, *stored)
        if publish:
            asyncio.run(world.publish())
        last = asyncio.run(world.head(zone_id))
        whole = foresee(world, zone_id, put, delete, None)
        partly = foresee(world, zone_id, put, delete, last)
        held = asyncio.run(published(world, zone_id))
        world.change(zone_id, *put, delete=delete)
        asyncio.run(world.publish())
        later = asyncio.run(published(world, zone_id))
        world.close()
    names = {index: shard.names for index, shard in later.items()}
    assert {index: shard.names for index, shard in whole.items()} == names
    assert {index: shard.names for index, shard in (held | partly).items()} == names


def test_only_what_changes_is_compiled(tmp_path: Path) -> None:
    """Where the rest of a zone is at hand, the preview of a small change holds the shards it touches alone."""
    world = World(tmp_path)
    zone_id = world.create(shards=16)
    world.change(zone_id, "www.example.com")
    asyncio.run(world.publish())
    last = asyncio.run(world.head(zone_id))
    slot = a("new.example.com").name.slot
    assert list(foresee(world, zone_id, ["new.example.com"], [], last)) == [slot * 16 // 4096]
    assert len(foresee(world, zone_id, ["new.example.com"], [], None)) == 16
    world.close()


def test_the_apex_is_foreseen(tmp_path: Path) -> None:
    """The head carries the SOA and name servers that the change would leave."""
    world = World(tmp_path)
    zone_id = world.create()
    with world.database.read() as conn:
        zone = zones.get(conn, zone_id)
        assert zone is not None
        (soa,) = [found for found in record.at_name(conn, zone_id, zone.name) if found.type == "SOA"]
        plan = Plan(delete=(), put=(msgspec.structs.replace(soa, ttl=77),))
        assert decode_head(preview(conn, zone, record.foresee(conn, zone, plan), None).head).soa.ttl == 77
    world.close()


def test_what_has_no_form_is_refused(tmp_path: Path) -> None:
    """A record set without form in the image is refused, as it is when it is published."""
    world = World(tmp_path)
    zone_id = world.create()
    broken = msgspec.structs.replace(a("www.example.com"), rdata=())
    with world.database.read() as conn:
        zone = zones.get(conn, zone_id)
        assert zone is not None
        foreseen = record.foresee(conn, zone, Plan(delete=(), put=(broken,)))
        with pytest.raises(ValueError, match="neither records nor an alias"):
            preview(conn, zone, foreseen, None)
    world.close()

"""What a change costs follows the change, not the zone (architecture §3)."""

from __future__ import annotations

import asyncio

from meridian.compile.image import decode_shard
from meridian.compile.zone import shard_of
from meridian.feed.keys import head_key, shard_key
from meridian.model.name import parse
from meridian.store.zone import shards_for
from tests.publish.world import World, a

NAMES = 20_000


def test_one_record_of_many(world: World) -> None:
    """A change of one record in 20,000 puts the shard that its name is in, the head, the catalog, and nothing else."""

    async def test() -> None:
        count = shards_for(NAMES, 1)
        assert count == 256
        zone_id = world.create(shards=count)
        world.change(zone_id, *(f"n{number}.example.com" for number in range(NAMES)))
        await world.publish()
        await world.serve()
        before = await world.feed.versions()
        name = parse("n777.example.com")
        world.change(zone_id, a(name.text))
        await world.publish()
        await world.serve()
        after = await world.feed.versions()
        put = {key for key, version in after.items() if before.get(key) != version and not key.startswith("acks/")}
        index = shard_of(name.slot, count)
        assert {key for key in put if key.startswith("zone/")} == {head_key(zone_id), shard_key(zone_id, count, index)}
        assert len(put) == 3
        assert world.engine.published[-1] == (zone_id, 3, 1)
        found = await world.feed.get(shard_key(zone_id, count, index))
        assert found is not None
        assert len(decode_shard(found[0]).names) < 3 * NAMES / count

    asyncio.run(test())

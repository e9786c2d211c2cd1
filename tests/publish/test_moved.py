"""Regions and places that are elsewhere after a start than before it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from meridian.changes.batch import Plan
from meridian.changes.traffic import require
from meridian.compile import image
from meridian.errors import SettingsError
from meridian.feed.keys import shard_key
from meridian.model.name import parse
from meridian.model.place import Nameable
from meridian.model.record import Coordinates, GeoProximityLocation, RecordSet
from meridian.model.traffic import Instance, PolicyVersion
from meridian.place.coordinates import BUILT_IN, Places, places
from meridian.publish import moved
from meridian.publish.publisher import Publisher
from meridian.settings import Settings
from meridian.store import outbox, record, traffic
from meridian.store import zone as zones
from tests.publish.world import World

HOME, OFFICE = {"latitude": 52.52, "longitude": 13.4}, {"latitude": 59.91, "longitude": 10.75}
BERLIN, OSLO, BOARDMAN, DENVER = (5252, 1340), (5991, 1075), (4584, -11970), (3974, -10499)


def settings(regions: dict[str, Any] | None = None, places: dict[str, Any] | None = None) -> Settings:
    return Settings(regions=regions or {}, places=places or {})


def near(name: str, identifier: str, **place: Any) -> RecordSet:
    return RecordSet(
        parse(name), "A", identifier, 60, rdata=(b"\xc0\0\2\1",), geo_proximity_location=GeoProximityLocation(**place)
    )


def fast(name: str, region: str) -> RecordSet:
    return RecordSet(parse(name), "A", region, 60, rdata=(b"\xc0\0\2\1",), region=region)


def put(world: World, zone_id: str, *record_sets: RecordSet, gone: tuple[RecordSet, ...] = ()) -> None:
    """Store record sets, and ask for them to be published."""
    with world.database.write() as conn:
        zone = zones.get(conn, zone_id)
        assert zone is not None
        slots = record.apply(conn, zone, Plan(tuple(each.key for each in gone), record_sets))
        outbox.add(conn, zone_id, zones.bump_version(conn, zone_id), slots)


def published(world: World, zone_id: str, known: Places, shards: int = 1) -> dict[str, tuple[int, int]]:
    """Publish what is due, as a control plane that knows these places; give where each arm of the zone lies."""

    async def run() -> dict[str, tuple[int, int]]:
        world.publisher = Publisher(world.database, world.feed, world.clock, world.sync.wake, known)
        await world.publish()
        found: dict[str, tuple[int, int]] = {}
        for index in range(shards):
            held = await world.feed.get(shard_key(zone_id, shards, index))
            assert held is not None
            groups = [group for types in image.decode_shard(held[0]).names.values() for group in types.values()]
            found |= {arm.id: (arm.latitude, arm.longitude) for group in groups for arm in group.arms if arm.id}
        return found

    return asyncio.run(run())


def version(world: World, zone_id: str) -> int:
    with world.database.read() as conn:
        return dict(zones.versions(conn))[zone_id]


def test_what_has_moved_is_published_anew(world: World) -> None:
    """New coordinates reach the images of the zones that name the place, and no other zone (R-GPX-10)."""
    first = places(settings({"home-1": HOME}, {"office": OFFICE}))
    assert moved.follow(world.database, first) == 0
    one, other, latency = world.create("one.example"), world.create("two.example"), world.create("three.example")
    put(
        world, one,
        near("one.example", "home", aws_region="home-1"),
        near("one.example", "office", local_zone_group="office"),
        near("one.example", "exact", coordinates=Coordinates("1.5", "-2")),
    )  # fmt: skip
    put(world, other, near("two.example", "den", local_zone_group="us-west-2-den-1"))
    put(world, latency, fast("three.example", "home-1"))
    before = published(world, one, first)
    published(world, other, first)

    second = places(settings({"home-1": OFFICE}, {"office": HOME}))
    counted = moved.follow(world.database, second)
    versions = {zone_id: version(world, zone_id) for zone_id in (one, other, latency)}
    after = published(world, one, second)

    assert before == {"home": BERLIN, "office": OSLO, "exact": (150, -200)}
    assert after == {"home": OSLO, "office": BERLIN, "exact": (150, -200)}
    assert counted == 1
    assert versions == {one: 3, other: 2, latency: 2}
    assert moved.follow(world.database, second) == 0


def policy_record(world: World, zone_id: str, rule: dict[str, Any], known: Places) -> None:
    """Let a policy of one rule answer for www.example.com."""
    endpoints = {"e": {"Type": "value", "Value": "192.0.2.1"}}
    whole = {"AWSPolicyFormatVersion": "2023-05-09", "RecordType": "A", "StartRule": "r", "Endpoints": endpoints}
    text = json.dumps({**whole, "Rules": {"r": rule}})
    tree = require(text, Nameable(known.regions, known.local_zones))
    instance = Instance("i", world.account_id, zone_id, parse("www.example.com"), "A", 60, "p", 1)
    with world.database.write() as conn:
        traffic.insert_policy(conn, world.account_id, PolicyVersion("p", 1, "p", "A", text))
        traffic.insert_instance(conn, instance)
        traffic.set_built(conn, instance, tree, "C1")
    put(world, zone_id, RecordSet(instance.name, "A", ttl=60, traffic_policy_instance_id="i"))


def test_policy_records_move_too(world: World) -> None:
    """R-GPX-10, R-REG-1: what a tree names is published anew, and cannot go while a policy record answers by it."""
    first = places(settings({"home-1": HOME}))
    assert moved.follow(world.database, first) == 0
    zone_id = world.create()
    location = {"Type": "Region", "LocationName": "aws:route53:home-1"}
    near_home = {
        "RuleType": "geoproximity",
        "GeoproximityLocations": [{"EndpointReference": "e", "Location": location}],
    }
    policy_record(world, zone_id, near_home, first)
    before = published(world, zone_id, first)

    second = places(settings({"home-1": OFFICE}))
    assert moved.follow(world.database, second) == 1
    assert (before, published(world, zone_id, second)) == ({"0 e": BERLIN}, {"0 e": OSLO})
    with pytest.raises(SettingsError, match=r"regions\.home-1"):
        moved.follow(world.database, places(settings()))


def test_a_local_zone_lies_near_its_region_until_it_is_known(world: World) -> None:
    """A group that no table knows has the coordinates of its region, and moves with it."""
    zone_id = world.create()
    put(world, zone_id, near("example.com", "x", local_zone_group="us-west-2-xyz-1"))
    seen = [published(world, zone_id, BUILT_IN)["x"]]
    for now in (settings({"us-west-2": HOME}), settings({"us-west-2": HOME}, {"us-west-2-xyz-1": OFFICE}), settings()):
        assert moved.follow(world.database, places(now)) == 1
        seen.append(published(world, zone_id, places(now))["x"])

    assert seen == [BOARDMAN, BERLIN, OSLO, BOARDMAN]


@pytest.mark.parametrize(
    ("record_set", "key"),
    [
        (fast("example.com", "home-1"), r"regions\.home-1"),
        (near("example.com", "a", aws_region="home-1"), r"regions\.home-1"),
        (near("example.com", "a", local_zone_group="home-1-abc-1"), r"places\.home-1-abc-1"),
        (near("example.com", "a", local_zone_group="office"), r"places\.office"),
    ],
)
def test_what_is_named_cannot_go(world: World, record_set: RecordSet, key: str) -> None:
    """A place that a record set names is missed at the next start and at every other, until nobody names it."""
    with_both = places(settings({"home-1": HOME}, {"office": OFFICE}))
    moved.follow(world.database, with_both)
    zone_id = world.create()
    put(world, zone_id, record_set)
    for _ in range(2):
        with pytest.raises(
            SettingsError, match=rf"^{key}: it is not defined .* example\.com\. A in zone {zone_id} names it"
        ):
            moved.follow(world.database, BUILT_IN)
    assert moved.follow(world.database, with_both) == 0
    put(world, zone_id, gone=(record_set,))

    assert moved.follow(world.database, BUILT_IN) == 0
    assert version(world, zone_id) == 3

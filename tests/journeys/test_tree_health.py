"""
The seeds' tree in every state of health, on the wire of an edge (S-TFL-8, R-TREE-13, R-TV-34).

One country has its endpoint; everyone else goes by latency to the near region, and there to the first
of two load balancers. The edge is a real one – feed, agents, engine – in this process, so that the
state of each check can be set.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from ipaddress import ip_network

import dns.edns
import dns.message
import dns.query
import msgspec
import pytest

from meridian._engine import Engine
from meridian.clock import SystemClock
from meridian.compile import image
from meridian.compile.zone import head, shard
from meridian.connect import answer
from meridian.edge.agent import Agent
from meridian.edge.geodata import GeoFile
from meridian.edge.outside import OutsideAgent
from meridian.feed.feed import Entry
from meridian.feed.keys import (
    PLACES,
    Catalog,
    catalog_key,
    catalog_of,
    encode,
    head_key,
    outside_key,
    place_key,
    shard_key,
)
from meridian.feed.local import LocalFeed
from meridian.model.name import parse
from meridian.model.record import AliasTarget, GeoLocation, RecordSet
from meridian.model.zone import DelegationSet, HostedZone
from meridian.place import install, latency, prior
from meridian.place.coordinates import BUILT_IN
from tests.engine import wire, zone
from tests.journeys.test_policies import CLIENTS, ZONE, known_clients

pytestmark = pytest.mark.journey

ID = "Z0TREE"
ROOT = f"tree.{ZONE}"
# Each leaf's address; its check has the slot of its place in this list, from 1.
LEAVES = {
    "france": "192.0.2.99",
    "east": "192.0.2.11", "east-spare": "192.0.2.12",
    "west": "192.0.2.21", "west-spare": "192.0.2.22",
}  # fmt: skip
SLOTS = {leaf: slot for slot, leaf in enumerate(LEAVES, 1)}
# The regions from near to far, for each client.
NEAR_TO_FAR = {
    "paris": ("east", "west"),
    "london": ("east", "west"),
    "toronto": ("east", "west"),
    "singapore": ("west", "east"),
}
NOBODY = "192.88.99.0/24"  # nobody knows the place of these clients


def record_sets() -> list[RecordSet]:
    """The tree. In the east the leaves are addresses, in the west load balancers of somebody else."""

    def alias(name: str, target: str, zone_id: str = ID, *, healthy: bool = True, **policy: object) -> RecordSet:
        return RecordSet(parse(name), "A", alias=AliasTarget(zone_id, target, healthy), **policy)  # type: ignore[arg-type]

    def plain(name: str, leaf: str, **policy: object) -> RecordSet:
        return RecordSet(parse(name), "A", ttl=60, rdata=(zone.address(LEAVES[leaf]),), **policy)  # type: ignore[arg-type]

    rest, roles = f"rest.{ZONE}.", {"": "PRIMARY", "-spare": "SECONDARY"}
    return [
        plain(ROOT, "france", set_identifier="france", geo_location=GeoLocation(country_code="FR")),
        alias(ROOT, rest, set_identifier="rest", geo_location=GeoLocation(country_code="*")),
        alias(rest, f"east.{ZONE}.", set_identifier="e", region="us-east-1"),
        alias(rest, f"west.{ZONE}.", set_identifier="w", region="us-west-1"),
        *(plain(f"east.{ZONE}", f"east{which}", set_identifier=f"east{which}", failover=role)
          for which, role in roles.items()),
        *(alias(f"west.{ZONE}", f"west{which}.lb.test.", "Z0LB", healthy=False,
                set_identifier=f"west{which}", failover=role) for which, role in roles.items()),
    ]  # fmt: skip


def images() -> tuple[bytes, bytes]:
    """The zone as the publisher compiles it, each leaf with the slot of its check."""
    apex = parse(ZONE)
    soa = RecordSet(apex, "SOA", ttl=900, rdata=(zone.SOA.rdata[0],))
    ns = RecordSet(apex, "NS", ttl=900, rdata=(zone.NS.rdata[0],))
    hosted = HostedZone(ID, "1", apex, "r", 1, 1, 1, 9, DelegationSet(("ns.test",)))
    compiled = shard(ID, 0, 1, 1, [soa, ns, *record_sets()], [])
    names = {
        owner: {rtype: _checked(group) for rtype, group in types.items()} for owner, types in compiled.names.items()
    }
    return image.encode(head(hosted, soa, ns, [1])), image.encode(msgspec.structs.replace(compiled, names=names))


def _checked(group: image.Group) -> image.Group:
    arms = [msgspec.structs.replace(arm, health=SLOTS.get(arm.id, arm.health)) for arm in group.arms]
    return msgspec.structs.replace(group, arms=arms)


async def fill(feed: LocalFeed) -> None:
    """Put what a control plane would: the zone, the latency table, the answers of the load balancers, the catalogs."""
    compiled_head, compiled_shard = images()
    balancers = [
        Entry(outside_key(f"{leaf}.lb.test.", "A"), answer.encode(answer.Answer(60, (zone.address(at),), True, 0)), 1)
        for leaf, at in LEAVES.items()
        if leaf.startswith("west")
    ]
    await feed.put(
        *balancers,
        Entry(place_key("latency"), latency.encode(BUILT_IN.regions, prior.default()), 1),
        Entry(catalog_key(PLACES), encode(Catalog({}, {"latency": 1})), 1),
        Entry(shard_key(ID, 1, 0), compiled_shard, 1),
        Entry(head_key(ID), compiled_head, 1),
        Entry(catalog_key(catalog_of(ID)), encode(Catalog({ID: 1})), 1),
    )


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine of an edge that has loaded all that its feed and its folder hold."""
    folder = known_clients(tmp_path_factory.mktemp("tree") / "data")
    feed, engine = LocalFeed(folder / "feed.db"), Engine()

    async def load() -> None:
        await fill(feed)
        await Agent(feed, engine, "edge", SystemClock()).load()
        await OutsideAgent(feed, engine).load()

    asyncio.run(load())
    assert GeoFile(folder / "place" / install.FILE, engine).look()
    yield engine
    feed.close()


@pytest.fixture(scope="module")
def address(engine: Engine) -> Iterator[tuple[str, int]]:
    yield wire.listen(engine)
    engine.stop()


def ask(address: tuple[str, int], subnet: str) -> tuple[str, int]:
    """What a client of this subnet gets, and the scope."""
    network = ip_network(subnet)
    option = dns.edns.ECSOption(str(network.network_address), network.prefixlen)
    query = dns.message.make_query(ROOT, "A", use_edns=0, options=[option])
    reply = dns.query.udp(query, address[0], port=address[1], timeout=10)
    (told,) = [option for option in reply.options if isinstance(option, dns.edns.ECSOption)]
    ((found,),) = reply.answer
    return found.to_text(), told.scopelen


def due(regions: tuple[str, ...], country_has_endpoint: bool, healthy: frozenset[str]) -> str:
    """The leaf that the rules of failover, latency and geolocation lead to, in that order."""

    def of_pair(side: str) -> str:  # R-FAI-3
        return f"{side}-spare" if side not in healthy and f"{side}-spare" in healthy else side

    alive = [side for side in regions if {side, f"{side}-spare"} & healthy]  # R-TREE-2, R-TREE-3
    if country_has_endpoint and ("france" in healthy or not alive):  # R-GEO-7, R-GEO-8
        return "france"
    return of_pair((alive or regions)[0])  # R-LAT-3, R-TREE-6


def states() -> Iterator[tuple[frozenset[str], str | None]]:
    """All states of health, each one flip from the one before: the healthy leaves, and which one was flipped."""
    leaves, before = list(LEAVES), frozenset(LEAVES)
    yield before, None
    for number in range(1, 2 ** len(leaves)):
        flipped = leaves[(number & -number).bit_length() - 1]
        before = before ^ {flipped}
        yield before, flipped


def test_every_state_of_health_is_answered_by_the_rules(engine: Engine, address: tuple[str, int]) -> None:
    """Each of the 32 states, reached by one flip, is what the next query of each client is answered by."""
    seen = set()
    for healthy, flipped in states():
        if flipped is not None:
            engine.set_health([(SLOTS[flipped], flipped in healthy)])
        for client, regions in NEAR_TO_FAR.items():
            leaf = due(regions, client == "paris", healthy)
            assert ask(address, CLIENTS[client][0]) == (LEAVES[leaf], 24), (client, sorted(healthy))
        # From nowhere, both regions are as near: each is right (R-GPX-13).
        either = {LEAVES[due(order, False, healthy)] for order in (("east", "west"), ("west", "east"))}
        assert ask(address, NOBODY)[0] in either, sorted(healthy)
        seen.add(healthy)
    assert len(seen) == 2 ** len(LEAVES)
    engine.set_health([(slot, True) for slot in SLOTS.values()])


def test_a_client_subnet_of_dig_decides(engine: Engine, address: tuple[str, int]) -> None:
    """What dig asks for with +subnet is answered for that subnet, and the explanation shows the way."""
    told = subprocess.run(
        ["dig", f"@{address[0]}", "-p", str(address[1]), ROOT, "A", f"+subnet={CLIENTS['singapore'][0]}"],
        capture_output=True, text=True, check=True, timeout=30,
    ).stdout  # fmt: skip
    explained = json.loads(engine.explain(parse(ROOT).wire, 1, "127.0.0.1", 1, ("203.0.113.0", 26)))
    chosen = [arm["set_identifier"] for step in explained["steps"] for arm in step.get("arms", []) if arm["chosen"]]

    assert [f"{ROOT}.", "60", "IN", "A", LEAVES["west"]] in [line.split() for line in told.splitlines()]
    assert "CLIENT-SUBNET: 203.0.113.0/26/24" in told
    assert chosen == ["rest", "w", "west"]

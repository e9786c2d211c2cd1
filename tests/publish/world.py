"""A control plane and an edge in small: real database, real feed, an engine that only keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from meridian.changes.batch import Plan
from meridian.compile import image
from meridian.edge.agent import Agent
from meridian.feed.feed import Entry
from meridian.feed.keys import CATALOGS, catalog_key, catalog_of, decode_catalog, head_key, zone_prefix
from meridian.feed.local import LocalFeed
from meridian.model.name import parse
from meridian.model.record import RecordSet
from meridian.model.zone import DelegationSet, HostedZone
from meridian.publish.publisher import Publisher
from meridian.publish.sync import Sync
from meridian.store import account, change, outbox, record
from meridian.store import zone as zones
from meridian.store.ids import new_id
from tests import databases
from tests.fakes.engine import Engine

SERVERS = ("ns-1.a.test", "ns-1.b.test")


class TestClock:
    """A clock that a test moves."""

    __test__ = False

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Broken(Exception):
    """What a `BreakableFeed` raises."""


class BreakableFeed(LocalFeed):
    """
    A feed whose calls end in `Broken`.

    Attributes:
        calls_left: How many calls still work; None for all.
        refused: What keys begin with that cannot be put; None for no keys.
        asked: The keys of each call of `get_all`.
    """

    calls_left: int | None = None
    refused: str | None = None

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.asked: list[Sequence[str]] = []

    async def put(self, *entries: Entry) -> None:
        self._count()
        if self.refused is not None and any(entry.key.startswith(self.refused) for entry in entries):
            raise Broken
        await super().put(*entries)

    async def get(self, key: str) -> tuple[bytes, int] | None:
        self._count()
        return await super().get(key)

    async def get_all(self, keys: Sequence[str]) -> list[tuple[bytes, int] | None]:
        self._count()
        self.asked.append(keys)
        return await super().get_all(keys)

    async def delete(self, *keys: str) -> None:
        self._count()
        await super().delete(*keys)

    def _count(self) -> None:
        if self.calls_left is None:
            return
        if self.calls_left == 0:
            raise Broken
        self.calls_left -= 1


class World:
    """All parts, none of them running by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = TestClock()
        self.database = databases.open_in(folder)
        self.database.migrate()
        with self.database.write() as conn:
            self.account_id = account.create_account(conn)
        self.feed = BreakableFeed(folder / "feed.db")
        self.start_publisher()
        self.start_edge()

    def close(self) -> None:
        self.feed.close()
        self.database.close()

    def start_publisher(self) -> None:
        """A control plane that remembers nothing."""
        self.sync = Sync(self.database, self.feed, self.clock)
        self.publisher = Publisher(self.database, self.feed, self.clock, self.sync.wake)

    def start_edge(self) -> None:
        """An edge that serves nothing yet."""
        self.engine = Engine()
        self.agent = Agent(self.feed, self.engine, "edge-1", self.clock)

    def lose_feed(self) -> None:
        """The feed's file goes away between one run of the process and the next."""
        self.feed.close()
        for file in self.folder.glob("feed.db*"):
            file.unlink()
        self.feed = BreakableFeed(self.folder / "feed.db")
        self.start_publisher()
        self.start_edge()

    # What the API does.

    def create(self, name: str = "example.com", *, shards: int = 1, catalog: int | None = None) -> str:
        """Create a zone, listed in this catalog if one is given; give its id."""
        zone_id = new_id("Z")
        while catalog not in (None, catalog_of(zone_id)):
            zone_id = new_id("Z")
        with self.database.write() as conn:
            rank = zones.claim_reference(conn, self.account_id, zone_id, zone_id)
            zone = HostedZone(
                id=zone_id,
                account_id=self.account_id,
                name=parse(name),
                caller_reference=zone_id,
                rank=rank,
                version=1,
                shard_count=shards,
                record_set_count=0,
                delegation_set=DelegationSet(SERVERS),
            )
            zones.insert(conn, zone)
            apex = (
                RecordSet(zone.name, "NS", ttl=172800, rdata=(parse("ns-1.a.test").wire,)),
                RecordSet(zone.name, "SOA", ttl=900, rdata=(b"\0\0" + bytes(20),)),
            )
            record.apply(conn, zone, Plan(delete=(), put=apex))
            outbox.add(conn, zone_id, 1, None)
            self._change(conn, zone_id, 1)
        return zone_id

    def change(self, zone_id: str, *put: str | RecordSet, delete: Iterable[str] = (), shards: int | None = None) -> str:
        """Put and delete A record sets of these names in one batch; give the change's id."""
        with self.database.write() as conn:
            zone = zones.get(conn, zone_id)
            assert zone is not None
            wanted = tuple(a(each) if isinstance(each, str) else each for each in put)
            plan = Plan(delete=tuple(a(name).key for name in delete), put=wanted)
            slots = record.apply(conn, zone, plan)
            version = zones.bump_version(conn, zone_id)
            if shards is not None:
                zones.set_shard_count(conn, zone_id, shards)
            outbox.add(conn, zone_id, version, slots if shards is None else None)
            return self._change(conn, zone_id, version)

    def delete(self, zone_id: str) -> str:
        with self.database.write() as conn:
            version = zones.bump_version(conn, zone_id)
            zones.delete(conn, zone_id)
            outbox.add(conn, zone_id, version, None)
            return self._change(conn, zone_id, version)

    def _change(self, conn: Connection, zone_id: str, version: int) -> str:
        info = change.new(self.clock.now())
        change.insert(conn, info, self.account_id, zone_id, version)
        return info.id

    def status(self, change_id: str) -> str:
        with self.database.read() as conn:
            return change.get(conn, self.account_id, change_id).status

    # What the parts do when something wakes them.

    async def publish(self) -> None:
        """Publish all that the outbox names."""
        with self.database.read() as conn:
            waiting = outbox.zones(conn)
        for zone_id in waiting:
            await self.publisher.publish(zone_id)

    async def serve(self) -> None:
        """Let the edge read every catalog and acknowledge."""
        for key in await self.feed.keys(CATALOGS):
            await self.agent.follow(key)
        found = await self.feed.get("acks/edge-1")
        await self.agent.acknowledge(1 if found is None else found[1] + 1)

    async def acknowledge(self) -> int:
        """Let control hear every edge."""
        await self.sync.hear_all()
        for key in await self.feed.keys("acks/"):
            await self.sync.hear(key)
        return await self.sync.acknowledge()

    # What there is.

    async def head(self, zone_id: str) -> image.Head | None:
        found = await self.feed.get(head_key(zone_id))
        return None if found is None else image.decode_head(found[0])

    async def listed(self, zone_id: str) -> int | None:
        found = await self.feed.get(catalog_key(catalog_of(zone_id)))
        return None if found is None else decode_catalog(found[0]).zones.get(zone_id)

    async def zone_keys(self, zone_id: str) -> Sequence[str]:
        return await self.feed.keys(zone_prefix(zone_id))

    def rows(self) -> int:
        with self.database.read() as conn:
            return sum(len(outbox.of_zone(conn, zone_id)) for zone_id in outbox.zones(conn))

    def stored(self) -> dict[str, set[bytes]]:
        """Each zone in the database and its owner names, empty non-terminals included."""
        found = {}
        with self.database.read() as conn:
            for zone_id, _ in zones.versions(conn):
                record_sets, ancestors = record.in_slots(conn, zone_id, 0, 4095)
                found[zone_id] = {record_set.name.wire for record_set in record_sets} | {n.wire for n in ancestors}
        return found

    def served(self) -> dict[str, set[bytes]]:
        """Each zone that the edge serves and its owner names."""
        return {zone_id: self.engine.names(zone_id) for zone_id in self.engine.zones()}


def a(name: str) -> RecordSet:
    return RecordSet(parse(name), "A", ttl=60, values=("192.0.2.1",), rdata=(b"\xc0\0\2\1",))

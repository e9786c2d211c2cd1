"""
The publisher: makes the feed say what the database says (architecture §6.2).

Woken by each commit, it compiles what the outbox names, puts the shards, then the head, then the
catalog, and only then forgets the outbox rows. So it may end at any point: what it did twice has
the same versions and the same octets, which the feed ignores.

A change that leads to a name outside waits for its first answer (`outside.py`); its zone stays as it
was meanwhile, and no other zone waits.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from meridian.changes.querylog import log_group
from meridian.clock import Clock
from meridian.compile import image
from meridian.compile.serial import following, soa_following
from meridian.compile.zone import head, shard, shard_of, slots_of
from meridian.feed.feed import Entry, Feed
from meridian.feed.keys import (
    CATALOGS,
    FILLED,
    OUTSIDE,
    PLACES,
    Catalog,
    catalog_key,
    catalog_number,
    catalog_of,
    decode_catalog,
    encode,
    head_key,
    shard_count_of,
    shard_key,
    zone_prefix,
)
from meridian.feed.turns import Turns, forever
from meridian.feed.waiting import news_within
from meridian.model.record import RecordSet
from meridian.model.secondary import NOBODY, Secondaries
from meridian.model.traffic import Tree
from meridian.model.zone import HostedZone
from meridian.place.coordinates import BUILT_IN, Places
from meridian.publish.outside import FirstAnswers, Unresolved, targets
from meridian.store import change, health, outbox, querylog, record, traffic, vpc
from meridian.store import zone as zones
from meridian.store.database import Database
from meridian.store.outbox import Row

log = structlog.get_logger()

_ZONES_AT_ONCE = 4
_LOOK_EVERY = 1.0  # seconds between looks at the outbox when nothing wakes us, and at zones that failed
_FIRST_DELAY, _LAST_DELAY = 1.0, 60.0  # seconds from one failed attempt of a zone to the next


class Edition(NamedTuple):
    """
    What one moment of the database says of a zone.

    Attributes:
        version: None where the zone is not to be served.
        entries: What of its image the feed does not hold yet: shards, then the head.
        shard_count: How many shards it has, 0 where it is not to be served.
        rows: The outbox rows that it settles.
        targets: Keys of the outside targets that the changes of these rows lead to.
    """

    version: int | None
    entries: Sequence[Entry]
    shard_count: int
    rows: Sequence[Row]
    targets: Collection[str] = ()


class _Failure(NamedTuple):
    """Not to be tried again before this moment, and the delay that led to it."""

    until: float
    delay: float


class Publisher:
    """
    Publishes zones, several at a time, each one's changes in the order of their commits.

    Args:
        on_published: Called on the event loop when changes have got their position in the feed.
        places: Where geoproximity's regions and places are.
        secondaries: Who may take zones; theirs have a serial that grows.
    """

    def __init__(
        self,
        database: Database,
        feed: Feed,
        clock: Clock,
        on_published: Callable[[], None],
        places: Places = BUILT_IN,
        secondaries: Secondaries = NOBODY,
    ) -> None:
        self._database = database
        self._secondaries = secondaries
        self._places = places
        self._feed = feed
        self._clock = clock
        self._on_published = on_published
        self._woken = asyncio.Event()
        self._failures: dict[str, _Failure] = {}
        self._first_answers = FirstAnswers(feed, clock)
        self._waiting: dict[str, Sequence[str]] = {}  # of zones, for which outside targets
        self._catalog_turn: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self) -> None:
        """Reconcile the feed with the database, then publish each change, until cancelled."""
        loop = asyncio.get_running_loop()
        self._database.on_commit(lambda: _wake(loop, self._woken))
        await forever(self._run)

    async def _run(self) -> None:
        await self.reconcile()
        async with asyncio.TaskGroup() as tasks:
            turns = Turns(self.publish, tasks, _ZONES_AT_ONCE)
            tasks.create_task(forever(self._hear_answers))
            while True:
                self._woken.clear()
                for zone_id in await self._due():
                    turns.due(zone_id)
                await news_within(self._woken, _LOOK_EVERY)

    async def reconcile(self) -> None:
        """
        Bring every catalog in step with the database: for a start, and for a feed that was lost.

        Each catalog is written once, after the images of all its zones, and beyond every position
        that a pending change has. So no acknowledgement can stand for a zone still missing. When all
        of them are, the feed counts as filled.
        """
        versions, positions = await asyncio.to_thread(self._read_versions)
        wanted: dict[int, dict[str, int]] = defaultdict(dict)
        for zone_id, version in versions:
            wanted[catalog_of(zone_id)][zone_id] = version
        for catalog in (*positions, *map(catalog_number, await self._feed.keys(CATALOGS))):
            wanted.setdefault(catalog, {})  # one that may have lost its last zone
        wanted.pop(PLACES, None)  # publish/place.py has that one
        for catalog in sorted(wanted):
            await self._reconcile_catalog(catalog, wanted[catalog], positions.get(catalog, 0))
        found = await self._feed.get(FILLED)
        # The time as well as the last version: none that an edge remembers of a lost feed may come again.
        version = max(0 if found is None else found[1] + 1, int(self._clock.now().timestamp() * 1000))
        await self._feed.put(Entry(FILLED, b"", version))

    async def publish(self, zone_id: str) -> None:
        """Bring one zone in step. What goes wrong is logged, and tried again later: it must not hold up other zones."""
        begun = self._clock.monotonic()
        try:
            edition = await self._put_image(zone_id)
            position = await self._list(zone_id, edition.version)
            await self._sweep(zone_id, edition)
            is_gone = await asyncio.to_thread(self._settle, zone_id, edition, position)
        except Unresolved as unresolved:
            self._waiting[zone_id] = unresolved.keys
            return
        except Exception as error:
            self._put_off(zone_id, error)
            return
        self._failures.pop(zone_id, None)
        if is_gone:  # and another control plane may have taken it away before we listed it
            await self.publish(zone_id)
            return
        self._on_published()
        if edition.entries or edition.rows:
            took = round((self._clock.monotonic() - begun) * 1000, 1)
            event = "zone.removed" if edition.version is None else "zone.published"
            log.info(event, zone_id=zone_id, version=edition.version, values=len(edition.entries), took_ms=took)

    async def _due(self) -> list[str]:
        waiting = await asyncio.to_thread(self._read_waiting)
        now = self._clock.monotonic()
        for zone_id in list(self._waiting):
            await self._look_for_answers(zone_id)
        resting = {zone_id for zone_id, failure in self._failures.items() if failure.until > now} | set(self._waiting)
        return [zone_id for zone_id in dict.fromkeys([*waiting, *self._failures]) if zone_id not in resting]

    async def _look_for_answers(self, zone_id: str) -> None:
        """Let a zone wait no more if there is nothing left to wait for."""
        with suppress(Unresolved):
            await self._first_answers.require(self._waiting[zone_id])
            del self._waiting[zone_id]

    async def _hear_answers(self) -> None:
        async for key in self._feed.watch(OUTSIDE):
            if self._first_answers.awaits(key):
                self._woken.set()

    async def _put_image(self, zone_id: str) -> Edition:
        found = await self._feed.get(head_key(zone_id))
        last = None if found is None else image.decode_head(found[0])
        edition = await asyncio.to_thread(self._compile, zone_id, last)
        await self._first_answers.require(edition.targets)
        if last is not None and edition.version is not None and edition.version < last.version:
            # The database went back in time, from a backup: the feed has to forget the later versions.
            await self._feed.delete(*await self._feed.keys(zone_prefix(zone_id)))
        await self._feed.put(*edition.entries)
        return edition

    async def _list(self, zone_id: str, version: int | None) -> int:
        """
        List a zone at this version, or not at all; give the version of the catalog that says so.

        Other control planes list zones in the same catalog. The feed takes one of two that write the
        same version, so it is read again until it says what we want, or says something newer.
        """
        catalog = catalog_of(zone_id)
        async with self._catalog_turn[catalog]:
            while True:
                listed, at = await self._catalog(catalog)
                known = listed.get(zone_id)
                if at and (known == version or await self._is_outdated(zone_id, known, version)):
                    return at
                rest = {other: listed[other] for other in listed if other != zone_id}
                await self._put_catalog(catalog, rest if version is None else rest | {zone_id: version}, at + 1, at)

    async def _is_outdated(self, zone_id: str, listed: int | None, version: int | None) -> bool:
        """Whether another control plane has removed it, or listed a newer version that the database still has."""
        if version is None or (listed is not None and listed < version):
            return False
        stored = await asyncio.to_thread(self._stored_version, zone_id)
        return stored is None if listed is None else stored is not None and stored >= listed

    async def _sweep(self, zone_id: str, edition: Edition) -> None:
        """
        Delete the keys that no parent lists any more: those of a removed zone, or of a former shard count.

        Shard counts only grow, so keys of a larger one are another control plane's, which knows more.
        """
        if edition.version is not None and not any(row.slots is None for row in edition.rows):
            return  # only what concerns a whole zone leaves keys behind
        keys = await self._feed.keys(zone_prefix(zone_id))
        if edition.version is not None:
            keys = [key for key in keys if 0 < shard_count_of(key) < edition.shard_count]
        await self._feed.delete(*keys)

    async def _reconcile_catalog(self, catalog: int, wanted: dict[str, int], position: int) -> None:
        """
        List what is wanted, and what the database has besides: another control plane may know of later changes.

        It may also write the catalog meanwhile; then all is looked at again.
        """
        while True:
            listed, at = await self._catalog(catalog)
            if listed == wanted and at >= position:
                return
            later = await asyncio.to_thread(self._stored, listed.keys() - wanted.keys())
            now: dict[str, int] = {}
            for zone_id in (*wanted, *later):
                known = listed.get(zone_id)
                kept = known if known == wanted.get(zone_id) else await self._republish(zone_id)
                if kept is not None:
                    now[zone_id] = kept
            held_up = self._failures.keys() | self._waiting.keys()
            beyond = at if held_up & wanted.keys() else max(at, position)
            await self._put_catalog(catalog, now, beyond + 1, at)
            if await self._catalog(catalog) == (now, beyond + 1):
                break
        for zone_id in listed.keys() - now.keys():
            await self._feed.delete(*await self._feed.keys(zone_prefix(zone_id)))
        log.info("catalog.reconciled", catalog=catalog, zones=len(now), version=beyond + 1)

    async def _republish(self, zone_id: str) -> int | None:
        """Put a zone's image; give the version to list: the one that stands in the feed where it fails."""
        try:
            return (await self._put_image(zone_id)).version
        except Unresolved as unresolved:
            self._waiting[zone_id] = unresolved.keys
        except Exception as error:
            self._put_off(zone_id, error)
        found = await self._feed.get(head_key(zone_id))
        return None if found is None else found[1]

    async def _catalog(self, catalog: int) -> tuple[dict[str, int], int]:
        found = await self._feed.get(catalog_key(catalog))
        return ({}, 0) if found is None else (decode_catalog(found[0]).zones, found[1])

    async def _put_catalog(self, catalog: int, listed: dict[str, int], version: int, replaces: int) -> None:
        await self._feed.put(Entry(catalog_key(catalog), encode(Catalog(listed)), version, replaces))

    def _put_off(self, zone_id: str, error: Exception) -> None:
        before = self._failures.get(zone_id)
        delay = _FIRST_DELAY if before is None else min(2 * before.delay, _LAST_DELAY)
        self._failures[zone_id] = _Failure(self._clock.monotonic() + delay, delay)
        log.error("zone.publish_failed", zone_id=zone_id, reason=repr(error), again_in_s=delay, exc_info=error)

    # What follows runs in worker threads.

    def _read_versions(self) -> tuple[list[tuple[str, int]], dict[int, int]]:
        """Every zone's version, and for each catalog the latest position that a pending change has."""
        latest: dict[int, int] = {}
        with self._database.read() as conn:
            for catalog, version in change.pending_positions(conn):
                latest[catalog] = max(version, latest.get(catalog, 0))
            return zones.versions(conn), latest

    def _read_waiting(self) -> list[str]:
        with self._database.read() as conn:
            return outbox.zones(conn)

    def _compile(self, zone_id: str, last: image.Head | None) -> Edition:
        # One transaction, so that the version, the rows and every shard are of one moment.
        with self._database.read() as conn:
            rows = outbox.of_zone(conn, zone_id)
            zone = zones.get(conn, zone_id)
            if zone is None:
                return Edition(None, (), 0, rows)
            changed = changed_shards(zone, last, rows)
            if not changed and last is not None and last.version == zone.version:
                return Edition(zone.version, (), zone.shard_count, rows)
            return self._edition(conn, zone, last, changed, rows)

    def _edition(
        self, conn: Connection, zone: HostedZone, last: image.Head | None, changed: Sequence[int], rows: Sequence[Row]
    ) -> Edition:
        """The changed shards and the head, as the feed keeps them."""
        fits = last is not None and len(last.shard_versions) == zone.shard_count
        versions = list(last.shard_versions) if last is not None and fits else [zone.version] * zone.shard_count
        slots = changed_slots(rows)
        entries: list[Entry] = []
        led_to: set[str] = set()
        follows = not zone.private and self._secondaries.have(zone.name)
        # A serial that follows the version is another one in each, and with it the shard of the apex.
        due = sorted({*changed, shard_of(zone.name.slot, zone.shard_count)}) if follows else changed
        for index in due:
            versions[index] = zone.version
            found = record.in_slots(conn, zone.id, *slots_of(index, zone.shard_count))
            trees = trees_of(conn, found[0])
            checks = check_slots(conn, found[0], trees)
            sets = following(found[0], zone.version) if follows else found[0]
            compiled = shard(
                zone.id, index, zone.shard_count, zone.version, sets, found[1], self._places, checks, trees
            )
            key = shard_key(zone.id, zone.shard_count, index)
            entries.append(Entry(key, image.encode(compiled), zone.version))
            leading = (held for held in found[0] if held.alias or held.traffic_policy_instance_id)
            news = [held for held in leading if slots is None or held.name.slot in slots]
            led_to |= targets(zone.id, news, trees)
        at_apex = {found.type: found for found in record.at_name(conn, zone.id, zone.name)}
        soa = soa_following(at_apex["SOA"], zone.version) if follows else at_apex["SOA"]
        compiled_head = head(zone, soa, at_apex["NS"], versions, log_of(conn, zone.id), views_of(conn, zone.id))
        entries.append(Entry(head_key(zone.id), image.encode(compiled_head), zone.version))
        return Edition(zone.version, entries, zone.shard_count, rows, led_to)

    def _stored(self, zone_ids: Iterable[str]) -> list[str]:
        """Those of these zones that the database has."""
        with self._database.read() as conn:
            return [zone_id for zone_id in zone_ids if zones.get(conn, zone_id) is not None]

    def _stored_version(self, zone_id: str) -> int | None:
        with self._database.read() as conn:
            zone = zones.get(conn, zone_id)
            return None if zone is None else zone.version

    def _settle(self, zone_id: str, edition: Edition, position: int) -> bool:
        """Settle the rows; tell whether the zone that was published is there no more."""
        if not edition.rows:
            return edition.version is not None and self._stored_version(zone_id) is None
        newest = max(row.version for row in edition.rows)
        with self._database.write() as conn:
            change.published(conn, zone_id, edition.version or newest, catalog_of(zone_id), position)
            outbox.done(conn, [row.id for row in edition.rows])
            return edition.version is not None and zones.get(conn, zone_id) is None


def changed_shards(zone: HostedZone, last: image.Head | None, rows: Iterable[Row]) -> Sequence[int]:
    """
    Which shards differ from those that the last head names.

    All of them, unless the rows tell of every version since that head.
    """
    if last is not None and last.version == zone.version and len(last.shard_versions) == zone.shard_count:
        return ()
    if last is None or last.version > zone.version or len(last.shard_versions) != zone.shard_count:
        return range(zone.shard_count)
    since = {row.version: row.slots for row in rows if row.version > last.version}
    slots: set[int] = set()
    for version in range(last.version + 1, zone.version + 1):
        of_version = since.get(version)
        if of_version is None:
            return range(zone.shard_count)
        slots.update(of_version)
    return sorted({shard_of(slot, zone.shard_count) for slot in slots})


def changed_slots(rows: Iterable[Row]) -> frozenset[int] | None:
    """The slots whose names these rows have changed; None for all."""
    slots: set[int] = set()
    for row in rows:
        if row.slots is None:
            return None
        slots.update(row.slots)
    return frozenset(slots)


def trees_of(conn: Connection, record_sets: Iterable[RecordSet]) -> dict[str, Tree]:
    """What the policy records among these record sets answer by, by instance id."""
    instances = {found.traffic_policy_instance_id for found in record_sets if found.traffic_policy_instance_id}
    return traffic.trees(conn, instances)


def check_slots(conn: Connection, record_sets: Iterable[RecordSet], trees: Mapping[str, Tree]) -> dict[str, int]:
    """The slots of the health checks that all of these use, by id; those that were deleted are not among them."""
    used = {found.health_check_id for found in record_sets if found.health_check_id}
    used |= {item.health_check for tree in trees.values() for item in tree.items if item.health_check}
    return health.slots(conn, used)


def log_of(conn: Connection, zone_id: str) -> str:
    """The log group that a zone's queries are logged to, empty for none."""
    config = querylog.of_zone(conn, zone_id)
    return "" if config is None else log_group(config.log_group_arn, config.account_id)


def views_of(conn: Connection, zone_id: str) -> list[str]:
    """The network views that a private zone is seen from; none for a public zone."""
    return [found.id for found in vpc.of_zone(conn, zone_id)]


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has ended: the next start finds the outbox row
        loop.call_soon_threadsafe(event.set)

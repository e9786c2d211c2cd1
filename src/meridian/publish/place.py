"""
Publishes where clients are: CIDR collections as they change, and the latency table (architecture §4).

One catalog lists these keys and their versions, as the others list zones; so edges acknowledge them
the same way, and a change of a collection becomes INSYNC by the same rule (R-CHG-16).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog
from sqlalchemy import Connection

from meridian.feed.feed import Entry, Feed
from meridian.feed.keys import PLACES, Catalog, catalog_key, decode_catalog, encode, place_key
from meridian.feed.turns import forever
from meridian.feed.waiting import news_within
from meridian.place import cidr as cidr_table
from meridian.store import change, cidr, place
from meridian.store.database import Database

log = structlog.get_logger()

_LOOK_EVERY = 1.0  # seconds between looks at the outbox when nothing wakes us
_LEAST_PAUSE = 0.02  # seconds between looks when much is committed
_LATENCY_EVERY = 3600.0  # seconds between looks at what was measured
LATENCY = "latency"
VIEWS = "views"
_OWN = frozenset({LATENCY, VIEWS})  # keys that no row of the database stands for


class PlacePublisher:
    """
    Makes the feed say what the database says of places.

    Args:
        latency: Makes the latency table; called in a worker thread, at the start and every hour.
        on_published: Called on the event loop when changes have got their position in the feed.
        views: The table of network views; no octets: there is none.
    """

    def __init__(
        self,
        database: Database,
        feed: Feed,
        latency: Callable[[], bytes],
        on_published: Callable[[], None],
        views: bytes = b"",
    ) -> None:
        self._views = views
        self._database = database
        self._feed = feed
        self._latency = latency
        self._on_published = on_published
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Reconcile, then publish each change, until cancelled."""
        loop = asyncio.get_running_loop()
        self._database.on_commit(lambda: _wake(loop, self._woken))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(forever(self._follow))
            tasks.create_task(forever(self._measure))

    async def reconcile(self) -> None:
        """Bring the catalog of places in step with the database: for a start, and for a feed that was lost."""
        async with self._turn:
            while True:
                listed, at = await self._listed()
                wanted, position = await asyncio.to_thread(self._read)
                stale = [key for key, version in wanted.items() if listed.get(key) != version]
                gone = [key for key in listed if key not in wanted and key not in _OWN]
                if not stale and not gone and at >= position:
                    return
                versions = {key: wanted.get(key) for key in (*stale, *gone)}
                if await self._put(versions, listed, replaces=at, version=max(at, position) + 1):
                    return

    async def publish(self) -> None:
        """Publish what the outbox names."""
        async with self._turn:
            while True:
                listed, at = await self._listed()
                rows, versions = await asyncio.to_thread(self._read_waiting)
                if not rows:
                    return
                if await self._put(versions, listed, replaces=at, version=at + 1):
                    break
            await asyncio.to_thread(self._settle, rows, at + 1)
        self._on_published()

    async def publish_latency(self) -> None:
        """Make the latency table anew, and put it if it is another than before."""
        await self._publish_own(LATENCY, await asyncio.to_thread(self._latency))

    async def publish_views(self) -> None:
        """Put the table of network views, if it is another than before; no table if there are no views."""
        await self._publish_own(VIEWS, self._views)

    async def _publish_own(self, key: str, octets: bytes) -> None:
        async with self._turn:
            while not await self._try_own(key, octets):
                pass

    async def _try_own(self, key: str, octets: bytes) -> bool:
        """Put a value and list it, or take it off the list; False: another control plane has listed meanwhile."""
        listed, at = await self._listed()
        found = await self._feed.get(place_key(key))
        if not octets:
            return key not in listed or await self._put({key: None}, listed, replaces=at, version=at + 1)
        if found is not None and found[0] == octets and listed.get(key) == found[1]:
            return True
        version = 1 + max(0 if found is None else found[1], listed.get(key, 0))
        await self._feed.put(Entry(place_key(key), octets, version))
        return await self._list(listed | {key: version}, replaces=at, version=at + 1)

    async def _follow(self) -> None:
        await self.publish_views()
        await self.reconcile()
        while True:
            self._woken.clear()
            await self.publish()
            await asyncio.sleep(_LEAST_PAUSE)
            await news_within(self._woken, _LOOK_EVERY)

    async def _measure(self) -> None:
        while True:
            await self.publish_latency()
            await asyncio.sleep(_LATENCY_EVERY)

    async def _put(
        self, versions: dict[str, int | None], listed: dict[str, int], *, replaces: int, version: int
    ) -> bool:
        """Put the values of these keys, list them, and delete those without a version; False as `_list`."""
        entries = await asyncio.to_thread(self._compile, [key for key, known in versions.items() if known])
        await self._feed.put(*entries)
        now = {key: known for key, known in (listed | versions).items() if known is not None}
        if not await self._list(now, replaces=replaces, version=version):
            return False
        await self._feed.delete(*(place_key(key) for key, known in versions.items() if known is None))
        log.info("places.published", keys=",".join(versions), version=version)
        return True

    async def _listed(self) -> tuple[dict[str, int], int]:
        found = await self._feed.get(catalog_key(PLACES))
        return ({}, 0) if found is None else (decode_catalog(found[0]).places, found[1])

    async def _list(self, now: dict[str, int], *, replaces: int, version: int) -> bool:
        """List these; False: another control plane has listed meanwhile, and all is to be looked at again."""
        await self._feed.put(Entry(catalog_key(PLACES), encode(Catalog({}, now)), version, replaces))
        return await self._listed() == (now, version)

    # What follows runs in worker threads.

    def _read(self) -> tuple[dict[str, int], int]:
        """Every collection's key and version, and the latest position that a pending change waits at."""
        with self._database.read() as conn:
            waiting = [version for catalog, version in change.pending_positions(conn) if catalog == PLACES]
            return {cidr.outbox_key(id_): version for id_, version in cidr.versions(conn)}, max(waiting, default=0)

    def _read_waiting(self) -> tuple[list[place.Row], dict[str, int | None]]:
        """The outbox rows, and the version that each of their keys has now; None if it is gone."""
        with self._database.read() as conn:
            rows = place.waiting(conn)
            now = {cidr.outbox_key(id_): version for id_, version in cidr.versions(conn)} if rows else {}
            return rows, {row.key: now.get(row.key) for row in rows}

    def _compile(self, keys: list[str]) -> list[Entry]:
        with self._database.read() as conn:
            return [entry for key in keys if (entry := _entry(conn, key))]

    def _settle(self, rows: list[place.Row], position: int) -> None:
        with self._database.write() as conn:
            for row in rows:
                change.published(conn, row.key.removeprefix("cidr/"), row.version, PLACES, position)
            place.done(conn, [row.id for row in rows])


def _entry(conn: Connection, key: str) -> Entry | None:
    found = cidr.for_engine(conn, key.removeprefix("cidr/"))
    return None if found is None else Entry(place_key(key), cidr_table.encode(found[1]), found[0])


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has ended: the next start finds the outbox row
        loop.call_soon_threadsafe(event.set)

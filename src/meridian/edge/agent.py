"""
The agent: makes the engine serve what the feed says, and says so (architecture §6.2).

It goes from parent to child – catalog, head, shards – and compares with what the engine serves, so
it needs no history: a start, a wake-up and a look by the clock are one and the same.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Protocol

import structlog

from meridian.clock import Clock
from meridian.compile.image import Head
from meridian.edge import zones
from meridian.feed.feed import Entry, Feed
from meridian.feed.keys import (
    CATALOGS,
    FILLED,
    PLACES,
    Ack,
    ack_key,
    catalog_number,
    catalog_of,
    decode_ack,
    decode_catalog,
    encode,
    place_key,
)
from meridian.feed.turns import Turns, forever
from meridian.feed.waiting import news_within

log = structlog.get_logger()

HEARTBEAT = 5.0  # seconds between acknowledgements when nothing changes; three of them make an edge live
_LOOK_EVERY = 10.0  # seconds between looks at every catalog, for what a wake-up has missed and what failed
_CATALOGS_AT_ONCE = 4
_ZONES_AT_ONCE = 4096  # of one catalog; what all heads and keys of them take is small
_PAUSES = (0.005, 0.02, 0.1, 0.4)  # seconds before each further attempt to load a zone


class Serving(zones.Serving, Protocol):
    """What the agent asks of `meridian._engine.Engine`, whose face says what each call does."""

    def set_place(self, kind: str, data: bytes) -> None:
        """Put a table of places in force; no octets: it is gone."""
        ...


class Agent:
    """
    Keeps one engine in step with the feed.

    Args:
        edge: The name under which it acknowledges.
        hold: Called with the outside targets of shards before they are served.
        served: Called with a zone's head when it is served.
    """

    def __init__(
        self,
        feed: Feed,
        engine: Serving,
        edge: str,
        clock: Clock,
        hold: Callable[[Iterable[tuple[bytes, int]]], Awaitable[None]] | None = None,
        served: Callable[[Head], None] | None = None,
    ) -> None:
        self._feed = feed
        self._engine = engine
        self._zones = zones.Zones(feed, engine, clock, hold, served)
        self._edge = edge
        self._clock = clock
        # Of each catalog: the version that is served, and each zone's version that the engine holds.
        self._reached: dict[int, int] = {}
        self._held: dict[int, dict[str, int]] = {}
        # The version of each catalog that was found to list exactly what is held: it need not be read again.
        self._settled: dict[int, int] = {}
        self._places: dict[str, int] = {}
        self._failed: dict[str, str] = {}
        self._filled = 0
        self._turn: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._started_at = clock.now().timestamp()
        self._said = 0
        self._news = asyncio.Event()

    async def load(self) -> None:
        """Serve all that the feed has; with it an edge starts, whether or not there is a control plane."""
        begun = self._clock.monotonic()
        for key in await self._feed.keys(CATALOGS):
            await self.follow(key)
        count = sum(map(len, self._held.values()))
        log.info("edge.loaded", edge=self._edge, zones=count, took_ms=round((self._clock.monotonic() - begun) * 1000))

    async def run(self) -> None:
        """Follow the feed and acknowledge, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            turns = Turns(self.follow, tasks, _CATALOGS_AT_ONCE)
            tasks.create_task(forever(partial(self._watch, turns)))
            tasks.create_task(forever(partial(self._look, turns)))
            tasks.create_task(forever(self._watch_filling))
            tasks.create_task(forever(self._acknowledge))

    async def follow(self, key: str) -> None:
        """Bring the zones of one catalog in step. Never raises: a zone that fails stays as it was served."""
        async with self._turn[key]:
            await self._follow(key)

    async def _follow(self, key: str) -> None:
        catalog, filled = catalog_number(key), self._filled
        try:
            found = await self._feed.get(key)
            if found is None:
                return
            if catalog == PLACES:
                await self._bring_places_in_step(decode_catalog(found[0]).places)
            elif self._settled.get(catalog) != found[1]:
                listed = decode_catalog(found[0]).zones
                await self._bring_in_step(catalog, listed)
                if listed == self._held[catalog]:
                    self._settled[catalog] = found[1]
        except Exception:
            log.exception("catalog.unreadable", catalog=catalog)
            return
        if filled == self._filled:
            self._reached[catalog] = found[1]
            self._news.set()

    async def acknowledge(self, version: int) -> None:
        """Say what is served. `version` is that of the acknowledgement itself."""
        await self._look_for_filling()
        await self._look_for_namesake()
        ack = Ack(
            edge=self._edge,
            at=self._clock.now().timestamp(),
            catalogs=dict(self._reached),
            failed=dict(self._failed),
            filled=self._filled,
            started_at=self._started_at,
        )
        await self._feed.put(Entry(ack_key(self._edge), encode(ack), version))
        self._said = version

    async def _look_for_filling(self) -> None:
        """Look at every catalog again if control has filled the feed anew: versions of before stand for nothing."""
        found = await self._feed.get(FILLED)
        filled = 0 if found is None else found[1]
        if filled != self._filled:
            self._filled = filled
            self._reached.clear()
            self._settled.clear()
            for key in await self._feed.keys(CATALOGS):
                await self.follow(key)

    async def _look_for_namesake(self) -> None:
        """Tell the operator if another edge acknowledges under this name: control would take both for one."""
        found = await self._feed.get(ack_key(self._edge)) if self._said else None
        if found is not None and found[1] > self._said and decode_ack(found[0]).started_at != self._started_at:
            remedy = "give one of them another name with the setting edge_name"
            log.error("edge.name_taken", edge=self._edge, remedy=remedy)

    async def _bring_in_step(self, catalog: int, listed: dict[str, int]) -> None:
        held = self._held.setdefault(catalog, {})
        due = (zone_id for zone_id, version in listed.items() if held.get(zone_id) != version)
        while some := list(islice(due, _ZONES_AT_ONCE)):
            await self._load_zones(some, held)
        for zone_id in [zone_id for zone_id in held if zone_id not in listed]:
            await self._zones.retire(zone_id)
            del held[zone_id]
            log.info("zone.retired", zone_id=zone_id)
        for zone_id in [zone_id for zone_id in self._failed if zone_id not in listed]:
            if catalog_of(zone_id) == catalog:
                del self._failed[zone_id]

    async def _bring_places_in_step(self, listed: dict[str, int]) -> None:
        for kind, version in listed.items():
            if self._places.get(kind) != version:
                await self._load_place(kind, version)
        for kind in [kind for kind in self._places if kind not in listed]:
            await asyncio.to_thread(self._engine.set_place, kind, b"")
            del self._places[kind]

    async def _load_place(self, kind: str, version: int) -> None:
        """Put a table of places in force; one that cannot be used is noted, and the old one stays."""
        found = await self._feed.get(place_key(kind))
        if found is None:
            return  # it goes: the catalog that no longer lists it is on its way
        try:
            await asyncio.to_thread(self._engine.set_place, kind, found[0])
        except ValueError as error:
            self._failed[kind.removeprefix("cidr/")] = f"{type(error).__name__}: {error}"
            log.error("place.load_failed", kind=kind, version=version, reason=str(error))
            return
        self._failed.pop(kind.removeprefix("cidr/"), None)
        self._places[kind] = found[1]
        log.info("place.served", kind=kind, version=found[1])

    async def _load_zones(self, zone_ids: Sequence[str], held: dict[str, int]) -> None:
        """Load zones, several times those whose shards run ahead of their head; note why one cannot be."""
        failed: dict[str, str] = {}
        again = zone_ids
        for pause in (0.0, *_PAUSES):
            await asyncio.sleep(pause)
            failed = {zone_id: reason for zone_id, reason in failed.items() if zone_id not in again}
            failed |= await self._try(again, held)
            again = [zone_id for zone_id, reason in failed.items() if reason != zones.NO_HEAD]
            if not again:
                break
        for zone_id in zone_ids:
            self._failed.pop(zone_id, None)
        self._failed |= failed
        for zone_id, reason in failed.items():
            log.error("zone.load_failed", zone_id=zone_id, reason=reason, again_in_s=_LOOK_EVERY)

    async def _try(self, zone_ids: Sequence[str], held: dict[str, int]) -> dict[str, str]:
        try:
            return await self._zones.load(zone_ids, held)
        except Exception as error:
            return dict.fromkeys(zone_ids, f"{type(error).__name__}: {error}")

    async def _watch(self, turns: Turns) -> None:
        async for key in self._feed.watch(CATALOGS):
            turns.due(key)

    async def _watch_filling(self) -> None:
        async for _ in self._feed.watch(FILLED):
            self._news.set()

    async def _look(self, turns: Turns) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            for key in await self._feed.keys(CATALOGS):
                turns.due(key)

    async def _acknowledge(self) -> None:
        found = await self._feed.get(ack_key(self._edge))
        version = 0 if found is None else found[1]
        while True:
            self._news.clear()
            # The time as well as the last version: a disk that was wiped remembers none, and must not look old.
            version = max(version + 1, int(self._clock.now().timestamp() * 1000))
            await self.acknowledge(version)
            await news_within(self._news, HEARTBEAT)

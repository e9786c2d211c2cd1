"""Brings zones from the feed into the engine: small ones many at a time, a large one in parts."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol, TypeVar

import structlog

from meridian.clock import Clock
from meridian.compile.image import Head, decode_head, outside_targets
from meridian.feed.feed import Feed
from meridian.feed.keys import head_key, shard_key

T = TypeVar("T")

log = structlog.get_logger()

NO_HEAD = "the feed holds no head"  # of a zone that was removed a moment ago, or the feed is damaged
_SHARDS_AT_ONCE = 256  # fetched: bounds the memory that their octets take; those of large zones have some 20 kB
# Published: the more zones at one moment the better, as each moment costs a copy of the catalog.
_OCTETS_AT_ONCE = 16 * 1024 * 1024
_BUILDERS = 4  # so that a large zone holds up no small one
_NICENESS = 10  # by which threads that build go after those that answer on a busy core


class Serving(Protocol):
    """What is asked of `meridian._engine.Engine`, whose face says what each call does."""

    def needs(self, head: bytes) -> list[int] | None:
        """Which shards are missing for this head; None if it is not newer than what is served."""
        ...

    def stage(self, head: bytes, shards: Sequence[bytes]) -> None:
        """Build some shards ahead of their zone."""
        ...

    def publish_all(self, images: Sequence[tuple[bytes, Sequence[bytes]]]) -> list[str | None]:
        """Serve these versions, each by head and shards; say of each None, or why it cannot be served."""
        ...

    def retire(self, zone_id: str) -> bool:
        """Serve the zone no more."""
        ...


class _Image(NamedTuple):
    """A head and its version, with the keys of the shards that are still to be fetched."""

    zone_id: str
    version: int
    head: bytes
    keys: tuple[str, ...]


class _Whole(NamedTuple):
    """What is to be served, and the octets of its shards."""

    image: _Image
    shards: Sequence[bytes]
    octets: int


class Zones:
    """
    Loads zones into one engine.

    Args:
        hold: Called with the outside targets of shards before they are served.
        served: Called with the head of a zone that is served as it was not before.
    """

    def __init__(
        self,
        feed: Feed,
        engine: Serving,
        clock: Clock,
        hold: Callable[[Iterable[tuple[bytes, int]]], Awaitable[None]] | None = None,
        served: Callable[[Head], None] | None = None,
    ) -> None:
        self._feed = feed
        self._engine = engine
        self._clock = clock
        self._hold = hold
        self._on_served = served
        self._builders = ThreadPoolExecutor(_BUILDERS, "edge-build", initializer=_give_way)

    async def load(self, zone_ids: Sequence[str], held: dict[str, int]) -> dict[str, str]:
        """
        Make the engine serve these zones as the feed has them now.

        Args:
            held: The version that the engine has of each zone; kept up.

        Returns:
            Of the zones that cannot be loaded, the reason. What the feed raises is passed on.
        """
        failed: dict[str, str] = {}
        images = []
        heads = await self._feed.get_all([head_key(zone_id) for zone_id in zone_ids])
        for zone_id, found in zip(zone_ids, heads, strict=True):
            try:
                images.append(await self._image(zone_id, found, held.get(zone_id, 0)))
            except ValueError as error:
                failed[zone_id] = str(error)
        whole: list[_Whole] = []
        for together in _together(images):
            try:
                whole += await self._fetch(together)
            except ValueError as error:
                failed |= {image.zone_id: str(error) for image in together}
            if sum(each.octets for each in whole) > _OCTETS_AT_ONCE:
                failed |= await self._publish(whole, held)
                whole = []
        return failed | await self._publish(whole, held)

    async def retire(self, zone_id: str) -> None:
        """Serve a zone no more."""
        await self._build(partial(self._engine.retire, zone_id))

    async def _image(self, zone_id: str, found: tuple[bytes, int] | None, served: int) -> _Image:
        if found is None:
            raise ValueError(NO_HEAD)
        head, version = found
        if version < served:
            # The control plane went back in time, from a backup; an engine never does by itself.
            await self.retire(zone_id)
        needed = self._engine.needs(head) or ()
        count = len(decode_head(head).shard_versions)
        return _Image(zone_id, version, head, tuple(shard_key(zone_id, count, index) for index in needed))

    async def _publish(self, whole: Sequence[_Whole], held: dict[str, int]) -> dict[str, str]:
        """Serve zones from one moment on; return the reasons of those that cannot be."""
        begun = self._clock.monotonic()
        images = [(each.image.head, each.shards) for each in whole]
        reasons = await self._build(partial(self._engine.publish_all, images))
        took = round((self._clock.monotonic() - begun) * 1000, 1)
        log.debug("zones.served", zones=len(whole), took_ms=took)
        failed = {}
        for (image, _, _), reason in zip(whole, reasons, strict=True):
            if reason is None:
                if self._on_served is not None and held.get(image.zone_id) != image.version:
                    self._on_served(decode_head(image.head))
                held[image.zone_id] = image.version
            else:
                failed[image.zone_id] = reason
        return failed

    async def _fetch(self, images: Sequence[_Image]) -> list[_Whole]:
        """Fetch the shards of several zones, or the last ones of a large zone, which is alone then."""
        images = [await self._stage(image) for image in images]
        shards = iter(await self._shards([key for image in images for key in image.keys]))
        whole = []
        for image in images:
            # A shard that is not there is left out: the engine says which one it misses.
            own = [shard for shard in islice(shards, len(image.keys)) if shard is not None]
            whole.append(_Whole(image, own, sum(map(len, own))))
        return whole

    async def _stage(self, image: _Image) -> _Image:
        """Have all but the last shards of a large zone built; return what is left to do."""
        while len(image.keys) > _SHARDS_AT_ONCE:
            first, rest = image.keys[:_SHARDS_AT_ONCE], image.keys[_SHARDS_AT_ONCE:]
            shards = [*filter(None, await self._shards(first))]
            await self._build(partial(self._engine.stage, image.head, shards))
            image = image._replace(keys=rest)
        return image

    async def _shards(self, keys: Sequence[str]) -> list[bytes | None]:
        """Fetch shards, and see to it that no alias is served whose target the feed knows and the engine does not."""
        shards = [None if found is None else found[0] for found in await self._feed.get_all(keys)]
        if self._hold is not None:
            await self._hold(await self._build(partial(_targets, [*filter(None, shards)])))
        return shards

    async def _build(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._builders, call)


def _give_way() -> None:
    """Lower the priority of this thread alone."""
    thread = threading.get_native_id()
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)


def _together(images: Iterable[_Image]) -> Iterator[list[_Image]]:
    """Images in groups that have few shards to fetch between them; those that have many go alone."""
    group: list[_Image] = []
    shards = 0
    for image in images:
        shards += len(image.keys)
        if group and shards > _SHARDS_AT_ONCE:
            yield group
            group, shards = [], len(image.keys)
        group.append(image)
    if group:
        yield group


def _targets(shards: Iterable[bytes]) -> set[tuple[bytes, int]]:
    return set().union(*map(outside_targets, shards))

"""
A feed of many machines with its last values on this one: what an edge starts from with nothing else reachable.

    get, keys, watch ◀── file ◀── changes ── bucket ◀── put, delete

The file is copied from the bucket in the order of its changes, and stands at a position in them. What
was deleted long ago is no change any more, so the file is compared with a listing, at the start and
by the clock. A bucket that lost values must not take them from the edges: the file follows another
bucket, or one that went back, only when control has filled it since (`keys.FILLED`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

import structlog

from meridian.clock import Clock
from meridian.feed.bucket import Away, Bucket, Change, Changes
from meridian.feed.feed import Entry, Position
from meridian.feed.jetstream import JetstreamFeed
from meridian.feed.keys import FILLED
from meridian.feed.local import LocalFeed
from meridian.feed.turns import forever
from meridian.feed.waiting import news_within

log = structlog.get_logger()

COMPARE_EVERY = 300.0  # seconds
_LOOK_EVERY = 0.2  # seconds between looks whether control has filled the bucket
_MOST_AT_ONCE = 1000  # changes in one transaction
_MOST_OCTETS = 32 * 1024 * 1024


class Mirror:
    """
    A `Feed` that reads from a file and writes to a bucket. `run` makes the one follow the other.

    A put returns when the file has it too; while the bucket is away, it waits.
    """

    def __init__(self, remote: JetstreamFeed, local: LocalFeed, clock: Clock) -> None:
        self._remote = remote
        self._local = local
        self._clock = clock
        self._position: Position | None = None
        self._moved = asyncio.Condition()
        self._caught_up = asyncio.Event()

    async def run(self) -> None:
        """Follow the bucket, until cancelled."""
        await forever(self._run)

    async def caught_up(self, seconds: float) -> None:
        """Wait until the file has caught up with the bucket for the first time, `seconds` at the most."""
        await news_within(self._caught_up, seconds)

    async def put(self, *entries: Entry) -> None:
        """Set values, one after the other; versions that are not newer are ignored."""
        await self._reach(await self._remote.write(*entries))

    async def get(self, key: str) -> tuple[bytes, int] | None:
        """The last value of a key and its version, as the file has it; None where there is none."""
        return await self._local.get(key)

    async def get_all(self, keys: Sequence[str]) -> list[tuple[bytes, int] | None]:
        """What `get` gives for each of these keys, as the file has it."""
        return await self._local.get_all(keys)

    async def delete(self, *keys: str) -> None:
        """Forget keys, one after the other."""
        await self._reach(await self._remote.erase(*keys))

    async def keys(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted, as the file has them."""
        return await self._local.keys(prefix)

    def watch(self, prefix: str) -> AsyncGenerator[str, None]:
        """Give each present key that begins with `prefix`, then each that changes in the file."""
        return self._local.watch(prefix)

    async def _run(self) -> None:
        while True:
            bucket = await self._remote.connection()
            with suppress(Away):
                await self._follow(bucket)
            await asyncio.sleep(0)

    async def _follow(self, bucket: Bucket) -> None:
        stands = await self._local.position()
        compare_at = self._clock.monotonic()
        if stands is None or stands.identity != bucket.identity or stands.sequence > await bucket.sequence():
            log.info("mirror.begun", bucket=bucket.identity, stood=stands)
            await self._until_filled(bucket)
            stands = Position(bucket.identity, 0)
            compare_at += COMPARE_EVERY  # what has no parent may be filled in a little later
        async with bucket.changes(after=stands.sequence) as changes:
            while True:
                await self._stand(stands)
                if not changes.behind:
                    self._caught_up.set()
                    if self._clock.monotonic() >= compare_at:
                        await self._compare(bucket, stands)
                        compare_at = self._clock.monotonic() + COMPARE_EVERY
                if taken := await _gather(changes):
                    stands = Position(bucket.identity, taken[-1].sequence)
                    await self._local.copy(_by_key(taken), stands)

    async def _until_filled(self, bucket: Bucket) -> None:
        """Wait until control has filled the bucket later than the one that the file was copied from."""
        held = await self._local.get(FILLED)
        is_told = False
        while True:
            found = await bucket.read(FILLED)
            if found is not None and found.version is not None and (held is None or found.version > held[1]):
                return
            if not is_told:
                log.info("mirror.waits", reason="control has not filled this bucket yet")
                is_told = True
            await asyncio.sleep(_LOOK_EVERY)

    async def _compare(self, bucket: Bucket, stands: Position) -> None:
        """Forget the keys that the bucket has no more, and begin anew if it is not what was followed."""
        listed = await bucket.listing()
        if FILLED not in listed or listed[FILLED].version is None:
            return  # somebody emptied it
        held = await self._local.versions()
        gone = [key for key in held if key not in listed or listed[key].version is None]
        if gone:
            await self._local.copy(dict.fromkeys(gone), stands)
            log.info("mirror.forgotten", keys=len(gone))
        missed = [
            change.key
            for change in listed.values()
            if change.sequence <= stands.sequence and change.version != held.get(change.key)
        ]
        if missed:
            # The bucket lost changes and got others in their place, while nobody looked.
            log.warning("mirror.differs", keys=len(missed), first=missed[0])
            await self._local.copy({}, Position(stands.identity, 0))
            raise Away

    async def _stand(self, position: Position) -> None:
        async with self._moved:
            self._position = position
            self._moved.notify_all()

    async def _reach(self, position: Position) -> None:
        """Wait until the file stands at this position, or follows another bucket."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._has_reached(position))

    def _has_reached(self, position: Position) -> bool:
        at = self._position
        return at is not None and (at.identity != position.identity or at.sequence >= position.sequence)


async def _gather(changes: Changes) -> list[Change]:
    """
    What has changed, up to a moment of the bucket.

    While there is more to come, a value may be in it whose earlier companions were put anew since,
    and come only later: all are taken together, as far as they fit.
    """
    taken = await changes.take()
    while changes.behind and len(taken) < _MOST_AT_ONCE and sum(len(one.value) for one in taken) < _MOST_OCTETS:
        taken += await changes.take()
    return taken


def _by_key(changes: list[Change]) -> dict[str, Entry | None]:
    """The last change of each key, in their order."""
    found: dict[str, Entry | None] = {}
    for key, value, version, *_ in changes:
        found.pop(key, None)
        found[key] = None if version is None else Entry(key, value, version)
    return found

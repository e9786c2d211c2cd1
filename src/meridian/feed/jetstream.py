"""
The feed of many machines: a JetStream key-value bucket, reached again whenever it was away.

While it is away calls wait; they never end the loops around them, and nothing that was put is lost:
a put that may or may not have arrived is put again, and its version tells.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple, TypeVar

import structlog

from meridian.clock import Clock
from meridian.feed.bucket import Away, Bucket, Change, Changes, Overtaken, Unreachable, connect
from meridian.feed.feed import Entry, Position
from meridian.feed.keys import FILLED
from meridian.feed.turns import forever
from meridian.settings import Settings

T = TypeVar("T")

log = structlog.get_logger()

_FIRST_PAUSE, _LAST_PAUSE = 0.1, 2.0  # seconds from one attempt to connect to the next
_ATTEMPTS = 4  # at what the servers do not answer, before that is an error
_LASTING = 10.0  # seconds that a connection lasts where the servers are in order
_SAY_EVERY = 60.0  # seconds between two logs of one reason why it cannot be reached
_LOOK_EVERY = 10.0  # seconds between looks whether the bucket still is filled
_SWEEP_EVERY = 3600.0  # seconds between looks at deletions that nobody has to hear of any more
DELETIONS_KEPT = timedelta(days=1)  # a reader that was away for longer finds out by listing


class _Known(NamedTuple):
    """The last change of a key: its version, None after a deletion or where there was none, and its sequence."""

    version: int | None
    sequence: int


class JetstreamFeed:
    """
    A `Feed` in a bucket of NATS JetStream. `run` connects it.

    Args:
        settings: Which servers, and how.
        name: Of this process, as the servers show it.
        makes_bucket: Whether to make a bucket where there is none. Whoever does has to fill it, so
            calls wait after that until `accept`.
    """

    def __init__(self, settings: Settings, name: str, clock: Clock, *, makes_bucket: bool) -> None:
        self._settings = settings
        self._name = name
        self._clock = clock
        self._makes_bucket = makes_bucket
        self._bucket: Bucket | None = None
        self._connected = asyncio.Event()
        self._accepted: Position | None = None
        self._replaced = asyncio.Event()
        self._may_go_on = asyncio.Event()
        # The last change of keys, as far as it is known: saves a question in most puts.
        self._last: dict[str, _Known] = {}
        self._said: tuple[str, float] = ("", 0.0)

    async def run(self) -> None:
        """Keep connected, until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            begun = self._clock.monotonic()
            try:
                async with connect(self._settings, self._name, makes_bucket=self._makes_bucket) as bucket:
                    await self._serve(bucket)
            except Unreachable as error:
                self._say(error)
            except Exception:
                log.exception("feed.failed", again_in_s=pause)
            if self._clock.monotonic() - begun > _LASTING:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # so that many edges do not come all at once
            pause = min(2 * pause, _LAST_PAUSE)

    async def put(self, *entries: Entry) -> None:
        """Set values, one after the other; versions that are not newer are ignored."""
        await self.write(*entries)

    async def get(self, key: str) -> tuple[bytes, int] | None:
        """The last value of a key and its version; None where there is none."""
        found = await self._do(lambda bucket: self._read(bucket, key))
        return None if found is None or found.version is None else (found.value, found.version)

    async def get_all(self, keys: Sequence[str]) -> list[tuple[bytes, int] | None]:
        """What `get` gives for each of these keys, got one after the other."""
        return [await self.get(key) for key in keys]

    async def delete(self, *keys: str) -> None:
        """Forget keys, one after the other."""
        await self.erase(*keys)

    async def keys(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted."""
        listed = await self._do(lambda bucket: bucket.listing(prefix))
        return sorted(key for key, change in listed.items() if change.version is not None)

    async def watch(self, prefix: str) -> AsyncGenerator[str, None]:
        """Give each present key that begins with `prefix`, then each that is put or deleted."""
        known: set[str] = set()
        while True:
            bucket = await self.connection()
            with suppress(Away):
                async with bucket.changes(prefix, headers_only=True) as changes:
                    watcher = _Watcher(changes, known)
                    while True:
                        yield await watcher.take()

    async def write(self, *entries: Entry) -> Position:
        """Put, and give the position from which on a reader sees all of the entries, or newer ones."""

        async def act(bucket: Bucket) -> Position:
            return Position(bucket.identity, max([await self._put(bucket, entry) for entry in entries], default=0))

        return await self._do(act)

    async def erase(self, *keys: str) -> Position:
        """Delete, and give the position from which on a reader sees none of the keys."""

        async def act(bucket: Bucket) -> Position:
            return Position(bucket.identity, max([await self._delete(bucket, key) for key in keys], default=0))

        return await self._do(act)

    async def connection(self) -> Bucket:
        """The bucket, once it can be reached."""
        while self._bucket is None:
            await self._connected.wait()
        return self._bucket

    async def until_replaced(self) -> None:
        """Wait until the bucket is another one than before, or has lost changes: all calls wait for `accept` then."""
        await self._replaced.wait()

    def accept(self) -> None:
        """Go on with the bucket as it is now."""
        self._replaced.clear()
        self._may_go_on.set()

    async def fill(self, *parts: Callable[[], Awaitable[None]]) -> None:
        """
        Run what fills the bucket, until cancelled; all of it begins anew with a bucket that is another one.

        Args:
            parts: Each reconciles the bucket with the database when it begins, and runs until cancelled.
        """
        while True:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(_run(part)) for part in parts]
                running.append(tasks.create_task(forever(self._look_for_emptying)))
                await self.until_replaced()
                log.warning("feed.replaced", bucket=self._settings.feed_bucket)
                for task in running:
                    task.cancel()
            self.accept()

    async def keep_house(self) -> None:
        """Sweep deletions away by the clock, until cancelled."""
        while True:
            await self.sweep(DELETIONS_KEPT)
            await asyncio.sleep(_SWEEP_EVERY)

    async def sweep(self, older_than: timedelta) -> None:
        """Remove what is left of keys that were deleted this long ago."""
        before = self._clock.now() - older_than

        async def act(bucket: Bucket) -> int:
            listed = await bucket.listing()
            swept = [change for change in listed.values() if change.version is None and change.at <= before]
            for change in swept:
                await bucket.forget(change)
            return len(swept)

        count = await self._do(act)
        if count:
            log.info("feed.swept", deletions=count)

    async def _serve(self, bucket: Bucket) -> None:
        """Let calls have the bucket as long as the connection lasts."""
        self._enter(bucket)
        try:
            reason = await bucket.until_broken()
        finally:
            self._bucket = None
            self._connected.clear()
        log.warning("feed.disconnected", server=bucket.server, reason=reason)

    async def _look_for_emptying(self) -> None:
        """Notice that somebody has emptied the bucket: what stands in it once it was filled is gone."""
        was_filled = False
        while True:
            is_filled = await self.get(FILLED) is not None
            if was_filled and not is_filled:
                self._may_go_on.clear()
                self._replaced.set()
            was_filled = is_filled
            await asyncio.sleep(_LOOK_EVERY)

    def _enter(self, bucket: Bucket) -> None:
        self._last.clear()
        self._said = ("", 0.0)
        before = self._accepted
        self._accepted = Position(bucket.identity, bucket.last_sequence)
        is_same = before is None or (before.identity == bucket.identity and before.sequence <= bucket.last_sequence)
        if is_same or not self._makes_bucket:
            self._may_go_on.set()
        else:
            self._may_go_on.clear()
            self._replaced.set()
        log.info("feed.connected", server=bucket.server, bucket=self._settings.feed_bucket, same=is_same)
        self._bucket = bucket
        self._connected.set()

    async def _do(self, act: Callable[[Bucket], Awaitable[T]]) -> T:
        """Carry out what may be repeated, with the bucket as soon as it can be reached, again if it goes away."""
        unanswered = 0
        while True:
            await self._may_go_on.wait()
            bucket = await self.connection()
            if not self._may_go_on.is_set():
                continue
            try:
                return await act(bucket)
            except Away:
                await asyncio.sleep(0)  # let `run` see it
            except TimeoutError:
                # Servers that are choosing a leader lose what they are asked.
                unanswered += 1
                if unanswered == _ATTEMPTS:
                    raise

    async def _read(self, bucket: Bucket, key: str) -> Change | None:
        found = await bucket.read(key)
        self._last[key] = _Known(None, 0) if found is None else _Known(found.version, found.sequence)
        return found

    async def _put(self, bucket: Bucket, entry: Entry) -> int:
        """Put one value, and give the sequence of the key's last change then."""
        known = self._last.get(entry.key)
        while True:
            if known is None or not entry.follows(known.version):
                await self._read(bucket, entry.key)
                known = self._last[entry.key]
            if not entry.follows(known.version):
                return known.sequence
            try:
                return self._note(bucket, entry.key, entry.version, await bucket.write(entry, known.sequence))
            except Overtaken:
                known = None

    async def _delete(self, bucket: Bucket, key: str) -> int:
        """Delete one key, and give the sequence of its last change then."""
        while True:
            await self._read(bucket, key)
            known = self._last[key]
            if known.version is None:
                return known.sequence
            with suppress(Overtaken):
                return self._note(bucket, key, None, await bucket.delete(key, known.sequence))

    def _note(self, bucket: Bucket, key: str, version: int | None, sequence: int) -> int:
        self._last[key] = _Known(version, sequence)
        if self._accepted is not None and self._accepted.identity == bucket.identity:
            self._accepted = Position(bucket.identity, max(sequence, self._accepted.sequence))
        return sequence

    def _say(self, error: Unreachable) -> None:
        """Log why the bucket cannot be reached: once, and from time to time."""
        now = self._clock.monotonic()
        if self._said[0] != str(error) or now - self._said[1] >= _SAY_EVERY:
            self._said = (str(error), now)
            log.error("feed.unreachable", reason=str(error), remedy=error.remedy)


class _Watcher:
    """
    The keys that one watch has still to give, each once, in the order in which they came.

    Args:
        given: Keys that the watch gave before, over any connection, and that were there then; kept up.
    """

    def __init__(self, changes: Changes, given: set[str]) -> None:
        self._changes = changes
        self._given = given
        self._present: set[str] = set()
        self._due: dict[str, None] = {}
        self._is_listing = True

    async def take(self) -> str:
        while True:
            if not self._due or self._changes.waiting:
                await self._gather()
            if self._due:
                key = next(iter(self._due))
                del self._due[key]
                (self._given.add if key in self._present else self._given.discard)(key)
                return key

    async def _gather(self) -> None:
        for key, _, version, *_ in await self._changes.take():
            (self._present.discard if version is None else self._present.add)(key)
            if version is None and self._is_listing and key not in self._given:
                self._due.pop(key, None)  # deleted before anybody heard of it
            else:
                self._due[key] = None
        if self._is_listing and not self._changes.behind:
            self._is_listing = False
            self._due.update(dict.fromkeys(self._given - self._present))  # deleted while the bucket was away


async def _run(part: Callable[[], Awaitable[None]]) -> None:
    await part()

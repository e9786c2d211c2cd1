"""
The connector: keeps the answers of all outside alias targets fresh in the feed (R-ALI-14).

Which targets there are, the database says at each commit. Each has a task that asks, puts the answer
into the feed where it has changed, and sleeps until shortly before the answer's TTL has passed. The
feed holds the last answers through restarts, so nothing is lost while no resolver can be reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog

from meridian.clock import Clock
from meridian.connect.answer import Answer, Near, decode, encode
from meridian.connect.subnets import Subnet
from meridian.connect.target import State, answered, bounded, unanswered
from meridian.feed.feed import Entry, Feed
from meridian.feed.keys import OUTSIDE, outside_key
from meridian.feed.turns import forever
from meridian.feed.waiting import news_within
from meridian.model.name import Name
from meridian.resolve.resolver import Found, NoAnswer, Resolver
from meridian.store import record, traffic
from meridian.store.database import Database

log = structlog.get_logger()

Target = tuple[Name, str]

_LOOK_EVERY = 5.0  # seconds between looks at the targets when nothing wakes us
_LEAST_PAUSE = 0.1  # seconds between looks when much is committed
_TOLD_EVERY = 60  # seconds after which an answer that has not changed is put again, so that its age is known
_KEPT_UNWANTED = 60.0  # seconds for which a target is kept that no record set leads to any more
_SCOPE_LOOK_EVERY = 3600.0  # seconds until a target that did not answer by client subnet is tried again


class Connector:
    """
    Asks for every target, and puts what it answers into the feed.

    Args:
        subnets: For whom to ask where a target's operator answers by client subnet.
    """

    def __init__(
        self, database: Database, feed: Feed, clock: Clock, resolver: Resolver, subnets: Sequence[Subnet]
    ) -> None:
        self._database = database
        self._feed = feed
        self._clock = clock
        self._resolver = resolver
        self._subnets = tuple(subnets)
        self._woken = asyncio.Event()
        self._unwanted: dict[str, float] = {}  # keys that no record set leads to, and since when

    async def run(self) -> None:
        """Follow the database and the targets, until cancelled."""
        loop = asyncio.get_running_loop()
        self._database.on_commit(lambda: _wake(loop, self._woken))
        await forever(self._run)

    async def _run(self) -> None:
        kept: dict[Target, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                targets = await self._targets()
                if targets is not None:
                    for target in targets - kept.keys():
                        kept[target] = tasks.create_task(self._keep(*target))
                    gone = await self._gone(set(map(_key, targets)), set(map(_key, kept)))
                    await _end([kept.pop(target) for target in list(kept) if _key(target) in gone])
                    await self._forget(gone)
                await asyncio.sleep(_LEAST_PAUSE)
                await news_within(self._woken, _LOOK_EVERY)

    async def _targets(self) -> set[Target] | None:
        """The targets there are; None while the database is away: those that are known are kept fresh meanwhile."""
        try:
            return await asyncio.to_thread(self._read)
        except Exception as error:
            log.error("outside.targets_unread", reason=repr(error), again_in_s=_LOOK_EVERY)
            return None

    async def _gone(self, wanted: set[str], kept: set[str]) -> set[str]:
        """Keys that no record set has led to for a while: as long as edges may still serve who did."""
        now = self._clock.monotonic()
        unwanted = kept.union(await self._feed.keys(OUTSIDE)) - wanted
        self._unwanted = {key: self._unwanted.get(key, now) for key in unwanted}
        return {key for key, since in self._unwanted.items() if now - since >= _KEPT_UNWANTED}

    async def _forget(self, keys: set[str]) -> None:
        if not keys:
            return
        await self._feed.delete(*keys)
        log.info("outside.forgotten", keys=len(keys))

    async def _keep(self, name: Name, rtype: str) -> None:
        """Keep one target fresh."""
        keeper = _Keeper(self._feed, self._clock, self._resolver, self._subnets, name, rtype)
        while True:
            try:
                await keeper.load()
                while True:
                    await asyncio.sleep(await keeper.refresh())
            except Exception:
                log.exception("outside.failed", target=name.text, type=rtype, again_in_s=_LOOK_EVERY)
            await asyncio.sleep(_LOOK_EVERY)

    def _read(self) -> set[Target]:
        with self._database.read() as conn:
            return record.outside_targets(conn) | traffic.outside_targets(conn)


class _Keeper:
    """One target, and what the feed holds of it."""

    def __init__(
        self, feed: Feed, clock: Clock, resolver: Resolver, subnets: Sequence[Subnet], name: Name, rtype: str
    ) -> None:
        self._feed = feed
        self._clock = clock
        self._resolver = resolver
        self._subnets = subnets
        self._name = name
        self._rtype = rtype
        self._key = outside_key(name.text, rtype)
        self._state = State()
        self._told: Answer | None = None
        self._version = 0
        self._no_scope_until = 0.0

    async def load(self) -> None:
        """Begin with what the feed holds from before."""
        found = await self._feed.get(self._key)
        if found is not None:
            self._told, self._version = decode(found[0]), found[1]
            self._state = State(self._told)

    async def refresh(self) -> float:
        """Ask, tell what has changed, and give the seconds until it is time again."""
        try:
            found = await self._resolver.ask(self._name, self._rtype)
        except NoAnswer as error:
            self._state = unanswered(self._state)
            self._log_failure(error)
        else:
            near = await self._near() if found.rdata else ()
            self._state = answered(self._state, found, near, self._clock.now().timestamp())
        await self._tell()
        return self._state.delay

    async def _near(self) -> tuple[Near, ...]:
        """The answers for each subnet, if the answer for the first depends on it (RFC 7871 §7.3.1)."""
        if not self._subnets or self._clock.monotonic() < self._no_scope_until:
            return ()
        first, *others = self._subnets
        try:
            found = await self._resolver.ask(self._name, self._rtype, first.block)
        except NoAnswer:
            return self._last_near
        if not found.scope:
            self._no_scope_until = self._clock.monotonic() + _SCOPE_LOOK_EVERY
            return ()
        rest = await asyncio.gather(*map(self._ask_for, others))
        return (_near(first, found), *(one for one in rest if one is not None))

    @property
    def _last_near(self) -> tuple[Near, ...]:
        return self._state.answer.near if self._state.answer else ()

    async def _ask_for(self, subnet: Subnet) -> Near | None:
        """The answer for one subnet, its last one if nobody answers; None if it is the same for everyone."""
        try:
            found = await self._resolver.ask(self._name, self._rtype, subnet.block)
        except NoAnswer:
            return next((one for one in self._last_near if one.area == subnet.area and _lies_in(subnet, one)), None)
        return _near(subnet, found) if found.scope else None

    async def _tell(self) -> None:
        answer = self._state.answer
        if answer is None or not _is_news(answer, self._told):
            return
        # The time as well as the last version: a key that was deleted begins anew, and must not look old.
        self._version = max(self._version + 1, int(self._clock.now().timestamp() * 1000))
        await self._feed.put(Entry(self._key, encode(answer), self._version))
        if self._told is None or self._told.rdata != answer.rdata:
            log.info("outside.changed", target=self._name.text, type=self._rtype, records=len(answer.rdata))
        self._told = answer

    def _log_failure(self, error: NoAnswer) -> None:
        answer = self._state.answer
        age = None if answer is None else round(self._clock.now().timestamp() - answer.asked_at)
        log.warning("outside.unanswered", target=self._name.text, type=self._rtype, reason=str(error), age_s=age)


def _key(target: Target) -> str:
    name, rtype = target
    return outside_key(name.text, rtype)


def _near(subnet: Subnet, found: Found) -> Near:
    block = subnet.block.supernet(new_prefix=found.scope)
    return Near(block.network_address.packed, found.scope, bounded(found.ttl), found.rdata, subnet.area)


def _lies_in(subnet: Subnet, near: Near) -> bool:
    """Whether an earlier answer was for a block around this subnet."""
    wider = subnet.block.supernet(new_prefix=min(near.length, subnet.block.prefixlen))
    return wider.network_address.packed == near.address


def _is_news(answer: Answer, told: Answer | None) -> bool:
    """Whether edges should hear of it: it is another answer, or the same after a while."""
    if told is None or answer.asked_at - told.asked_at >= _TOLD_EVERY:
        return True
    return (answer.ttl, answer.rdata, answer.healthy, answer.near) != (told.ttl, told.rdata, told.healthy, told.near)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has ended: the next start finds the targets
        loop.call_soon_threadsafe(event.set)

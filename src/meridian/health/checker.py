"""
The checker: looks at the checks of its regions, and tells edges and control what it sees (architecture §6.3).

    feed: checks/ ──▶ definitions ──▶ schedule ──▶ look ──▶ tally ──▶ feed: reports/⟨checker⟩/
                                         ▲───────────────────┘

It asks nobody and coordinates with nobody (R-HCP-1). A block of definitions that is missing in the
feed says nothing, and what it said goes on: checks are taken away by a block without them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import structlog

from meridian.clock import Clock
from meridian.feed.feed import Feed
from meridian.feed.health import (
    CHECKS,
    Block,
    Definition,
    Observation,
    block_of,
    checks_block,
    decode_block,
)
from meridian.feed.turns import Turns, forever
from meridian.feed.waiting import news_within
from meridian.health import schedule
from meridian.health.probe import Outcome
from meridian.health.reporter import Identity, Reporter
from meridian.health.schedule import SOON, Schedule
from meridian.health.tally import NOTHING_YET, Tally, anew, count, flips
from meridian.health.vote import interval, region_of

log = structlog.get_logger()

Look = Callable[[Definition], Awaitable[Outcome]]
"""Looks at a check of one type once."""

_LOOK_EVERY = 10.0  # seconds between looks at every key, for what a wake-up has missed
_KEYS_AT_ONCE = 4
_LEAST_WAIT = 0.005  # seconds between two looks at the schedule: what is due in between starts together
_TELL_EVERY = 60.0  # seconds between words on looks that were late
_LATE = 0.05  # of its interval by which a probe that starts later counts as late


class Statistics(msgspec.Struct, frozen=True):
    """
    How a checker does. Counts are since it started.

    Attributes:
        checks: Checks that it looks at.
        under_way: Looks that go on now.
        waiting: Looks that are due and wait until others end, as only so many go on at once.
        looks: Looks that have ended.
        failures: Those of them that saw the endpoint fail.
        unseen: Those that saw nothing, by no fault of the endpoint.
        late: Looks that started late, by more than a twentieth of their interval.
    """

    checks: int
    under_way: int
    waiting: int
    looks: int
    failures: int
    unseen: int
    late: int


class _Watched:
    """A check that is looked at. `in_phase`: its next start is counted from the one before."""

    def __init__(self, definition: Definition, phase: float, tally: Tally) -> None:
        self.definition = definition
        self.phase = phase
        self.tally = tally
        self.interval = interval(definition)
        self.in_phase = self.interval <= SOON


class Checker:
    """
    One checker.

    Args:
        looks: How to look at the checks of each type; checks of other types are left alone.
        at_once: Most looks at one time: each takes a descriptor or two.
    """

    def __init__(
        self, feed: Feed, clock: Clock, identity: Identity, looks: Mapping[str, Look], *, at_once: int
    ) -> None:
        self._feed = feed
        self._clock = clock
        self._identity = identity
        self._looks = looks
        self._held: dict[str, int] = {}
        self._blocks: dict[int, set[int]] = {}
        self._watched: dict[int, _Watched] = {}
        self._due = Schedule()
        self._reporter = Reporter(feed, clock, identity, self._observations)
        self._wakes_at = 0.0
        self._rescheduled = asyncio.Event()
        self._free = asyncio.Semaphore(at_once)
        self._waiting = self._under_way = 0
        self._ended = self._failures = self._unseen = self._late = 0

    async def run(self) -> None:
        """Look at checks and report, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            turns = Turns(self.follow, tasks, _KEYS_AT_ONCE)
            tasks.create_task(forever(partial(self._watch, turns)))
            tasks.create_task(forever(partial(self._look_at_feed, turns)))
            tasks.create_task(forever(self._look_at_checks))
            tasks.create_task(forever(self._tell_late))
            tasks.create_task(forever(self._reporter.run))

    def statistics(self) -> Statistics:
        """How it does."""
        return Statistics(
            checks=len(self._watched),
            under_way=self._under_way,
            waiting=self._waiting,
            looks=self._ended,
            failures=self._failures,
            unseen=self._unseen,
            late=self._late,
        )

    async def follow(self, key: str) -> None:
        """Take in a block of definitions. Never raises: what cannot be read leaves in force what was."""
        try:
            found = await self._feed.get(key)
            if found is not None and self._held.get(key) != found[1]:
                self.define(checks_block(key), decode_block(found[0]))
                self._held[key] = found[1]
        except Exception as error:
            log.error("checks.unreadable", key=key, reason=f"{type(error).__name__}: {error}")

    def define(self, block: int, definitions: Block) -> None:
        """Look at these checks of a block from now on, as far as they are ours, and at no others."""
        wanted = {check.slot: check for check in definitions.checks if self._is_ours(check)}
        before = self._blocks.get(block, set())
        for slot in before - wanted.keys():
            del self._watched[slot]
            self._due.drop(slot)
        for check in wanted.values():
            self._watch_check(check)
        self._blocks[block] = set(wanted)
        self._reporter.keep(block, bool(wanted))

    def _is_ours(self, check: Definition) -> bool:
        """Disabled checks are not looked at (R-HC-DIS), nor those of other regions (R-HCG-4)."""
        is_here = region_of(check, self._identity.regions) is not None
        return check.config.type in self._looks and not check.config.disabled and is_here

    def _watch_check(self, check: Definition) -> None:
        """Begin to look at a check; anew if what is looked at has changed (R-HCA-7)."""
        known = self._watched.get(check.slot)
        if known is not None and known.definition.id != check.id:
            known = None  # a database from a backup has given the slot once more
        if known is not None and known.definition.revision == check.revision:
            known.definition = check
            return
        tally = NOTHING_YET if known is None else anew(known.tally)
        watched = _Watched(check, schedule.phase(check.id, self._identity.name), tally)
        self._watched[check.slot] = watched
        now = self._clock.monotonic()
        self._plan(check.slot, schedule.start_in_phase(now, min(watched.interval, SOON), watched.phase))

    def _plan(self, slot: int, at: float) -> None:
        self._due.put(slot, at)
        if at < self._wakes_at:
            self._rescheduled.set()

    async def _look_at_checks(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._rescheduled.clear()
                now = self._clock.monotonic()
                for slot, planned in self._due.take(now):
                    tasks.create_task(self._look(slot, self._watched[slot], planned))
                wait = max(self._due.wait(now), _LEAST_WAIT)
                self._wakes_at = now + wait
                await news_within(self._rescheduled, wait)

    async def _look(self, slot: int, watched: _Watched, planned: float) -> None:
        """Look at a check once, and plan the next time."""
        async with self._turn():
            started = self._clock.monotonic()
            self._late += started - planned > _LATE * watched.interval
            outcome = await self._outcome(watched.definition)
        self._ended += 1
        self._failures += outcome.healthy is False
        self._unseen += outcome.healthy is None
        if self._watched.get(slot) is not watched:  # another revision by now, or none
            return
        self._take(slot, watched, outcome)
        now = self._clock.monotonic()
        if watched.in_phase:
            self._plan(slot, schedule.next_start(planned, now - started, watched.interval, now))
        else:
            watched.in_phase = True
            self._plan(slot, schedule.start_in_phase(now, watched.interval, watched.phase))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One of the looks that may go on at once."""
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._free.release()

    async def _outcome(self, check: Definition) -> Outcome:
        try:
            return await self._looks[check.config.type](check)
        except Exception as error:
            log.exception("look.broken", check=check.id)
            return Outcome(None, f"Unknown: the health checker has a fault: {type(error).__name__}")

    def _take(self, slot: int, watched: _Watched, outcome: Outcome) -> None:
        """Add what was seen to what is known; tell at once if that changes."""
        before = watched.tally
        watched.tally = count(before, watched.definition, outcome, self._clock.now().timestamp())
        if flips(before, watched.tally):
            self._reporter.tell(block_of(slot))

    def _observations(self, block: int) -> list[Observation]:
        """What is known of a block, by slot; checks that were not looked at yet are left out."""
        tallies = [self._watched[slot].tally for slot in sorted(self._blocks[block])]
        return [tally.observation for tally in tallies if tally.observation is not None]

    async def _tell_late(self) -> None:
        """Tell the operator that this machine cannot keep up, if it is so."""
        while True:
            before = self.statistics()
            await asyncio.sleep(_TELL_EVERY)
            now = self.statistics()
            if now.late > before.late:
                log.warning(
                    "checks.late", late=now.late - before.late, of=now.looks - before.looks, waiting=now.waiting
                )

    async def _watch(self, turns: Turns) -> None:
        async for key in self._feed.watch(CHECKS):
            turns.due(key)

    async def _look_at_feed(self, turns: Turns) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            for key in await self._feed.keys(CHECKS):
                turns.due(key)
            await self._reporter.look_for_namesake()

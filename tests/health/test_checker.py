"""A checker on a real feed, hour after hour of virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from structlog.testing import capture_logs

from meridian.feed.feed import Entry
from meridian.feed.health import (
    BLOCK,
    Block,
    Definition,
    Observation,
    Report,
    block_of,
    checks_key,
    decode_report,
    encode,
    report_key,
)
from meridian.health.checker import Checker
from meridian.health.probe import Outcome
from meridian.health.reporter import Identity
from meridian.model.health import ENDPOINT_TYPES, REGIONS, HealthCheckConfig, Options
from tests.fakes.virtual_time import LoopClock, run
from tests.publish.world import BreakableFeed

NAME = "fra1"


class CountingFeed(BreakableFeed):
    """A feed that counts how often something is put."""

    puts = 0

    async def put(self, *entries: Entry) -> None:
        self.puts += 1
        await super().put(*entries)


class Site:
    """
    A checker, and endpoints that it looks at.

    Attributes:
        looks: When each slot was looked at, from start to end.
        states: What a look at a slot comes to; healthy if nothing is said.
        took: Seconds that a look at a slot takes; 0.01 if nothing is said.
    """

    def __init__(self, feed: CountingFeed, *, at_once: int = 1000, regions: tuple[str, ...] = REGIONS) -> None:
        self.feed = feed
        self.clock = LoopClock()
        self.looks: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
        self.states: dict[int, bool | None] = {}
        self.took: dict[int, float] = {}
        self.most_under_way = 0
        self.cancelled = 0
        self._versions: Counter[str] = Counter()
        self._under_way = 0
        self._at_once = at_once
        self._regions = regions

    async def define(self, *checks: Definition, block: int = 0) -> None:
        """Put a block of definitions."""
        key = checks_key(block)
        self._versions[key] += 1
        await self.feed.put(Entry(key, encode(Block(checks)), self._versions[key]))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """With a checker at work that begins with nothing."""
        identity = Identity(NAME, self._regions, "192.0.2.1")
        looks = dict.fromkeys(ENDPOINT_TYPES, self._look)
        self.checker = Checker(self.feed, self.clock, identity, looks, at_once=self._at_once)
        task = asyncio.create_task(self.checker.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def report(self, block: int = 0) -> Report | None:
        found = await self.feed.get(report_key(NAME, block))
        return None if found is None else decode_report(found[0])

    async def observation(self, slot: int = 1) -> Observation | None:
        report = await self.report(block_of(slot))
        return next((one for one in report.observations if one.slot == slot), None) if report else None

    async def healthy(self, slot: int = 1) -> bool | None:
        found = await self.observation(slot)
        return found.healthy if found else None

    async def until(self, holds: Callable[[], Coroutine[Any, Any, bool]], within: float) -> float:
        """Wait until something holds, so many seconds at the most; when that is."""
        async with asyncio.timeout(within):
            while not await holds():
                await asyncio.sleep(0.01)
        return self.clock.monotonic()

    async def _look(self, check: Definition) -> Outcome:
        started = self.clock.monotonic()
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            await asyncio.sleep(self.took.get(check.slot, 0.01))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self._under_way -= 1
        self.looks[check.slot].append((started, self.clock.monotonic()))
        healthy = self.states.get(check.slot, True)
        if check.config.resource_path == "/fault":
            raise ZeroDivisionError
        return Outcome(healthy, f"revision {check.revision}", connect_ms=1.0)


def check(slot: int, *, revision: int = 1, options: Options = Options(), **config: Any) -> Definition:  # noqa: B008
    config = {"type": "HTTP", "ip_address": "192.0.2.1", "request_interval": 10, "failure_threshold": 3, **config}
    return Definition(str(UUID(int=slot)), slot, revision, HealthCheckConfig(**config), options)


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[CountingFeed]:
    opened = CountingFeed(tmp_path / "feed.db")
    yield opened
    opened.close()


def test_an_hour_of_looks(feed: CountingFeed) -> None:
    """Each check is looked at an interval after the last reply, whatever that took, and never late (R-HCP-2)."""
    site = Site(feed)
    intervals = {1: 10.0, 2: 30.0, 3: 1.0, 4: 10.0, 5: 30.0}
    site.took = {1: 0.02, 2: 8.0, 3: 0.3, 4: 4.0, 5: 0.5}
    checks = [
        check(1),
        check(2, request_interval=30),
        check(3, options=Options(interval=1)),
        check(4, type="TCP"),
        check(5, request_interval=30, regions=("us-east-1", "us-west-1", "us-west-2")),
    ]

    async def hour() -> None:
        await site.define(*checks)
        async with site.running():
            await asyncio.sleep(3600)
            statistics = site.checker.statistics()
            assert (statistics.checks, statistics.failures, statistics.unseen, statistics.late) == (5, 0, 0, 0)
            assert statistics.looks == sum(map(len, site.looks.values()))

    run(hour())
    for slot, interval in intervals.items():
        looks = site.looks[slot]
        gaps = [after[0] - before[1] for before, after in pairwise(looks)]
        assert all(gap == pytest.approx(interval, abs=0.02) for gap in gaps)
        assert len(looks) == pytest.approx(3600 / (interval + site.took[slot]), abs=1.5)


def test_a_flip_is_reported_at_once(feed: CountingFeed) -> None:
    """The report comes within a moment of the look that flips, the third that fails, and not with the clock."""
    site = Site(feed)

    async def outage() -> None:
        await site.define(check(1))
        async with site.running():
            await site.until(lambda: is_seen(site, True), 35)
            before = len(site.looks[1])
            site.states[1] = False
            flipped = await site.until(lambda: is_seen(site, False), 35)
            assert len(site.looks[1]) == before + 3
            assert flipped - site.looks[1][-1][1] <= 0.2
            seen = await site.observation()
            assert seen is not None
            assert (seen.text, seen.failure, seen.connect_ms) == ("revision 1", "revision 1", 1.0)
            report = await site.report()
            assert report is not None
            assert (report.checker, report.regions, report.address) == (NAME, REGIONS, "192.0.2.1")

    run(outage())


async def is_seen(site: Site, healthy: bool | None, slot: int = 1) -> bool:
    return await site.healthy(slot) is healthy


def test_all_is_reported_on_a_clock(feed: CountingFeed) -> None:
    """Where nothing changes, whole blocks are put again every 5 s: a checker that is silent is away (R-HCA-6)."""
    site = Site(feed)

    async def calm() -> None:
        await site.define(check(1), check(2))
        await site.define(check(BLOCK), block=1)
        async with site.running():
            await asyncio.sleep(60)
            stamps = defaultdict[int, set[float]](set)
            for _ in range(600):
                for block in (0, 1):
                    report = await site.report(block)
                    assert report is not None
                    stamps[block].add(report.at)
                await asyncio.sleep(0.1)
            assert [len(stamps[block]) for block in (0, 1)] == [pytest.approx(12, abs=1)] * 2
            assert len((await site.report() or pytest.fail("nothing is told")).observations) == 2

    run(calm())


def test_many_flips_are_told_together(feed: CountingFeed) -> None:
    """When 2,000 checks fail in the same ten seconds, the feed is written to some ten times a second, no more."""
    site = Site(feed)

    async def outage() -> None:
        for block in range(8):
            slots = range(block * BLOCK, (block + 1) * BLOCK)
            await site.define(*(check(slot, failure_threshold=1) for slot in slots), block=block)
        async with site.running():
            await asyncio.sleep(30)
            puts = feed.puts
            site.states = dict.fromkeys(range(8 * BLOCK), False)
            await asyncio.sleep(11)
            assert feed.puts - puts <= 11 * 10 + 5
            for block in range(8):
                report = await site.report(block)
                assert report is not None
                assert {one.healthy for one in report.observations} == {False}

    run(outage())


def test_a_change_of_many_checks_is_no_storm(feed: CountingFeed) -> None:
    """256 checks that change at one moment are looked at in the course of an interval, as evenly as before."""
    site = Site(feed)

    async def change() -> None:
        await site.define(*map(check, range(BLOCK)))
        async with site.running():
            await asyncio.sleep(100)
            site.looks.clear()
            await site.define(*(check(slot, revision=2) for slot in range(BLOCK)))
            await asyncio.sleep(10.1)
            seconds = Counter(int(started) for looks in site.looks.values() for started, _ in looks)
            assert len(site.looks) == BLOCK
            assert max(seconds.values()) < 60

    run(change())


def test_another_revision_counts_anew(feed: CountingFeed) -> None:
    """A check that has changed is unknown until it has its own row of results (R-HCA-7); no look under way counts."""
    site = Site(feed)

    async def change() -> None:
        await site.define(check(1))
        async with site.running():
            await site.until(lambda: is_seen(site, True), 35)
            site.took[1] = 5.0
            begun = len(site.looks[1])
            await site.until(lambda: under_way(site, 1), 11)
            await site.define(check(1, revision=2))
            site.took[1] = 0.01
            site.states[1] = False
            await site.until(lambda: is_seen(site, None), 1)
            assert await site.observation() is None
            await site.until(lambda: is_seen(site, False), 45)
            seen = await site.observation()
            assert seen is not None
            assert (seen.revision, seen.text) == (2, "revision 2")
            assert len(site.looks[1]) >= begun + 3

    run(change())


async def under_way(site: Site, looks: int) -> bool:
    return site.checker.statistics().under_way == looks


def test_a_check_may_go_while_it_is_looked_at(feed: CountingFeed) -> None:
    """A look that ends after its check was taken away, or changed, counts for nothing and disturbs no other."""
    site = Site(feed)
    site.took = {1: 5.0, 2: 5.0, 3: 5.0}

    async def minutes() -> None:
        await site.define(*map(check, range(1, 4)))
        async with site.running():
            await site.until(lambda: under_way(site, 3), 11)
            site.states[2] = False
            await site.define(check(2, revision=2, failure_threshold=1), check(3))
            await asyncio.sleep(5)
            assert await site.observation(2) is None
            await asyncio.sleep(60)
            assert site.cancelled == 0
            assert [len(site.looks[slot]) for slot in (1, 2, 3)] == [1, pytest.approx(5, abs=1), 5]
            starts = [started for started, _ in site.looks[2]][1:]
            assert all(after - before == pytest.approx(15, abs=0.02) for before, after in pairwise(starts))

    run(minutes())


def test_what_changes_nothing_of_the_look_leaves_counters_alone(feed: CountingFeed) -> None:
    """The same revision once more, as with an override, does not start anything anew."""
    site = Site(feed)

    async def change() -> None:
        await site.define(check(1))
        async with site.running():
            await site.until(lambda: is_seen(site, True), 35)
            await site.define(msgspec.structs.replace(check(1), switch=True))
            await asyncio.sleep(1)
            assert await site.healthy() is True

    run(change())


def test_a_slot_with_another_check_begins_anew(feed: CountingFeed) -> None:
    """A database from a backup may give a slot to another check, of the same revision."""
    site = Site(feed)

    async def change() -> None:
        await site.define(check(1))
        async with site.running():
            site.states[1] = False
            await site.until(lambda: is_seen(site, False), 35)
            await site.define(msgspec.structs.replace(check(1), id=str(UUID(int=99))))
            await asyncio.sleep(1)
            assert await site.observation() is None
            site.states[1] = True
            await site.until(lambda: is_seen(site, True), 35)
            assert (await site.observation() or pytest.fail("nothing is told")).failure == ""

    run(change())


def test_only_what_is_ours_is_looked_at(feed: CountingFeed) -> None:
    """Disabled checks, checks of other regions and checks that nobody probes are left alone (R-HC-DIS, R-HCG-4)."""
    site = Site(feed, regions=("eu-west-1", "sa-east-1"))
    elsewhere = ("us-east-1", "us-west-1", "us-west-2")

    async def minute() -> None:
        await site.define(
            check(1),
            check(2, regions=(*elsewhere, "sa-east-1")),
            check(3, regions=elsewhere),
            check(4, disabled=True),
            check(5, type="CALCULATED"),
            check(6, type="RECOVERY_CONTROL"),
        )
        async with site.running():
            await asyncio.sleep(60)
            assert site.looks.keys() == {1, 2}
            await site.define(check(1, revision=2, disabled=True), check(3, revision=2), check(4, revision=2))
            await asyncio.sleep(1)
            site.looks.clear()
            await asyncio.sleep(60)
            assert site.looks.keys() == {3, 4}

    run(minute())


def test_a_report_without_checks_is_taken_away(feed: CountingFeed) -> None:
    """Where nothing of a block is looked at any more, its report goes, also that of the run before."""
    site = Site(feed)

    async def minutes() -> None:
        await site.define(check(1))
        await site.define(check(BLOCK), block=1)
        async with site.running():
            await asyncio.sleep(20)
            assert await site.report() is not None
            await site.define()
            await asyncio.sleep(20)
            assert await site.report() is None
        await site.define(block=1)
        assert await site.report(1) is not None
        async with site.running():
            await asyncio.sleep(1)
            assert await site.report(1) is None

    run(minutes())


def test_a_block_that_is_missing_says_nothing(feed: CountingFeed) -> None:
    """A feed that has lost its memory takes no check away (R-HCD-5)."""
    site = Site(feed)

    async def minutes() -> None:
        await site.define(check(1))
        async with site.running():
            await asyncio.sleep(40)
            await feed.delete(checks_key(0))
            await asyncio.sleep(40)
            assert site.checker.statistics().checks == 1
            assert await site.healthy() is True

    run(minutes())


def test_a_block_that_cannot_be_read_changes_nothing(feed: CountingFeed) -> None:
    """What was in force stays."""
    site = Site(feed)

    async def minutes() -> None:
        await site.define(check(1))
        async with site.running():
            await asyncio.sleep(40)
            await feed.put(Entry(checks_key(0), b"?", 100))
            await asyncio.sleep(40)
            assert await site.healthy() is True

    run(minutes())


def test_a_clock_that_is_set_back_silences_nobody(feed: CountingFeed) -> None:
    """After a step of an hour, either way, and a restart, reports go on being newer than those before."""
    site = Site(feed)

    async def minutes() -> None:
        await site.define(check(1))
        for step in (3600, -7200, 3600):
            async with site.running():
                site.clock.step(step)
                await site.until(lambda: is_seen(site, True), 35)
                site.states[1] = False
                await site.until(lambda: is_seen(site, False), 35)
                site.states[1] = True
            site.clock.step(-600)

    run(minutes())


def test_looks_at_one_time_are_bounded(feed: CountingFeed) -> None:
    """With endpoints that stall, looks wait for each other and count as late; after that all is on time again."""
    site = Site(feed, at_once=5)
    site.took = dict.fromkeys(range(100), 8.0)

    async def minutes() -> None:
        await site.define(*map(check, range(100)))
        async with site.running():
            await asyncio.sleep(60)
            stalled = site.checker.statistics()
            assert (site.most_under_way, stalled.under_way) == (5, 5)
            assert stalled.late > 0
            assert stalled.waiting > 50
            site.took = {}
            await asyncio.sleep(60)
            before = site.checker.statistics()
            await asyncio.sleep(600)
            after = site.checker.statistics()
            assert (after.late - before.late, after.waiting) == (0, 0)
            assert after.looks - before.looks == pytest.approx(100 * 60, abs=110)

    run(minutes())


def test_a_look_that_breaks_is_no_failure(feed: CountingFeed) -> None:
    """A fault of the checker itself says nothing of the endpoint, and looks go on."""
    site = Site(feed)

    async def minutes() -> None:
        await site.define(check(1, resource_path="/fault"), check(2))
        async with site.running():
            await asyncio.sleep(60)
            seen = await site.observation()
            assert seen is not None
            assert (seen.healthy, seen.text) == (None, "Unknown: the health checker has a fault: ZeroDivisionError")
            assert len(site.looks[1]) > 4
            assert await site.healthy(2) is True
            assert site.checker.statistics().unseen == len(site.looks[1])

    run(minutes())


def test_a_checker_that_loses_its_sight_withdraws_its_votes(feed: CountingFeed) -> None:
    """After three looks that saw nothing, a checker says that it does not know, not that all is well (R-HCP-15)."""
    site = Site(feed)

    async def minutes() -> None:
        await site.define(check(1))
        async with site.running():
            await site.until(lambda: is_seen(site, True), 35)
            site.states[1] = None
            before = len(site.looks[1])
            await site.until(lambda: is_seen(site, None), 35)
            assert len(site.looks[1]) == before + 3
            site.states[1] = True
            await site.until(lambda: is_seen(site, True), 11)

    run(minutes())


def test_a_long_interval_begins_soon(feed: CountingFeed) -> None:
    """A check of every hour is looked at within half a minute, then at a moment of its own (R-HCP-16)."""
    site = Site(feed)

    async def hours() -> None:
        await site.define(*(check(slot, options=Options(interval=3600)) for slot in range(50)))
        async with site.running():
            await asyncio.sleep(30.1)
            assert {len(looks) for looks in site.looks.values()} == {1}
            assert len(site.looks) == 50
            await asyncio.sleep(4 * 3600 - 30)
        quarters = Counter(int(looks[-1][0] % 3600 // 900) for looks in site.looks.values())
        assert min(quarters.values()) > 3
        assert {len(looks) for looks in site.looks.values()} == {5}

    run(hours())


def test_reports_go_on_after_the_feed_was_away(feed: CountingFeed) -> None:
    """Looks go on meanwhile, and what has flipped is told once the feed is back."""
    site = Site(feed)

    async def minutes() -> None:
        await site.define(check(1))
        async with site.running():
            await site.until(lambda: is_seen(site, True), 35)
            feed.refused = "reports/"
            site.states[1] = False
            before = len(site.looks[1])
            await asyncio.sleep(60)
            assert len(site.looks[1]) >= before + 5
            assert await site.healthy() is True
            feed.refused = None
            await site.until(lambda: is_seen(site, False), 3)

    run(minutes())


def test_a_name_that_another_checker_has_is_told(feed: CountingFeed) -> None:
    """Two checkers of one name overwrite each other's reports: the log says so; a checker that starts anew is none."""
    site = Site(feed)

    async def minutes() -> None:
        await site.define(check(1))
        with capture_logs() as logs:
            for _ in range(2):
                async with site.running():
                    await asyncio.sleep(61)
            assert [entry["event"] for entry in logs] == []
            async with site.running():
                await asyncio.sleep(1)
                async with site.running():
                    await asyncio.sleep(61)
            assert {entry["event"] for entry in logs} == {"checker.name_taken"}
            assert {entry["name"] for entry in logs} == {NAME}

    run(minutes())


def test_the_end_leaves_nothing_behind(feed: CountingFeed) -> None:
    """Looks under way are cancelled with the checker, and the last report stays."""
    site = Site(feed)
    site.took = dict.fromkeys(range(20), 9.0)

    async def minutes() -> None:
        await site.define(*map(check, range(20)))
        async with site.running():
            await asyncio.sleep(15)
            going_on = site.checker.statistics().under_way
            assert going_on > 0
        assert site.cancelled == going_on
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert await site.report() is not None

    run(minutes())

"""
Tells edges and control what a checker sees: whole blocks, on a clock and at each flip (architecture §4).

That all is told again and again, changed or not, costs the same on a calm day as on a bad one, and
whoever was away knows all a few seconds later. That a report comes at all says that the checker sees.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import msgspec
import structlog

from meridian.clock import Clock
from meridian.errors import SettingsError
from meridian.feed.feed import Entry, Feed
from meridian.feed.health import Observation, Report, decode_report, encode, report_key
from meridian.feed.waiting import news_within
from meridian.health import schedule
from meridian.health.schedule import Schedule
from meridian.health.vote import REPORT_EVERY
from meridian.model.health import REGIONS
from meridian.settings import Settings

log = structlog.get_logger()

_LEAST_PAUSE = 0.1  # seconds between two reports when much flips


class Identity(msgspec.Struct, frozen=True):
    """
    Who a checker is; the fields are those of `feed.health.Report`.

    Attributes:
        name: No other checker has it; without slashes.
    """

    name: str
    regions: tuple[str, ...]
    address: str = ""


def identity(settings: Settings) -> Identity:
    """
    Who this machine's checker is.

    Raises:
        SettingsError: The settings name no region that there is, or a name or an address that cannot be.
    """
    unknown = set(settings.checker_regions) - set(REGIONS)
    if unknown or not settings.checker_regions:
        raise SettingsError(
            f"checker_regions: {', '.join(sorted(unknown)) or 'none given'}; choose from {', '.join(REGIONS)}"
        )
    if "/" in settings.checker_name:
        raise SettingsError(f"checker_name: '{settings.checker_name}' has a slash; choose a name without")
    if settings.checker_address:
        try:
            ip_address(settings.checker_address)
        except ValueError:
            raise SettingsError(f"checker_address: '{settings.checker_address}' is no IP address") from None
    name = settings.checker_name or socket.gethostname()
    return Identity(name, settings.checker_regions, settings.checker_address)


class Reporter:
    """
    Reports for one checker.

    Args:
        observations: What the checker knows of a block.
    """

    def __init__(
        self, feed: Feed, clock: Clock, identity: Identity, observations: Callable[[int], Sequence[Observation]]
    ) -> None:
        self._feed = feed
        self._clock = clock
        self._identity = identity
        self._observations = observations
        self._started_at = clock.now().timestamp()
        self._kept: set[int] = set()
        self._due = Schedule()
        self._stale: set[int] = set()  # blocks of which something else is to be told than was
        self._versions: dict[int, int] = {}
        self._news = asyncio.Event()

    def keep(self, block: int, is_watched: bool) -> None:
        """Report a block from now on, or take its report away: nothing in it is watched."""
        if not is_watched:
            self._kept.discard(block)
            self._due.drop(block)
        elif block not in self._kept:
            self._kept.add(block)
            phase = schedule.phase(str(block), self._identity.name)
            self._due.put(block, schedule.start_in_phase(self._clock.monotonic(), REPORT_EVERY, phase))
        self.tell(block)

    def tell(self, block: int) -> None:
        """Report a block at once: something in it has flipped."""
        self._stale.add(block)
        self._news.set()

    async def run(self) -> None:
        """Report until cancelled. Where much flips, what flips in a short while is told together."""
        while True:
            self._news.clear()
            now = self._clock.monotonic()
            for block, planned in self._due.take(now):
                self._due.put(block, schedule.next_start(planned, 0.0, REPORT_EVERY, now))
                self._stale.add(block)
            blocks, self._stale = sorted(self._stale), set()
            try:
                await self._put(blocks)
            except BaseException:
                self._stale.update(blocks)
                raise
            await asyncio.sleep(_LEAST_PAUSE)
            await news_within(self._news, self._due.wait(self._clock.monotonic()))

    async def look_for_namesake(self) -> None:
        """Tell the operator if another checker reports under this name: each would overwrite what the other sees."""
        for block in list(self._kept)[:1]:
            found = await self._feed.get(report_key(self._identity.name, block))
            started_at = self._started_at if found is None else decode_report(found[0]).started_at
            if started_at != self._started_at and block in self._versions:
                remedy = "give one of them another name with the setting checker_name"
                log.error("checker.name_taken", name=self._identity.name, remedy=remedy)

    async def _put(self, blocks: Sequence[int]) -> None:
        entries = [await self._entry(block) for block in blocks if block in self._kept]
        gone = [report_key(self._identity.name, block) for block in blocks if block not in self._kept]
        if entries:
            await self._feed.put(*entries)
        if gone:
            await self._feed.delete(*gone)

    async def _entry(self, block: int) -> Entry:
        key = report_key(self._identity.name, block)
        if block not in self._versions:
            found = await self._feed.get(key)
            self._versions[block] = 0 if found is None else found[1]
        now = self._clock.now().timestamp()
        # The time as well as the last version: a key that was deleted begins anew, and must not look old.
        self._versions[block] = max(self._versions[block] + 1, int(now * 1000))
        report = Report(
            checker=self._identity.name,
            regions=self._identity.regions,
            address=self._identity.address,
            started_at=self._started_at,
            at=now,
            observations=tuple(self._observations(block)),
        )
        return Entry(key, encode(report), self._versions[block])

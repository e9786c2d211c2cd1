"""What a checker has said of one block, and for how long it has been saying it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meridian.feed.health import Observation, Report
from meridian.health.vote import REPORT_EVERY

_LATE = 1.5 * REPORT_EVERY  # seconds between two reports of a checker, of which the later one is late


class Result(NamedTuple):
    """
    One check as a checker sees it.

    Attributes:
        since: Since when, by our monotonic clock, it has had results of this revision, or none.
    """

    observation: Observation
    since: float


class Heard:
    """
    A report, as it arrived. Times are by our monotonic clock.

    Args:
        lag: By how many seconds it was older than the newest report when we started (R-HCD-5).

    Attributes:
        is_late: Its checker had fallen silent before we started: it does not count until it is renewed.
    """

    def __init__(self, report: Report, arrived: float, results: Mapping[int, Result], lag: float = 0.0) -> None:
        self.report = report
        self.arrived = arrived
        self.results = results
        self.is_late = lag > _LATE
        self._lag = lag if self.is_late else 0.0
        self._silent_for = 0  # how many of its block's limits it has been silent for

    def age(self, now: float) -> float:
        """Seconds since it arrived; since it was made, as far as we know, if it is late."""
        return now - self.arrived + self._lag

    def outlives(self, limit: float, now: float) -> bool:
        """Whether it counts for checks of which a checker may be silent for so many seconds."""
        return not self.is_late and self.age(now) <= limit

    def falls_silent(self, limits: Sequence[float], now: float) -> bool:
        """Whether it has outlived one more of these ascending limits since this was last asked."""
        before, self._silent_for = self._silent_for, bisect_left(limits, now - self.arrived)
        return self._silent_for != before

    def is_silent(self, limits: Sequence[float], now: float) -> bool:
        """Whether it has outlived any of these ascending limits."""
        return bool(limits) and not self.outlives(limits[0], now)


def hear(report: Report, before: Heard | None, limits: Mapping[int, float], now: float) -> Heard:
    """
    A report that arrives now.

    What goes on from the report before keeps its `since`; after a silence all begins anew.

    Args:
        limits: By slot, the seconds without a report that make a silence (R-HCA-6).
    """
    results = {}
    for observation in report.observations:
        slot = observation.slot
        old = None if before is None else before.results.get(slot)
        if before is None or old is None or not _goes_on(old.observation, observation):
            since = now
        else:
            limit = limits.get(slot, float("inf"))
            since = old.since if before.outlives(limit, now) else now
        results[slot] = Result(observation, since)
    return Heard(report, now, results)


def differs(before: Result | None, after: Result | None) -> bool:
    """Whether two results of one checker may make a difference to a vote."""
    return _ballot(before) != _ballot(after)


def _ballot(result: Result | None) -> tuple[int, bool | None, bool] | None:
    if result is None:
        return None
    observation = result.observation
    return observation.revision, observation.healthy, observation.checked_at > 0


def _goes_on(old: Observation, new: Observation) -> bool:
    return old.revision == new.revision and (old.healthy is None) == (new.healthy is None)

"""What a checker has said of one block, and for how long it has been saying it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meridian.feed.health import Observation, Report


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
    """

    def __init__(self, report: Report, arrived: float, results: Mapping[int, Result], lag: float = 0.0) -> None:
        self.report = report
        self.arrived = arrived
        self.results = results
        self._lag = lag
        self._silent_for = 0  # how many of its block's limits it has been silent for

    def age(self, limit: float, now: float) -> float:
        """Seconds since it arrived; since it was made, if it was older than `limit` already when we started."""
        age = now - self.arrived
        return age if self._lag <= limit else age + self._lag

    def falls_silent(self, limits: Sequence[float], now: float) -> bool:
        """Whether it has outlived one more of these ascending limits since this was last asked."""
        before, self._silent_for = self._silent_for, bisect_left(limits, now - self.arrived)
        return self._silent_for != before

    def is_silent(self, limits: Sequence[float], now: float) -> bool:
        """Whether it has outlived any of these ascending limits."""
        return bool(limits) and self.age(limits[0], now) > limits[0]


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
            since = now if before.age(limit, now) > limit else old.since
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

"""
The vote on one check: from what checkers say to the status in force. Pure (health-checks.md §3, §4).

    ballots ──quorum──▶ status ──Inverted──▶ ──override──▶ in force

Ages are measured here, since a report arrived; nobody's wall clock but ours matters, and that only
for the end of an override.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from meridian.feed.health import Definition, Observation
from meridian.model.health import Override

QUORUM = 0.18
REPORT_EVERY = 5.0  # seconds between a checker's reports when nothing flips
PROBE_LIMIT = 10.0  # seconds that a probe may take (R-HCP-3..5)
_SILENT_AFTER = 3  # intervals (R-HCA-6)


class Ballot(NamedTuple):
    """
    What one checker says of one check.

    Attributes:
        region: The region of the check that it stands for; None: the check is not to be probed from there.
        observation: None: its reports do not list the check.
        age: Seconds since its last report arrived.
        is_late: Whether it had fallen silent before we started, and was not heard since (R-HCD-5).
        settled: Seconds for which it has had results of this revision without falling silent.
    """

    checker: str
    region: str | None
    address: str
    observation: Observation | None
    age: float
    is_late: bool
    settled: float


class Outcome(NamedTuple):
    """
    What a check comes to, before inversion and override.

    Attributes:
        status: None: nothing was ever known of it.
        counted: The checkers whose ballots count.
        seen: Whether any counts; always for checks that nobody probes.
        settles_in: Seconds after which it comes to something else without further news; infinite: never.
    """

    status: bool | None
    reason: str
    healthy_count: int = 0
    counted_count: int = 0
    counted: tuple[str, ...] = ()
    seen: bool = True
    settles_in: float = math.inf


def interval(definition: Definition) -> float:
    """Seconds between two looks of one checker."""
    if definition.options.interval is not None:
        return definition.options.interval
    if definition.metric is not None:
        return float(definition.metric.period)
    return float(definition.config.request_interval or 30)


def silence(definition: Definition) -> float:
    """Seconds without a report after which a checker no longer counts (R-HCA-6)."""
    return _SILENT_AFTER * max(interval(definition), REPORT_EVERY)


def region_of(definition: Definition, regions: Sequence[str]) -> str | None:
    """Which of a checker's regions a check is probed from; None for none of them (R-HCG-1)."""
    wanted: Collection[str] | None = definition.config.regions
    if wanted is None:
        return regions[0] if regions else ""
    return next((region for region in regions if region in wanted), None)


def by_checkers(definition: Definition, ballots: Sequence[Ballot], last: bool | None, quorum: float) -> Outcome:
    """
    The status of a check that checkers look at (R-HCA-1..7).

    It stays as it was while no ballot counts, and while the first that do may still be too few: until
    each checker has a result, or an interval and a probe have passed since the first one (R-HCA-5).

    Args:
        last: The status so far; None: nothing is known yet.
        quorum: The share of healthy votes that has to be exceeded.
    """
    limit = silence(definition)
    fresh = [ballot for ballot in ballots if ballot.age <= limit and not ballot.is_late]
    counted = [one for one in fresh if one.observation is not None and is_result(definition, one.observation)]
    names = tuple(ballot.checker for ballot in counted)
    votes = [ballot.observation.healthy for ballot in counted if ballot.observation is not None]
    told = [vote for vote in votes if vote is not None]
    healthy = sum(told)
    if not counted:
        lacks = "reports" if all(ballot.region is None for ballot in fresh) else "has a result yet"
        return Outcome(last, f"No checker {lacks}: {_stays(last)}", seen=False)
    awaited = sum(ballot.region is not None for ballot in ballots if ballot.checker not in names)
    patience = interval(definition) + PROBE_LIMIT - max(ballot.settled for ballot in counted)
    if awaited and patience > 0:
        reason = f"{len(names)} of {len(names) + awaited} checkers have a result: {_stays(last)} until more do"
        return Outcome(last, reason, healthy, len(told), names, settles_in=patience)
    if not told:
        return _without_data(definition, last, names)
    return Outcome(healthy / len(told) > quorum, _tally(healthy, len(told), quorum), healthy, len(told), names)


def is_result(definition: Definition, observation: Observation) -> bool:
    """Whether an observation tells anything of this revision (R-HCA-7)."""
    if observation.revision != definition.revision:
        return False
    # A checker that has looked at a metric and found too little data has a result as well (R-HCL-1).
    return observation.healthy is not None or (
        definition.config.type == "CLOUDWATCH_METRIC" and observation.checked_at > 0
    )


def in_force(definition: Definition, outcome: Outcome, override: Override | None) -> tuple[bool, str]:
    """
    The last word on a check, and why: inversion comes last (R-HC-INV), and an override beats everything.

    A check of which nothing is known counts as healthy before inversion (R-HCA-4, R-HCL-2).
    """
    if override is not None:
        until = datetime.fromtimestamp(override.until, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        why = f": {override.reason}" if override.reason else ""
        return override.healthy, f"Set {word(override.healthy)} by {override.by} until {until}{why}"
    healthy = outcome.status is not False
    if definition.config.inverted:
        return not healthy, f"{outcome.reason}; inverted"
    return healthy, outcome.reason


def word(healthy: bool) -> str:
    """`healthy` or `unhealthy`."""
    return "healthy" if healthy else "unhealthy"


def _without_data(definition: Definition, last: bool | None, names: tuple[str, ...]) -> Outcome:
    wanted = definition.config.insufficient_data_health_status or "LastKnownStatus"
    status = {"Healthy": True, "Unhealthy": False, "LastKnownStatus": last}[wanted]
    shown = _stays(last) if wanted == "LastKnownStatus" else word(wanted == "Healthy")
    return Outcome(status, f"The metric has too little data: {shown}", counted=names)


def _tally(healthy: int, told: int, quorum: float) -> str:
    checkers = "1 checker sees" if told == 1 else f"{told} checkers see"
    needed = next(count for count in range(told + 1) if count / told > quorum)
    lacking = "" if healthy >= needed else f"; {needed} needed"
    return f"{healthy} of {checkers} it healthy{lacking}"


def _stays(last: bool | None) -> str:
    return "healthy" if last is None else f"stays {word(last)}"

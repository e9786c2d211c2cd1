"""
From single looks at a check to what a checker reports of it (R-HCP-13). Pure.

               ┌── rise successes in a row ──▶ healthy ─┐
    unknown ───┤                                 ▲  │   ├── three looks in a row that saw nothing ──▶ unknown
               └── fall failures in a row ────▶ unhealthy ─┘
"""

from __future__ import annotations

import msgspec

from meridian.feed.health import Definition, Observation
from meridian.health.probe import Outcome

_BLIND_AFTER = 3  # looks in a row that see nothing, until a checker forgets what it saw before (R-HCP-15)


class Tally(msgspec.Struct, frozen=True):
    """
    What a checker knows of a check.

    Attributes:
        observation: What it reports; None: it has not looked yet.
        streak: Successes in a row, or failures in a row if below 0.
        unseen: Looks in a row that saw neither.
        failed_at: When a look last failed, be it at an earlier revision; None: never.
        failure: What it saw then.
    """

    observation: Observation | None = None
    streak: int = 0
    unseen: int = 0
    failed_at: float | None = None
    failure: str = ""


NOTHING_YET = Tally()


def rise(definition: Definition) -> int:
    """Successes in a row that make a check healthy."""
    return definition.options.rise or definition.config.failure_threshold or 1


def fall(definition: Definition) -> int:
    """Failures in a row that make a check unhealthy."""
    return definition.options.fall or definition.config.failure_threshold or 1


def count(tally: Tally, definition: Definition, outcome: Outcome, at: float) -> Tally:
    """
    The tally after one more look.

    A look that saw nothing neither adds to a row nor ends it. A metric without data is something seen,
    though: there the word of insufficient data is passed on at once (R-HCL-1).

    Args:
        at: When the look ended, in seconds since 1970.
    """
    before = tally.observation
    unseen = tally.unseen + 1 if outcome.healthy is None else 0
    streak = _continued(tally.streak, outcome.healthy)
    healthy = _healthy(definition, before.healthy if before else None, streak, unseen)
    failed_at, failure = (tally.failed_at, tally.failure) if outcome.healthy is not False else (at, outcome.text)
    observation = Observation(
        slot=definition.slot,
        revision=definition.revision,
        healthy=healthy,
        since=before.since if before is not None and before.healthy == healthy else at,
        checked_at=at,
        text=outcome.text,
        failed_at=failed_at,
        failure=failure,
        connect_ms=outcome.connect_ms,
        tls_ms=outcome.tls_ms,
        first_byte_ms=outcome.first_byte_ms,
    )
    return Tally(observation, streak, unseen, failed_at, failure)


def anew(tally: Tally) -> Tally:
    """What is left when something else is looked at: the last failure (R-HCA-7)."""
    return Tally(failed_at=tally.failed_at, failure=tally.failure)


def flips(before: Tally, after: Tally) -> bool:
    """Whether others should hear of it at once: a result that is another, or the first one."""
    return (before.observation.healthy if before.observation else None) != (
        after.observation.healthy if after.observation else None
    )


def _continued(streak: int, healthy: bool | None) -> int:
    if healthy is None:
        return streak
    if healthy:
        return max(streak, 0) + 1
    return min(streak, 0) - 1


def _healthy(definition: Definition, before: bool | None, streak: int, unseen: int) -> bool | None:
    if unseen >= (1 if definition.config.type == "CLOUDWATCH_METRIC" else _BLIND_AFTER):
        return None
    if streak >= rise(definition):
        return True
    return False if -streak >= fall(definition) else before

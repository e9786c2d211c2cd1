"""What happens to health checks: their history, and the status graph that follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

Kind = Literal["flip", "override", "options", "switch"]
"""The state in force changed; or a user set or cleared an override, set options, turned a switch."""

_MINUTE = timedelta(minutes=1)


class HealthEvent(msgspec.Struct, frozen=True):
    """
    One thing that happened to one check.

    Attributes:
        id: Grows from event to event, whatever check they are of.
        at: In UTC, to the millisecond.
        healthy: The state that a flip led to, that an override asks for, or of a switch (on is healthy);
            None: an override was cleared, or options were set.
        reason: A sentence: why it flipped, or what was set.
        by: The user who did it, or whose override makes the check flip; empty where nobody did.
    """

    id: int
    account_id: str
    check_id: str
    at: datetime
    kind: Kind
    healthy: bool | None
    reason: str
    by: str = ""


def told(event: HealthEvent, name: str = "") -> dict[str, Any]:
    """
    An event as programs are told of it, in the history, the stream and the webhooks.

    Args:
        name: Of the check (R-HCU-10); empty if it has none.
    """
    return {
        "id": event.id,
        "account_id": event.account_id,
        "check_id": event.check_id,
        "check_name": name,
        "at": timestamp(event.at),
        "kind": event.kind,
        "healthy": event.healthy,
        "reason": event.reason,
        "by": event.by,
    }


def timestamp(at: datetime) -> str:
    """A moment in UTC as ISO 8601 with milliseconds, `2026-01-02T03:04:05.678Z`."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def by_minute(healthy: bool, flips: Sequence[HealthEvent], start: datetime, minutes: int) -> Iterator[bool]:
    """
    The status graph: for each minute from `start` on, whether the check was healthy all through it (R-HCM-3).

    Args:
        healthy: The state at `start`.
        flips: Those after `start`, in the order of time.
    """
    left = list(reversed(flips))
    for number in range(1, minutes + 1):
        end = start + number * _MINUTE
        throughout = healthy
        while left and left[-1].at < end:
            healthy = bool(left.pop().healthy)
            throughout = throughout and healthy
        yield throughout

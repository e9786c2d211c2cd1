"""
When what comes round is due: spread evenly, and without drifting into bunches. Pure; times are monotonic seconds.

Checks keep away from each other by a phase of their own: a fraction of the interval that is a hash of
check and checker. The next start is counted from the last one as it was *planned*, plus how long the
look took, plus the interval (R-HCP-2, R-HCP-16). So what starts late, since the machine was held up,
does not stay late, and what piled up meanwhile spreads out again in the next round.
"""

from __future__ import annotations

import heapq
import math
from hashlib import blake2b

SOON = 30.0  # seconds within which a new check is looked at for the first time, however long its interval
_MOST_WAIT = 60.0  # seconds


def phase(check_id: str, checker: str) -> float:
    """Where in each interval this checker looks at this check: from 0 to below 1, the same for ever."""
    digest = blake2b(f"{checker}/{check_id}".encode(), digest_size=6).digest()
    return int.from_bytes(digest) / (1 << 48)


def start_in_phase(now: float, interval: float, phase: float) -> float:
    """The first moment from now on that is in phase, within one interval."""
    return now + (phase * interval - now) % interval


def next_start(planned: float, took: float, interval: float, now: float) -> float:
    """
    When to start again.

    Rounds that were missed altogether are left out, so that there is nothing to catch up with.

    Args:
        planned: When the last look was to start.
        took: Seconds from its start to its end.
    """
    start = planned + took + interval
    return start if start > now else start + (math.floor((now - start) / interval) + 1) * interval


class Schedule:
    """What is due when, by a key. A key is due once, until it is put again."""

    def __init__(self) -> None:
        self._at: dict[int, float] = {}
        self._heap: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._at)

    def put(self, key: int, at: float) -> None:
        """Let a key be due at this moment, in place of an earlier word."""
        self._at[key] = at
        heapq.heappush(self._heap, (at, key))
        if len(self._heap) > 64 + 2 * len(self._at):
            self._heap = [(at, key) for key, at in self._at.items()]
            heapq.heapify(self._heap)

    def drop(self, key: int) -> None:
        """Let a key not be due, if it was to be."""
        self._at.pop(key, None)

    def wait(self, now: float) -> float:
        """Seconds until a key is due, 0 if one is; a minute at most, and where none is."""
        next_at = self._next_at()
        return _MOST_WAIT if next_at is None else min(max(next_at - now, 0.0), _MOST_WAIT)

    def take(self, now: float) -> list[tuple[int, float]]:
        """The keys that are due by now, each with its moment, in their order; they are due no more."""
        due = []
        while (at := self._next_at()) is not None and at <= now:
            key = heapq.heappop(self._heap)[1]
            del self._at[key]
            due.append((key, at))
        return due

    def _next_at(self) -> float | None:
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

"""How many calls an account may make (R-THR-1)."""

from __future__ import annotations

import threading

from meridian.clock import Clock
from meridian.errors import ApiError


class Throttle:
    """
    One token bucket for each account. Safe to use from many threads.

    Args:
        rate: Calls a second; 0 for no limit.
        clock: Its monotonic time fills the buckets.
    """

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._size = max(rate, 1.0)  # a second's worth, and never less than one call
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # account: tokens left, and when that was
        self._lock = threading.Lock()

    def take(self, account_id: str, code: str = "Throttling") -> None:
        """
        Count one call.

        Args:
            code: What a refusal is called; the tagging calls have a name of their own for it (R-TAG-5).

        Raises:
            ApiError: `code`, for a call over the rate; it does not count.
        """
        if not self._rate:
            return
        with self._lock:
            now = self._clock.monotonic()
            left, since = self._buckets.get(account_id, (self._size, now))
            left = min(self._size, left + (now - since) * self._rate)
            allowed = left >= 1
            self._buckets[account_id] = (left - 1 if allowed else left, now)
        if not allowed:
            raise ApiError(code, "Rate exceeded")

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from meridian.api.throttle import Throttle
from meridian.errors import ApiError


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds


def taken(throttle: Throttle, account_id: str, tries: int) -> int:
    """How many of so many calls are let through."""
    count = 0
    for _ in range(tries):
        try:
            throttle.take(account_id)
            count += 1
        except ApiError as error:
            assert (error.code, error.message) == ("Throttling", "Rate exceeded")  # noqa: PT017
    return count


@pytest.mark.parametrize(
    ("rate", "waits", "let_through"),
    [
        (5.0, (0.0, 0.0), [5, 0]),
        (5.0, (0.0, 0.2, 0.2), [5, 1, 1]),
        (5.0, (0.0, 0.1, 0.1), [5, 0, 1]),
        (5.0, (0.0, 3600.0), [5, 5]),
        (0.5, (0.0, 1.0, 1.0), [1, 0, 1]),
        (0.0, (0.0,), [20]),
    ],
)
def test_calls_are_let_through_at_the_rate(rate: float, waits: tuple[float, ...], let_through: list[int]) -> None:
    """A second's worth at once, then as many as the rate gives; 0 is no limit (R-THR-1)."""
    clock = HandClock()
    throttle = Throttle(rate, clock)
    found = []

    for wait in waits:
        clock.seconds += wait
        found.append(taken(throttle, "1", 20))

    assert found == let_through


def test_accounts_do_not_share() -> None:
    """What one account uses up, another still has."""
    throttle = Throttle(5.0, HandClock())

    assert [taken(throttle, account_id, 20) for account_id in "112"] == [5, 0, 5]


def test_refusal_can_have_another_name() -> None:
    """Tagging calls are refused with ThrottlingException (R-TAG-5)."""
    throttle = Throttle(1.0, HandClock())
    throttle.take("1")

    with pytest.raises(ApiError, match="ThrottlingException: Rate exceeded"):
        throttle.take("1", "ThrottlingException")

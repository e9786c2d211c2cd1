from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.model.health_event import HealthEvent, by_minute, timestamp, told

START = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def flip(seconds: float, healthy: bool) -> HealthEvent:
    return HealthEvent(1, "a", "c", START + timedelta(seconds=seconds), "flip", healthy, "")


@pytest.mark.parametrize(
    ("healthy", "flips", "expected"),
    [
        (True, [], "1111"),
        (False, [], "0000"),
        (True, [(0, False)], "0000"),
        (True, [(59.999, False)], "0000"),
        (True, [(60, False)], "1000"),
        (True, [(61, False), (62, True)], "1011"),  # not all through the minute, however short
        (True, [(61, False), (179.9, True)], "1001"),
        (True, [(61, False), (180, True)], "1000"),  # a minute begins with what was there
        (False, [(0, True)], "0111"),
        (False, [(30, True), (119, False), (121, True)], "0001"),
        (True, [(500, False)], "1111"),
    ],
)
def test_status_graph(healthy: bool, flips: Sequence[tuple[float, bool]], expected: str) -> None:
    """A minute counts as healthy if the check was healthy all through it (R-HCM-3)."""
    drawn = by_minute(healthy, [flip(*each) for each in flips], START, len(expected))
    assert "".join(str(int(minute)) for minute in drawn) == expected


@given(st.booleans(), st.lists(st.integers(0, 599), unique=True).map(sorted))
def test_graph_follows_every_second(healthy: bool, seconds: list[int]) -> None:
    """The graph is what a look at each second of each minute gives."""
    flips, state = [], healthy
    for second in seconds:
        state = not state
        flips.append(flip(second, state))

    def at(second: int) -> bool:
        return healthy if sum(each <= second for each in seconds) % 2 == 0 else not healthy

    starts = [healthy, *(at(60 * minute - 1) for minute in range(1, 10))]
    expected = [
        starts[minute] and all(at(second) for second in range(60 * minute, 60 * minute + 60)) for minute in range(10)
    ]
    assert list(by_minute(healthy, flips, START, 10)) == expected


def test_told() -> None:
    """An event as programs are told of it; times are in UTC with milliseconds."""
    at = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    event = HealthEvent(7, "111122223333", "c1", at, "override", None, "cleared", "alice")
    assert told(event, "shop") == {
        "id": 7,
        "account_id": "111122223333",
        "check_id": "c1",
        "check_name": "shop",
        "at": "2026-01-02T03:04:05.678Z",
        "kind": "override",
        "healthy": None,
        "reason": "cleared",
        "by": "alice",
    }
    assert timestamp(START) == "2026-01-02T03:04:00.000Z"

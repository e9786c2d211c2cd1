from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.errors import MeridianError
from meridian.moments import read_moment, read_span, show_moment, show_span

NOW = datetime(2026, 1, 2, 12, 30, tzinfo=UTC)  # 13:30 in Berlin


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in Berlin."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("30 min", 1800), ("2h", 7200), ("1d", 86400), ("1h30m", 5400), ("1.5h", 5400)],
)
def test_spans(text: str, seconds: int) -> None:
    """Numbers with units, one after the other."""
    assert read_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "2", "h", "2 hours", "-1h", "0s", "1h-30m", "14:00"])
def test_no_spans(text: str) -> None:
    """The error shows what would be one."""
    with pytest.raises(MeridianError, match="is no span of time, such as 30m"):
        read_span(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14:00", "2026-01-02T13:00"),
        ("13:31", "2026-01-02T12:31"),
        ("13:30", "2026-01-03T12:30"),  # the next time that it is half past one
        ("9:00", "2026-01-03T08:00"),
        ("today 14:00", "2026-01-02T13:00"),
        ("tomorrow 14:00", "2026-01-03T13:00"),
        ("2026-01-05 09:15", "2026-01-05T08:15"),
        ("2026-07-01T14:00", "2026-07-01T12:00"),  # in summer time
        ("2026-01-02T14:00:00Z", "2026-01-02T14:00"),
        ("2026-01-02T14:00+05:00", None),
        ("2026-01-05", "2026-01-04T23:00"),
    ],
)
def test_moments(berlin: None, text: str, expected: str | None) -> None:
    """Without a zone, a moment is meant where the machine is, and a time of day is the next one."""
    if expected is None:
        with pytest.raises(MeridianError, match=r"is over: that was 10:00 CET \(09:00 UTC\)"):
            read_moment(text, NOW)
    else:
        assert read_moment(text, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "noon", "25:00", "14:60", "tomorrow", "yesterday 14:00", "2026-13-01", "2h"])
def test_no_moments(text: str) -> None:
    """The error shows what would be one."""
    with pytest.raises(MeridianError, match=r"is no moment, such as 14:00, 'tomorrow 9:00'"):
        read_moment(text, NOW)


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 1, 2, 13, tzinfo=UTC), "14:00 CET (13:00 UTC)"),
        (datetime(2026, 1, 2, 13, 0, 5, tzinfo=UTC), "14:00:05 CET (13:00:05 UTC)"),
        (datetime(2026, 1, 2, 23, 30, tzinfo=UTC), "2026-01-03 00:30 CET (2026-01-02 23:30 UTC)"),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01 14:00 CEST (12:00 UTC)"),
    ],
)
def test_shown_moments(berlin: None, moment: datetime, shown: str) -> None:
    """The machine's time with its zone, and UTC, which is what is stored."""
    assert show_moment(moment, NOW) == shown


@given(st.integers(1, 40 * 86400))
def test_moments_come_back(seconds: int) -> None:
    """What is shown of a moment in UTC is read as that moment, to the second."""
    moment = NOW + timedelta(seconds=seconds)
    assert read_moment(moment.isoformat(), NOW) == moment


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3601, "1 h"),
        (7080, "1 h 58 min"),
        (90000, "1 d 1 h"),
        (86400 * 3 + 60, "3 d"),
    ],
)
def test_shown_spans(seconds: float, shown: str) -> None:
    """Two units at the most."""
    assert show_span(timedelta(seconds=seconds)) == shown

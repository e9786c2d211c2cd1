"""Moments and spans of time as people write and read them, on a machine with a time zone of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from meridian.errors import MeridianError

_UNITS = {"d": 86400, "h": 3600, "m": 60, "min": 60, "s": 1}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(d|h|min|m|s)\s*")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DAYS = {"today": 0, "tomorrow": 1}


def read_span(text: str) -> timedelta:
    """
    Read `90s`, `30m`, `2h`, `1d`, `1h30m`.

    Raises:
        MeridianError: It is no span, or none at all.
    """
    seconds, position = 0.0, 0
    while found := _SPAN.match(text, position):
        seconds += float(found[1]) * _UNITS[found[2]]
        position = found.end()
    if position < len(text) or not seconds:
        raise MeridianError(f"'{text}' is no span of time, such as 30m, 2h, 1h30m or 1d")
    return timedelta(seconds=seconds)


def read_moment(text: str, now: datetime) -> datetime:
    """
    Read a moment to come: `14:00`, `tomorrow 9:00`, `2026-01-02 14:00`, or ISO 8601 with a zone.

    Without a zone it is meant in this machine's. A time of day is the next such time.

    Args:
        now: In any zone.

    Raises:
        MeridianError: It is no moment, or over.
    """
    moment = _moment(text.strip(), now.astimezone())
    if moment is None:
        example = "14:00, 'tomorrow 9:00', '2026-01-02 14:00' or 2026-01-02T14:00:00Z"
        raise MeridianError(f"'{text}' is no moment, such as {example}")
    if moment <= now:
        raise MeridianError(f"'{text}' is over: that was {show_moment(moment, now)}")
    return moment


def show_moment(moment: datetime, now: datetime) -> str:
    """A moment in this machine's zone and in UTC, `14:00 CET (13:00 UTC)`; with the date unless that is today's."""
    here, there = moment.astimezone(), moment.astimezone(UTC)
    shown = _clock(here, with_date=here.date() != now.astimezone().date())
    if here.utcoffset() == timedelta(0):
        return f"{shown} UTC"
    return f"{shown} {here.tzname()} ({_clock(there, with_date=there.date() != here.date())} UTC)"


def show_span(span: timedelta) -> str:
    """The larger two units of a span, `1 h 58 min`; `0 s` for none."""
    seconds = max(0, round(span.total_seconds()))
    units = {"d": seconds // 86400, "h": seconds // 3600 % 24, "min": seconds // 60 % 60, "s": seconds % 60}
    names = list(units)
    first = next((index for index, name in enumerate(names) if units[name]), len(names) - 1)
    shown = [name for name in names[first : first + 2] if units[name]]
    return " ".join(f"{units[name]} {name}" for name in shown) or "0 s"


def _moment(text: str, here: datetime) -> datetime | None:
    day, _, rest = text.partition(" ")
    days = _DAYS.get(day.lower())
    clock = _CLOCK.fullmatch(text if days is None else rest.strip())
    try:
        if clock is not None:
            return _next(here, int(clock[1]), int(clock[2]), days)
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone()


def _next(here: datetime, hour: int, minute: int, days: int | None) -> datetime:
    """This time of day, so many days from today; without their number, when it comes next."""
    wall = datetime(here.year, here.month, here.day, hour, minute) + timedelta(days=days or 0)
    moment = wall.astimezone()  # in the machine's zone, with its summer time
    return (wall + timedelta(days=1)).astimezone() if days is None and moment <= here else moment


def _clock(moment: datetime, *, with_date: bool) -> str:
    form = "%Y-%m-%d %H:%M" if with_date else "%H:%M"
    return moment.strftime(form + (":%S" if moment.second else ""))

"""Times as tables keep them: whole milliseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(time: datetime) -> int:
    """A time as a table keeps it."""
    return (time - _EPOCH) // _MILLISECOND


def time_of(kept: int) -> datetime:
    """The time that a table keeps."""
    return _EPOCH + kept * _MILLISECOND

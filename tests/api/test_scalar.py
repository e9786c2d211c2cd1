from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from meridian.api.scalar import format_timestamp, parse_boolean, parse_double, parse_integer, parse_timestamp

MOMENT = datetime(2017, 3, 27, 17, 48, 16, 751_999, UTC)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_integer, "0", 0),
        (parse_integer, " -007 ", -7),
        (parse_integer, "9999999999999999999", 9999999999999999999),
        (parse_double, "1.5", 1.5),
        (parse_double, "-.5e3", -500.0),
        (parse_double, "7.", 7.0),
        (parse_boolean, "true", True),
        (parse_boolean, " 0 ", False),
        (parse_timestamp, "2017-03-27T17:48:16.751Z", datetime(2017, 3, 27, 17, 48, 16, 751_000, UTC)),
        (parse_timestamp, "2017-03-27T19:48:16+02:00", datetime(2017, 3, 27, 17, 48, 16, tzinfo=UTC)),
        (parse_timestamp, "2017-03-27T17:48:16", datetime(2017, 3, 27, 17, 48, 16, tzinfo=UTC)),
    ],
)
def test_text_is_read(parse: Callable[[str], Any], text: str, value: object) -> None:
    """Numbers, booleans and times are read as XML Schema writes them (R-API-5)."""
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((parse_integer, text) for text in ("", "x", "1_0", "1.0", "0x1", "+", "- 1", "٣", "9" * 20)),
        *((parse_double, text) for text in ("", ".", "x", "inf", "NaN", "1e999", "1_0", "1e")),
        *((parse_boolean, text) for text in ("", "True", "TRUE", "yes", "2")),
        *((parse_timestamp, text) for text in ("", "yesterday", "2017-13-01T00:00:00Z")),
    ],
)
def test_text_of_another_kind_is_refused(parse: Callable[[str], Any], text: str) -> None:
    """What Python would let pass and a schema would not is refused."""
    with pytest.raises(ValueError):
        parse(text)


@pytest.mark.parametrize("moment", [MOMENT, MOMENT.astimezone(timezone(timedelta(hours=-5)))])
def test_times_are_written_in_utc_with_milliseconds(moment: datetime) -> None:
    """A time is cut to its millisecond and ends in Z (R-API-5)."""
    assert format_timestamp(moment) == "2017-03-27T17:48:16.751Z"


def test_time_without_zone_is_a_mistake() -> None:
    """A time that does not say its zone could be any time."""
    with pytest.raises(TypeError):
        format_timestamp(MOMENT.replace(tzinfo=None))

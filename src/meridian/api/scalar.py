"""Text to values of the model's simple types, and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from meridian.api.ids import bare_id
from meridian.api.model import PREFIXED_ID_SHAPES

Parse = Callable[[str], Any]

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")  # 19 digits hold every 64-bit number
_DOUBLE = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def parser_of(shape: Any) -> Parse:
    """
    The function that reads text as this simple shape; it raises ValueError for text of another kind.

    Ids lose their prefix here, wherever in a request they stand (R-API-9).
    """
    if shape.type_name == "string":
        return bare_id if shape.name in PREFIXED_ID_SHAPES else str
    return _PARSERS[shape.type_name]


def is_scalar(shape: Any) -> bool:
    """Tell whether a shape is one of the simple types."""
    return shape.type_name in _FORMATS


def format_of(shape: Any) -> Callable[[Any], str]:
    """The function that writes a value of this simple shape as text; it raises TypeError for another kind of value."""
    return _FORMATS[shape.type_name]


def parse_integer(text: str) -> int:
    """Read a whole number; blanks around it are allowed (XML Schema 2 §4.3.6)."""
    text = text.strip()
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def parse_double(text: str) -> float:
    """Read a finite number."""
    text = text.strip()
    if not _DOUBLE.fullmatch(text) or (number := float(text)) in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def parse_boolean(text: str) -> bool:
    """Read `true`, `false`, `1` or `0` (R-API-5, XML Schema 2 §3.2.2)."""
    value = _BOOLEANS.get(text.strip())
    if value is None:
        raise ValueError(text)
    return value


def parse_timestamp(text: str) -> datetime:
    """Read ISO 8601; a time without a zone is in UTC (R-API-5)."""
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def format_timestamp(moment: datetime) -> str:
    """Write ISO 8601 in UTC with milliseconds: `2017-03-27T17:48:16.751Z` (R-API-5)."""
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise TypeError(f"expected a datetime with a time zone, not {moment!r}")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _format_string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, not {value!r}")
    return value


def _format_boolean(value: Any) -> str:
    if not isinstance(value, bool):
        raise TypeError(f"expected a boolean, not {value!r}")
    return "true" if value else "false"


def _format_integer(value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"expected an integer, not {value!r}")
    return str(value)


def _format_double(value: Any) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"expected a number, not {value!r}")
    return str(float(value))


_PARSERS: dict[str, Parse] = {
    "boolean": parse_boolean,
    "integer": parse_integer,
    "long": parse_integer,
    "double": parse_double,
    "timestamp": parse_timestamp,
}

_FORMATS: dict[str, Callable[[Any], str]] = {
    "string": _format_string,
    "boolean": _format_boolean,
    "integer": _format_integer,
    "long": _format_integer,
    "double": _format_double,
    "timestamp": format_timestamp,
}

"""JSON that people wrote: read with nothing lost, and places in it found again as lines."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from json.decoder import JSONDecodeError, JSONDecoder, scanstring  # type: ignore[attr-defined]
from typing import Any, NoReturn

_BLANKS = re.compile(r"[ \t\n\r]*")
_skip_value = JSONDecoder().raw_decode


class BadJson(ValueError):
    """Text that is no JSON; says why, and in which line, 1 for the first."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


class JsonObject(dict[str, Any]):
    """An object; `repeated` are the members that it has more than once, of which the last counts."""

    repeated: tuple[str, ...] = ()


def read(text: str) -> Any:
    """
    Read JSON. Objects are `JsonObject`, and numbers with a point or an exponent are `Decimal`.

    Raises:
        BadJson: It is none (RFC 8259), or is nested too deep.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=Decimal, parse_constant=_refuse)
    except JSONDecodeError as error:
        raise BadJson(f"{error.msg} at column {error.colno}", error.lineno) from None
    except (ValueError, RecursionError):
        raise BadJson("it holds a number of too many digits, or is nested too deep", 1) from None


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) to a value, from the names and numbers on the way to it."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def lines(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """
    The lines, from 1 on, in which these values stand; of an object's member, the line of its name.

    Args:
        text: JSON that was read before.
        pointers: To values that are there; others are left out.
    """
    numbers, line, before = {}, 1, 0
    for place, (offset, _) in sorted(_places(text, pointers).items(), key=lambda item: item[1]):
        line += text.count("\n", before, offset)
        before = offset
        numbers[place] = line
    return numbers


def with_strings(text: str, strings: Mapping[str, str]) -> str:
    """
    The text with other strings in place of some; all else in it stays as it was written.

    Args:
        text: JSON that was read before.
        strings: By the pointers to strings that are there.
    """
    places = sorted(((at, strings[place]) for place, (_, at) in _places(text, strings).items() if place in strings))
    for at, string in reversed(places):
        text = text[:at] + json.dumps(string, ensure_ascii=False) + text[_skip_value(text, at)[1] :]
    return text


def _places(text: str, pointers: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Where these values, or the names before them, begin; and where they themselves do."""
    start = _next(text, 0)
    found = {"": (start, start)}
    wanted: dict[str, Any] = {}
    for each in pointers:
        node = wanted
        for part in each.split("/")[1:]:
            node = node.setdefault(part, {})
    _walk(text, start, wanted, "", found)
    return found


def _walk(text: str, at: int, wanted: dict[str, Any], here: str, found: dict[str, tuple[int, int]]) -> int:
    """Note where the wanted values in the value at `at` begin; give where it ends."""
    if not wanted or text[at] not in "{[":
        end: int = _skip_value(text, at)[1]
        return end
    is_object, number, at = text[at] == "{", 0, at + 1
    while True:
        at = _next(text, at)
        if text[at] in "}]":
            return at + 1
        if text[at] == ",":
            at = _next(text, at + 1)
        begin, part = at, str(number)
        if is_object:
            name, at = scanstring(text, at + 1)
            part = name.replace("~", "~0").replace("/", "~1")
            at = _next(text, _next(text, at) + 1)
        number += 1
        inner = wanted.get(part)
        if inner is not None:
            found[f"{here}/{part}"] = begin, at
        at = _walk(text, at, inner or {}, f"{here}/{part}", found)


def _next(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    assert found is not None
    return found.end()


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = JsonObject(pairs)
    if len(made) < len(pairs):
        times = Counter(name for name, _ in pairs)
        made.repeated = tuple(name for name in made if times[name] > 1)
    return made


def _refuse(constant: str) -> NoReturn:
    raise JSONDecodeError(f"{constant} is no JSON", "", 0)

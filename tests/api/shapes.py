"""Values made from the shapes of the service model: what a client could send, what an operation could answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from meridian.api.model import PREFIXED_ID_SHAPES

# One good value for each shape that has a pattern.
EXAMPLES = {
    "ARN": "arn:aws:logs:us-east-1:111122223333:log-group:/queries",
    "Cidr": "192.0.2.0/24",
    "CidrLocationNameDefaultAllowed": "*",
    "CidrLocationNameDefaultNotAllowed": "office-1",
    "CidrNonce": "made on 1 May, for 'tests' & more",
    "CollectionName": "offices_2",
    "IPAddress": "2001:db8::1",
    "Latitude": "-22.5",
    "Longitude": "+151.25",
    "UUID": "0f1d2c3b-4a59-4687-9bcd-1234567890ab",
}

# Everything XML 1.0 can hold but the carriage return, which clients lose before we see it.
_TEXT = st.characters(
    codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\t\n"
)
_ID = st.text(alphabet="ABCXYZ0123456789", min_size=1, max_size=24)
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def values(shape: Any) -> st.SearchStrategy[Any]:
    """Good values of a shape."""
    strategy: st.SearchStrategy[Any] = _STRATEGIES[shape.type_name](shape)
    return strategy


def _structures(shape: Any) -> st.SearchStrategy[dict[str, Any]]:
    required = set(shape.required_members)
    return st.fixed_dictionaries(
        {name: _located(inner) for name, inner in shape.members.items() if name in required},
        optional={name: _located(inner) for name, inner in shape.members.items() if name not in required},
    )


def _located(shape: Any) -> st.SearchStrategy[Any]:
    """A path parameter is never empty, and a segment of dots alone does not outlive the way."""
    if shape.serialization.get("location") == "uri" and shape.type_name == "string":
        return values(shape).filter(lambda text: text.strip(".") != "")
    return values(shape)


def _lists(shape: Any) -> st.SearchStrategy[list[Any]]:
    least = shape.metadata.get("min", 0)
    return st.lists(values(shape.member), min_size=least, max_size=max(least, 2))


def _strings(shape: Any) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    if "pattern" in shape.metadata:
        return st.just(EXAMPLES[shape.name])
    if shape.name in PREFIXED_ID_SHAPES:
        return _ID
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 24)
    return st.text(alphabet=_TEXT, min_size=least, max_size=min(most, max(least, 24)))


def _numbers(shape: Any) -> st.SearchStrategy[int]:
    return st.integers(shape.metadata.get("min", -(2**31)), shape.metadata.get("max", 2**31 - 1))


_STRATEGIES: dict[str, Any] = {
    "structure": _structures,
    "list": _lists,
    "string": _strings,
    "integer": _numbers,
    "long": _numbers,
    "double": lambda shape: st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12),
    "boolean": lambda shape: st.booleans(),
    "timestamp": lambda shape: st.integers(0, 10**12).map(lambda ms: _EPOCH + timedelta(milliseconds=ms)),
}


def variants(shape: Any) -> Iterator[Any]:
    """
    Good values of a shape, one after the other, that have everything it can have at least once.

    Of a structure: what it needs alone, all its members together, and each variant of each member by itself; of a
    list: none, one, and several; of texts and numbers: the shortest or least, the longest or most, and odd ones; every
    value of an enumeration. So their number grows with the size of a shape, and not with the product of its parts.
    """
    yield from _VARIANTS[shape.type_name](shape)


def _structure_variants(shape: Any) -> Iterator[dict[str, Any]]:
    needed = {name: next(variants(shape.members[name])) for name in shape.required_members}
    yield needed
    yield {name: list(variants(inner))[-1] for name, inner in shape.members.items()}
    for name, inner in shape.members.items():
        for value in variants(inner):
            yield {**needed, name: value}


def _list_variants(shape: Any) -> Iterator[list[Any]]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 3)
    items = list(variants(shape.member))
    for number in {least, max(least, 1)}:
        yield items[:1] * number
    for item in items[1:]:
        yield [item] * max(least, 1)
    yield (items * 3)[: max(least, min(most, 3))]


def _string_variants(shape: Any) -> Iterator[str]:
    if shape.enum:
        yield from shape.enum
    elif "pattern" in shape.metadata:
        yield EXAMPLES[shape.name]
    elif shape.name in PREFIXED_ID_SHAPES:
        yield from ("Z1", "Z0123456789ABCDEFGHIJ")
    else:
        least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 64)
        yield "a" * max(least, 1)
        yield from (odd for odd in _ODD if least <= len(odd) <= most)
        yield ("é<&>" * most)[: min(most, 2000)]


def _number_variants(shape: Any) -> Iterator[int]:
    least, most = shape.metadata.get("min", -(2**31)), shape.metadata.get("max", 2**31 - 1)
    yield from sorted({least, most, max(least, 1)})


_ODD = ("<&>'\" ]]>", " a\n\tb ", "é✓\U0001f600", "%2F?#+&=;", "\\052.x\\\\", "None", "null", "0")

_VARIANTS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "structure": _structure_variants,
    "list": _list_variants,
    "string": _string_variants,
    "integer": _number_variants,
    "long": _number_variants,
    "double": lambda shape: iter((0.0, 0.5, -1e-9, 1e12)),
    "boolean": lambda shape: iter((False, True)),
    "timestamp": lambda shape: iter((_EPOCH, _EPOCH + timedelta(milliseconds=1), _EPOCH + timedelta(days=9000))),
}

"""
From method and raw path to an operation and its path parameters.

The path is split at its slashes before anything is decoded, so that an encoded slash belongs to a
parameter. Doubled and final slashes mean nothing (R-API-9, R-API-10).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

import msgspec

from meridian.api.ids import PREFIXES
from meridian.api.model import API_VERSION, PREFIXED_ID_SHAPES, OperationModel
from meridian.api.validate import LONGEST_VALUE_SHOWN
from meridian.errors import ApiError


class Route(msgspec.Struct, frozen=True):
    """An operation and the text of its path parameters, percent-decoded, prefixes kept."""

    operation: OperationModel
    parameters: Mapping[str, str]


class _Parameter(msgspec.Struct, frozen=True):
    """A place in a pattern that takes any text. `prefixed`: an id that may bring its prefix along."""

    name: str
    prefixed: bool


_Pattern = tuple[OperationModel, tuple[str | _Parameter, ...]]


class Router:
    """Knows where every operation of the model lives."""

    def __init__(self, operations: Iterable[OperationModel]) -> None:
        patterns: dict[tuple[str, str], list[_Pattern]] = {}
        for operation in operations:
            pattern = _pattern(operation)
            patterns.setdefault((operation.method, operation.path[1]), []).append((operation, pattern))
        for candidates in patterns.values():
            candidates.sort(key=_parameters_in)  # fixed words before parameters
        self._patterns = patterns

    def find(self, method: str, path: bytes) -> Route:
        """
        Find the operation a request is for.

        Args:
            path: Before percent-decoding, without the query.

        Raises:
            ApiError: UnknownOperationException; nothing lives at this method and path (R-API-11, R-API-12).
        """
        segments = [segment for segment in path.decode("latin-1").split("/") if segment]
        if len(segments) > 1 and segments[0] == API_VERSION:
            for operation, pattern in self._patterns.get((method, segments[1]), ()):
                parameters = _match(pattern, segments)
                if parameters is not None:
                    return Route(operation, parameters)
        raise ApiError("UnknownOperationException", _unknown(method, segments))


def _pattern(operation: OperationModel) -> tuple[str | _Parameter, ...]:
    return tuple(_part(operation, segment) for segment in operation.path)


def _part(operation: OperationModel, segment: str) -> str | _Parameter:
    if not segment.startswith("{"):
        return segment
    location = segment.strip("{}")
    (shape,) = (
        shape
        for name, shape in operation.input.members.items()
        if shape.serialization.get("location") == "uri" and shape.serialization.get("name", name) == location
    )
    return _Parameter(location, shape.name in PREFIXED_ID_SHAPES)


def _parameters_in(candidate: _Pattern) -> int:
    return sum(isinstance(part, _Parameter) for part in candidate[1])


def _match(pattern: Sequence[str | _Parameter], segments: Sequence[str]) -> dict[str, str] | None:
    """Match all segments or give None. A prefix in front of an id, as in `//hostedzone/Z1`, is passed over."""
    parameters: dict[str, str] = {}
    at = 0
    for left, part in zip(range(len(pattern), 0, -1), pattern, strict=True):
        surplus = len(segments) - at > left
        if isinstance(part, _Parameter) and part.prefixed and surplus and segments[at] in PREFIXES:
            at += 1
        if at >= len(segments):
            return None
        if isinstance(part, _Parameter):
            parameters[part.name] = _decode(segments[at])
        elif part != segments[at]:
            return None
        at += 1
    return parameters if at == len(segments) else None


def _decode(segment: str) -> str:
    return unquote(segment, errors="replace") if segment.isascii() else _decode_raw(segment)


def _decode_raw(segment: str) -> str:
    """Octets above 127 that the client did not encode are UTF-8 all the same."""
    return unquote(segment.encode("latin-1").decode("utf-8", "replace"), errors="replace")


def _unknown(method: str, segments: Sequence[str]) -> str:
    path = "/".join(segments)[:LONGEST_VALUE_SHOWN]
    text = f"There is no operation at {method} /{path}"
    if segments[:1] != [API_VERSION]:
        text += f"; the paths of this API begin with /{API_VERSION}/"
    return text

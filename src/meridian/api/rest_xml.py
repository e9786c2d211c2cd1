"""
REST-XML, the protocol of Route 53: a request to an operation's arguments, its reply to HTTP.

Every operation is compiled once, at start, into one `Codec`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from meridian.api.http import HttpReply
from meridian.api.model import OperationModel, ServiceModel
from meridian.api.route import Route
from meridian.api.scalar import format_of, parser_of
from meridian.api.validate import compile_validator, field_name, rejection, violation
from meridian.api.xml_read import compile_body_reader
from meridian.api.xml_write import ReplyError, compile_body_writer, error_body
from meridian.errors import ApiError

_TYPE_CONSTRAINTS = {
    "integer": "Member must be an integer",
    "long": "Member must be an integer",
    "double": "Member must be a number",
    "boolean": "Member must be a boolean",
    "timestamp": "Member must be a timestamp",
}


class Codec(msgspec.Struct, frozen=True):
    """
    How one operation is read and written.

    Attributes:
        read: Route, raw query and body to the request; raises ApiError.
        validate: Raises InvalidInput for a request that breaks a constraint of the model.
        write: Reply and request id to HTTP; raises ReplyError for a reply that does not fit the model.
    """

    read: Callable[[Route, bytes, bytes], dict[str, Any]]
    validate: Callable[[Mapping[str, Any]], None]
    write: Callable[[Mapping[str, Any], str], HttpReply]


def compile_codec(operation: OperationModel, service: ServiceModel) -> Codec:
    """Compile one operation."""
    return Codec(
        read=_compile_read(operation, service.namespace),
        validate=compile_validator(operation.input),
        write=_compile_write(operation, service.namespace),
    )


def error_reply(error: ApiError, request_id: str, service: ServiceModel) -> HttpReply:
    """Write an error; its status is its own, the model's, or 400 (R-EEN-1, R-EEN-3)."""
    status = error.status if error.status is not None else service.status_of(error.code)
    shape = service.error_shapes.get(error.code)
    return HttpReply(status, _headers(request_id), error_body(error, status, request_id, service.namespace, shape))


def _headers(request_id: str) -> tuple[tuple[str, str], ...]:
    return (("x-amzn-RequestId", request_id), ("Content-Type", "text/xml"))


class _Place(msgspec.Struct, frozen=True):
    """A member outside the body: what it is called there and how its text is read."""

    member: str
    location: str
    parse: Callable[[str], Any]
    type_name: str


def _places(shape: Any, location: str) -> tuple[_Place, ...]:
    return tuple(
        _Place(member, inner.serialization.get("name", member), parser_of(inner), inner.type_name)
        for member, inner in shape.members.items()
        if inner.serialization.get("location") == location
    )


def _compile_read(operation: OperationModel, namespace: str) -> Callable[[Route, bytes, bytes], dict[str, Any]]:
    in_path = _places(operation.input, "uri")
    in_query = _places(operation.input, "querystring")
    read_body = compile_body_reader(operation, namespace)

    def read(route: Route, query: bytes, body: bytes) -> dict[str, Any]:
        request = _read_places(in_path, route.parameters)
        if in_query and query:
            request.update(_read_places(in_query, _read_query(query)))
        request.update(read_body(body))
        return request

    return read


def _read_query(query: bytes) -> dict[str, str]:
    """Names and values, percent-decoded; of several with one name the first counts."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
    return dict(reversed(pairs))


def _read_places(places: Iterable[_Place], texts: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place in places:
        text = texts.get(place.location)
        if text is None:
            continue
        if "\0" in text:  # an octet that no database takes in text, and XML cannot hold
            raise rejection([violation(text, field_name(place.member), "Member must not contain a null character")])
        try:
            found[place.member] = place.parse(text)
        except ValueError:
            constraint = _TYPE_CONSTRAINTS[place.type_name]
            raise rejection([violation(text, field_name(place.member), constraint)]) from None
    return found


def _compile_write(operation: OperationModel, namespace: str) -> Callable[[Mapping[str, Any], str], HttpReply]:
    write_body = compile_body_writer(operation.name, operation.output, namespace)
    in_headers = tuple(
        (member, inner.serialization.get("name", member), format_of(inner))
        for member, inner in operation.output.members.items()
        if inner.serialization.get("location") == "header"
    )
    required = frozenset(operation.output.required_members)

    def write(reply: Mapping[str, Any], request_id: str) -> HttpReply:
        headers = list(_headers(request_id))
        for member, header, format_value in in_headers:
            if reply.get(member) is not None:
                headers.append((header, format_value(reply[member])))
            elif member in required:
                raise ReplyError(f"{operation.name}: the reply needs {member}")
        return HttpReply(operation.status, tuple(headers), write_body(reply))

    return write

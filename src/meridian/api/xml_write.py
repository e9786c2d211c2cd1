"""
Dictionaries to XML reply bodies, by the shapes of the model.

Members come in the model's order (R-CHG-19) with no white space between tags (R-CLI-16). Each
shape is compiled once into a function that appends text to a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from meridian.api.scalar import format_of, is_scalar
from meridian.errors import ApiError

_Writer = Callable[[Any, list[str]], None]

DECLARATION = '<?xml version="1.0"?>\n'

# What cannot stand in text as it is. Characters that XML 1.0 has no way to write become U+FFFD.
_SPECIAL = re.compile("[&<>\r]|[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


class ReplyError(Exception):
    """An operation gave a reply that does not fit the model: our mistake, never the client's."""


def escape(text: str) -> str:
    """Write text so that a reader gets the same text back."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], "\ufffd"), text)


def compile_body_writer(name: str, shape: Any, namespace: str) -> Callable[[Mapping[str, Any]], bytes]:
    """
    Compile the function that writes replies of this shape.

    Needed members are there even when the reply lacks them, if they can be empty (R-API-21); others
    that are absent or None are left out. It raises ReplyError for a reply that does not fit.

    Args:
        name: The operation's; the root element is `⟨name⟩Response` (R-API-3).
    """
    opening = f'{DECLARATION}<{name}Response xmlns="{namespace}">'
    members = {member: inner for member, inner in shape.members.items() if "location" not in inner.serialization}
    write_members = _members(shape, members)
    elsewhere = frozenset(shape.members) - frozenset(members)

    def write(reply: Mapping[str, Any]) -> bytes:
        out = [opening]
        try:
            write_members({key: value for key, value in reply.items() if key not in elsewhere}, out)
        except (TypeError, ReplyError) as error:
            raise ReplyError(f"{name}: {error}") from error
        out.append(f"</{name}Response>")
        return "".join(out).encode()

    return write


def error_body(error: ApiError, status: int, request_id: str, namespace: str, shape: Any = None) -> bytes:
    """
    Write an error in the API's envelope (R-EEN-1, R-EEN-4).

    Args:
        shape: The error's, for one that says more than a message; that stands beside it (R-EEN-6).
    """
    fault = "Sender" if status < 500 else "Receiver"
    more: list[str] = []
    for member, value in error.members.items():
        _writer(member, shape.members[member])(value, more)
    return (
        f'{DECLARATION}<ErrorResponse xmlns="{namespace}"><Error><Type>{fault}</Type><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message>{''.join(more)}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _writer(name: str, shape: Any) -> _Writer:
    if shape.type_name == "structure":
        return _structure(name, shape)
    if shape.type_name == "list":
        return _list(name, shape)
    if is_scalar(shape):
        return _scalar(name, shape)
    raise ValueError(f"{shape.name} is a {shape.type_name}, which this writer does not know")


def _structure(name: str, shape: Any) -> _Writer:
    opening, closing = f"<{name}>", f"</{name}>"
    write_members = _members(shape, shape.members)

    def write(value: Any, out: list[str]) -> None:
        out.append(opening)
        write_members(value, out)
        out.append(closing)

    return write


def _members(shape: Any, members: Mapping[str, Any]) -> _Writer:
    required = frozenset(shape.required_members)
    fields = tuple(
        (member, _writer(element, inner), _absent(shape, member, element, inner) if member in required else None)
        for member, inner in members.items()
        for element in (inner.serialization.get("name", member),)
    )
    known = frozenset(members)

    def write(value: Any, out: list[str]) -> None:
        if not known.issuperset(value):
            raise ReplyError(f"{shape.name} has no member {', '.join(sorted(set(value) - known))}")
        for member, write_member, write_absent in fields:
            item = value.get(member)
            if item is not None:
                write_member(item, out)
            elif write_absent:
                write_absent(out)

    return write


def _absent(shape: Any, member: str, element: str, inner: Any) -> Callable[[list[str]], None]:
    """What to do about a needed member that the reply lacks: text and lists can be empty, the rest cannot."""
    empty = f"<{element}></{element}>"

    def refuse(out: list[str]) -> None:
        raise ReplyError(f"{shape.name} needs {member}")

    return (lambda out: out.append(empty)) if inner.type_name in ("string", "list") else refuse


def _list(name: str, shape: Any) -> _Writer:
    opening, closing = f"<{name}>", f"</{name}>"
    write_item = _writer(shape.member.serialization.get("name", "member"), shape.member)

    def write(value: Any, out: list[str]) -> None:
        out.append(opening)
        for item in value:
            write_item(item, out)
        out.append(closing)

    return write


def _scalar(name: str, shape: Any) -> _Writer:
    opening, closing = f"<{name}>", f"</{name}>"
    format_value = format_of(shape)

    def write(value: Any, out: list[str]) -> None:
        try:
            text = format_value(value)
        except TypeError as error:
            raise ReplyError(f"{name}: {error}") from None
        out.append(f"{opening}{escape(text)}{closing}")

    return write

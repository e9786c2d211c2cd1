"""Server-sent events as a client reads them (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class ServerEvent(NamedTuple):
    """
    One event, or an id alone, by which a server says how far the client has come: then `event` and `data` are empty.

    Attributes:
        id: The last one that the server gave: what a client gives back as `Last-Event-ID`.
        data: Its lines, with line feeds between them.
    """

    id: str
    event: str
    data: str


def read_events(lines: Iterable[bytes], last_id: str = "") -> Iterator[ServerEvent]:
    """
    Read events from lines that end in LF or CRLF; comments and unknown fields are passed over, and what is unfinished.

    Args:
        last_id: What the client gave as `Last-Event-ID`.
    """
    event, has_id = "", False
    data: list[str] = []
    for line in lines:
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if not text:
            if data:
                yield ServerEvent(last_id, event or "message", "\n".join(data))
            elif has_id:
                yield ServerEvent(last_id, "", "")
            event, has_id, data = "", False, []
        elif name == "data":
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id":
            last_id, has_id = value, True

"""
`/meridian/events`, a call of our own: what happens to health checks, as it happens.

The reply is a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
A client that lost it says in `Last-Event-ID` what it has, as browsers do, and gets the rest from the history.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Protocol
from urllib.parse import parse_qsl

import msgspec
import structlog

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.native import NativeCall, Stream
from meridian.errors import InvalidInput
from meridian.model.health_event import HealthEvent, told
from meridian.store import health, health_event

PATH = "/meridian/events"

HEARTBEAT = 10.0  # seconds without events after which a position says that the stream is alive
_AT_ONCE = 200  # events read at one time
_RETRY = b"retry: 2000\n\n"  # milliseconds until a client that lost the stream comes back

log = structlog.get_logger()


class Tail(Protocol):
    """The end of the history (`notify.tail`)."""

    ended: bool

    async def beyond(self, event_id: int, seconds: float) -> bool:
        """Wait until there is an event later than this one; tell whether there is."""
        ...


def streaming(tail: Tail) -> NativeCall:
    """Make the call."""

    def events(context: Context, request: HttpRequest) -> Stream:
        """The account's events from `Last-Event-ID` on, or from now on; of all checks or of those that are named."""
        last, check_ids = _asked(request)
        with context.database.read() as conn:
            for check_id in check_ids:
                health.owned(conn, context.caller.account_id, check_id)
            newest = health_event.newest(conn)
        # A number beyond the end is of another history: begin anew.
        position = newest if last is None else min(last, newest)
        return Stream("text/event-stream", _chunks(context, tail, position, check_ids))

    return events


async def _chunks(context: Context, tail: Tail, position: int, check_ids: Sequence[str]) -> AsyncIterator[bytes]:
    yield _RETRY + _position(position)
    while not tail.ended:
        if not await tail.beyond(position, HEARTBEAT):
            yield _position(position)
            continue
        try:
            lines, position = await asyncio.to_thread(_read, context, position, check_ids)
        except Exception as error:
            log.warning("events.unread", request_id=context.request_id, reason=repr(error))
            return  # the client comes back for the rest
        yield b"".join(lines) or _position(position)  # what happens to others moves the position, too


def _read(context: Context, position: int, check_ids: Sequence[str]) -> tuple[list[bytes], int]:
    """The next events, and up to which number they are all there are."""
    account_id = context.caller.account_id
    with context.database.read() as conn:
        newest = health_event.newest(conn)
        events = health_event.after(conn, position, _AT_ONCE, account_id=account_id, check_ids=check_ids)
        names = health_event.names(conn, events)
    lines = [_event(event, names.get(event.check_id, "")) for event in events]
    return lines, events[-1].id if len(events) == _AT_ONCE else newest


def _event(event: HealthEvent, name: str) -> bytes:
    data = msgspec.json.encode(told(event, name))  # on one line
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.id, event.kind.encode(), data)


def _position(event_id: int) -> bytes:
    """An id without an event: what the client is to come back with."""
    return b"id: %d\n\n" % event_id


def _asked(request: HttpRequest) -> tuple[int | None, list[str]]:
    """The number of the last event that the client has, and the checks that it asks for."""
    pairs = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True)
    pairs = [(name, value) for name, value in pairs if not name.startswith("X-Amz-")]
    for name, _ in pairs:
        if name not in ("check", "last_event_id"):
            raise InvalidInput(f"Unknown parameter '{name}'; there are check, last_event_id")
    given = dict(pairs).get("last_event_id") or request.header(b"last-event-id")
    if given and not (given.isascii() and given.isdigit()):
        raise InvalidInput(f"Last-Event-ID: '{given}' is no number of an event.")
    return int(given) if given else None, [value for name, value in pairs if name == "check"]

"""`/meridian/audit`, calls of our own: who changed what, and how to take it back (docs/reference/users.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.ids import bare_id
from meridian.changes.undo import reverse
from meridian.errors import ApiError, InvalidInput, MeridianError
from meridian.model.audit import AuditEvent
from meridian.model.health_event import timestamp
from meridian.model.name import BadName, parse
from meridian.store import audit
from meridian.store.audit import Filter

PATH = "/meridian/audit"
UNDO = PATH + "/{request_id}/undo"

_PAGE, _MOST = 100, 1000
_TEXTS = {"user": "actor", "action": "action", "kind": "kind", "type": "type", "request": "request_id"}
_PARAMETERS = (*_TEXTS, "resource", "name", "since", "until", "before", "limit")
_MOST_UNDONE = 10_000  # record sets; a batch has at most a thousand values

Fields = dict[str, Any]


def list_events(context: Context, request: HttpRequest) -> Fields:
    """A page of the account's events, newest first; `next` is what `before` is to be for the next page."""
    wanted, limit = _asked(request)
    with context.database.read() as conn:
        found = audit.page(conn, context.caller.account_id, wanted, limit + 1)
    following = found[limit - 1].id if len(found) > limit else None
    return {"events": [told(event) for event in found[:limit]], "next": following}


def undo(context: Context, request: HttpRequest) -> Fields:
    """What is to be asked so that the record sets a request changed are as before; nothing is changed by this."""
    wanted = Filter(request_id=request.parts["request_id"])
    with context.database.read() as conn:
        found = audit.page(conn, context.caller.account_id, wanted, _MOST_UNDONE)
    if not found:
        text = f"Nothing is known of a request {request.parts['request_id']}"
        raise ApiError("ResourceNotFoundException", text, status=404)
    try:
        return reverse(found)
    except MeridianError as error:
        raise InvalidInput(str(error)) from None


def told(event: AuditEvent) -> Fields:
    """An event as it is shown."""
    actor, changed = event.actor, event.changed
    shown: Fields = {
        "id": event.id,
        "at": timestamp(event.at),
        "user": actor.name,
        "access_key_id": actor.access_key_id,
        "request_id": actor.request_id,
        "action": actor.action,
        "kind": changed.kind,
        "resource": changed.resource,
        "before": changed.before,
        "after": changed.after,
    }
    if changed.kind == "recordset":
        side = changed.after or changed.before
        shown |= {"name": side["Name"], "type": changed.record.type, "set_identifier": changed.record.set_identifier}
    return shown


def _asked(request: HttpRequest) -> tuple[Filter, int]:
    pairs = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
    given = {name: value for name, value in pairs if not name.startswith("X-Amz-")}
    for name in given:
        if name not in _PARAMETERS:
            raise InvalidInput(f"Unknown parameter '{name}'; there are {', '.join(_PARAMETERS)}")
    texts = {field: given[name] for name, field in _TEXTS.items() if name in given}
    wanted = Filter(
        **texts,
        resource=bare_id(given["resource"]) if "resource" in given else None,
        record=_sort_key(given["name"]) if "name" in given else None,
        before_id=_number(given, "before", 2**62) if "before" in given else None,
        since=_moment(given, "since"),
        until=_moment(given, "until"),
    )
    return wanted, _number(given, "limit", _MOST) if "limit" in given else _PAGE


def _sort_key(text: str) -> str:
    try:
        return parse(text).sort_key
    except BadName as error:
        raise InvalidInput(f"name: '{text}' is no domain name: {error.explanation}") from None


def _number(given: dict[str, str], key: str, most: int) -> int:
    text = given[key]
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= most):
        raise InvalidInput(f"{key}: '{text}' is no number from 1 to {most}")
    return int(text)


def _moment(given: dict[str, str], key: str) -> datetime | None:
    if key not in given:
        return None
    try:
        moment = datetime.fromisoformat(given[key])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(f"{key}: '{given[key]}' is no moment with a zone, such as 2026-01-02T03:04:05Z")
    return moment

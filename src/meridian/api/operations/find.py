"""`/meridian/zones/ID/records`, a call of our own: what says something in one zone (docs/reference/search.md)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations.search import records_with
from meridian.changes.shape import to_api
from meridian.errors import InvalidInput
from meridian.model.record import TYPES
from meridian.store import record as records
from meridian.store import zone as zones
from meridian.store.search import Within

PATH = "/meridian/zones/{zone_id}/records"

_LONGEST = 255  # characters of what is looked for, as of a name
_PAGE, _MOST = 100, 1000  # record sets that are found; of a policy group the others come with them


def find_records(context: Context, request: HttpRequest) -> dict[str, Any]:
    """Record sets in the order of a listing, those of one name and type all together; `more`: there are others."""
    text, type_, limit = _asked(request)
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request.parts["zone_id"])
        found = records_with(conn, Within(zone.account_id, zone.id, type_), text, limit + 1)
        wanted = {(record.name, record.type) for record in found[:limit]}
        held = records.at_names(conn, zone.id, sorted({name for name, _ in wanted}, key=lambda name: name.sort_key))
    sets = [to_api(each) for name, there in held.items() for each in there if (name, each.type) in wanted]
    return {"ResourceRecordSets": sets, "more": len(found) > limit}


def _asked(request: HttpRequest) -> tuple[str, str | None, int]:
    pairs = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
    given = {name: value for name, value in pairs if not name.startswith("X-Amz-")}
    for name in given:
        if name not in ("q", "type", "limit"):
            raise InvalidInput(f"Unknown parameter '{name}'; there are q, type, limit")
    text, type_ = given.get("q", "").strip(), given.get("type")
    if len(text) > _LONGEST or (not text and type_ is None):
        raise InvalidInput(f"q: give 1 to {_LONGEST} characters, or a type.")
    if type_ is not None and type_ not in TYPES:
        raise InvalidInput(f"type: '{type_}' is none of {', '.join(TYPES)}")
    limit = given.get("limit", str(_PAGE))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= _MOST):
        raise InvalidInput(f"limit: give 1 to {_MOST}.")
    return text, type_, int(limit)

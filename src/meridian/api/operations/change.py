"""Changes and how far they have come (R-CHG-16, R-CHG-17)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.model.zone import ChangeInfo
from meridian.store import change as changes


def get_change(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """One change: PENDING until every live edge serves it (R-CHG-16)."""
    with context.database.read() as conn:
        return {"ChangeInfo": change_to_api(changes.get(conn, context.caller.account_id, request["Id"]))}


def record_change(
    conn: Connection, context: Context, zone_id: str, zone_version: int, comment: str | None = None
) -> ChangeInfo:
    """Store that the caller has made this version of the zone, and give the change, PENDING."""
    change = changes.new(context.clock.now(), comment)
    changes.insert(conn, change, context.caller.account_id, zone_id, zone_version)
    return change


def change_to_api(change: ChangeInfo) -> dict[str, Any]:
    """The shape ChangeInfo."""
    comment = {} if change.comment is None else {"Comment": change.comment}
    return {"Id": f"/change/{change.id}", "Status": change.status, "SubmittedAt": change.submitted_at, **comment}

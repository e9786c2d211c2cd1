"""Changes and how far they have come (R-CHG-16, R-CHG-17)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.model.zone import ChangeInfo
from meridian.store import change as changes
from meridian.store import outbox
from meridian.store import zone as zones


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


def publish_head(conn: Connection, zone_id: str) -> int:
    """Ask for a version of the zone whose head says otherwise and whose names are as they were; give the version."""
    version = zones.bump_version(conn, zone_id)
    outbox.add(conn, zone_id, version, ())
    return version


def change_to_api(change: ChangeInfo) -> dict[str, Any]:
    """The shape ChangeInfo."""
    comment = {} if change.comment is None else {"Comment": change.comment}
    return {"Id": f"/change/{change.id}", "Status": change.status, "SubmittedAt": change.submitted_at, **comment}

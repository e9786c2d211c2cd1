"""
The history of health checks: written beside what happens, read by whoever wants to know (health-checks.md §8).

Events are numbered in the order in which they are committed, so that a reader who knows one number
misses none of the later ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, bindparam

from meridian.model.health_event import HealthEvent, Kind
from meridian.store import tag
from meridian.store.moments import milliseconds, time_of
from meridian.store.tables import health_check, health_event

_earlier = health_event.alias("earlier")
_LAST_FLIPS = sa.select(sa.func.max(_earlier.c.id)).where(_earlier.c.kind == "flip")
_LAST_FLIP = (
    sa.select(health_event.c.healthy, health_event.c.at)
    .where(health_event.c.check_id == bindparam("check"), health_event.c.kind == "flip")
    .order_by(health_event.c.id.desc())
    .limit(1)
)
_OWNER = sa.select(health_check.c.account_id).where(health_check.c.id == bindparam("check"))
_ADD = sa.insert(health_event)
_UNHEALTHY = (
    sa.select(health_event.c.check_id)
    .join(health_check, health_check.c.id == health_event.c.check_id)
    .where(health_event.c.id.in_(_LAST_FLIPS.group_by(_earlier.c.check_id)), health_event.c.healthy.is_(False))
    .order_by(health_event.c.check_id)
)
_PRUNE = sa.delete(health_event).where(
    health_event.c.at < bindparam("before"),
    # The last flip of a check that exists says what it is: it stays.
    health_event.c.id.not_in(
        _LAST_FLIPS.where(_earlier.c.check_id.in_(sa.select(health_check.c.id))).group_by(_earlier.c.check_id)
    ),
)


def add(
    conn: Connection,
    account_id: str,
    check_id: str,
    at: datetime,
    kind: Kind,
    healthy: bool | None,
    reason: str,
    by: str,
) -> None:
    """Write what a user did to a check; `HealthEvent` says what each value means."""
    _take_turn(conn)
    row = {"account_id": account_id, "check_id": check_id, "kind": kind, "reason": reason, "by": by}
    conn.execute(_ADD, row | {"at": milliseconds(at), "healthy": healthy})


def flip(conn: Connection, check_id: str, at: datetime, healthy: bool, reason: str, by: str = "") -> bool:
    """
    Write that a check became healthy or unhealthy. A check without any flip was healthy all the time.

    Args:
        at: When; no earlier than its last flip is what is written, whatever a clock says.

    Returns:
        Whether it was written: not where the history says so already, as with a second control plane,
        nor where the check is gone.
    """
    _take_turn(conn)
    owner = conn.execute(_OWNER, {"check": check_id}).scalar_one_or_none()
    last = conn.execute(_LAST_FLIP, {"check": check_id}).one_or_none()
    if owner is None or healthy == (last is None or last.healthy):
        return False
    moment = max(milliseconds(at), 0 if last is None else last.at)
    row = {"account_id": owner, "check_id": check_id, "kind": "flip", "reason": reason, "by": by}
    conn.execute(_ADD, row | {"at": moment, "healthy": healthy})
    return True


def newest(conn: Connection) -> int:
    """The number of the last event; 0 where there is none."""
    number: int = conn.execute(sa.select(sa.func.coalesce(sa.func.max(health_event.c.id), 0))).scalar_one()
    return number


def after(
    conn: Connection, event_id: int, limit: int, *, account_id: str | None = None, check_ids: Collection[str] = ()
) -> list[HealthEvent]:
    """
    Up to `limit` events later than `event_id`, in their order.

    Args:
        account_id: Whose; None for everybody's.
        check_ids: Of which checks; empty for all.
    """
    query = sa.select(health_event).where(health_event.c.id > event_id, *_of(account_id, check_ids))
    return [_event(row) for row in conn.execute(query.order_by(health_event.c.id).limit(limit))]


def latest(
    conn: Connection, account_id: str, check_ids: Collection[str], limit: int, kind: Kind | None = None
) -> list[HealthEvent]:
    """The last `limit` events of some checks of an account, or of all if none are named; newest first."""
    query = sa.select(health_event).where(*_of(account_id, check_ids))
    if kind is not None:
        query = query.where(health_event.c.kind == kind)
    return [_event(row) for row in conn.execute(query.order_by(health_event.c.id.desc()).limit(limit))]


def flips_since(conn: Connection, check_id: str, start: datetime) -> tuple[bool, list[HealthEvent]]:
    """What a check was at a moment, and its flips from then on in the order of time: what a graph is drawn from."""
    flips = sa.select(health_event).where(health_event.c.check_id == check_id, health_event.c.kind == "flip")
    moment = milliseconds(start)
    earlier = flips.where(health_event.c.at < moment).order_by(health_event.c.at.desc(), health_event.c.id.desc())
    later = flips.where(health_event.c.at >= moment).order_by(health_event.c.at, health_event.c.id)
    before = conn.execute(earlier.limit(1)).one_or_none()
    return before is None or bool(before.healthy), [_event(row) for row in conn.execute(later)]


def unhealthy(conn: Connection) -> list[str]:
    """The ids of the checks that are unhealthy by their history."""
    return list(conn.execute(_UNHEALTHY).scalars())


def count_before(conn: Connection, event_id: int, at: datetime) -> tuple[int, int]:
    """How many events later than `event_id` happened before a moment, and the number of the last of them, or 0."""
    columns = (sa.func.count(), sa.func.coalesce(sa.func.max(health_event.c.id), 0))
    query = sa.select(*columns).where(health_event.c.id > event_id, health_event.c.at < milliseconds(at))
    number, last = conn.execute(query).one()
    return number, last


def names(conn: Connection, events: Iterable[HealthEvent]) -> dict[str, str]:
    """The names of the events' checks by id, where they have one (R-HCU-10)."""
    found = tag.of(conn, "healthcheck", sorted({event.check_id for event in events}))
    return {check_id: tags["Name"] for check_id, tags in found.items() if "Name" in tags}


def prune(conn: Connection, before: datetime) -> int:
    """Delete the events before a moment, save those that say what a check still is; give their number."""
    return conn.execute(_PRUNE, {"before": milliseconds(before)}).rowcount


def _take_turn(conn: Connection) -> None:
    """Let no other transaction write events until this one ends. SQLite has one writer anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.text("LOCK TABLE health_event IN SHARE ROW EXCLUSIVE MODE"))


def _of(account_id: str | None, check_ids: Collection[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if account_id is not None:
        conditions.append(health_event.c.account_id == account_id)
    if check_ids:
        conditions.append(health_event.c.check_id.in_(sorted(check_ids)))
    return conditions


def _event(row: Any) -> HealthEvent:
    return HealthEvent(
        id=row.id,
        account_id=row.account_id,
        check_id=row.check_id,
        at=time_of(row.at),
        kind=row.kind,
        healthy=row.healthy,
        reason=row.reason,
        by=row.by,
    )

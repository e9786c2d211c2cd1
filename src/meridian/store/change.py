"""
Changes on their way to the name servers (R-CHG-16).

    PENDING, no position ── published ──▶ PENDING, position (catalog, version) ── acknowledge ──▶ INSYNC

A position says where the feed tells of the change: once every live edge has acknowledged that
catalog at that version or a newer one, the change is served everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from meridian.errors import NoSuchChange
from meridian.model.zone import ChangeInfo
from meridian.store.ids import new_id
from meridian.store.moments import milliseconds, time_of
from meridian.store.tables import change

KEPT = timedelta(days=7)  # how long GetChange knows a change; R-CHG-17 asks for 24 hours


_INSERT = sa.insert(change)
_GET = sa.select(change).where(change.c.id == bindparam("id"), change.c.account_id == bindparam("account_id"))
_PUBLISHED = (
    sa.update(change)
    .where(
        change.c.status == "PENDING",
        change.c.zone_id == bindparam("of_zone"),
        change.c.zone_version <= bindparam("up_to"),
        change.c.catalog.is_(None),
    )
    .values(catalog=bindparam("at_catalog"), catalog_version=bindparam("at_version"))
)
_POSITIONS = (
    sa.select(change.c.catalog, change.c.catalog_version)
    .where(change.c.status == "PENDING", change.c.catalog.is_not(None))
    .distinct()
    .order_by(change.c.catalog, change.c.catalog_version)
)
_PENDING = (
    sa.select(change)
    .where(change.c.status == "PENDING", change.c.account_id == bindparam("account_id"))
    .order_by(change.c.submitted_at.desc())
    .limit(bindparam("count"))
)
_ACKNOWLEDGE = (
    sa.update(change)
    .where(
        change.c.status == "PENDING",
        change.c.catalog == bindparam("at_catalog"),
        change.c.catalog_version <= bindparam("at_version"),
        change.c.zone_id.not_in(bindparam("failed", expanding=True)),
    )
    .values(status="INSYNC")
)
_PRUNE = sa.delete(change).where(change.c.status == "INSYNC", change.c.submitted_at < bindparam("before"))


def new(now: datetime, comment: str | None = None) -> ChangeInfo:
    """A change that was just accepted: a new id, PENDING, `now` cut to milliseconds."""
    return ChangeInfo(new_id("C"), "PENDING", time_of(milliseconds(now)), comment)


def insert(conn: Connection, info: ChangeInfo, account_id: str, zone_id: str, zone_version: int) -> None:
    """Store a change that made this version of the zone."""
    row = {
        "id": info.id,
        "account_id": account_id,
        "zone_id": zone_id,
        "zone_version": zone_version,
        "status": info.status,
        "submitted_at": milliseconds(info.submitted_at),
        "comment": info.comment,
    }
    conn.execute(_INSERT, row)


def get(conn: Connection, account_id: str, change_id: str) -> ChangeInfo:
    """
    The account's change with this id.

    Raises:
        NoSuchChange: There is none, it is someone else's (R-API-25), or it was pruned.
    """
    row = conn.execute(_GET, {"id": change_id, "account_id": account_id}).one_or_none()
    if row is None:
        raise NoSuchChange(change_id)
    return ChangeInfo(row.id, row.status, time_of(row.submitted_at), row.comment)


def published(conn: Connection, zone_id: str, version: int, catalog: int, catalog_version: int) -> int:
    """
    The feed tells of this zone version: give a position to the zone's changes up to it that have none.

    Returns:
        How many changes got the position.
    """
    at = {"of_zone": zone_id, "up_to": version, "at_catalog": catalog, "at_version": catalog_version}
    return conn.execute(_PUBLISHED, at).rowcount


def pending_positions(conn: Connection) -> list[tuple[int, int]]:
    """Each (catalog, catalog version) that a PENDING change waits at, ascending."""
    return [(catalog, version) for catalog, version in conn.execute(_POSITIONS)]


class Pending(NamedTuple):
    """
    A change that is on its way.

    Attributes:
        zone_id: Of the zone, or of the CIDR collection.
        position: The catalog that tells of it, and at which version; None until it is published.
    """

    id: str
    zone_id: str
    submitted_at: datetime
    comment: str | None
    position: tuple[int, int] | None


def placed(conn: Connection, account_id: str, change_id: str) -> tuple[str, Pending]:
    """
    The status of the account's change with this id, and where it is told of.

    Raises:
        NoSuchChange: As `get`.
    """
    row = conn.execute(_GET, {"id": change_id, "account_id": account_id}).one_or_none()
    if row is None:
        raise NoSuchChange(change_id)
    return row.status, _pending(row)


def pending(conn: Connection, account_id: str, limit: int) -> list[Pending]:
    """Up to `limit` of the account's changes that are not in sync, newest first."""
    return list(map(_pending, conn.execute(_PENDING, {"account_id": account_id, "count": limit})))


def _pending(row: Any) -> Pending:
    position = None if row.catalog is None else (row.catalog, row.catalog_version)
    return Pending(row.id, row.zone_id, time_of(row.submitted_at), row.comment, position)


def acknowledge(conn: Connection, positions: Mapping[int, int], failed: Collection[str] = ()) -> int:
    """
    Every live edge serves each of these catalogs at this version or newer: what waits there becomes INSYNC.

    Args:
        positions: Catalog to the lowest version that all live edges have acknowledged.
        failed: Zones that a live edge could not load; their changes stay PENDING.

    Returns:
        How many changes became INSYNC.
    """
    return sum(
        conn.execute(_ACKNOWLEDGE, {"at_catalog": catalog, "at_version": version, "failed": list(failed)}).rowcount
        for catalog, version in positions.items()
    )


def prune(conn: Connection, now: datetime) -> int:
    """Delete changes that have been in sync and are older than `KEPT`; give their number."""
    return conn.execute(_PRUNE, {"before": milliseconds(now - KEPT)}).rowcount

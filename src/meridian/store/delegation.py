"""Reusable delegation sets, and who has which name servers (zones.md §3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from meridian.changes.delegation import MOST_SHARED, NoSuchDelegationSet
from meridian.errors import ApiError
from meridian.model.zone import DelegationSet
from meridian.store.tables import assigned_name_server as assigned
from meridian.store.tables import delegation_set as table
from meridian.store.tables import hosted_zone


def insert(conn: Connection, account_id: str, made: DelegationSet) -> None:
    """
    Store a new reusable set, with an id and a caller reference.

    Raises:
        ApiError: DelegationSetAlreadyCreated; the account has one with this caller reference (R-DEL-4).
    """
    row = {
        "id": made.id,
        "account_id": account_id,
        "caller_reference": made.caller_reference,
        "name_servers": msgspec.json.encode(made.name_servers).decode(),
    }
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(table), row)
    except IntegrityError:
        text = "A delegation set with the same owner and caller reference combination has already been created."
        raise ApiError("DelegationSetAlreadyCreated", text) from None


def owned(conn: Connection, account_id: str, set_id: str, *, for_update: bool = False) -> DelegationSet:
    """
    The reusable set with this id, if it is the account's.

    Args:
        for_update: Keep others who would use or delete it waiting until the transaction ends.

    Raises:
        NoSuchDelegationSet: There is none, or it is someone else's (R-API-25).
    """
    query = sa.select(table).where(table.c.id == set_id, table.c.account_id == account_id)
    row = conn.execute(query.with_for_update() if for_update else query).one_or_none()
    if row is None:
        raise NoSuchDelegationSet(set_id)
    return _set(row)


def page(conn: Connection, account_id: str, start: str, limit: int) -> list[DelegationSet]:
    """Up to `limit` reusable sets of the account from id `start` on, inclusive, by id (R-DEL-8)."""
    query = sa.select(table).where(table.c.account_id == account_id, table.c.id >= start)
    return [_set(row) for row in conn.execute(query.order_by(table.c.id).limit(limit))]


def count(conn: Connection, account_id: str) -> int:
    """How many reusable sets the account has."""
    query = sa.select(sa.func.count()).select_from(table).where(table.c.account_id == account_id)
    return conn.execute(query).scalar_one()


def zones_of(conn: Connection, set_id: str) -> int:
    """How many zones use a reusable set."""
    query = sa.select(sa.func.count()).select_from(hosted_zone).where(hosted_zone.c.delegation_set_id == set_id)
    return conn.execute(query).scalar_one()


def delete(conn: Connection, set_id: str) -> None:
    """Delete a reusable set that no zone uses."""
    release(conn, set_id)
    conn.execute(sa.delete(table).where(table.c.id == set_id))


def reuse(conn: Connection, zone_id: str, set_id: str) -> None:
    """A zone's own set becomes a reusable one, which is stored already (R-DEL-3)."""
    conn.execute(sa.update(assigned).where(assigned.c.owner == zone_id).values(owner=set_id))
    conn.execute(sa.update(hosted_zone).where(hosted_zone.c.id == zone_id).values(delegation_set_id=set_id))


def take(conn: Connection, owner: str, name_servers: Sequence[str]) -> None:
    """Note which name servers a set has: a reusable one by its own id, a single zone's by the zone's."""
    if name_servers:
        conn.execute(sa.insert(assigned), [{"server": server, "owner": owner} for server in name_servers])


def release(conn: Connection, owner: str) -> None:
    """Forget what `take` has noted; nothing is no error."""
    conn.execute(sa.delete(assigned).where(assigned.c.owner == owner))


def is_crowded(conn: Connection, name_servers: Sequence[str]) -> bool:
    """Tell whether some set has more than `MOST_SHARED` of these name servers."""
    query = sa.select(assigned.c.owner).where(assigned.c.server.in_(name_servers)).group_by(assigned.c.owner)
    return conn.execute(query.having(sa.func.count() > MOST_SHARED).limit(1)).first() is not None


def _set(row: Any) -> DelegationSet:
    servers = msgspec.json.decode(row.name_servers, type=tuple[str, ...])
    return DelegationSet(servers, row.id, row.caller_reference)

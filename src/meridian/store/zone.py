"""Hosted zones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select, bindparam
from sqlalchemy.exc import IntegrityError

from meridian.errors import ApiError, NoSuchHostedZone
from meridian.model.name import Name, from_wire
from meridian.model.zone import DelegationSet, HostedZone, RecoveryStatus
from meridian.store import delegation, vpc
from meridian.store.tables import ancestor, former_name_server, hosted_zone, record_set, zone_creation

# More record sets than the number on the left need as many shards as the number on the right (architecture §3).
_SHARDS = ((128_000, 4096), (8_000, 256), (500, 16))

_BY_ID = sa.select(hosted_zone).where(hosted_zone.c.id == bindparam("id"))
_BY_ID_LOCKED = _BY_ID.with_for_update()  # SQLite has no such clause and needs none: there is one writer
_BUMP = (
    sa.update(hosted_zone)
    .where(hosted_zone.c.id == bindparam("of_zone"))
    .values(version=hosted_zone.c.version + 1)
    .returning(hosted_zone.c.version, hosted_zone.c.record_set_count)
)


class Grown(NamedTuple):
    """A zone's new version, and how many record sets it has now."""

    version: int
    record_set_count: int


def shards_for(record_sets: int, present: int) -> int:
    """How many shards a zone of this size gets. It never goes below `present`: shards are not joined again."""
    return next((count for more_than, count in _SHARDS if record_sets > more_than and count > present), present)


def claim_reference(conn: Connection, account_id: str, caller_reference: str, zone_id: str) -> int:
    """
    Use up a caller reference, for ever, and give the new zone's rank (R-ZON-4).

    Raises:
        ApiError: HostedZoneAlreadyExists.
    """
    row = {"account_id": account_id, "caller_reference": caller_reference, "zone_id": zone_id}
    try:
        with conn.begin_nested():
            rank: int = conn.execute(sa.insert(zone_creation).returning(zone_creation.c.rank), row).scalar_one()
    except IntegrityError:
        text = "A hosted zone has already been created with the specified caller reference."
        raise ApiError("HostedZoneAlreadyExists", text) from None
    return rank


def insert(conn: Connection, zone: HostedZone) -> None:
    """Store a new zone. Its record sets follow through `store.record.apply`, which counts them from 0."""
    row = {
        "id": zone.id,
        "account_id": zone.account_id,
        "name_wire": zone.name.wire,
        "sort_key": zone.name.sort_key,
        "caller_reference": zone.caller_reference,
        "rank": zone.rank,
        "version": zone.version,
        "shard_count": zone.shard_count,
        "record_set_count": 0,
        "comment": zone.comment,
        "private": zone.private,
        "delegation_set_id": zone.delegation_set.id,
        "name_servers": msgspec.json.encode(zone.delegation_set.name_servers).decode(),
    }
    conn.execute(sa.insert(hosted_zone), row)
    if not zone.private and zone.delegation_set.id is None:
        delegation.take(conn, zone.id, zone.delegation_set.name_servers)


def get(conn: Connection, zone_id: str, *, for_update: bool = False) -> HostedZone | None:
    """The zone with this id, of whatever account; `for_update` as in `owned`."""
    row = conn.execute(_BY_ID_LOCKED if for_update else _BY_ID, {"id": zone_id}).one_or_none()
    return None if row is None else _zone(row)


def owned(conn: Connection, account_id: str, zone_id: str, *, for_update: bool = False) -> HostedZone:
    """
    The zone with this id, if it is the account's.

    Args:
        for_update: Keep other writers of this zone waiting until the transaction ends.

    Raises:
        NoSuchHostedZone: There is none, or it is someone else's (R-API-25).
    """
    row = conn.execute(_BY_ID_LOCKED if for_update else _BY_ID, {"id": zone_id}).one_or_none()
    if row is None or row.account_id != account_id:
        raise NoSuchHostedZone(zone_id)
    return _zone(row)


def page(
    conn: Connection,
    account_id: str,
    *,
    start: str = "",
    limit: int,
    private_only: bool = False,
    delegation_set_id: str | None = None,
) -> list[HostedZone]:
    """
    Up to `limit` zones of the account from id `start` on, in the order of ids (R-LSZ-1).

    Args:
        delegation_set_id: The reusable set that the zones use; None for all zones.
    """
    query = _of_account(account_id).where(hosted_zone.c.id >= start).order_by(hosted_zone.c.id).limit(limit)
    if private_only:
        query = query.where(hosted_zone.c.private)
    if delegation_set_id is not None:
        query = query.where(hosted_zone.c.delegation_set_id == delegation_set_id)
    return [_zone(row) for row in conn.execute(query)]


def page_by_name(
    conn: Connection, account_id: str, *, start: tuple[str, str] = ("", ""), limit: int
) -> list[HostedZone]:
    """Up to `limit` zones of the account from (sort key, id) `start` on, in that order (R-LSZ-2)."""
    key = sa.tuple_(hosted_zone.c.sort_key, hosted_zone.c.id)
    query = _of_account(account_id).where(key >= start).order_by(hosted_zone.c.sort_key, hosted_zone.c.id).limit(limit)
    return [_zone(row) for row in conn.execute(query)]


def closest(conn: Connection, name: Name, account_id: str | None = None) -> HostedZone | None:
    """
    The public zone that would answer for a name: that with the longest name, and of these the first made.

    Args:
        account_id: Look at this account's zones alone; None for all.
    """
    keys = [Name(name.labels[skip:]).sort_key for skip in range(len(name.labels) + 1)]
    query = sa.select(hosted_zone).where(hosted_zone.c.sort_key.in_(keys), ~hosted_zone.c.private)
    if account_id is not None:
        query = query.where(hosted_zone.c.account_id == account_id)
    found = [_zone(row) for row in conn.execute(query)]
    return max(found, key=lambda zone: (len(zone.name.labels), -zone.rank), default=None)


def count(conn: Connection, account_id: str) -> int:
    """How many zones the account has (R-ZON-13)."""
    query = sa.select(sa.func.count()).select_from(hosted_zone).where(hosted_zone.c.account_id == account_id)
    return conn.execute(query).scalar_one()


def count_record_sets(conn: Connection, account_id: str) -> int:
    """How many record sets the zones of the account have in all."""
    query = sa.select(sa.func.coalesce(sa.func.sum(hosted_zone.c.record_set_count), 0))
    return int(conn.execute(query.where(hosted_zone.c.account_id == account_id)).scalar_one())


def names(conn: Connection, account_id: str, zone_ids: Collection[str]) -> dict[str, Name]:
    """The names of those of these zones that are the account's, by id."""
    query = _of_account(account_id).where(hosted_zone.c.id.in_(sorted(zone_ids)))
    query = query.with_only_columns(hosted_zone.c.id, hosted_zone.c.name_wire)
    return {row.id: from_wire(row.name_wire) for row in conn.execute(query)}


def set_comment(conn: Connection, zone_id: str, comment: str | None) -> None:
    """Set the comment, or clear it with None (R-ZON-12)."""
    _update(conn, zone_id, comment=comment)


def set_accelerated_recovery(conn: Connection, zone_id: str, status: RecoveryStatus) -> None:
    """Set the status of the feature (R-FEA-1)."""
    _update(conn, zone_id, accelerated_recovery=status)


def set_shard_count(conn: Connection, zone_id: str, shard_count: int) -> None:
    """Set the number of shards; the zone's whole image has to be compiled after it."""
    _update(conn, zone_id, shard_count=shard_count)


def bump_version(conn: Connection, zone_id: str) -> int:
    """Raise the zone's version by one and give the new one."""
    return grow(conn, zone_id).version


def grow(conn: Connection, zone_id: str) -> Grown:
    """Raise the zone's version by one, for record sets that have come or gone."""
    return Grown(*conn.execute(_BUMP, {"of_zone": zone_id}).one())


def delete(conn: Connection, zone_id: str) -> None:
    """
    Delete the zone with its record sets.

    Its changes, its caller reference, and who had which name servers for its name stay (R-CHG-17, R-ZON-4, R-ZON-10).
    """
    _remember_name_servers(conn, zone_id)
    delegation.release(conn, zone_id)
    vpc.forget(conn, zone_id)
    for table in (record_set, ancestor):
        conn.execute(sa.delete(table).where(table.c.zone_id == zone_id))
    conn.execute(sa.delete(hosted_zone).where(hosted_zone.c.id == zone_id))


def versions(conn: Connection) -> list[tuple[str, int]]:
    """Id and version of every zone, in the order of ids: what the catalogs list."""
    query = sa.select(hosted_zone.c.id, hosted_zone.c.version).order_by(hosted_zone.c.id)
    return [(zone_id, version) for zone_id, version in conn.execute(query)]


def overlapping_name_servers(conn: Connection, name: Name) -> frozenset[str]:
    """The name servers of all public zones with this name, a parent of it, or a child of it (R-ZON-6, R-ZON-7)."""
    query = sa.select(hosted_zone.c.name_servers).where(~hosted_zone.c.private, _overlaps(name))
    return frozenset(server for (text,) in conn.execute(query) for server in _servers(text))


def former_name_servers(conn: Connection, name: Name, account_id: str) -> frozenset[str]:
    """Those that deleted zones of other accounts had, of this name, a parent of it, or a child of it (R-ZON-10)."""
    query = sa.select(former_name_server.c.server).where(
        _overlaps(name, former_name_server.c.sort_key), former_name_server.c.account_id != account_id
    )
    return frozenset(conn.execute(query).scalars())


def _remember_name_servers(conn: Connection, zone_id: str) -> None:
    zone = get(conn, zone_id)
    if zone is None or zone.private:
        return
    key = {"sort_key": zone.name.sort_key, "account_id": zone.account_id}
    of_key = sa.and_(*(former_name_server.c[column] == value for column, value in key.items()))
    known = frozenset(conn.execute(sa.select(former_name_server.c.server).where(of_key)).scalars())
    if new := [{**key, "server": server} for server in zone.delegation_set.name_servers if server not in known]:
        conn.execute(sa.insert(former_name_server), new)


def _overlaps(name: Name, column: ColumnElement[str] = hosted_zone.c.sort_key) -> ColumnElement[bool]:
    at_or_above = [Name(name.labels[skip:]).sort_key for skip in range(len(name.labels) + 1)]
    # Names below share the sort key as a prefix, and "/" is what follows "." (R-LST-1).
    below = sa.and_(column > name.sort_key, column < name.sort_key[:-1] + "/")
    return sa.or_(column.in_(at_or_above), below)


def _of_account(account_id: str) -> Select[Any]:
    return sa.select(hosted_zone).where(hosted_zone.c.account_id == account_id)


def _update(conn: Connection, zone_id: str, **values: Any) -> None:
    conn.execute(sa.update(hosted_zone).where(hosted_zone.c.id == zone_id).values(**values))


def _servers(text: str) -> Sequence[str]:
    return msgspec.json.decode(text, type=tuple[str, ...])


def _zone(row: Any) -> HostedZone:
    return HostedZone(
        id=row.id,
        account_id=row.account_id,
        name=from_wire(row.name_wire),
        caller_reference=row.caller_reference,
        rank=row.rank,
        version=row.version,
        shard_count=row.shard_count,
        record_set_count=row.record_set_count,
        delegation_set=DelegationSet(tuple(_servers(row.name_servers)), row.delegation_set_id),
        comment=row.comment,
        private=row.private,
        accelerated_recovery=row.accelerated_recovery,
    )

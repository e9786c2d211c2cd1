"""
Health checks, what they are said to be by hand, and which record sets use them (health-checks.md).

Every change of a check raises the version of its block in the same transaction. So whoever knows
the blocks' versions knows which of them the feed has still to be told of; no row waits to be taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, bindparam
from sqlalchemy.exc import IntegrityError

from meridian.errors import ApiError, NoSuchHealthCheck
from meridian.model.health import BLOCK, HealthCheck, HealthCheckConfig, MetricRule, Options, Override, block_of
from meridian.model.name import from_wire
from meridian.model.record import Key
from meridian.store.ids import new_uuid
from meridian.store.moments import milliseconds, time_of
from meridian.store.tables import (
    deleted_health_check,
    health_block,
    health_check,
    health_child,
    record_set,
    traffic_policy_instance,
    traffic_use,
)

REMEMBERED = timedelta(days=7)  # how long the caller reference of a deleted check is refused (R-HCU-1)


_read_config = msgspec.json.Decoder(HealthCheckConfig).decode
_read_options = msgspec.json.Decoder(Options).decode
_read_metric = msgspec.json.Decoder(MetricRule).decode
_read_override = msgspec.json.Decoder(Override).decode

_BY_ID = sa.select(health_check).where(
    health_check.c.id == bindparam("id"), health_check.c.account_id == bindparam("account_id")
)
_BY_ID_LOCKED = _BY_ID.with_for_update()  # SQLite has no such clause and needs none: there is one writer
_OF_ACCOUNT = sa.select(health_check).where(health_check.c.account_id == bindparam("account_id"))
_BY_REFERENCE = _OF_ACCOUNT.where(health_check.c.caller_reference == bindparam("caller_reference"))
_PAGE = _OF_ACCOUNT.where(health_check.c.id >= bindparam("start")).order_by(health_check.c.id).limit(bindparam("count"))
_KNOWN = sa.select(health_check.c.id, health_check.c.slot).where(
    health_check.c.id.in_(bindparam("ids", expanding=True))
)
_USED_BY_RECORD_SETS = sa.select(
    record_set.c.zone_id,
    record_set.c.sort_key,
    record_set.c.type,
    record_set.c.set_identifier,
    record_set.c.name_wire,
).where(record_set.c.health_check_id == bindparam("check_id"))
_USED_BY_INSTANCES = (
    sa.select(
        traffic_policy_instance.c.zone_id,
        traffic_policy_instance.c.sort_key,
        traffic_policy_instance.c.type,
        sa.literal(""),
        traffic_policy_instance.c.name_wire,
    )
    .join_from(traffic_use, traffic_policy_instance)
    .where(traffic_use.c.health_check_id == bindparam("check_id"))
)
_IN_BLOCK = (
    sa.select(health_check)
    .where(health_check.c.slot.between(bindparam("first"), bindparam("last")))
    .order_by(health_check.c.slot)
)
_CHANGE = sa.update(health_check).where(health_check.c.slot == bindparam("of_slot"))
_PARENTS = sa.select(health_child.c.parent).where(health_child.c.child_id == bindparam("child_id"))
_DELETE_CHILDREN = sa.delete(health_child).where(health_child.c.parent == bindparam("of_slot"))
_RAISE = sa.text(
    "INSERT INTO health_block (block, version) VALUES (:block, 1)"
    " ON CONFLICT (block) DO UPDATE SET version = health_block.version + 1"
)
_RAISE_BEYOND = sa.text(
    "INSERT INTO health_block (block, version) VALUES (:block, :version)"
    " ON CONFLICT (block) DO UPDATE SET version = excluded.version WHERE health_block.version < excluded.version"
)


class Defined(NamedTuple):
    """A check, and the slots of those of its children that exist, in their order (R-HCC-5)."""

    check: HealthCheck
    children: tuple[int, ...]


class User(NamedTuple):
    """A record set that uses a check."""

    zone_id: str
    key: Key


def insert(
    conn: Connection,
    account_id: str,
    caller_reference: str,
    config: HealthCheckConfig,
    now: datetime,
    metric: MetricRule | None = None,
) -> HealthCheck:
    """
    Store a new check, with an id and a slot that were never given before.

    Raises:
        ApiError: PriorRequestNotComplete, if its reference was taken since the caller looked.
    """
    row = {
        "id": new_uuid(),
        "account_id": account_id,
        "caller_reference": caller_reference,
        "version": 1,
        "revision": 1,
        "config": _write(config),
        "metric": metric and _write(metric),
        "created_at": milliseconds(now),
    }
    conn.execute(sa.delete(deleted_health_check).where(_remembered(account_id, caller_reference)))
    try:
        with conn.begin_nested():
            stored = conn.execute(sa.insert(health_check).returning(health_check), row).one()
    except IntegrityError:
        text = "The same health check is being created by another request; retry this one."
        raise ApiError("PriorRequestNotComplete", text) from None
    check = _check(stored)
    _add_children(conn, check)
    _raise(conn, check.slot)
    return check


def owned(conn: Connection, account_id: str, check_id: str, *, for_update: bool = False) -> HealthCheck:
    """
    The check with this id, if it is the account's.

    Args:
        for_update: Keep other writers of this check waiting until the transaction ends.

    Raises:
        NoSuchHealthCheck: There is none, or it is someone else's (R-API-25).
    """
    row = conn.execute(
        _BY_ID_LOCKED if for_update else _BY_ID, {"id": check_id, "account_id": account_id}
    ).one_or_none()
    if row is None:
        raise NoSuchHealthCheck(check_id)
    return _check(row)


def created_at(conn: Connection, check: HealthCheck) -> datetime:
    """When the check was created."""
    query = sa.select(health_check.c.created_at).where(health_check.c.slot == check.slot)
    milliseconds: int = conn.execute(query).scalar_one()
    return time_of(milliseconds)


def with_reference(conn: Connection, account_id: str, caller_reference: str) -> HealthCheck | None:
    """The account's check that was created with this reference."""
    row = conn.execute(_BY_REFERENCE, {"account_id": account_id, "caller_reference": caller_reference}).one_or_none()
    return None if row is None else _check(row)


def is_remembered(conn: Connection, account_id: str, caller_reference: str, now: datetime) -> bool:
    """Tell whether a check that was deleted not long ago had this reference (R-HCU-1)."""
    query = sa.select(deleted_health_check.c.deleted_at).where(_remembered(account_id, caller_reference), ~_is_old(now))
    return conn.execute(query).one_or_none() is not None


def page(conn: Connection, account_id: str, start: str, limit: int) -> list[HealthCheck]:
    """Up to `limit` checks of the account from id `start` on, inclusive, in the order of ids."""
    return [_check(row) for row in conn.execute(_PAGE, {"account_id": account_id, "start": start, "count": limit})]


def count(conn: Connection, account_id: str) -> int:
    """How many checks the account has."""
    query = sa.select(sa.func.count()).select_from(health_check).where(health_check.c.account_id == account_id)
    return conn.execute(query).scalar_one()


def created_since(conn: Connection, account_id: str, since: datetime) -> int:
    """How many checks the account has created since a moment, those deleted in between too (R-HCU-7)."""
    return sum(
        conn.execute(
            sa.select(sa.func.count())
            .select_from(table)
            .where(table.c.account_id == account_id, table.c.created_at > milliseconds(since))
        ).scalar_one()
        for table in (health_check, deleted_health_check)
    )


def among(conn: Connection, account_id: str, asked: Collection[str]) -> dict[str, HealthCheck]:
    """Those of the ids asked for that name a check of this account (R-API-25), with what they name."""
    if not asked:
        return {}
    query = _OF_ACCOUNT.where(health_check.c.id.in_(bindparam("ids", expanding=True)))
    rows = conn.execute(query, {"account_id": account_id, "ids": sorted(asked)})
    return {row.id: _check(row) for row in rows}


def replace(conn: Connection, check: HealthCheck) -> None:
    """Store a check as it is to be now. Its id, slot, account and reference stay."""
    row = {
        "version": check.version,
        "revision": check.revision,
        "config": _write(check.config),
        "options": None if check.options == Options() else _write(check.options),
        "metric": check.metric and _write(check.metric),
        "override": check.override and _write(check.override),
        "switch": check.switch,
    }
    conn.execute(_CHANGE.values(**row), {"of_slot": check.slot})
    if check.config.type == "CALCULATED":
        conn.execute(_DELETE_CHILDREN, {"of_slot": check.slot})
        _add_children(conn, check)
    _raise(conn, check.slot)


def set_override(conn: Connection, check: HealthCheck, override: Override | None) -> HealthCheck:
    """
    Store an operator's word in place of what is seen, or take it back with None.

    Args:
        check: As it is stored now, read for update; so in the two below.

    Returns:
        The check as it is now.
    """
    return _changed(conn, check, override=override)


def set_options(conn: Connection, check: HealthCheck, options: Options) -> HealthCheck:
    """Store what is asked of a check beyond Route 53; checkers begin to count anew."""
    return _changed(conn, check, options=options, revision=check.revision + 1)


def set_switch(conn: Connection, check: HealthCheck, on: bool) -> HealthCheck:
    """Store the state of a routing control (R-HCR-1)."""
    return _changed(conn, check, switch=on)


def delete(conn: Connection, check: HealthCheck, now: datetime) -> None:
    """
    Delete a check, whoever uses it (R-HCU-6). Its slot is never given again; its reference is remembered (R-HCU-1).

    Calculated checks no longer count it (R-HCC-5).
    """
    parents = conn.execute(_PARENTS, {"child_id": check.id}).scalars().all()
    conn.execute(_DELETE_CHILDREN, {"of_slot": check.slot})
    row = conn.execute(
        sa.delete(health_check).where(health_check.c.slot == check.slot).returning(health_check.c.created_at)
    ).one()
    conn.execute(sa.delete(deleted_health_check).where(_is_old(now)))
    gone = {"account_id": check.account_id, "caller_reference": check.caller_reference}
    times = {"created_at": row.created_at, "deleted_at": milliseconds(now)}
    conn.execute(sa.insert(deleted_health_check), gone | times)
    for slot in sorted({check.slot, *parents}):  # in one order, so that two writers cannot deadlock
        _raise(conn, slot)


def users(conn: Connection, check_id: str) -> list[User]:
    """
    The record sets that use a check, also after it was deleted, by zone and in listing order.

    Of a policy record whose tree uses it, that is the root.
    """
    queries = (_USED_BY_RECORD_SETS, _USED_BY_INSTANCES)
    rows = sorted(tuple(row) for query in queries for row in conn.execute(query, {"check_id": check_id}))
    return [User(zone_id, Key(from_wire(wire), type_, id_ or None)) for zone_id, _, type_, id_, wire in rows]


def slots(conn: Connection, ids: Collection[str]) -> dict[str, int]:
    """The slot of each of these checks, of whatever account; those that are gone are left out."""
    return {id_: slot for id_, slot in conn.execute(_KNOWN, {"ids": sorted(ids)})} if ids else {}


def ids(conn: Connection, slots: Collection[int]) -> dict[int, str]:
    """The id of the check in each of these slots; those that are gone are left out."""
    query = sa.select(health_check.c.slot, health_check.c.id).where(health_check.c.slot.in_(sorted(slots)))
    return {slot: id_ for slot, id_ in conn.execute(query)} if slots else {}


def block_versions(conn: Connection) -> dict[int, int]:
    """The version of each block that has ever had a check."""
    return {block: version for block, version in conn.execute(sa.select(health_block.c.block, health_block.c.version))}


def in_block(conn: Connection, block: int) -> list[Defined]:
    """The checks of one block, by slot."""
    rows = conn.execute(_IN_BLOCK, {"first": block * BLOCK, "last": (block + 1) * BLOCK - 1})
    checks = [_check(row) for row in rows]
    known = slots(conn, {child for check in checks for child in check.config.child_health_checks})
    return [Defined(check, _present(check.config.child_health_checks, known)) for check in checks]


def raise_version(conn: Connection, block: int, beyond: int) -> None:
    """Let a block's version be later than `beyond`, if it is not: for a database that went back in time."""
    conn.execute(_RAISE_BEYOND, {"block": block, "version": beyond + 1})


def _changed(conn: Connection, check: HealthCheck, **values: Any) -> HealthCheck:
    changed: HealthCheck = msgspec.structs.replace(check, **values)
    replace(conn, changed)
    return changed


def _add_children(conn: Connection, check: HealthCheck) -> None:
    if children := check.config.child_health_checks:
        conn.execute(sa.insert(health_child), [{"parent": check.slot, "child_id": child} for child in children])


def _remembered(account_id: str, caller_reference: str) -> ColumnElement[bool]:
    table = deleted_health_check.c
    return sa.and_(table.account_id == account_id, table.caller_reference == caller_reference)


def _is_old(now: datetime) -> ColumnElement[bool]:
    return deleted_health_check.c.deleted_at < milliseconds(now - REMEMBERED)


def _raise(conn: Connection, slot: int) -> None:
    """Raise the version of the block that a slot is in."""
    conn.execute(_RAISE, {"block": block_of(slot)})


def _present(children: Iterable[str], known: dict[str, int]) -> tuple[int, ...]:
    return tuple(known[child] for child in children if child in known)


def _write(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


def _check(row: Any) -> HealthCheck:
    return HealthCheck(
        id=row.id,
        account_id=row.account_id,
        slot=row.slot,
        caller_reference=row.caller_reference,
        version=row.version,
        revision=row.revision,
        config=_read_config(row.config),
        options=_read_options(row.options) if row.options else Options(),
        metric=_read_metric(row.metric) if row.metric else None,
        override=_read_override(row.override) if row.override else None,
        switch=row.switch,
    )

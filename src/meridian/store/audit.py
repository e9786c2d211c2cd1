"""The audit trail: written in the transaction of the change, so that neither is ever there without the other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from meridian.model.audit import Actor, AuditEvent, Changed, RecordKey
from meridian.store.database import insert_many
from meridian.store.moments import milliseconds, time_of
from meridian.store.tables import audit_event

_COLUMNS = tuple(column.name for column in audit_event.c if column.name != "id")
_PRUNE = sa.delete(audit_event).where(audit_event.c.at < bindparam("before"))
_encode = msgspec.json.Encoder().encode


class Filter(msgspec.Struct, frozen=True):
    """
    Which events; what is None does not matter.

    Attributes:
        actor: Name of the user.
        resource: Id of a zone, health check and the like, or a user's name.
        record: Sort key of a record set's name.
        before_id: Events older than this one.
        since, until: Their times, `until` exclusive.
    """

    actor: str | None = None
    action: str | None = None
    kind: str | None = None
    resource: str | None = None
    record: str | None = None
    type: str | None = None
    request_id: str | None = None
    before_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def add(conn: Connection, actor: Actor, at: datetime, changes: Iterable[Changed]) -> None:
    """Write what was changed."""
    common = (
        milliseconds(at),
        actor.account_id,
        actor.name,
        actor.access_key_id,
        actor.request_id,
        actor.action,
    )
    insert_many(conn, audit_event, _COLUMNS, [(*common, *_row(changed)) for changed in changes])


def page(conn: Connection, account_id: str, wanted: Filter, limit: int) -> list[AuditEvent]:
    """Up to `limit` events of an account, newest first."""
    query = sa.select(audit_event).where(audit_event.c.account_id == account_id, *_conditions(wanted))
    return [_event(row) for row in conn.execute(query.order_by(audit_event.c.id.desc()).limit(limit))]


def prune(conn: Connection, before: datetime) -> int:
    """Forget what was earlier; give its number."""
    return conn.execute(_PRUNE, {"before": milliseconds(before)}).rowcount


def _conditions(wanted: Filter) -> Iterable[sa.ColumnElement[bool]]:
    columns = {
        "actor": audit_event.c.actor,
        "action": audit_event.c.action,
        "kind": audit_event.c.kind,
        "resource": audit_event.c.resource,
        "record": audit_event.c.sort_key,
        "type": audit_event.c.type,
        "request_id": audit_event.c.request_id,
    }
    for field, column in columns.items():
        value = getattr(wanted, field)
        if value is not None:
            yield column == value
    if wanted.before_id is not None:
        yield audit_event.c.id < wanted.before_id
    if wanted.since is not None:
        yield audit_event.c.at >= milliseconds(wanted.since)
    if wanted.until is not None:
        yield audit_event.c.at < milliseconds(wanted.until)


def _row(changed: Changed) -> tuple[str | None, ...]:
    """What `_COLUMNS` names from `kind` on."""
    return (
        changed.kind,
        changed.resource,
        changed.record.sort_key,
        changed.record.type,
        changed.record.set_identifier,
        None if changed.before is None else _encode(changed.before).decode(),
        None if changed.after is None else _encode(changed.after).decode(),
    )


def _event(row: Any) -> AuditEvent:
    return AuditEvent(
        id=row.id,
        at=time_of(row.at),
        actor=Actor(row.account_id, row.actor, row.access_key_id, row.request_id, row.action),
        changed=Changed(
            kind=row.kind,
            resource=row.resource,
            before=None if row.before is None else msgspec.json.decode(row.before),
            after=None if row.after is None else msgspec.json.decode(row.after),
            record=RecordKey(row.sort_key, row.type, row.set_identifier),
        ),
    )

"""What the publisher has still to do, written in the transaction of the change that asks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from meridian.store.tables import outbox

_read_slots = msgspec.msgpack.Decoder(tuple[int, ...]).decode

_ADD = insert(outbox)
_PENDING = select(outbox).order_by(outbox.c.id).limit(bindparam("count"))
_DONE = delete(outbox).where(outbox.c.id.in_(bindparam("ids", expanding=True)))


class Row(NamedTuple):
    """
    One thing to publish.

    Attributes:
        id: Grows; order of the commits of one zone.
        version: The zone version that the change made.
        slots: The slots whose names have changed (`Name.slot`), None for the whole zone. The zone
            is gone if the store has it no more.
    """

    id: int
    zone_id: str
    version: int
    slots: tuple[int, ...] | None


def add(conn: Connection, zone_id: str, version: int, slots: Iterable[int] | None) -> None:
    """Ask for a zone version to be published; None stands for the whole zone, also where it was deleted."""
    encoded = None if slots is None else msgspec.msgpack.encode(sorted(slots))
    conn.execute(_ADD, {"zone_id": zone_id, "version": version, "slots": encoded})


def pending(conn: Connection, limit: int) -> list[Row]:
    """Up to `limit` rows, oldest first."""
    rows = conn.execute(_PENDING, {"count": limit})
    return [Row(id_, zone_id, version, slots and _read_slots(slots)) for id_, zone_id, version, slots in rows]


def done(conn: Connection, ids: Collection[int]) -> None:
    """Forget rows that have been published. Ids that are not there are no error."""
    if ids:
        conn.execute(_DONE, {"ids": list(ids)})

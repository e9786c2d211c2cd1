"""What the publisher has still to do, written in the transaction of the change that asks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from meridian.store.tables import outbox

_MOST_ROWS = 1000  # what one look takes of a zone; the next look takes the rest

_read_slots = msgspec.msgpack.Decoder(tuple[int, ...]).decode

_ADD = insert(outbox)
_ZONES = select(outbox.c.zone_id).group_by(outbox.c.zone_id).order_by(func.min(outbox.c.id))
_OF_ZONE = select(outbox).where(outbox.c.zone_id == bindparam("zone_id")).order_by(outbox.c.id).limit(_MOST_ROWS)
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


def zones(conn: Connection) -> list[str]:
    """Every zone that has rows, the one that waits longest first."""
    return list(conn.execute(_ZONES).scalars())


def of_zone(conn: Connection, zone_id: str) -> list[Row]:
    """A zone's rows, oldest first, up to a thousand."""
    rows = conn.execute(_OF_ZONE, {"zone_id": zone_id})
    return [Row(id_, zone, version, slots and _read_slots(slots)) for id_, zone, version, slots in rows]


def done(conn: Connection, ids: Collection[int]) -> None:
    """Forget rows that have been published. Ids that are not there are no error."""
    if ids:
        conn.execute(_DONE, {"ids": list(ids)})

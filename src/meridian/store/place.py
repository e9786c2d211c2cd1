"""
What the feed has still to tell of places, such as CIDR collections; and where places were.

A row of the outbox is written in the transaction of the change that asks for it, as `outbox` does for
zones. It says only which key is due: its value is what the database holds when it is read, and if there
is none, the key goes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from meridian.store.tables import named_place, place_outbox

_MOST_ROWS = 1000  # what one look takes; the next look takes the rest

_ADD = insert(place_outbox)
_WAITING = select(place_outbox).order_by(place_outbox.c.id).limit(_MOST_ROWS)
_DONE = delete(place_outbox).where(place_outbox.c.id.in_(bindparam("ids", expanding=True)))


class Row(NamedTuple):
    """
    One key to publish.

    Attributes:
        id: Grows; the order of the commits of one key.
        key: The key in the feed, without `place/`: `cidr/⟨collection id⟩`.
        version: Of what the key tells of; the last one is one more than the last that was there.
    """

    id: int
    key: str
    version: int


def add(conn: Connection, key: str, version: int) -> None:
    """Ask for a key to be published."""
    conn.execute(_ADD, {"key": key, "version": version})


def waiting(conn: Connection) -> list[Row]:
    """The keys to publish, oldest first, up to a thousand rows."""
    return [Row(*row) for row in conn.execute(_WAITING)]


def done(conn: Connection, ids: Collection[int]) -> None:
    """Forget rows that have been published. Ids that are not there are no error."""
    if ids:
        conn.execute(_DONE, {"ids": list(ids)})


Points = Mapping[tuple[str, str], tuple[int, int]]
"""By kind, `region` or `place`, and id: latitude and longitude in hundredths of a degree."""


def points(conn: Connection) -> Points:
    """Where regions and places were when zones were last compiled by them; nothing before the first move."""
    return {(row.kind, row.id): (row.latitude, row.longitude) for row in conn.execute(select(named_place))}


def set_points(conn: Connection, now: Points) -> None:
    """Keep where regions and places are, in the place of where they were."""
    conn.execute(delete(named_place))
    columns = ("kind", "id", "latitude", "longitude")
    conn.execute(insert(named_place), [dict(zip(columns, (*key, *point), strict=True)) for key, point in now.items()])

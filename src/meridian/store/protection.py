"""Write locks of record sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from meridian.model.name import Name, from_wire
from meridian.model.protection import Protection
from meridian.store.tables import record_set_protection as table

_CHUNK = 500  # keys in one IN (…), as in `store.record`
_KEY = sa.tuple_(table.c.sort_key, table.c.type)
_COUNT = sa.select(sa.func.count()).select_from(table).where(table.c.zone_id == bindparam("zone_id"))


class Start(NamedTuple):
    """Where a listing begins, inclusive. Empty strings come before everything."""

    sort_key: str = ""
    type: str = ""


def among(conn: Connection, zone_id: str, keys: Iterable[tuple[Name, str]]) -> frozenset[tuple[Name, str]]:
    """Those of these names and types that are protected in the zone."""
    return frozenset(found.key for found in of(conn, zone_id, keys))


def of(conn: Connection, zone_id: str, keys: Iterable[tuple[Name, str]]) -> list[Protection]:
    """The protections of these names and types, as far as there are some."""
    if not count(conn, zone_id):
        return []  # as in nearly every zone, for the price of one look at an index
    found: list[Protection] = []
    rest = iter({(name.sort_key, type_) for name, type_ in keys})
    while chunk := list(islice(rest, _CHUNK)):
        query = sa.select(table).where(table.c.zone_id == zone_id, _KEY.in_(chunk))
        found += map(_protection, conn.execute(query))
    return found


def put(conn: Connection, zone_id: str, protections: Collection[Protection]) -> None:
    """Store new protections."""
    rows = [
        {
            "zone_id": zone_id,
            "sort_key": each.name.sort_key,
            "type": each.type,
            "name_wire": each.name.wire,
            "comment": each.comment,
        }
        for each in protections
    ]
    conn.execute(sa.insert(table), rows)


def delete(conn: Connection, zone_id: str, keys: Iterable[tuple[Name, str]]) -> None:
    """Delete protections by name and type."""
    for name, type_ in keys:
        conn.execute(
            sa.delete(table).where(table.c.zone_id == zone_id, table.c.sort_key == name.sort_key, table.c.type == type_)
        )


def page(conn: Connection, zone_id: str, start: Start, limit: int) -> list[Protection]:
    """Up to `limit` protections of a zone from `start` on, inclusive, in the order of its record sets (R-LST-1)."""
    query = sa.select(table).where(
        table.c.zone_id == zone_id, sa.tuple_(table.c.sort_key, table.c.type) >= tuple(start)
    )
    rows = conn.execute(query.order_by(table.c.sort_key, table.c.type).limit(limit))
    return list(map(_protection, rows))


def count(conn: Connection, zone_id: str) -> int:
    """How many protections a zone has."""
    return int(conn.execute(_COUNT, {"zone_id": zone_id}).scalar_one())


def _protection(row: Any) -> Protection:
    return Protection(from_wire(row.name_wire), row.type, row.comment)

"""CIDR collections, their blocks, and which record sets use them (routing.md §11)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Select, bindparam
from sqlalchemy.exc import IntegrityError

from meridian.changes.cidr import BlockPlan
from meridian.errors import ApiError, NoSuchCidrCollection
from meridian.model.cidr import DEFAULT_LOCATION, Block, CidrCollection, from_octets, to_octets
from meridian.model.record import CidrRoutingConfig
from meridian.store.tables import cidr_block, cidr_collection, record_set, traffic_use

_BY_ID = sa.select(cidr_collection).where(
    cidr_collection.c.id == bindparam("id"), cidr_collection.c.account_id == bindparam("account_id")
)
_BY_ID_LOCKED = _BY_ID.with_for_update()  # SQLite has no such clause and needs none: there is one writer
_KNOWN = (
    sa.select(cidr_collection.c.id)
    .where(
        cidr_collection.c.account_id == bindparam("account_id"),
        cidr_collection.c.id.in_(bindparam("ids", expanding=True)),
    )
    .order_by(cidr_collection.c.id)
    .with_for_update(read=True)
)
_LOCATIONS_IN = (
    sa.select(cidr_block.c.collection_id, cidr_block.c.location)
    .where(cidr_block.c.collection_id.in_(bindparam("ids", expanding=True)))
    .distinct()
)
_BLOCKS = (
    sa.select(cidr_block.c.block, cidr_block.c.location)
    .where(cidr_block.c.collection_id == bindparam("collection_id"))
    .order_by(cidr_block.c.block)
)
_USED = sa.union(
    *(
        sa.select(users.c.cidr_location).where(users.c.cidr_collection_id == bindparam("collection_id"))
        for users in (record_set, traffic_use)
    )
)
_DELETE_BLOCK = sa.delete(cidr_block).where(
    cidr_block.c.collection_id == bindparam("in_collection"), cidr_block.c.block == bindparam("octets")
)


class BlockStart(NamedTuple):
    """Where a listing of blocks begins, inclusive: location, then octets of the block."""

    location: str = ""
    octets: bytes = b""


def insert(conn: Connection, collection: CidrCollection) -> None:
    """
    Store a new collection, without blocks.

    Raises:
        ApiError: ConcurrentModification, if its name was taken since the caller looked.
    """
    row = {column.name: getattr(collection, column.name) for column in cidr_collection.columns}
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(cidr_collection), row)
    except IntegrityError:
        text = f"A CIDR collection named {collection.name} was created at the same time; retry the request."
        raise ApiError("ConcurrentModification", text) from None


def owned(conn: Connection, account_id: str, collection_id: str, *, for_update: bool = False) -> CidrCollection:
    """
    The collection with this id, if it is the account's.

    Args:
        for_update: Keep other writers of this collection, and of record sets that name it, waiting
            until the transaction ends.

    Raises:
        NoSuchCidrCollection: There is none, or it is someone else's (R-API-25).
    """
    query = _BY_ID_LOCKED if for_update else _BY_ID
    row = conn.execute(query, {"id": collection_id, "account_id": account_id}).one_or_none()
    if row is None:
        raise NoSuchCidrCollection(collection_id)
    return _collection(row)


def named(conn: Connection, account_id: str, name: str) -> CidrCollection | None:
    """The account's collection with this name."""
    row = conn.execute(_of_account(account_id).where(cidr_collection.c.name == name)).one_or_none()
    return None if row is None else _collection(row)


def count(conn: Connection, account_id: str) -> int:
    """How many collections the account has."""
    query = sa.select(sa.func.count()).select_from(_of_account(account_id).subquery())
    return conn.execute(query).scalar_one()


def page(conn: Connection, account_id: str, start: str, limit: int) -> list[CidrCollection]:
    """Up to `limit` collections of the account from name `start` on, inclusive, by name."""
    by_name = cidr_collection.c.name
    query = _of_account(account_id).where(by_name >= start).order_by(by_name).limit(limit)
    return [_collection(row) for row in conn.execute(query)]


def locations_page(conn: Connection, collection_id: str, start: str, limit: int) -> list[str]:
    """Up to `limit` locations of a collection from `start` on, inclusive, by name."""
    query = (
        sa.select(cidr_block.c.location)
        .where(cidr_block.c.collection_id == collection_id, cidr_block.c.location >= start)
        .distinct()
        .order_by(cidr_block.c.location)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def blocks_page(
    conn: Connection, collection_id: str, start: BlockStart, limit: int, location: str | None = None
) -> list[tuple[str, Block]]:
    """
    Up to `limit` blocks of a collection from `start` on, inclusive, by location, then as their octets sort.

    Args:
        location: The only location wanted; None for all.
    """
    key = (cidr_block.c.location, cidr_block.c.block)
    query = sa.select(*key).where(cidr_block.c.collection_id == collection_id, sa.tuple_(*key) >= tuple(start))
    if location is not None:
        query = query.where(cidr_block.c.location == location)
    return [(found, from_octets(octets)) for found, octets in conn.execute(query.order_by(*key).limit(limit))]


def has_location(conn: Connection, collection_id: str, location: str) -> bool:
    """Tell whether the collection has a block in this location."""
    return locations_page(conn, collection_id, location, 1) == [location]


def blocks(conn: Connection, collection_id: str) -> dict[Block, str]:
    """Every block of a collection and its location, as their octets sort."""
    rows = conn.execute(_BLOCKS, {"collection_id": collection_id})
    return {from_octets(octets): location for octets, location in rows}


def apply(conn: Connection, collection_id: str, plan: BlockPlan) -> int:
    """Delete and put what the plan says, and give the collection's new version."""
    gone = [*plan.delete, *(block for block, _ in plan.put)]
    if gone:
        conn.execute(_DELETE_BLOCK, [{"in_collection": collection_id, "octets": to_octets(block)} for block in gone])
    if plan.put:
        rows = [
            {"collection_id": collection_id, "block": to_octets(block), "location": location}
            for block, location in plan.put
        ]
        conn.execute(sa.insert(cidr_block), rows)
    bump = sa.update(cidr_collection).where(cidr_collection.c.id == collection_id)
    counter = cidr_collection.c.version
    version: int = conn.execute(bump.values(version=counter + 1).returning(counter)).scalar_one()
    return version


def delete(conn: Connection, collection_id: str) -> None:
    """Delete a collection that holds no block. Its name may be used again."""
    conn.execute(sa.delete(cidr_collection).where(cidr_collection.c.id == collection_id))


def used_locations(conn: Connection, collection_id: str) -> frozenset[str]:
    """The locations that record sets and traffic policy instances name, `*` among them (R-CID-12)."""
    return frozenset(conn.execute(_USED, {"collection_id": collection_id}).scalars())


def missing(conn: Connection, account_id: str, asked: Collection[CidrRoutingConfig]) -> frozenset[CidrRoutingConfig]:
    """
    Those of the locations asked for that are not there, or not in this account (R-CID-1, R-API-25).

    The collections of the others stay as they are until the transaction ends.
    """
    if not asked:
        return frozenset()
    ids = {"account_id": account_id, "ids": sorted({config.collection_id for config in asked})}
    known = list(conn.execute(_KNOWN, ids).scalars())
    there = {CidrRoutingConfig(id_, DEFAULT_LOCATION) for id_ in known}
    there |= {CidrRoutingConfig(id_, location) for id_, location in conn.execute(_LOCATIONS_IN, {"ids": known})}
    return frozenset(asked) - there


def outbox_key(collection_id: str) -> str:
    """The key under which `store.place` asks for a collection to be published; `place/` and it are the feed's."""
    return f"cidr/{collection_id}"


def versions(conn: Connection) -> list[tuple[str, int]]:
    """Id and version of every collection, in the order of ids: what the feed is to hold."""
    columns = (cidr_collection.c.id, cidr_collection.c.version)
    return [(id_, version) for id_, version in conn.execute(sa.select(*columns).order_by(cidr_collection.c.id))]


def for_engine(conn: Connection, collection_id: str) -> tuple[int, list[tuple[str, str]]] | None:
    """
    What decides a query of the collection, of whatever account; None if it is gone.

    Returns:
        The version, and each block as text, such as `192.0.2.0/24`, with the name of its location.
        Blocks are in one order for ever, so that equal collections make equal octets.
    """
    query = sa.select(cidr_collection.c.version).where(cidr_collection.c.id == collection_id)
    version = conn.execute(query).scalar_one_or_none()
    if version is None:
        return None
    return version, [(str(block), location) for block, location in blocks(conn, collection_id).items()]


def _of_account(account_id: str) -> Select[Any]:
    return sa.select(cidr_collection).where(cidr_collection.c.account_id == account_id)


def _collection(row: Sequence[Any]) -> CidrCollection:
    return CidrCollection(*row)

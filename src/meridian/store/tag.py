"""Tags of hosted zones and health checks (zones.md §7). Keys are case-sensitive (R-TAG-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from meridian.store.tables import tag


def of(conn: Connection, resource_type: str, resource_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of each of these resources, by key, ascending. Resources without tags have an empty dictionary."""
    found: dict[str, dict[str, str]] = {resource_id: {} for resource_id in resource_ids}
    query = sa.select(tag).where(tag.c.resource_type == resource_type, tag.c.resource_id.in_(resource_ids))
    for row in conn.execute(query.order_by(tag.c.key)):
        found[row.resource_id][row.key] = row.value
    return found


def values(conn: Connection, resource_type: str, key: str) -> dict[str, str]:
    """What the tag with this key says, by resource; of all accounts."""
    query = sa.select(tag.c.resource_id, tag.c.value).where(tag.c.resource_type == resource_type, tag.c.key == key)
    return {resource_id: value for resource_id, value in conn.execute(query)}


def put(conn: Connection, resource_type: str, resource_id: str, tags: Mapping[str, str]) -> None:
    """Set tags; keys that are there already get the new value (R-TAG-2)."""
    remove(conn, resource_type, resource_id, tags)
    rows = [
        {"resource_type": resource_type, "resource_id": resource_id, "key": key, "value": value}
        for key, value in tags.items()
    ]
    if rows:
        conn.execute(sa.insert(tag), rows)


def remove(conn: Connection, resource_type: str, resource_id: str, keys: Iterable[str]) -> None:
    """Remove tags by key; keys that are not there are no error."""
    conn.execute(sa.delete(tag).where(_of(resource_type, resource_id), tag.c.key.in_(list(keys))))


def remove_all(conn: Connection, resource_type: str, resource_id: str) -> None:
    """Remove every tag of a resource that goes (R-ZDL-5)."""
    conn.execute(sa.delete(tag).where(_of(resource_type, resource_id)))


def _of(resource_type: str, resource_id: str) -> ColumnElement[bool]:
    return sa.and_(tag.c.resource_type == resource_type, tag.c.resource_id == resource_id)

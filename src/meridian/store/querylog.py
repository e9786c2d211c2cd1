"""Query logging configurations: at most one a zone (R-LOG-1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from meridian.changes.querylog import NoSuchQueryLoggingConfig, QueryLoggingConfigAlreadyExists
from meridian.model.querylog import QueryLoggingConfig
from meridian.store.tables import query_logging_config as table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def insert(conn: Connection, config: QueryLoggingConfig) -> None:
    """
    Store a new configuration.

    Raises:
        QueryLoggingConfigAlreadyExists: The zone has one.
    """
    row = {
        "id": config.id,
        "account_id": config.account_id,
        "zone_id": config.zone_id,
        "log_group_arn": config.log_group_arn,
        "created_at": (config.created_at - _EPOCH) // _MILLISECOND,
    }
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(table), row)
    except IntegrityError:
        raise QueryLoggingConfigAlreadyExists from None


def owned(conn: Connection, account_id: str, config_id: str) -> QueryLoggingConfig:
    """
    The configuration with this id, if it is the account's.

    Raises:
        NoSuchQueryLoggingConfig: There is none, or it is someone else's (R-API-25).
    """
    query = sa.select(table).where(table.c.id == config_id, table.c.account_id == account_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NoSuchQueryLoggingConfig
    return _config(row)


def of_zone(conn: Connection, zone_id: str) -> QueryLoggingConfig | None:
    """The configuration of a zone, of whatever account."""
    row = conn.execute(sa.select(table).where(table.c.zone_id == zone_id)).one_or_none()
    return None if row is None else _config(row)


def page(conn: Connection, account_id: str, start: str, limit: int) -> list[QueryLoggingConfig]:
    """Up to `limit` configurations of the account from id `start` on, inclusive, by id."""
    query = sa.select(table).where(table.c.account_id == account_id, table.c.id >= start)
    return [_config(row) for row in conn.execute(query.order_by(table.c.id).limit(limit))]


def delete(conn: Connection, config_id: str) -> None:
    """Delete a configuration."""
    conn.execute(sa.delete(table).where(table.c.id == config_id))


def _config(row: Any) -> QueryLoggingConfig:
    created_at = _EPOCH + row.created_at * _MILLISECOND
    return QueryLoggingConfig(row.id, row.account_id, row.zone_id, row.log_group_arn, created_at)

"""Query logging configurations: create, read, list, delete (zones.md §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.operations.change import publish_head
from meridian.api.operations.paging import Page, cut, from_token, to_token
from meridian.api.paging import page_size
from meridian.changes.querylog import log_group, require_loggable
from meridian.errors import InvalidPaginationToken
from meridian.model.querylog import QueryLoggingConfig
from meridian.store import querylog
from meridian.store import zone as zones
from meridian.store.ids import new_uuid

KIND = "queryloggingconfig"  # in the audit trail


def create_query_logging_config(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Log the queries of a public zone from now on (R-LOG-1)."""
    account_id, arn = context.caller.account_id, request["CloudWatchLogsLogGroupArn"]
    with context.database.write() as conn:
        zone = zones.owned(conn, account_id, request["HostedZoneId"], for_update=True)
        require_loggable(zone)
        log_group(arn, account_id)
        config = QueryLoggingConfig(new_uuid(), account_id, zone.id, arn, context.clock.now())
        querylog.insert(conn, config)
        context.trail.changed(KIND, config.id, None, config_to_api(config))
        publish_head(conn, zone.id)
    location = f"{context.settings.base_url}/2013-04-01/queryloggingconfig/{config.id}"
    return {"QueryLoggingConfig": config_to_api(config), "Location": location}


def get_query_logging_config(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """One configuration."""
    with context.database.read() as conn:
        return {"QueryLoggingConfig": config_to_api(querylog.owned(conn, context.caller.account_id, request["Id"]))}


def delete_query_logging_config(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Log a zone's queries no more. What was logged stays."""
    with context.database.write() as conn:
        config = querylog.owned(conn, context.caller.account_id, request["Id"])
        querylog.delete(conn, config.id)
        context.trail.changed(KIND, config.id, config_to_api(config), None)
        publish_head(conn, config.zone_id)
    return {}


def remove_of_zone(conn: Connection, context: Context, zone_id: str) -> None:
    """Delete the configuration of a zone that goes, if it has one (R-ZDL-5)."""
    config = querylog.of_zone(conn, zone_id)
    if config is not None:
        querylog.delete(conn, config.id)
        context.trail.changed(KIND, config.id, config_to_api(config), None)


def list_query_logging_configs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the account's configurations, by id, or the one of a zone (R-LOG-5)."""
    limit = page_size(request, member="MaxResults")
    (start,) = from_token("QueryLoggingConfigs", request, 1, InvalidPaginationToken) or ("",)
    with context.database.read() as conn:
        page: Page[QueryLoggingConfig] = cut(_found(conn, context, request, start, limit + 1), limit)
    reply: dict[str, Any] = {"QueryLoggingConfigs": [config_to_api(found) for found in page.items]}
    return reply if page.next is None else {**reply, "NextToken": to_token("QueryLoggingConfigs", page.next.id)}


def config_to_api(config: QueryLoggingConfig) -> dict[str, Any]:
    """The shape QueryLoggingConfig."""
    return {
        "Id": config.id,
        "HostedZoneId": config.zone_id,
        "CloudWatchLogsLogGroupArn": config.log_group_arn,
    }


def _found(
    conn: Connection, context: Context, request: dict[str, Any], start: str, limit: int
) -> Sequence[QueryLoggingConfig]:
    if "HostedZoneId" not in request:
        return querylog.page(conn, context.caller.account_id, start, limit)
    zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"])
    config = querylog.of_zone(conn, zone.id)
    return [] if config is None or config.id < start else [config]

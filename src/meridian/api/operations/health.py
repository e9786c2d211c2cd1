"""Health checks: create, read, update, delete, list, and what checkers see (health-checks.md; R-API-132..140)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.operations import tag
from meridian.api.operations.paging import Page, cut
from meridian.api.paging import page_size
from meridian.changes.health import (
    is_probed_anew,
    metric_to_api,
    read_config,
    require_children,
    require_version,
    same_settings,
    to_api,
    updated,
)
from meridian.errors import ApiError, InvalidInput
from meridian.health.state import Vote
from meridian.model import target
from meridian.model.cidr import Block
from meridian.model.health import HealthCheck, HealthCheckConfig, MetricRule
from meridian.store import health

log = structlog.get_logger()

_DAY = timedelta(hours=24)
_SHOWN = 10  # record sets named in the log


def create_health_check(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Make a check, or give the one that the same call has made before (R-HCU-1, R-HCU-2)."""
    config = read_config(request["HealthCheckConfig"], _private_targets(context))
    metric = _metric(context, config)
    with context.database.write() as conn:
        check = _existing(conn, context, request["CallerReference"], config)
        if check is None:
            _require_room(conn, context)
            _require_children(conn, context, config)
            now, account_id = context.clock.now(), context.caller.account_id
            check = health.insert(conn, account_id, request["CallerReference"], config, now, metric)
            context.trail.changed("healthcheck", check.id, None, check_to_api(check))
    location = f"{context.settings.base_url}/2013-04-01/healthcheck/{check.id}"
    return {"HealthCheck": check_to_api(check), "Location": location}


def get_health_check(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """One check."""
    return {"HealthCheck": check_to_api(_owned(context, request))}


def update_health_check(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Change what is given, and nothing else (R-HCU-3 to R-HCU-5)."""
    # An alarm is looked up before the transaction: it may be on another machine (R-HCL-4).
    found = _owned(context, request)
    asked = updated(found.config, request, _private_targets(context))
    metric = _metric(context, asked) if "AlarmIdentifier" in request else None
    with context.database.write() as conn:
        before = health.owned(conn, context.caller.account_id, request["HealthCheckId"], for_update=True)
        require_version(before, request.get("HealthCheckVersion"))
        config = updated(before.config, request, _private_targets(context))
        if "ChildHealthChecks" in request:
            _require_children(conn, context, config)
        after = msgspec.structs.replace(
            before, version=before.version + 1, config=config, metric=metric or before.metric
        )
        if is_probed_anew(before, after):
            after = msgspec.structs.replace(after, revision=before.revision + 1)
        health.replace(conn, after)
        context.trail.changed("healthcheck", after.id, check_to_api(before), check_to_api(after))
    return {"HealthCheck": check_to_api(after)}


def delete_health_check(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Delete a check, whoever uses it: to record sets that do it counts as healthy (R-HCU-6, R-HLT-2)."""
    with context.database.write() as conn:
        check = health.owned(conn, context.caller.account_id, request["HealthCheckId"], for_update=True)
        used = health.users(conn, check.id)
        health.delete(conn, check, context.clock.now())
        context.trail.changed("healthcheck", check.id, check_to_api(check), None)
        tag.remove_all(conn, context, "healthcheck", check.id)
    if used:
        names = [f"{user.key.name} {user.key.type}" for user in used]
        log.warning("health_check.deleted_in_use", check=check.id, count=len(used), record_sets=names[:_SHOWN])
    return {}


def list_health_checks(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the account's checks, by id (R-HCU-9)."""
    limit = page_size(request)
    marker = request.get("Marker", "")
    with context.database.read() as conn:
        page: Page[HealthCheck] = cut(health.page(conn, context.caller.account_id, marker, limit + 1), limit)
    reply = {
        "HealthChecks": [check_to_api(check) for check in page.items],
        "Marker": marker,
        "IsTruncated": page.next is not None,
        "MaxItems": str(limit),
    }
    return reply if page.next is None else {**reply, "NextMarker": page.next.id}


def get_health_check_count(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """How many checks the account has (R-API-22)."""
    with context.database.read() as conn:
        return {"HealthCheckCount": health.count(conn, context.caller.account_id)}


def get_health_check_status(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """What each checker saw when it last looked (R-HCS-1)."""
    return _observations(context, request, lambda vote: (vote.observation.text, vote.observation.checked_at))


def get_health_check_last_failure_reason(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """What each checker saw when it last saw a failure (R-HCS-2)."""
    return _observations(context, request, _last_failure)


def get_checker_ip_ranges(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The addresses of the checkers that report (R-HCG-3)."""
    networks = {ip_network(address) for address in context.checkers() if address}
    ordered = sorted(networks, key=lambda network: (network.version, network.network_address.packed))
    return {"CheckerIpRanges": [str(network) for network in ordered]}


def check_to_api(check: HealthCheck) -> dict[str, Any]:
    """The shape HealthCheck (R-HCU-2)."""
    shown = {
        "Id": check.id,
        "CallerReference": check.caller_reference,
        "HealthCheckConfig": to_api(check.config),
        "HealthCheckVersion": check.version,
    }
    return shown if check.metric is None else {**shown, "CloudWatchAlarmConfiguration": metric_to_api(check.metric)}


def _private_targets(context: Context) -> tuple[Block, ...]:
    return target.read(context.settings.private_targets)


def _owned(context: Context, request: dict[str, Any]) -> HealthCheck:
    with context.database.read() as conn:
        return health.owned(conn, context.caller.account_id, request["HealthCheckId"])


def _metric(context: Context, config: HealthCheckConfig) -> MetricRule | None:
    """The rule that a metric check is to follow, as it is now (R-HCL-4, R-HCL-5)."""
    alarm = config.alarm_identifier
    if alarm is None:
        return None
    rule = context.metric_rule(alarm.region, alarm.name)
    if rule is None:
        raise InvalidInput(f"Invalid parameter : There is no alarm named {alarm.name} in the region {alarm.region}.")
    return rule


def _existing(conn: Connection, context: Context, reference: str, config: HealthCheckConfig) -> HealthCheck | None:
    account_id = context.caller.account_id
    check = health.with_reference(conn, account_id, reference)
    if check is not None and same_settings(check.config, config):
        return check
    if check is not None or health.is_remembered(conn, account_id, reference, context.clock.now()):
        text = "A different health check has already been created with the specified caller reference."
        raise ApiError("HealthCheckAlreadyExists", text)
    return None


def _require_room(conn: Connection, context: Context) -> None:
    """R-HCU-7."""
    account_id, quotas = context.caller.account_id, context.settings.quotas
    if health.count(conn, account_id) >= quotas.health_checks:
        text = "Limits Exceeded: MAX_HEALTH_CHECKS_BY_OWNER - Cannot create more health checks."
        raise ApiError("TooManyHealthChecks", text)
    a_day = quotas.health_checks_a_day
    if a_day and health.created_since(conn, account_id, context.clock.now() - _DAY) >= a_day:
        raise ApiError("Throttling", "Rate exceeded")


def _require_children(conn: Connection, context: Context, config: HealthCheckConfig) -> None:
    known = health.among(conn, context.caller.account_id, config.child_health_checks)
    require_children(config, known, context.settings.quotas.children_per_health_check)


def _observations(
    context: Context, request: dict[str, Any], report: Callable[[Vote], tuple[str, float]]
) -> dict[str, Any]:
    """What the votes on a check say, each as a status and the time it is of."""
    check = _owned(context, request)
    if check.config.type == "CALCULATED":
        raise InvalidInput("Invalid parameter : Calculated health checks have no health checker observations.")
    state = context.states_of([check.slot]).get(check.slot)
    votes: Iterable[Vote] = () if state is None else state.votes
    return {"HealthCheckObservations": [_observation(vote, *report(vote)) for vote in votes if _has_looked(vote)]}


def _has_looked(vote: Vote) -> bool:
    return vote.observation.checked_at > 0


def _last_failure(vote: Vote) -> tuple[str, float]:
    seen = vote.observation
    if seen.failed_at is not None:
        return seen.failure, seen.failed_at
    since = datetime.fromtimestamp(vote.started_at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = f"The health check endpoint has not failed since the health checker for this endpoint restarted at {since}"
    return text, seen.checked_at


def _observation(vote: Vote, status: str, at: float) -> dict[str, Any]:
    report = {"Status": status, "CheckedTime": datetime.fromtimestamp(at, UTC)}
    place = {"Region": vote.region, "IPAddress": vote.address}
    return {member: value for member, value in place.items() if value} | {"StatusReport": report}

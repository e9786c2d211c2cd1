"""
`/meridian/checks`, calls of our own: health checks with their states, and what is said of them by hand
(docs/reference/checks.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.json_batch import decode
from meridian.changes import health_options
from meridian.changes.health import to_api
from meridian.errors import InvalidInput
from meridian.health.state import State, Vote
from meridian.model.health import HealthCheck, MetricRule, Options, Override
from meridian.model.health_event import by_minute, timestamp, told
from meridian.model.name import plain
from meridian.store import health, health_event, tag

PATH = "/meridian/checks"
ONE = PATH + "/{id}"
OVERRIDE = ONE + "/override"
OPTIONS = ONE + "/options"
HISTORY = ONE + "/history"

_GRAPH_MINUTES = 60  # R-HCM-3
_MOST_MINUTES = 24 * 60
_EVENTS = 20
_MOST_EVENTS = 1000
_PAGE = 1000

_SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}

Fields = dict[str, Any]


class OverrideBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What the call takes that sets an override.

    Attributes:
        until: When it ends; with its zone.
        seconds: Or: after how many seconds it ends.
    """

    healthy: bool
    until: datetime | None = None
    seconds: float | None = None
    reason: str = ""


def list_checks(context: Context, request: HttpRequest) -> Fields:
    """All checks of the account with their states, by name, then by id."""
    with context.database.read() as conn:
        checks = of_account(conn, context)
        names = tag.of(conn, "healthcheck", [check.id for check in checks])
    states = context.states_of([check.slot for check in checks])
    now = context.clock.now()
    shown = [brief(check, names[check.id].get("Name", ""), states.get(check.slot), now) for check in checks]
    return {"checks": sorted(shown, key=lambda check: (check["name"] == "", check["name"], check["id"]))}


def show_check(context: Context, request: HttpRequest) -> Fields:
    """One check: state, who voted what, who uses it, what was said of it by hand, and what happened to it."""
    now = context.clock.now()
    with context.database.read() as conn:
        check = _owned(conn, context, request)
        found = health.among(conn, check.account_id, check.config.child_health_checks)
        children = [found[child] for child in check.config.child_health_checks if child in found]
        names = tag.of(conn, "healthcheck", [check.id, *(child.id for child in children)])
        users = health.users(conn, check.id)
        events = health_event.latest(conn, check.account_id, [check.id], _EVENTS)
        graph = _graph(conn, check.id, now, _GRAPH_MINUTES)
        created_at = health.created_at(conn, check)
    states = context.states_of([check.slot, *(child.slot for child in children)])
    state = states.get(check.slot)
    name = names[check.id].get("Name", "")
    return {
        **brief(check, name, state, now),
        "version": check.version,
        "created_at": timestamp(created_at),
        "config": to_api(check.config),
        "interval": _interval(check),
        "rise": check.options.rise or check.config.failure_threshold,
        "fall": check.options.fall or check.config.failure_threshold,
        "checkers": [] if state is None else [_vote(vote) for vote in state.votes],
        "children": [brief(child, names[child.id].get("Name", ""), states.get(child.slot), now) for child in children],
        "used_by": [
            {
                "zone_id": user.zone_id,
                "name": plain(user.key.name),
                "type": user.key.type,
                "set_identifier": user.key.set_identifier,
            }
            for user in users
        ],
        "events": [told(event, name) for event in events],
        "graph": graph,
    }


def history(context: Context, request: HttpRequest) -> Fields:
    """What happened to one check, newest first, and its status by minute."""
    asked = _parameters(request, {"events": _MOST_EVENTS, "minutes": _MOST_MINUTES})
    with context.database.read() as conn:
        check = _owned(conn, context, request)
        name = tag.of(conn, "healthcheck", [check.id])[check.id].get("Name", "")
        events = health_event.latest(conn, check.account_id, [check.id], asked.get("events", _EVENTS))
        graph = _graph(conn, check.id, context.clock.now(), asked.get("minutes", _GRAPH_MINUTES))
        created_at = health.created_at(conn, check)
    return {"events": [told(event, name) for event in events], "graph": graph, "created_at": timestamp(created_at)}


def set_override(context: Context, request: HttpRequest) -> Fields:
    """Let an operator's word stand in place of what is seen, until it ends."""
    body = decode(request.body, OverrideBody)
    now, user = context.clock.now(), context.caller.user
    override = health_options.override(
        body.healthy, now, by=user, until=body.until, seconds=body.seconds, reason=body.reason
    )
    end = timestamp(datetime.fromtimestamp(override.until, UTC))
    reason = f"until {end}" + (f": {override.reason}" if override.reason else "")
    with context.database.write() as conn:
        before = _owned(conn, context, request, for_update=True)
        check = health.set_override(conn, before, override)
        tell(context, before, check)
        health_event.add(conn, check.account_id, check.id, now, "override", override.healthy, reason, user)
    return {"override": _override(override)}


def clear_override(context: Context, request: HttpRequest) -> Fields:
    """Take an override back; a check without one stays as it is."""
    with context.database.write() as conn:
        check = _owned(conn, context, request, for_update=True)
        if check.override is not None:
            now, user = context.clock.now(), context.caller.user
            tell(context, check, health.set_override(conn, check, None))
            health_event.add(conn, check.account_id, check.id, now, "override", None, "cleared", user)
    return {"override": None}


def set_options(context: Context, request: HttpRequest) -> Fields:
    """Change the options that are given; null goes back to Route 53's."""
    given = decode(request.body, dict[str, Any])
    with context.database.write() as conn:
        check = _owned(conn, context, request, for_update=True)
        options = health_options.with_options(check, given)
        if options != check.options:
            now, user, words = context.clock.now(), context.caller.user, health_options.shown(options)
            tell(context, check, health.set_options(conn, check, options))
            health_event.add(conn, check.account_id, check.id, now, "options", None, words, user)
    return {"options": _options(options)}


def brief(check: HealthCheck, name: str, state: State | None, now: datetime) -> Fields:
    """
    A check in a list.

    Args:
        state: What the control plane's board says; None where it knows nothing yet.
    """
    return {
        "id": check.id,
        "name": name,
        "type": check.config.type,
        "target": target(check),
        "slot": check.slot,
        "healthy": None if state is None else state.healthy,
        "since": None if state is None else _time(state.since),
        "reason": "The control plane has not heard of it yet" if state is None else state.reason,
        "seen": state is not None and state.seen,
        "healthy_count": 0 if state is None else state.healthy_count,
        "counted": 0 if state is None else state.counted,
        "disabled": check.config.disabled,
        "inverted": check.config.inverted,
        "override": _override(check.override) if _in_force(check.override, now) else None,
        "options": _options(check.options),
        "routing_control": _routing_control(check),
    }


def target(check: HealthCheck) -> str:
    """What a check looks at, in one line."""
    config = check.config
    if config.type == "CALCULATED":
        return f"{config.health_threshold} of {len(config.child_health_checks)} checks"
    if config.alarm_identifier is not None:
        return f"{config.alarm_identifier.name}: {'' if check.metric is None else _rule(check.metric)}"
    if config.routing_control_arn is not None:
        return config.routing_control_arn
    name = config.fully_qualified_domain_name
    host = config.ip_address or name or ""
    host = f"[{host}]" if ":" in host else host
    scheme = config.type.removesuffix("_STR_MATCH").lower()
    of_name = f" for {name}" if name and config.ip_address else ""
    return f"{scheme}://{host}:{config.port}{config.resource_path or ''}{of_name}"


def _rule(rule: MetricRule) -> str:
    """What puts a metric into alarm, `sum(queue_length) > 100`."""
    statistic = f"{rule.statistic} of {rule.namespace} {rule.metric_name}"
    return f"{rule.query or statistic} {_SIGNS[rule.comparison_operator]} {rule.threshold:g}"


def of_account(conn: Connection, context: Context) -> list[HealthCheck]:
    """Every check of the caller's account, by id."""
    checks: list[HealthCheck] = []
    start = ""
    while True:
        page = health.page(conn, context.caller.account_id, start, _PAGE + 1)
        checks += page[:_PAGE]
        if len(page) <= _PAGE:
            return checks
        start = page[-1].id


def _owned(conn: Connection, context: Context, request: HttpRequest, *, for_update: bool = False) -> HealthCheck:
    return health.owned(conn, context.caller.account_id, request.parts["id"], for_update=for_update)


def _graph(conn: Connection, check_id: str, now: datetime, minutes: int) -> Fields:
    """The status by minute, up to and with the present one: 1 for a minute in which it was healthy throughout."""
    start = now.replace(second=0, microsecond=0) - timedelta(minutes=minutes - 1)
    healthy, flips = health_event.flips_since(conn, check_id, start)
    return {"start": timestamp(start), "minutes": [int(each) for each in by_minute(healthy, flips, start, minutes)]}


def _parameters(request: HttpRequest, most: Mapping[str, int]) -> dict[str, int]:
    """
    The numbers of a query string.

    Args:
        most: The names that there may be, each with its largest value.
    """
    found: dict[str, int] = {}
    for name, text in parse_qsl(request.query.decode("latin-1"), keep_blank_values=True):
        if name.startswith("X-Amz-"):
            continue  # a presigned request has its signature in the query
        if name not in most:
            raise InvalidInput(f"Unknown parameter '{name}'; there are {', '.join(most)}")
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most[name]:
            raise InvalidInput(f"{name}: give 1 to {most[name]}.")
        found[name] = int(text)
    return found


def _vote(vote: Vote) -> Fields:
    seen = vote.observation
    return {
        "checker": vote.checker,
        "region": vote.region,
        "address": vote.address,
        "healthy": seen.healthy,
        "since": _time(seen.since) if seen.healthy is not None else None,
        "counted": vote.counted,
        "age_seconds": round(vote.age, 1) if math.isfinite(vote.age) else None,
        "checked_at": _time(seen.checked_at) if seen.checked_at > 0 else None,
        "status": seen.text,
        "failed_at": None if seen.failed_at is None else _time(seen.failed_at),
        "failure": seen.failure,
        "connect_ms": seen.connect_ms,
        "tls_ms": seen.tls_ms,
        "first_byte_ms": seen.first_byte_ms,
    }


def _interval(check: HealthCheck) -> float | None:
    """Seconds between two looks of a checker; None where nobody looks."""
    if check.metric is not None:
        return float(check.metric.period)
    return check.options.interval or check.config.request_interval


def tell(context: Context, before: HealthCheck, after: HealthCheck) -> None:
    """Put what is said of a check beyond Route 53 into the audit trail."""
    context.trail.changed("healthcheck", before.id, _said(before), _said(after))


def _said(check: HealthCheck) -> Fields:
    """What Route 53's shape of a check does not hold."""
    return {
        "override": _override(check.override),
        "options": _options(check.options),
        "routing_control": _routing_control(check),
    }


def _in_force(override: Override | None, now: datetime) -> bool:
    return override is not None and override.until > now.timestamp()


def _override(override: Override | None) -> Fields | None:
    if override is None:
        return None
    return {
        "healthy": override.healthy,
        "until": _time(override.until),
        "by": override.by,
        "reason": override.reason,
    }


def _options(options: Options) -> Fields:
    return msgspec.structs.asdict(options)


def _routing_control(check: HealthCheck) -> Fields | None:
    arn = check.config.routing_control_arn
    return None if arn is None else {"arn": arn, "on": check.switch is not False}


def _time(seconds: float) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))

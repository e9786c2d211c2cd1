"""
`/meridian/switches`, calls of our own: routing controls, switches that health checks follow (R-HCR-1).

A switch is there as long as a check names it; all checks that name it follow it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from meridian.api import access
from meridian.api.authorize import require
from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.json_batch import decode
from meridian.api.operations.check import brief, of_account, tell
from meridian.changes.health_options import require_reason
from meridian.errors import ApiError
from meridian.model.health import HealthCheck
from meridian.model.health_event import told
from meridian.store import health, health_event, tag

PATH = "/meridian/switches"

_EVENTS = 20

Fields = dict[str, Any]


class SwitchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the call takes that turns a switch."""

    arn: str
    on: bool
    reason: str = ""


def list_switches(context: Context, request: HttpRequest) -> Fields:
    """Every switch of the account by name, with the checks that follow it and what happened to it."""
    now = context.clock.now()
    with context.database.read() as conn:
        followers: dict[str, list[HealthCheck]] = defaultdict(list)
        for check in of_account(conn, context):
            if check.config.routing_control_arn is not None:
                followers[check.config.routing_control_arn].append(check)
        every = [check for checks in followers.values() for check in checks]
        names = {id_: tags.get("Name", "") for id_, tags in tag.of(conn, "healthcheck", [c.id for c in every]).items()}
        events = {
            arn: health_event.latest(conn, context.caller.account_id, [checks[0].id], _EVENTS, kind="switch")
            for arn, checks in followers.items()
        }
    states = context.states_of([check.slot for check in every])
    switches = [
        {
            "arn": arn,
            "on": all(check.switch is not False for check in checks),
            "checks": [brief(check, names[check.id], states.get(check.slot), now) for check in checks],
            "events": [told(event, names[event.check_id]) for event in events[arn]],
        }
        for arn, checks in sorted(followers.items())
    ]
    return {"switches": switches}


def turn(context: Context, request: HttpRequest) -> Fields:
    """Turn a switch on or off, for all checks that follow it at once."""
    body = decode(request.body, SwitchBody)
    reason = require_reason(body.reason)
    now, user = context.clock.now(), context.caller.user
    with context.database.write() as conn:
        followers = [check for check in of_account(conn, context) if check.config.routing_control_arn == body.arn]
        if not followers:
            text = f"No health check of this account follows a routing control {body.arn}"
            raise ApiError("ResourceNotFoundException", text, status=404)
        require(context, "route53:UpdateHealthCheck", [access.arn("healthcheck", found.id, "") for found in followers])
        for found in followers:
            check = health.owned(conn, found.account_id, found.id, for_update=True)
            if (check.switch is not False) != body.on:
                tell(context, check, health.set_switch(conn, check, body.on))
            words = f"{'on' if body.on else 'off'}: {reason}" if reason else ("on" if body.on else "off")
            health_event.add(conn, check.account_id, check.id, now, "switch", body.on, words, user)
    return {"arn": body.arn, "on": body.on, "checks": [check.id for check in followers]}

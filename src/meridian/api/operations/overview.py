"""
`/meridian/overview`, a call of our own: how much there is, how it does, and what is on its way
(docs/reference/overview.md); and `/meridian/changes/ID`, how far one change has come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.native import NativeCall
from meridian.api.operations.check import of_account
from meridian.health.state import State
from meridian.model.health import HealthCheck
from meridian.model.health_event import timestamp
from meridian.model.name import Name, plain
from meridian.model.question import QUESTION_TYPES
from meridian.store import change, tag, traffic
from meridian.store import zone as zones
from meridian.store.change import Pending

PATH = "/meridian/overview"
CHANGE = "/meridian/changes/{id}"

_CHANGES = 50
_UNHEALTHY = 50
_TYPES = {number: type_ for type_, number in QUESTION_TYPES.items()}

Fields = dict[str, Any]


class Counted(NamedTuple):
    """
    What an edge has counted since its start.

    Attributes:
        at: When it counted, in seconds since 1970 by its clock.
        counters: By name.
        types: Questions by type number; 0 stands for all types without a count of their own.
        zones: Questions of the busiest zones, by id.
    """

    at: float
    counters: Mapping[str, int]
    types: Mapping[int, int]
    zones: Mapping[str, int]


class Edge(NamedTuple):
    """
    What an edge said last.

    Attributes:
        at: When, in seconds since 1970.
        started_at: When it started, likewise; 0 if it did not say.
        live: Whether changes wait for it.
        catalogs: For each catalog, the version up to which it serves everything.
        failed: Zones that it could not load, with the reason.
        counted: What it has counted; None if it has not said.
    """

    name: str
    at: float
    started_at: float
    live: bool
    catalogs: Mapping[int, int]
    failed: Mapping[str, str]
    counted: Counted | None = None


class Geodata(NamedTuple):
    """
    The geolocation data in use.

    Attributes:
        date: Its day, such as 2026-06-05; may be empty.
        attribution: The credit that its licence asks for; may be empty.
        networks: How many of IPv4 and of IPv6 its source has.
    """

    source: str
    date: str
    attribution: str
    networks: tuple[int, int]


class Watched(NamedTuple):
    """
    What the control plane can see beside its database. Each may be called from any thread.

    Attributes:
        edges: What each edge said last.
        geodata: The geolocation data in use; None where none is installed.
    """

    edges: Callable[[], Iterable[Edge]]
    geodata: Callable[[], Geodata | None]


def showing(watched: Watched) -> NativeCall:
    """Make the call."""

    def overview(context: Context, request: HttpRequest) -> Fields:
        """What the account has, the edges with what they count, and what is on its way to them."""
        account_id, now = context.caller.account_id, context.clock.now()
        edges = sorted(watched.edges(), key=lambda edge: edge.name)
        with context.database.read() as conn:
            checks = of_account(conn, context)
            pending = change.pending(conn, account_id, _CHANGES)
            busy = {zone_id for edge in edges if edge.counted is not None for zone_id in edge.counted.zones}
            names = zones.names(conn, account_id, {*busy, *(each.zone_id for each in pending)})
            count = {
                "zones": zones.count(conn, account_id),
                "record_sets": zones.count_record_sets(conn, account_id),
                "checks": len(checks),
                "policies": traffic.count_policies(conn, account_id),
                "policy_records": traffic.count_instances(conn, account_id),
            }
            states = context.states_of([check.slot for check in checks])
            down = [check for check in checks if _word(check, states.get(check.slot)) == "unhealthy"][:_UNHEALTHY]
            down_names = tag.of(conn, "healthcheck", [check.id for check in down])
        words = Counter(_word(check, states.get(check.slot)) for check in checks)
        return {
            "at": timestamp(now),
            "count": count,
            "health": {word: words[word] for word in ("healthy", "unhealthy", "unknown", "disabled")}
            | {
                "overridden": sum(
                    check.override is not None and check.override.until > now.timestamp() for check in checks
                ),
                "down": [_down(check, down_names[check.id].get("Name", ""), states[check.slot]) for check in down],
            },
            "edges": [_edge(edge, names) for edge in edges],
            "changes": [_change(each, names.get(each.zone_id), edges) for each in pending],
        }

    return overview


def following(watched: Watched) -> NativeCall:
    """Make the call that tells how far a change has come."""

    def follow(context: Context, request: HttpRequest) -> Fields:
        """A change as `overview` tells it, with its status; it is told of when it is in sync, too."""
        with context.database.read() as conn:
            status, found = change.placed(conn, context.caller.account_id, request.parts["id"])
            names = zones.names(conn, context.caller.account_id, {found.zone_id})
        edges = sorted(watched.edges(), key=lambda edge: edge.name)
        return {"status": status, **_change(found, names.get(found.zone_id), edges)}

    return follow


def _word(check: HealthCheck, state: State | None) -> str:
    if check.config.disabled:
        return "disabled"
    if state is None or not state.seen:
        return "unknown"
    return "healthy" if state.healthy else "unhealthy"


def _down(check: HealthCheck, name: str, state: State) -> Fields:
    return {"id": check.id, "name": name, "since": _time(state.since), "reason": state.reason}


def _edge(edge: Edge, names: Mapping[str, Name]) -> Fields:
    return {
        "name": edge.name,
        "live": edge.live,
        "heard_at": _time(edge.at),
        "started_at": _time(edge.started_at) if edge.started_at else None,
        "failed": len(edge.failed),
        "counted": None if edge.counted is None else _counted(edge.counted, names),
    }


def _change(pending: Pending, zone_name: Name | None, edges: Sequence[Edge]) -> Fields:
    """A change, with the live edges that have it and those that it waits for."""
    live = [edge for edge in edges if edge.live]
    return {
        "id": pending.id,
        "zone_id": pending.zone_id,
        "zone_name": None if zone_name is None else plain(zone_name),
        "submitted_at": timestamp(pending.submitted_at),
        "comment": pending.comment,
        "published": pending.position is not None,
        "reached": [edge.name for edge in live if _has(edge, pending)],
        "waiting": [edge.name for edge in live if not _has(edge, pending)],
        "failed": {edge.name: edge.failed[pending.zone_id] for edge in live if pending.zone_id in edge.failed},
    }


def _has(edge: Edge, pending: Pending) -> bool:
    if pending.position is None or pending.zone_id in edge.failed:
        return False
    catalog, version = pending.position
    return edge.catalogs.get(catalog, 0) >= version


def _counted(counted: Counted, names: Mapping[str, Name]) -> Fields:
    """The counters; of zones only those of the account (R-API-25)."""
    return {
        "at": _time(counted.at),
        "counters": dict(counted.counters),
        "types": {_type(number): questions for number, questions in counted.types.items()},
        "zones": [
            {"id": zone_id, "name": plain(names[zone_id]), "questions": questions}
            for zone_id, questions in counted.zones.items()
            if zone_id in names
        ],
    }


def _type(number: int) -> str:
    return "other" if number == 0 else _TYPES.get(number, f"TYPE{number}")


def _time(seconds: float) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))

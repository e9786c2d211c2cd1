"""The overview: how much there is, how it does, what is on its way, and which edges have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations import geodata, overview
from meridian.api.operations.overview import Counted, Edge, Geodata, Watched
from meridian.errors import NoSuchChange
from meridian.health.state import State
from meridian.store import change as changes
from tests.operations.calls import call, change, create_zone, upsert
from tests.operations.conftest import NOW

AT = NOW.timestamp()


def edge(name: str, catalogs: Mapping[int, int], *, live: bool = True, failed: Mapping[str, str] | None = None) -> Edge:
    return Edge(name, AT, AT - 60, live, catalogs, failed or {})


def ask(context: Context, *edges: Edge) -> dict[str, Any]:
    watched = Watched(lambda: edges, lambda: None)
    found: dict[str, Any] = overview.showing(watched)(context, HttpRequest("GET", b"", b"", (), b"", {}))
    return found


def test_counts(context: Context, stranger: Context) -> None:
    """It counts what the account has, and nothing of others."""
    create_zone(stranger, "example.org")
    zone_id = create_zone(context)
    change(context, zone_id, upsert("www.example.com", "A", "192.0.2.1"))
    found = ask(context)
    assert found["count"] == {"zones": 1, "record_sets": 3, "checks": 0, "policies": 0, "policy_records": 0}
    assert (found["edges"], found["at"]) == ([], "2026-01-02T03:04:05.678Z")


def test_change_waits_for_the_edges_that_lack_it(context: Context) -> None:
    """A change is listed until it is in sync, with the live edges that serve it and those that do not."""
    zone_id = create_zone(context)
    change(context, zone_id, upsert("www.example.com", "A", "192.0.2.1"), Comment="to Paris")
    edges = (
        edge("a", {7: 12}),
        edge("b", {7: 11}),
        edge("gone", {7: 1}, live=False),
        edge("broken", {7: 12}, failed={zone_id: "too large"}),
    )
    before = ask(context, *edges)["changes"]
    assert [(each["published"], each["reached"], each["waiting"]) for each in before] == [
        (False, [], ["a", "b", "broken"])
    ] * 2
    with context.database.write() as conn:
        changes.published(conn, zone_id, 2, 7, 12)
    latest = next(each for each in ask(context, *edges)["changes"] if each["comment"] == "to Paris")
    assert (latest["zone_name"], latest["reached"], latest["waiting"]) == ("example.com.", ["a"], ["b", "broken"])
    assert latest["failed"] == {"broken": "too large"}
    with context.database.write() as conn:
        changes.acknowledge(conn, {7: 12})
    assert ask(context, *edges)["changes"] == []


def test_edges(context: Context) -> None:
    """Each edge is listed by name, with when it was heard and whether it is live."""
    found = ask(context, edge("b", {}, live=False), edge("a", {}, failed={"Z1": "why"}))["edges"]
    assert [(each["name"], each["live"], each["failed"]) for each in found] == [("a", True, 1), ("b", False, 0)]
    assert (found[0]["heard_at"], found[0]["started_at"]) == ("2026-01-02T03:04:05.678Z", "2026-01-02T03:03:05.678Z")


def test_counters_name_the_zones_of_the_account_alone(context: Context, stranger: Context) -> None:
    """Questions are counted by zone for the zones of the account; sums are those of the server (R-API-25)."""
    mine, other = create_zone(context), create_zone(stranger, "example.org")
    counted = Counted(AT, {"udp_queries": 9}, {1: 5, 65: 1, 260: 2, 0: 1}, {other: 7, mine: 2})
    silent, found = ask(context, edge("b", {})._replace(counted=counted), edge("a", {}))["edges"]
    assert silent["counted"] is None
    assert found["counted"] == {
        "at": "2026-01-02T03:04:05.678Z",
        "counters": {"udp_queries": 9},
        "types": {"A": 5, "HTTPS": 1, "TYPE260": 2, "other": 1},
        "zones": [{"id": mine, "name": "example.com.", "questions": 2}],
    }


def test_one_change_and_the_edges_that_have_it(context: Context, stranger: Context) -> None:
    """A change is told of alone, before and after it is in sync; nobody sees another account's."""
    zone_id = create_zone(context)
    id_ = str(change(context, zone_id, upsert("www.example.com", "A", "192.0.2.1"))["ChangeInfo"]["Id"])
    request = HttpRequest("GET", b"", b"", (), b"", {"id": id_.removeprefix("/change/")})
    edges = [edge("a", {7: 12}), edge("b", {7: 11})]
    follow = overview.following(Watched(lambda: edges, lambda: None))
    with context.database.write() as conn:
        changes.published(conn, zone_id, 2, 7, 12)
    found = follow(context, request)
    assert (found["status"], found["zone_name"], found["reached"], found["waiting"]) == (
        "PENDING",
        "example.com.",
        ["a"],
        ["b"],
    )
    edges[1] = edge("b", {7: 12})
    with context.database.write() as conn:
        changes.acknowledge(conn, {7: 12})
    found = follow(context, request)
    assert (found["status"], found["reached"], found["waiting"]) == ("INSYNC", ["a", "b"], [])
    with pytest.raises(NoSuchChange):
        follow(stranger, request)


def test_health(context: Context) -> None:
    """Checks are counted by what they are; those that are unhealthy are listed with the reason."""

    def add(name: str, **config: Any) -> str:
        config = {"Type": "TCP", "IPAddress": "52.0.0.80", "Port": 5432, **config}
        made = call(context, "CreateHealthCheck", CallerReference=name, HealthCheckConfig=config)["HealthCheck"]
        tags = [{"Key": "Name", "Value": name}]
        call(context, "ChangeTagsForResource", ResourceType="healthcheck", ResourceId=made["Id"], AddTags=tags)
        return str(made["Id"])

    down = add("down")
    for name in ("up", "new"):
        add(name)
    add("off", Disabled=True)

    def states_of(slots: Sequence[int]) -> Mapping[int, State]:
        first, second, *_ = sorted(slots)
        return {
            first: State(healthy=False, since=AT, reason="as seen"),
            second: State(healthy=True, since=AT, reason="as seen"),
        }

    found = ask(msgspec.structs.replace(context, states_of=states_of))["health"]
    assert found == {
        "healthy": 1,
        "unhealthy": 1,
        "unknown": 1,
        "disabled": 1,
        "overridden": 0,
        "down": [{"id": down, "name": "down", "since": "2026-01-02T03:04:05.678Z", "reason": "as seen"}],
    }


def test_geodata(context: Context) -> None:
    """It tells the source of the geolocation data, its day and its credit; and that there is none."""

    def asked(found: Geodata | None) -> Any:
        watched = Watched(list, lambda: found)
        return geodata.showing(watched)(context, HttpRequest("GET", b"", b"", (), b"", {}))

    assert asked(None) == {"installed": False}
    assert asked(Geodata("a database", "2026-01-01", "by its makers", (3, 2))) == {
        "installed": True,
        "source": "a database",
        "date": "2026-01-01",
        "attribution": "by its makers",
        "networks": {"ipv4": 3, "ipv6": 2},
    }

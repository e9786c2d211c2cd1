"""Calls of our own about health checks: states, overrides, options, switches, history."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.native import NativeCall
from meridian.api.operations import check, switch
from meridian.errors import ApiError
from meridian.feed.health import Observation
from meridian.health.board import Board
from meridian.model.health import AlarmIdentifier, HealthCheck, HealthCheckConfig, MetricRule, Options
from meridian.publish.health import definition
from meridian.store import account, health, health_event, tag
from meridian.store.database import Database
from meridian.store.ids import new_uuid
from tests.fakes.clock import FakeClock
from tests.health.checks import report
from tests.operations.calls import change, create_zone, upsert

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
ARN = "arn:aws:route53-recovery-control::111122223333:controlpanel/p/routingcontrol/r"
TCP = HealthCheckConfig("TCP", ip_address="2001:db8::1", port=5432, request_interval=30, failure_threshold=3)
HTTPS = HealthCheckConfig(
    "HTTPS_STR_MATCH",
    ip_address="192.0.2.1",
    port=8443,
    resource_path="/up",
    fully_qualified_domain_name="shop.test",
    search_string="ok",
    request_interval=10,
    failure_threshold=2,
    measure_latency=True,
)
SWITCH = HealthCheckConfig("RECOVERY_CONTROL", routing_control_arn=ARN)


class Plane:
    """A control plane without a network: the database, a board that is told of it, and a user's calls."""

    def __init__(self, database: Database, context: Context) -> None:
        self.clock = FakeClock(NOW)
        self.board = Board(self.clock)
        self.database = database
        self.context: Context = msgspec.structs.replace(context, clock=self.clock, states_of=self._states)

    def add(self, config: HealthCheckConfig, name: str = "", metric: MetricRule | None = None) -> HealthCheck:
        with self.database.write() as conn:
            made = health.insert(conn, self.context.caller.account_id, new_uuid(), config, self.clock.now(), metric)
            tag.put(conn, "healthcheck", made.id, {"Name": name} if name else {})
        return made

    def publish(self) -> None:
        """Tell the board what the database says of checks, and the history what flips."""
        with self.database.read() as conn:
            definitions = [definition(found) for found in health.in_block(conn, 0)]
        flips = self.board.define(0, definitions) + self.board.tick()
        with self.database.write() as conn:
            for flip in flips:
                health_event.flip(conn, flip.id, self.clock.now(), flip.healthy, flip.state.reason)

    def see(self, checker: str, *seen: Observation) -> None:
        """Tell the board what a checker sees."""
        key, told = report(checker, *seen)
        flips = self.board.report(key, told)
        with self.database.write() as conn:
            for flip in flips:
                health_event.flip(conn, flip.id, self.clock.now(), flip.healthy, flip.state.reason)

    def call(self, call: NativeCall, id_: str = "", body: Any = None, query: str = "") -> Any:
        octets = b"" if body is None else json.dumps(body).encode()
        return call(self.context, HttpRequest("GET", b"", query.encode(), (), octets, {"id": id_}))

    def refused(self, call: NativeCall, id_: str = "", body: Any = None, query: str = "") -> tuple[str, str]:
        with pytest.raises(ApiError) as error:
            self.call(call, id_, body, query)
        return error.value.code, error.value.message

    def stored(self, found: HealthCheck) -> HealthCheck:
        with self.database.read() as conn:
            return health.owned(conn, found.account_id, found.id)

    def _states(self, slots: Any) -> Any:
        return {slot: state for slot in slots if (state := self.board.state(slot)) is not None}


@pytest.fixture
def plane(database: Database, context: Context) -> Plane:
    return Plane(database, context)


def sees(found: HealthCheck, healthy: bool, **more: Any) -> Observation:
    text = "Success: HTTP Status Code 200, OK" if healthy else "Failure: Connection refused"
    at = NOW.timestamp()
    return Observation(found.slot, found.revision, healthy, at, at, text, **more)


def test_list(plane: Plane) -> None:
    """Named checks first, by name; each says what it looks at, what it is and why."""
    unnamed, shop, db = plane.add(SWITCH), plane.add(HTTPS, "shop"), plane.add(TCP, "db")
    before = plane.call(check.list_checks)["checks"]
    assert [found["id"] for found in before] == [db.id, shop.id, unnamed.id]
    assert [(found["healthy"], found["seen"], found["since"]) for found in before] == [(None, False, None)] * 3
    plane.publish()
    plane.see("fra", sees(shop, False), sees(db, True))
    plane.see("iad", sees(shop, True), sees(db, True))
    listed = plane.call(check.list_checks)["checks"]
    assert [(found["name"], found["target"], found["healthy"]) for found in listed] == [
        ("db", "tcp://[2001:db8::1]:5432", True),
        ("shop", "https://192.0.2.1:8443/up for shop.test", True),
        ("", ARN, True),
    ]
    assert [(found["healthy_count"], found["counted"]) for found in listed[:2]] == [(2, 2), (1, 2)]
    assert listed[1]["reason"] == "1 of 2 checkers see it healthy"
    assert listed[2]["routing_control"] == {"arn": ARN, "on": True}
    assert listed[1]["routing_control"] is None


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (MetricRule("prometheus", "GreaterThanThreshold", 100, query="sum(queue)"), "long: sum(queue) > 100"),
        (MetricRule("prometheus", "LessThanOrEqualToThreshold", 0.5, query="up"), "long: up <= 0.5"),
        (
            MetricRule(
                "cloudwatch", "LessThanThreshold", 1, namespace="AWS/EC2", metric_name="Requests", statistic="Sum"
            ),
            "long: Sum of AWS/EC2 Requests < 1",
        ),
    ],
)
def test_what_a_metric_check_looks_at(plane: Plane, rule: MetricRule, words: str) -> None:
    """Its rule, as it was copied to it."""
    config = HealthCheckConfig("CLOUDWATCH_METRIC", alarm_identifier=AlarmIdentifier("us-east-1", "long"))
    found = plane.add(config, metric=rule)
    shown = plane.call(check.show_check, found.id)
    assert (shown["target"], shown["interval"], shown["rise"]) == (words, 60, None)


def test_show(plane: Plane) -> None:
    """One check with its config, each checker's view, its users, and its history."""
    shop = plane.add(HTTPS, "shop")
    parent = plane.add(HealthCheckConfig("CALCULATED", health_threshold=1, child_health_checks=(shop.id, new_uuid())))
    zone = create_zone(plane.context)
    change(
        plane.context,
        zone,
        upsert("www.example.com", "A", "192.0.2.1", SetIdentifier="a", Weight=1, HealthCheckId=shop.id),
    )
    plane.publish()
    failed = sees(shop, False, failed_at=NOW.timestamp(), failure="Failure: Connection refused", connect_ms=12.5)
    plane.see("fra", failed)
    plane.clock.forward(90)
    shown = plane.call(check.show_check, shop.id)
    (seen,) = shown["checkers"]
    assert (shown["healthy"], shown["config"]["Port"], shown["interval"]) == (False, 8443, 10)
    assert (shown["rise"], shown["fall"]) == (2, 2)
    assert (seen["checker"], seen["region"], seen["healthy"]) == ("fra", "eu-west-1", False)
    assert (seen["status"], seen["failure"]) == ("Failure: Connection refused",) * 2
    assert (seen["checked_at"], seen["failed_at"]) == ("2026-01-02T12:00:00.000Z",) * 2
    assert (seen["connect_ms"], seen["tls_ms"], seen["age_seconds"]) == (12.5, None, 90.0)
    assert shown["used_by"] == [{"zone_id": zone, "name": "www.example.com.", "type": "A", "set_identifier": "a"}]
    assert [(event["kind"], event["healthy"]) for event in shown["events"]] == [("flip", False)]
    assert shown["graph"]["start"] == "2026-01-02T11:02:00.000Z"
    assert shown["graph"]["minutes"] == [1] * 58 + [0, 0]
    above = plane.call(check.show_check, parent.id)
    assert [(child["name"], child["healthy"]) for child in above["children"]] == [("shop", False)]
    assert (above["target"], above["interval"], above["rise"], above["checkers"]) == ("1 of 2 checks", None, None, [])


def test_override_and_its_end(plane: Plane) -> None:
    """An override is in force at once, shows with who, why and until when, and ends by itself."""
    db = plane.add(TCP, "db")
    plane.publish()
    plane.see("fra", sees(db, True))
    body = {"healthy": False, "until": "2026-01-02T15:00:00+01:00", "reason": "deploy"}
    expected = {"healthy": False, "until": "2026-01-02T14:00:00.000Z", "by": "admin", "reason": "deploy"}
    assert plane.call(check.set_override, db.id, body) == {"override": expected}
    plane.publish()
    shown = plane.call(check.show_check, db.id)
    assert (shown["healthy"], shown["override"]) == (False, expected)
    assert shown["reason"] == "Set unhealthy by admin until 2026-01-02 14:00:00 UTC: deploy"
    assert [(event["kind"], event["healthy"], event["reason"]) for event in shown["events"]] == [
        ("flip", False, shown["reason"]),
        ("override", False, "until 2026-01-02T14:00:00.000Z: deploy"),
    ]
    assert {event["by"] for event in shown["events"][1:]} == {"admin"}
    plane.clock.forward(timedelta(hours=2).total_seconds())
    plane.see("fra", sees(db, True))
    plane.publish()
    shown = plane.call(check.show_check, db.id)
    assert (shown["healthy"], shown["override"]) == (True, None)
    assert shown["events"][0]["healthy"] is True


def test_override_taken_back(plane: Plane) -> None:
    """It may be taken back early; where there is none, nothing happens."""
    db = plane.add(TCP)
    assert plane.call(check.clear_override, db.id) == {"override": None}
    plane.call(check.set_override, db.id, {"healthy": False, "seconds": 60})
    assert plane.call(check.clear_override, db.id) == {"override": None}
    assert plane.stored(db).override is None
    events = plane.call(check.history, db.id)["events"]
    assert [(event["healthy"], event["reason"]) for event in events] == [
        (None, "cleared"),
        (False, "until 2026-01-02T12:01:00.000Z"),
    ]


def test_options(plane: Plane) -> None:
    """What is given changes and is shown; the checkers begin anew; the same once more is no event."""
    shop = plane.add(HTTPS)
    asked = {"interval": 5, "rise": 1, "verify_certificate": True}
    expected = {"interval": 5, "rise": 1, "fall": None, "verify_certificate": True, "certificate_days": None}
    for _ in range(2):
        assert plane.call(check.set_options, shop.id, asked) == {"options": expected}
    shown = plane.call(check.show_check, shop.id)
    assert (shown["interval"], shown["rise"], shown["fall"], shown["options"]) == (5, 1, 2, expected)
    assert plane.stored(shop).revision == shop.revision + 1
    assert [(event["kind"], event["reason"], event["by"]) for event in shown["events"]] == [
        ("options", "interval 5 s, rise 1, certificate verified", "admin")
    ]
    plane.call(check.set_options, shop.id, {"interval": None, "rise": None, "verify_certificate": None})
    assert plane.stored(shop).options == Options()


def test_history(plane: Plane) -> None:
    """As much as one asks for, newest first."""
    db = plane.add(TCP, "db")
    plane.publish()
    for number in range(5):
        plane.clock.forward(60)
        plane.see("fra", sees(db, number % 2 == 1))
    found = plane.call(check.history, db.id, query="events=2&minutes=3&X-Amz-Date=x")
    assert [(event["healthy"], event["check_name"]) for event in found["events"]] == [(False, "db"), (True, "db")]
    assert found["graph"] == {"start": "2026-01-02T12:03:00.000Z", "minutes": [0, 0, 0]}
    assert len(plane.call(check.history, db.id)["graph"]["minutes"]) == 60
    assert found["created_at"] == plane.call(check.show_check, db.id)["created_at"] == "2026-01-02T12:00:00.000Z"


def test_switches(plane: Plane) -> None:
    """All checks that name a routing control follow it at once; its history tells who turned it and why."""
    first, second, other = plane.add(SWITCH, "a"), plane.add(SWITCH, "b"), plane.add(TCP)
    plane.publish()
    turned = plane.call(switch.turn, body={"arn": ARN, "on": False, "reason": "drill"})
    assert turned == {"arn": ARN, "on": False, "checks": sorted([first.id, second.id])}
    plane.publish()
    assert [plane.board.state(found.slot).healthy for found in (first, second, other)] == [False, False, True]  # type: ignore[union-attr]
    (listed,) = plane.call(switch.list_switches)["switches"]
    assert (listed["arn"], listed["on"]) == (ARN, False)
    assert {found["name"]: found["healthy"] for found in listed["checks"]} == {"a": False, "b": False}
    assert [(event["reason"], event["by"]) for event in listed["events"]] == [("off: drill", "admin")]
    plane.call(switch.turn, body={"arn": ARN, "on": True})
    plane.publish()
    (listed,) = plane.call(switch.list_switches)["switches"]
    assert listed["on"] is True
    assert [event["reason"] for event in listed["events"]] == ["on", "off: drill"]
    assert {found["healthy"] for found in listed["checks"]} == {True}


@pytest.mark.parametrize(
    ("call", "body", "query", "message"),
    [
        (check.set_override, {"seconds": 5}, "", "missing required field `healthy`"),
        (check.set_override, {"healthy": 1, "seconds": 5}, "", "Expected `bool`, got `int`"),
        (check.set_override, {"healthy": True, "until": "14:00"}, "", "Invalid RFC3339 encoded datetime"),
        (check.set_override, {"healthy": True}, "", "Say when the override ends"),
        (check.set_override, {"healthy": True, "seconds": 5, "moon": 1}, "", "unknown field `moon`"),
        (check.set_options, {"rise": 11}, "", "rise: give 1 to 10 results."),
        (check.set_options, [], "", "Expected `object`, got `array`"),
        (check.history, None, "events=0", "events: give 1 to 1000."),
        (check.history, None, "events=x", "events: give 1 to 1000."),
        (check.history, None, "moon=1", "Unknown parameter 'moon'; there are events, minutes"),
        (switch.turn, {"arn": ARN, "on": True, "reason": "a\nb"}, "", "reason: give up to 256 characters"),
        (switch.turn, {"arn": ARN}, "", "missing required field `on`"),
    ],
)
def test_refused(plane: Plane, call: NativeCall, body: Any, query: str, message: str) -> None:
    """What is wrong is told."""
    code, text = plane.refused(call, plane.add(TCP).id, body, query)
    assert code == "InvalidInput"
    assert message in text


def test_checks_of_others(plane: Plane) -> None:
    """To another account a check is not there, nor is its switch (R-API-25)."""
    found = plane.add(SWITCH)
    with plane.database.write() as conn:
        caller = msgspec.structs.replace(plane.context.caller, account_id=account.create_account(conn))
    plane.context = msgspec.structs.replace(plane.context, caller=caller)
    override = {"healthy": True, "seconds": 5}
    for call, body in (
        (check.show_check, None),
        (check.history, None),
        (check.clear_override, None),
        (check.set_override, override),
        (check.set_options, {}),
    ):
        assert plane.refused(call, found.id, body)[0] == "NoSuchHealthCheck"
    assert plane.refused(switch.turn, body={"arn": ARN, "on": False})[0] == "ResourceNotFoundException"
    assert plane.call(check.list_checks) == {"checks": []}
    assert plane.call(switch.list_switches) == {"switches": []}

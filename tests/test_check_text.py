from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
import pytest

from meridian.check_text import event_line, graph, list_lines, show_lines, switch_lines

NOW = datetime(2026, 1, 2, 12, 30, tzinfo=UTC)
OPTIONS = {"interval": None, "rise": None, "fall": None, "verify_certificate": False, "certificate_days": None}
OVERRIDE = {"healthy": False, "until": "2026-01-02T13:00:00.000Z", "by": "alice", "reason": "deploy"}


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in Berlin."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def check(name: str, **members: Any) -> dict[str, Any]:
    return {
        "id": f"id-of-{name}",
        "name": name,
        "type": "HTTP",
        "target": "http://192.0.2.1:80/",
        "slot": 7,
        "healthy": True,
        "since": "2026-01-02T12:00:00.000Z",
        "reason": "2 of 2 checkers see it healthy",
        "seen": True,
        "healthy_count": 2,
        "counted": 2,
        "disabled": False,
        "inverted": False,
        "override": None,
        "options": OPTIONS,
        "routing_control": None,
        **members,
    }


def event(kind: str, healthy: bool | None, reason: str = "why", by: str = "") -> dict[str, Any]:
    at = "2026-01-02T12:29:55.000Z"
    return {
        "check_name": "shop",
        "check_id": "c",
        "at": at,
        "kind": kind,
        "healthy": healthy,
        "reason": reason,
        "by": by,
    }


def plain(lines: Iterator[str]) -> list[str]:
    return [click.unstyle(line) for line in lines]


def test_list() -> None:
    """What is down comes first, then what is not known, then the rest by name; what is odd is remarked."""
    checks = [
        check("a"),
        check("b", healthy=None, since=None, counted=0, seen=False),
        check("", healthy=False, healthy_count=0, override=OVERRIDE, disabled=True, options={**OPTIONS, "rise": 2}),
        check("d", seen=False, counted=0, inverted=True),
    ]
    assert plain(list_lines(checks, NOW)) == [
        "STATE      FOR     NAME  TYPE  HEALTHY  TARGET                ID       REMARKS",
        "unhealthy  30 min  -     HTTP  0 of 2   http://192.0.2.1:80/  id-of-   "
        "overridden: unhealthy until 14:00 CET (13:00 UTC), by alice: deploy; disabled; rise 2",
        "unknown    -       b     HTTP  -        http://192.0.2.1:80/  id-of-b",
        "healthy    30 min  a     HTTP  2 of 2   http://192.0.2.1:80/  id-of-a",
        "healthy    30 min  d     HTTP  -        http://192.0.2.1:80/  id-of-d  inverted; nobody reports",
        "",
        "4 checks: 1 unhealthy, 1 unknown, 1 overridden, 1 seen by nobody",
    ]


def test_list_of_little() -> None:
    """No checks, or none that is down."""
    assert plain(list_lines([], NOW)) == ["No health checks. aws route53 create-health-check makes one."]
    assert plain(list_lines([check("a")], NOW))[-1] == "1 check: all healthy"


def test_states_have_colours() -> None:
    """The words for states, and nothing else."""
    healthy, unhealthy = (
        next(line for line in list_lines([check("a", healthy=state)], NOW) if "id-of" in line)
        for state in (True, False)
    )
    assert healthy.startswith("\x1b[32mhealthy\x1b[0m  30 min")
    assert unhealthy.startswith("\x1b[31munhealthy\x1b[0m  30 min")


def test_show() -> None:
    """First the state and why, then who sees what, who uses it, and what happened."""
    vote = {
        "checker": "fra", "region": "eu-west-1", "address": "", "healthy": False, "since": "2026-01-02T12:29:00Z",
        "counted": True, "age_seconds": 1.0, "checked_at": "2026-01-02T12:29:57Z",
        "status": "Failure: Connection refused", "failed_at": None, "failure": "",
        "connect_ms": 12.34, "tls_ms": None, "first_byte_ms": None,
    }  # fmt: skip
    shown = check(
        "shop",
        healthy=False,
        override=OVERRIDE,
        inverted=True,
        disabled=True,
        options={**OPTIONS, "interval": 2.5, "verify_certificate": True, "certificate_days": 0},
        interval=2.5,
        rise=3,
        fall=1,
        checkers=[vote, {**vote, "checker": "iad", "counted": False, "since": None, "checked_at": None, "status": ""}],
        children=[{"id": "child", "name": "", "healthy": None}],
        used_by=[{"zone_id": "Z1", "name": "www.test.", "type": "A", "set_identifier": None}],
        events=[event("flip", False, by="alice")],
        graph={"start": "", "minutes": [1, 1, 0]},
        routing_control={"arn": "a", "on": False},
    )
    assert plain(show_lines(shown, NOW)) == [
        "shop  id-of-shop  slot 7",
        "  unhealthy for 30 min, since 13:00 CET (12:00 UTC)",
        "  why       2 of 2 checkers see it healthy",
        "  checks    http://192.0.2.1:80/, every 2.5 s; down after 1 in a row, up after 3",
        "  options   interval 2.5 s, certificate verified, certificate valid for 0 days",
        "  override  unhealthy until 14:00 CET (13:00 UTC), by alice: deploy; 30 min left",
        "  switch    off",
        "  is        disabled and inverted",
        "",
        "  CHECKER  REGION     SEES         FOR    LAST LOOK  CONNECT  TLS  FIRST BYTE  WHAT IT SAW",
        "  fra      eu-west-1  unhealthy    1 min  3 s ago    12.3 ms  -    -           Failure: Connection refused",
        "  iad      eu-west-1  not counted  -      never      12.3 ms  -    -",
        "",
        "  CHILD    NAME  ID",
        "  unknown  -     child",
        "",
        "  USED BY    TYPE  SET IDENTIFIER  ZONE",
        "  www.test.  A     -               Z1",
        "",
        "  the last 3 minutes, one mark each, now at the right:",
        "    ▇▇▁",
        "",
        "  WHEN                         WHAT  STATE      BY     WHY",
        "  13:29:55 CET (12:29:55 UTC)  flip  unhealthy  alice  why",
    ]


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        (event("flip", True), "shop  healthy  why"),
        (event("flip", False, by="alice"), "shop  unhealthy  why (by alice)"),
        (event("override", None, "cleared", "bob"), "shop  override  cleared (by bob)"),
        (event("override", True, "until", "bob"), "shop  override healthy  until (by bob)"),
        (event("options", None, "rise 2", "bob"), "shop  options  rise 2 (by bob)"),
        (event("switch", False, "off", "bob"), "shop  switch off  off (by bob)"),
        ({**event("flip", True), "check_name": ""}, "c  healthy  why"),
    ],
)
def test_events(happened: dict[str, Any], words: str) -> None:
    """One line each, with the moment here and in UTC."""
    assert click.unstyle(event_line(happened, NOW)) == f"13:29:55 CET (12:29:55 UTC)  {words}"


def test_switches() -> None:
    """Who turned each last."""
    assert "No switches" in next(switch_lines([], NOW))
    listed = [
        {
            "arn": "arn:x/a",
            "on": False,
            "checks": [check("shop"), check("")],
            "events": [event("switch", False, "off: drill", "bob")],
        },
        {"arn": "arn:x/b", "on": True, "checks": [check("db")], "events": []},
    ]
    assert plain(switch_lines(listed, NOW)) == [
        "STATE  SWITCH   CHECKS        LAST TURNED",
        "off    arn:x/a  shop, id-of-  13:29:55 CET (12:29:55 UTC) by bob: off: drill",
        "on     arn:x/b  db            -",
    ]


def test_graph() -> None:
    """A low mark, red on terminals, for each minute with a failure."""
    assert graph([1, 0]) == "▇\x1b[31m▁\x1b[0m"

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from meridian.changes.health_options import override, shown, with_options
from meridian.errors import InvalidInput
from meridian.model.health import CheckType, HealthCheck, HealthCheckConfig, Options, Override

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
SET = Options(interval=5, rise=2, fall=1, verify_certificate=True, certificate_days=14)


def check(type_: CheckType = "HTTPS", **members: Any) -> HealthCheck:
    return HealthCheck("c", "a", 1, "r", 1, 1, HealthCheckConfig(type_), **members)


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        (Options(), {}, Options()),
        (Options(), msgspec.to_builtins(SET), SET),
        (SET, {"interval": 0.0 + 1}, msgspec.structs.replace(SET, interval=1.0)),
        (SET, {"fall": None, "verify_certificate": None}, Options(interval=5, rise=2, certificate_days=14)),
        (SET, dict.fromkeys(msgspec.structs.asdict(SET)), Options()),
        (Options(), {"interval": 2.5}, Options(interval=2.5)),
        (Options(), {"interval": 3600, "rise": 10, "fall": 10}, Options(interval=3600, rise=10, fall=10)),
        (Options(), {"certificate_days": 0}, Options(certificate_days=0)),
    ],
)
def test_options(before: Options, given: dict[str, Any], after: Options) -> None:
    """What is given changes, null is the default, all else stays."""
    assert with_options(check(options=before), given) == after


@pytest.mark.parametrize(
    ("type_", "given", "message"),
    [
        ("HTTP", {"interval": 0.5}, "interval: give 1 to 3600 seconds."),
        ("HTTP", {"interval": 3601}, "interval: give 1 to 3600 seconds."),
        ("HTTP", {"interval": float("nan")}, "interval: give 1 to 3600 seconds."),
        ("HTTP", {"interval": True}, "interval: give 1 to 3600 seconds."),
        ("HTTP", {"rise": 0}, "rise: give 1 to 10 results."),
        ("HTTP", {"fall": 2.0}, "fall: give 1 to 10 results."),
        ("HTTP", {"fall": "2"}, "fall: give 1 to 10 results."),
        ("HTTPS", {"certificate_days": 826}, "certificate_days: give 0 to 825 days."),
        ("HTTPS_STR_MATCH", {"verify_certificate": 1}, "verify_certificate: give true or false."),
        ("HTTP", {"verify_certificate": True}, "verify_certificate: a check of type HTTP sees no certificate."),
        ("TCP", {"certificate_days": None}, "certificate_days: a check of type TCP sees no certificate."),
        ("TCP", {"timeout": 3}, "There is no option 'timeout'; there are interval, rise, fall, verify_certificate"),
        ("CALCULATED", {"interval": 5}, "A check of type CALCULATED probes no endpoint, so it has no options."),
        ("RECOVERY_CONTROL", {}, "A check of type RECOVERY_CONTROL probes no endpoint, so it has no options."),
    ],
)
def test_options_refused(type_: CheckType, given: dict[str, Any], message: str) -> None:
    """What cannot be is refused, in words that say what can."""
    with pytest.raises(InvalidInput, match=re.escape(message)):
        with_options(check(type_), given)


def test_override() -> None:
    """An override ends at a moment, or after some seconds; who said it and why is kept."""
    later = NOW + timedelta(hours=2)
    expected = Override(False, later.timestamp(), "alice", "deploy")
    here = later.astimezone(timezone(timedelta(hours=2)))
    for end in ({"until": later, "seconds": None}, {"until": here, "seconds": None}, {"until": None, "seconds": 7200}):
        assert override(False, NOW, by="alice", reason="deploy", **end) == expected


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "Say when the override ends: give one of until and seconds."),
        ({"until": NOW, "seconds": 5}, "Say when the override ends: give one of until and seconds."),
        ({"until": datetime(2026, 1, 2, 14)}, "until: give a time with its zone"),
        ({"until": NOW}, "An override ends after now and within 366 days."),
        ({"seconds": 0}, "An override ends after now"),
        ({"seconds": -1}, "An override ends after now"),
        ({"seconds": float("nan")}, "An override ends after now"),
        ({"seconds": 366 * 86400 + 1}, "within 366 days"),
        ({"seconds": 5, "reason": "x" * 257}, "reason: give up to 256 characters on one line."),
        ({"seconds": 5, "reason": "a\nb"}, "reason: give up to 256 characters on one line."),
    ],
)
def test_override_refused(members: dict[str, Any], message: str) -> None:
    """There is no override without end."""
    with pytest.raises(InvalidInput, match=message):
        override(True, NOW, **{"by": "alice", "until": None, "seconds": None, "reason": "", **members})


def test_options_in_words() -> None:
    """The history says what was set."""
    assert shown(SET) == "interval 5 s, rise 2, fall 1, certificate verified, certificate valid for 14 days"
    assert shown(Options(interval=2.5)) == "interval 2.5 s"
    assert shown(Options()) == "Route 53's"

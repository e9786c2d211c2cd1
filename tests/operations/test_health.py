"""Health checks over the API: R-HCU-1..10, R-HCS-1..4, R-HCG-3, R-API-132..139."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from meridian.api.context import Context
from meridian.clock import SystemClock
from meridian.errors import ApiError, NoSuchHealthCheck
from meridian.feed.health import Observation, Report, report_key
from meridian.health.board import Board
from meridian.model.health import MetricRule
from meridian.publish.health import definition
from meridian.store import health
from tests.operations.calls import call, change, create_zone, listed, upsert
from tests.operations.conftest import NOW, StoppedClock, with_quotas

HTTP: dict[str, Any] = {"Type": "HTTP", "IPAddress": "1.2.3.4"}
SHOWN: dict[str, Any] = {
    "IPAddress": "1.2.3.4",
    "Port": 80,
    "Type": "HTTP",
    "RequestInterval": 30,
    "FailureThreshold": 3,
    "MeasureLatency": False,
    "Inverted": False,
    "Disabled": False,
    "EnableSNI": False,
}
ALARM = {"Region": "eu-west-1", "Name": "errors"}
METRIC: dict[str, Any] = {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": ALARM}
NOBODY = "11111111-1111-1111-1111-111111111111"


def create(context: Context, reference: str = "r", **config: Any) -> str:
    reply = call(context, "CreateHealthCheck", CallerReference=reference, HealthCheckConfig=config or HTTP)
    return str(reply["HealthCheck"]["Id"])


def update(context: Context, id_: str, **request: Any) -> dict[str, Any]:
    found: dict[str, Any] = call(context, "UpdateHealthCheck", HealthCheckId=id_, **request)["HealthCheck"]
    return found


def get(context: Context, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = call(context, "GetHealthCheck", HealthCheckId=id_)["HealthCheck"]
    return found


def delete(context: Context, id_: str) -> None:
    assert call(context, "DeleteHealthCheck", HealthCheckId=id_) == {}


def ids(context: Context, **request: Any) -> list[str]:
    return [found["Id"] for found in call(context, "ListHealthChecks", **request)["HealthChecks"]]


def revision(context: Context, id_: str) -> int:
    with context.database.read() as conn:
        return health.owned(conn, context.caller.account_id, id_).revision


def later(context: Context, **delta: int) -> Context:
    """The same caller some time later."""

    class Later(StoppedClock):
        def now(self) -> datetime:
            return NOW + timedelta(**delta)

    return msgspec.structs.replace(context, clock=Later())


def with_rules(context: Context, **rules: MetricRule) -> Context:
    """The same caller where these alarms are known in eu-west-1."""
    return msgspec.structs.replace(
        context, metric_rule=lambda region, name: rules.get(name) if region == "eu-west-1" else None
    )


def rule(threshold: float = 5.0) -> MetricRule:
    return MetricRule("prometheus", "GreaterThanThreshold", threshold, query="errors")


def refused(context: Context, operation: str, **request: Any) -> tuple[str, str]:
    with pytest.raises(ApiError) as error:
        call(context, operation, **request)
    return error.value.code, error.value.message


def test_a_new_check(context: Context) -> None:
    """R-HCU-2, R-API-8: a UUID, version 1, the config with its defaults, and a URL."""
    reply = call(context, "CreateHealthCheck", CallerReference="r", HealthCheckConfig=HTTP)
    id_ = reply["HealthCheck"]["Id"]

    assert reply == {
        "HealthCheck": {
            "Id": id_,
            "CallerReference": "r",
            "HealthCheckConfig": SHOWN,
            "HealthCheckVersion": 1,
        },
        "Location": f"https://dns.example.net/2013-04-01/healthcheck/{id_}",
    }
    assert re.fullmatch(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", id_)
    assert get(context, id_) == reply["HealthCheck"]
    assert call(context, "ListHealthChecks") == {
        "HealthChecks": [reply["HealthCheck"]],
        "Marker": "",
        "IsTruncated": False,
        "MaxItems": "100",
    }


def test_a_call_that_is_sent_again_makes_nothing_new(context: Context, stranger: Context) -> None:
    """R-HCU-1: the same settings give the check as it was made; a new reference makes a second one."""
    first = create(context)

    assert create(context) == first
    assert create(context, **SHOWN) == first  # the defaults said aloud
    assert len({first, create(context, "r2"), create(stranger)}) == 3
    assert call(context, "GetHealthCheckCount") == {"HealthCheckCount": 2}


def test_a_reference_stands_for_one_check(context: Context) -> None:
    """R-HCU-1: with other settings it is refused, and for some days after its check was deleted."""
    id_ = create(context)
    taken = (
        "HealthCheckAlreadyExists",
        "A different health check has already been created with the specified caller reference.",
    )
    other = {"CallerReference": "r", "HealthCheckConfig": {**HTTP, "Port": 81}}
    same = {"CallerReference": "r", "HealthCheckConfig": HTTP}
    assert refused(context, "CreateHealthCheck", **other) == taken
    update(context, id_, Port=81)
    assert refused(context, "CreateHealthCheck", **same) == taken
    delete(context, id_)

    assert refused(context, "CreateHealthCheck", **other) == taken
    assert refused(later(context, days=6), "CreateHealthCheck", **same) == taken
    assert create(later(context, days=8)) != id_


def test_an_account_has_so_many_checks(context: Context, stranger: Context) -> None:
    """R-HCU-7, R-QUO-1: a call that is sent again is not counted, and a deleted check makes room."""
    few = with_quotas(context, health_checks=2)
    first, _ = create(few, "1"), create(few, "2")
    assert refused(few, "CreateHealthCheck", CallerReference="3", HealthCheckConfig=HTTP) == (
        "TooManyHealthChecks",
        "Limits Exceeded: MAX_HEALTH_CHECKS_BY_OWNER - Cannot create more health checks.",
    )

    assert create(few, "1") == first
    assert create(msgspec.structs.replace(stranger, settings=few.settings))
    assert call(few, "GetAccountLimit", Type="MAX_HEALTH_CHECKS_BY_OWNER") == {
        "Limit": {"Type": "MAX_HEALTH_CHECKS_BY_OWNER", "Value": 2},
        "Count": 2,
    }
    delete(few, first)
    assert create(few, "3")


def test_an_account_makes_so_many_checks_a_day(context: Context) -> None:
    """R-HCU-7: deleting them does not help, a day does."""
    few = with_quotas(context, health_checks_a_day=2)
    delete(few, create(few, "1"))
    create(few, "2")
    assert refused(few, "CreateHealthCheck", CallerReference="3", HealthCheckConfig=HTTP) == (
        "Throttling",
        "Rate exceeded",
    )

    assert create(with_quotas(context, health_checks_a_day=0), "3")
    assert create(later(few, hours=25), "4")


def test_an_update_makes_a_version(context: Context) -> None:
    """R-HCU-3: each success one more, also one that changes nothing; what is probed anew gets a revision (R-HCA-7)."""
    id_ = create(context)
    assert update(context, id_, Inverted=True)["HealthCheckVersion"] == 2
    assert (update(context, id_)["HealthCheckVersion"], revision(context, id_)) == (3, 1)
    changed = update(context, id_, Port=81, HealthCheckVersion=3)

    assert changed == {
        "Id": id_,
        "CallerReference": "r",
        "HealthCheckConfig": {**SHOWN, "Port": 81, "Inverted": True},
        "HealthCheckVersion": 4,
    }
    assert (get(context, id_), revision(context, id_)) == (changed, 2)


@pytest.mark.parametrize("expected", [1, 3, 2**63 - 1])
def test_an_update_of_another_version_is_refused(context: Context, expected: int) -> None:
    """R-HCU-3: HealthCheckVersion guards against changes by others; nothing is done."""
    id_ = create(context)
    before = update(context, id_, Port=81)

    assert refused(context, "UpdateHealthCheck", HealthCheckId=id_, Port=82, HealthCheckVersion=expected) == (
        "HealthCheckVersionMismatch",
        f"The health check with id {id_} has version 2, not {expected}.",
    )
    assert get(context, id_) == before


def test_children_are_the_accounts_own_and_not_calculated(context: Context, stranger: Context) -> None:
    """R-HCC-3, R-HCC-5: looked at when they are given, not when they were deleted since."""
    child, other = create(context, "1"), create(stranger, "1")
    parent = create(context, "2", Type="CALCULATED", HealthThreshold=1, ChildHealthChecks=[child])
    for id_, text in ((other, "does not exist"), (NOBODY, "does not exist"), (parent, "is a calculated health check")):
        config = {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [id_]}
        code, message = refused(context, "CreateHealthCheck", CallerReference="3", HealthCheckConfig=config)
        assert (code, text in message) == ("InvalidInput", True)
        code, message = refused(context, "UpdateHealthCheck", HealthCheckId=parent, ChildHealthChecks=[child, id_])
        assert (code, text in message) == ("InvalidInput", True)
    delete(context, child)

    shown = update(context, parent, HealthThreshold=0)["HealthCheckConfig"]
    assert (shown["HealthThreshold"], shown["ChildHealthChecks"]) == (0, [child])
    few = with_quotas(context, children_per_health_check=1)
    assert (
        "more than 1 child" in refused(few, "UpdateHealthCheck", HealthCheckId=parent, ChildHealthChecks=["a", "b"])[1]
    )
    assert update(context, parent, ResetElements=["ChildHealthChecks"])["HealthCheckConfig"]["ChildHealthChecks"] == []


def test_an_alarm_is_copied_when_it_is_named(context: Context) -> None:
    """R-HCL-4, R-HCL-5: a later change of the alarm takes effect once the check names it again."""
    before, after = with_rules(context, errors=rule()), with_rules(context, errors=rule(9.0))
    made = call(before, "CreateHealthCheck", CallerReference="r", HealthCheckConfig=METRIC)["HealthCheck"]
    assert made["CloudWatchAlarmConfiguration"]["Threshold"] == 5.0
    assert update(after, made["Id"], Inverted=True)["CloudWatchAlarmConfiguration"]["Threshold"] == 5.0
    assert revision(context, made["Id"]) == 1
    changed = update(after, made["Id"], AlarmIdentifier=ALARM)

    assert changed["CloudWatchAlarmConfiguration"]["Threshold"] == 9.0
    assert revision(context, made["Id"]) == 2
    assert get(context, made["Id"]) == changed


def test_an_alarm_has_to_be_known(context: Context) -> None:
    """R-HCL-5: by its region and name."""
    known = with_rules(context, errors=rule())
    id_ = create(known, **METRIC)
    elsewhere = {"Region": "us-east-1", "Name": "errors"}
    config = {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": elsewhere}
    expected = ("InvalidInput", "Invalid parameter : There is no alarm named errors in the region us-east-1.")

    assert refused(known, "CreateHealthCheck", CallerReference="2", HealthCheckConfig=config) == expected
    assert refused(known, "UpdateHealthCheck", HealthCheckId=id_, AlarmIdentifier=elsewhere) == expected
    assert refused(context, "CreateHealthCheck", CallerReference="2", HealthCheckConfig=METRIC)[0] == "InvalidInput"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetHealthCheck", {}),
        ("UpdateHealthCheck", {"Port": 1}),
        ("DeleteHealthCheck", {}),
        ("GetHealthCheckStatus", {}),
        ("GetHealthCheckLastFailureReason", {}),
    ],
)
def test_a_check_is_there_for_its_account_alone(
    context: Context, stranger: Context, operation: str, request_: dict[str, Any]
) -> None:
    """R-HCU-8, R-API-25."""
    for id_ in (create(stranger), NOBODY, "", "x" * 64):
        expected = ("NoSuchHealthCheck", f"A health check with id {id_} does not exist.")
        assert refused(context, operation, HealthCheckId=id_, **request_) == expected


def test_checks_are_listed_in_pages(context: Context, stranger: Context) -> None:
    """R-HCU-9, R-PAG-1: by id; the marker is the id of the next page's first check."""
    create(stranger)
    made = sorted(create(context, f"r{number}") for number in range(5))
    first = call(context, "ListHealthChecks", MaxItems="2")
    last = call(context, "ListHealthChecks", MaxItems="2", Marker=made[4])

    assert [found["Id"] for found in first["HealthChecks"]] == made[:2]
    assert (first["IsTruncated"], first["NextMarker"], first["MaxItems"], first["Marker"]) == (True, made[2], "2", "")
    assert [found["Id"] for found in last["HealthChecks"]] == made[4:]
    assert (last["IsTruncated"], "NextMarker" in last, last["Marker"]) == (False, False, made[4])
    assert ids(context, MaxItems="1000") == made
    assert ids(context, Marker="z") == []


def test_a_used_check_can_be_deleted(context: Context) -> None:
    """R-HCU-6: its record sets keep its id, and the log warns of them; tags go with it (R-ZDL-5)."""
    id_, zone_id = create(context), create_zone(context)
    tag = {"ResourceType": "healthcheck", "ResourceId": id_}
    call(context, "ChangeTagsForResource", **tag, AddTags=[{"Key": "Name", "Value": "web"}])
    assert call(context, "ListTagsForResource", **tag)["ResourceTagSet"]["Tags"] == [{"Key": "Name", "Value": "web"}]
    change(context, zone_id, upsert("a.example.com", "A", "192.0.2.1", HealthCheckId=id_))
    with capture_logs() as logs:
        delete(context, id_)

    assert [(log["log_level"], log["event"], log["check"], log["record_sets"]) for log in logs] == [
        ("warning", "health_check.deleted_in_use", id_, ["a.example.com. A"])
    ]
    reply = call(context, "ListResourceRecordSets", HostedZoneId=zone_id)
    assert reply["ResourceRecordSets"][-1]["HealthCheckId"] == id_
    with pytest.raises(NoSuchHealthCheck):
        call(context, "ListTagsForResource", **tag)
    with context.database.read() as conn:
        assert [user.key.name.text for user in health.users(conn, id_)] == ["a.example.com."]
    with capture_logs() as logs:
        delete(context, create(context, "unused"))
    assert logs == []


def test_a_record_set_names_a_check_of_its_account(context: Context, stranger: Context) -> None:
    """R-POL-9, R-HCU-8: nothing of a batch is done if one does not exist; an empty id is none."""
    id_, other, zone_id = create(context), create(stranger), create_zone(context)
    for asked in (other, NOBODY):
        changes = [
            upsert("a.example.com", "A", "192.0.2.1", HealthCheckId=id_),
            upsert("b.example.com", "A", "192.0.2.1", HealthCheckId=asked),
        ]
        with pytest.raises(NoSuchHealthCheck, match=f"A health check with id {asked} does not exist"):
            change(context, zone_id, *changes)
    assert len(listed(context, zone_id)) == 2
    change(context, zone_id, changes[0], upsert("b.example.com", "A", "192.0.2.1", HealthCheckId=""))

    found = call(context, "ListResourceRecordSets", HostedZoneId=zone_id)["ResourceRecordSets"][-2:]
    assert [members.get("HealthCheckId") for members in found] == [id_, None]


def seen(slot: int, **more: Any) -> Observation:
    return Observation(slot, 1, True, 0.0, 1_767_323_045.6789, "Success: HTTP Status Code 200, OK", **more)


def watched(context: Context, *reports: Report) -> Context:
    """The same caller where a board has heard these checkers."""
    board = Board(SystemClock())
    with context.database.read() as conn:
        for block in health.block_versions(conn):
            board.define(block, [definition(found) for found in health.in_block(conn, block)])
    for report in reports:
        board.report(report_key(report.checker, 0), report)

    def states_of(slots: Any) -> Any:
        return {slot: state for slot in slots if (state := board.state(slot)) is not None}

    return msgspec.structs.replace(context, states_of=states_of, checkers=lambda: sorted(board.addresses()))


def test_the_status_is_what_each_checker_saw_last(context: Context) -> None:
    """R-HCS-1 to R-HCS-4: by checker, with its region and address, and the last failure apart from it."""
    id_ = create(context)
    failed = seen(1, failed_at=1_767_323_000.0, failure="Failure: Connection refused")
    here = watched(
        context,
        Report("fra", ("eu-west-1",), "1.2.3.5", 1_767_300_000.0, 0.0, (failed,)),
        Report("syd", ("ap-southeast-2",), "", 1_767_300_000.0, 0.0, (seen(1),)),
        Report("new", ("us-east-1",), "1.2.3.6", 1_767_300_000.0, 0.0, (Observation(1, 1, None, 0.0, 0.0, ""),)),
    )
    at = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)

    assert call(here, "GetHealthCheckStatus", HealthCheckId=id_) == {
        "HealthCheckObservations": [
            {
                "Region": "eu-west-1",
                "IPAddress": "1.2.3.5",
                "StatusReport": {"Status": "Success: HTTP Status Code 200, OK", "CheckedTime": at},
            },
            {
                "Region": "ap-southeast-2",
                "StatusReport": {"Status": "Success: HTTP Status Code 200, OK", "CheckedTime": at},
            },
        ]
    }
    assert [
        found["StatusReport"]
        for found in call(here, "GetHealthCheckLastFailureReason", HealthCheckId=id_)["HealthCheckObservations"]
    ] == [
        {"Status": "Failure: Connection refused", "CheckedTime": datetime.fromtimestamp(1_767_323_000, UTC)},
        {
            "Status": "The health check endpoint has not failed since the health checker for this endpoint "
            "restarted at 2026-01-01T20:40:00.000Z",
            "CheckedTime": at,
        },
    ]


def test_what_nobody_has_seen_has_no_observations(context: Context) -> None:
    """R-HCS-1: a new check, and one that is switched by hand; a calculated one cannot be asked."""
    switch = create(context, "1", Type="RECOVERY_CONTROL", RoutingControlArn="arn")
    parent = create(context, "2", Type="CALCULATED", HealthThreshold=0)
    for here in (context, watched(context)):
        for id_ in (create(here), switch):
            assert call(here, "GetHealthCheckStatus", HealthCheckId=id_) == {"HealthCheckObservations": []}
            assert call(here, "GetHealthCheckLastFailureReason", HealthCheckId=id_) == {"HealthCheckObservations": []}
        for operation in ("GetHealthCheckStatus", "GetHealthCheckLastFailureReason"):
            assert refused(here, operation, HealthCheckId=parent)[0] == "InvalidInput"


def test_the_ranges_are_where_checkers_are(context: Context) -> None:
    """R-HCG-3: each address once, IPv4 first; those that are not known are left out."""
    places = ("2001:db8::1", "192.0.2.9", "10.0.0.1", "192.0.2.9", "")
    reports = [Report(f"c{number}", (), place, 0.0, 0.0, ()) for number, place in enumerate(places)]

    assert call(watched(context, *reports), "GetCheckerIpRanges") == {
        "CheckerIpRanges": ["10.0.0.1/32", "192.0.2.9/32", "2001:db8::1/128"]
    }
    assert call(context, "GetCheckerIpRanges") == {"CheckerIpRanges": []}

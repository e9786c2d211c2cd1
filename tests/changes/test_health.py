"""Health checks: the tables of cases, and the table of the behaviour page."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.api.model import load
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
from meridian.model import target
from meridian.model.health import REGIONS, Dimension, HealthCheck, HealthCheckConfig, MetricRule

ROOT = Path(__file__).parents[2]
ORDER = list(load().operations["CreateHealthCheck"].input.members["HealthCheckConfig"].members)
UPDATABLE = load().operations["UpdateHealthCheck"].input.members
VECTORS = ROOT / "tests" / "vectors" / "health"
TABLE = ROOT / "docs" / "behaviour" / "health-checks.md"

# A request of each type that is complete, and a value for every member.
COMPLETE: dict[str, dict[str, Any]] = {
    "HTTP": {"IPAddress": "1.2.3.4"},
    "HTTP_STR_MATCH": {"IPAddress": "1.2.3.4", "SearchString": "ok"},
    "HTTPS": {"IPAddress": "1.2.3.4"},
    "HTTPS_STR_MATCH": {"IPAddress": "1.2.3.4", "SearchString": "ok"},
    "TCP": {"FullyQualifiedDomainName": "a.example", "Port": 22},
    "CALCULATED": {"HealthThreshold": 1},
    "CLOUDWATCH_METRIC": {"AlarmIdentifier": {"Region": "eu-west-1", "Name": "x"}},
    "RECOVERY_CONTROL": {"RoutingControlArn": "arn"},
}
VALUES: dict[str, Any] = {
    "IPAddress": "1.2.3.4",
    "Port": 80,
    "ResourcePath": "/",
    "FullyQualifiedDomainName": "a.example",
    "SearchString": "ok",
    "RequestInterval": 10,
    "FailureThreshold": 3,
    "MeasureLatency": True,
    "Inverted": True,
    "Disabled": True,
    "HealthThreshold": 0,
    "ChildHealthChecks": ["a"],
    "EnableSNI": True,
    "Regions": list(REGIONS[:3]),
    "AlarmIdentifier": {"Region": "eu-west-1", "Name": "x"},
    "InsufficientDataHealthStatus": "Healthy",
    "RoutingControlArn": "arn",
}


def cases(file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((VECTORS / file).read_text())["case"]
    return found


def ident(case: dict[str, Any]) -> str:
    return f"{case['rule']} {case['fact']}"


def config(given: dict[str, Any]) -> HealthCheckConfig:
    return read_config(given, ())


def check(of: HealthCheckConfig, **more: Any) -> HealthCheck:
    return HealthCheck("id", "111122223333", 1, "r", 1, 1, of, **more)


def documented() -> list[tuple[str, str, str]]:
    """Type, member and mark of each cell of the table in health-checks.md §1, without footnotes."""
    cells = []
    for line in TABLE.read_text().splitlines():
        if line.startswith("| **R-HCF-"):
            _, member, _, _, *marks, _ = [part.strip() for part in line.strip("|").split("|")]
            member = member.partition("{")[0]
            cells += [(type_, member, mark[0]) for type_, mark in zip(COMPLETE, marks, strict=True) if member != "Type"]
    return cells


CELLS = documented()
TEXTS = tomllib.loads((VECTORS / "forbidden.toml").read_text())
FORBIDDEN = {(type_, member): text for type_, member, text in TEXTS["seen"] + TEXTS["ours"]}


@pytest.mark.parametrize("case", [case for case in cases("config.toml") if "shown" in case], ids=ident)
def test_a_config_is_shown_as_the_table_says(case: dict[str, Any]) -> None:
    """What is stored gives back what was given, with defaults; members come in the model's order."""
    found = to_api(read_config(case["given"], target.read(case.get("private_targets", ()))))
    expected = case["given"] if case["shown"] == "same" else case["shown"]

    assert expected == found
    assert list(found) == [member for member in ORDER if member in found]


@pytest.mark.parametrize("case", [case for case in cases("config.toml") if "shown" not in case], ids=ident)
def test_a_config_that_cannot_be_is_refused(case: dict[str, Any]) -> None:
    """The first problem is told, in the words of the table."""
    with pytest.raises(InvalidInput) as refused:
        read_config(case["given"], target.read(case.get("private_targets", ())))

    assert said(case, refused.value.message)


@pytest.mark.parametrize("case", [case for case in cases("update.toml") if "after" in case], ids=ident)
def test_an_update_makes_what_the_table_says(case: dict[str, Any]) -> None:
    """R-HCU-3 to R-HCU-5, R-HCA-7."""
    before = config(case["before"])
    after = updated(before, case["request"], ())
    kept = {member: value for member, value in to_api(before).items() if member not in case.get("gone", [])}

    assert kept | case["after"] == to_api(after)
    assert is_probed_anew(check(before), check(after)) == case["anew"]


@pytest.mark.parametrize("case", [case for case in cases("update.toml") if "after" not in case], ids=ident)
def test_an_update_that_cannot_be_is_refused(case: dict[str, Any]) -> None:
    """The check stays as it was."""
    before = config(case["before"])
    with pytest.raises(InvalidInput) as refused:
        updated(before, case["request"], ())

    assert said(case, refused.value.message)


@pytest.mark.parametrize(("type_", "member"), [(type_, member) for type_, member, mark in CELLS if mark == "–"])
def test_what_a_type_does_not_have_is_refused_in_the_words_of_the_table(type_: str, member: str) -> None:
    """R-HCF-1 to R-HCF-18, R-HCF-20: at creation, and in an update that could bring it."""
    complete = {"Type": type_, **COMPLETE[type_]}
    with pytest.raises(InvalidInput) as refused:
        config(complete | {member: VALUES[member]})
    assert refused.value.message == FORBIDDEN[type_, member]

    if member in UPDATABLE:
        with pytest.raises(InvalidInput) as refused:
            updated(config(complete), {member: VALUES[member]}, ())
        assert refused.value.message == FORBIDDEN[type_, member]


def test_the_table_of_texts_names_every_forbidden_member() -> None:
    """No more and no less than the behaviour page refuses."""
    assert FORBIDDEN.keys() == {(type_, member) for type_, member, mark in CELLS if mark == "–"}


@pytest.mark.parametrize(("type_", "member"), [(type_, member) for type_, member, mark in CELLS if mark == "○"])
def test_what_a_type_may_have_is_shown_again(type_: str, member: str) -> None:
    """R-HCF-1 to R-HCF-18."""
    given = {"Type": type_, **COMPLETE[type_], member: VALUES[member]}
    if type_ == "TCP" and member == "IPAddress":
        del given["FullyQualifiedDomainName"]

    assert to_api(config(given))[member] == VALUES[member]


@pytest.mark.parametrize(("type_", "member"), [(type_, member) for type_, member, mark in CELLS if mark == "●"])
def test_what_a_type_needs_cannot_be_left_out(type_: str, member: str) -> None:
    """R-HCF-1 to R-HCF-18."""
    given = {"Type": type_, **COMPLETE[type_]}
    assert to_api(config(given))[member] == given.pop(member)
    with pytest.raises(InvalidInput, match="health checks must have"):
        config(given)


@given(st.sampled_from(sorted(COMPLETE)), st.data())
def test_what_is_shown_can_be_given_again(type_: str, data: st.DataObject) -> None:
    """A check can be made anew from what the API shows of it; and a config is one whatever made it."""
    may = [member for found, member, mark in CELLS if found == type_ and mark == "○"]
    members = data.draw(st.sets(st.sampled_from(may)))
    if type_ == "TCP":
        members -= {"IPAddress"}
    made = config({"Type": type_, **COMPLETE[type_], **{member: VALUES[member] for member in members}})

    assert config(to_api(made)) == made
    assert updated(made, to_api(made) if made.ip_address else {}, ()) == made
    assert msgspec.json.decode(msgspec.json.encode(made), type=HealthCheckConfig) == made


ANY: dict[str, st.SearchStrategy[Any]] = {
    **{member: st.just(value) for member, value in VALUES.items()},
    "IPAddress": st.ip_addresses().map(str) | st.sampled_from(["fe80:::::%eth0", "fe80::1%1", "::ffff:1.2.3.4"]),
    "ResourcePath": st.text(max_size=255),
    "FullyQualifiedDomainName": st.text(max_size=255) | st.from_regex(r"[a-z0-9.-]{1,255}", fullmatch=True),
    "SearchString": st.text(max_size=255),
    "RequestInterval": st.integers(10, 30),
    "Regions": st.lists(st.sampled_from(REGIONS), min_size=3, max_size=10),
    "ChildHealthChecks": st.lists(st.text(max_size=64), max_size=3),
}


@given(st.sampled_from(sorted(COMPLETE)), st.fixed_dictionaries({}, optional=ANY))
def test_any_request_is_read_or_refused(type_: str, members: dict[str, Any]) -> None:
    """R-HCF-24: there is no third way; and what is read can be put into a request line and a header as it is."""
    try:
        read = config({"Type": type_, **COMPLETE[type_], **members})
    except InvalidInput:
        return
    for text in (read.resource_path, read.fully_qualified_domain_name):
        assert text is None or (text.isascii() and text.isprintable() and " " not in text)
    assert config(to_api(read)) == read


def test_the_same_settings_in_another_order_are_the_same() -> None:
    """R-HCU-1: regions and children are sets."""
    given = {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": ["a", "b"]}
    tcp = {"Type": "TCP", "IPAddress": "1.2.3.4", "Port": 1, "Regions": list(REGIONS[:3])}

    assert same_settings(config(given), config(given | {"ChildHealthChecks": ["b", "a"]}))
    assert not same_settings(config(given), config(given | {"ChildHealthChecks": ["b"]}))
    assert same_settings(config(tcp), config(tcp | {"Regions": list(REGIONS[2::-1])}))
    assert not same_settings(config(tcp), config(tcp | {"Port": 2}))


def test_children_have_to_be_there_and_not_calculated() -> None:
    """R-HCC-3, R-HCC-5: and there may be no more than the quota."""
    parent = config({"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": ["a", "b"]})
    tcp = check(config({"Type": "TCP", "IPAddress": "1.2.3.4", "Port": 1}))
    require_children(parent, {"a": tcp, "b": tcp}, 2)
    for known, limit, text in (
        ({"a": tcp}, 2, "The child health check with id b does not exist"),
        ({"a": check(parent), "b": tcp}, 2, "id a is a calculated health check"),
        ({"a": tcp, "b": tcp}, 1, "must not have more than 1 child health checks specified"),
    ):
        with pytest.raises(InvalidInput, match=text):
            require_children(parent, known, limit)


@pytest.mark.parametrize("expected", [None, 1])
def test_an_update_for_this_version_goes_on(expected: int | None) -> None:
    """R-HCU-3: naming the version is optional."""
    require_version(check(config({"Type": "HTTP", "IPAddress": "1.2.3.4"})), expected)


def test_an_update_for_another_version_is_refused() -> None:
    """R-HCU-3."""
    with pytest.raises(ApiError, match=r"HealthCheckVersionMismatch: .* has version 1, not 2"):
        require_version(check(config({"Type": "HTTP", "IPAddress": "1.2.3.4"})), 2)


def test_another_rule_of_the_same_alarm_is_another_probe() -> None:
    """R-HCL-4: the copy of an alarm's settings may change though the check's config does not."""
    of = config({"Type": "CLOUDWATCH_METRIC", **COMPLETE["CLOUDWATCH_METRIC"]})
    one, two = (MetricRule("prometheus", "LessThanThreshold", 1.0, query=query) for query in ("a", "b"))

    assert is_probed_anew(check(of, metric=one), check(of, metric=two))
    assert not is_probed_anew(check(of, metric=one), check(of, metric=one))


def test_a_rule_is_shown_as_an_alarm() -> None:
    """R-HCL-4, R-HCL-5: with its dimensions if there are any; a query stands for the name of a metric."""
    alarm = MetricRule(
        "cloudwatch",
        "LessThanThreshold",
        0.5,
        evaluation_periods=2,
        period=300,
        metric_name="Hosts",
        namespace="Fleet",
        statistic="Minimum",
        dimensions=(Dimension("Zone", "a"),),
    )
    assert metric_to_api(alarm) == {
        "EvaluationPeriods": 2,
        "Threshold": 0.5,
        "ComparisonOperator": "LessThanThreshold",
        "Period": 300,
        "MetricName": "Hosts",
        "Namespace": "Fleet",
        "Statistic": "Minimum",
        "Dimensions": [{"Name": "Zone", "Value": "a"}],
    }
    shown = metric_to_api(MetricRule("prometheus", "GreaterThanThreshold", 3, query="sum(up) < 2"))
    assert (shown["Namespace"], shown["MetricName"], "Dimensions" in shown) == ("prometheus", "sum(up) < 2", False)


def said(case: dict[str, Any], message: str) -> bool:
    return bool(message == case["error"] if "error" in case else message.startswith(case["error_begins"]))

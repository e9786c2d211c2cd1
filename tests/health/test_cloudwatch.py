"""Alarms and data points of CloudWatch, as a simulator of its API gives them to the real client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from meridian.health.cloudwatch import ClientOf, CloudWatch, Unsupported, clients
from meridian.health.metric import Unreachable, verdict
from meridian.model.health import Dimension, MetricRule
from tests.fakes.clock import FakeClock

REGION = "eu-west-1"
ALARM: dict[str, Any] = {
    "AlarmName": "high-load",
    "Namespace": "Site",
    "MetricName": "Load",
    "Statistic": "Average",
    "Dimensions": [{"Name": "Host", "Value": "web"}],
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
RULE = MetricRule(
    "cloudwatch",
    "GreaterThanThreshold",
    5.0,
    evaluation_periods=2,
    period=60,
    region=REGION,
    metric_name="Load",
    namespace="Site",
    dimensions=(Dimension("Host", "web"),),
)


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClientOf]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with mock_aws():
        yield clients("")


def _now() -> datetime:
    """Half past the last minute: the simulator keeps points of the last weeks only."""
    return datetime.now(UTC).replace(second=30, microsecond=0) - timedelta(minutes=5)


def test_an_alarms_settings_are_copied(client_of: ClientOf) -> None:
    """What counts is what the alarm says now (R-HCL-4)."""
    client_of(REGION).put_metric_alarm(**ALARM)

    assert CloudWatch(client_of, FakeClock()).alarm(REGION, "high-load") == RULE


def test_an_alarm_that_is_not_there_is_none(client_of: ClientOf) -> None:
    """Neither is one of another region."""
    client_of("us-east-1").put_metric_alarm(**ALARM)

    assert CloudWatch(client_of, FakeClock()).alarm(REGION, "high-load") is None


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ({"DatapointsToAlarm": 1}, "only some of its data points"),
        ({"Period": 10}, "period is under 60 seconds"),
        ({"Statistic": None, "ExtendedStatistic": "p99"}, "statistic is not one of Average, Sum"),
    ],
)
def test_an_alarm_that_cannot_be_followed_is_refused(client_of: ClientOf, other: dict[str, Any], problem: str) -> None:
    """With the reason (R-HCL-3)."""
    alarm = {key: value for key, value in (ALARM | other).items() if value is not None}
    client_of(REGION).put_metric_alarm(**alarm)

    with pytest.raises(Unsupported, match=problem):
        CloudWatch(client_of, FakeClock()).alarm(REGION, "high-load")


@pytest.mark.parametrize(
    ("minutes_ago", "healthy"),
    [
        ({1: 7.0, 2: 8.0}, False),
        ({1: 7.0, 2: 4.0}, True),
        ({2: 7.0, 3: 8.0}, False),  # the newest has not come in yet
        ({2: 7.0}, None),
        ({7: 7.0, 8: 8.0}, None),  # too old
        ({}, None),
    ],
)
def test_the_data_of_complete_periods_decide(
    client_of: ClientOf, minutes_ago: dict[int, float], healthy: bool | None
) -> None:
    """The metric is read, not the alarm's state (R-HCL-1), newest first."""
    now = _now()
    for ago, value in minutes_ago.items():
        client_of(REGION).put_metric_data(
            Namespace="Site",
            MetricData=[
                {
                    "MetricName": "Load",
                    "Dimensions": ALARM["Dimensions"],
                    "Value": value,
                    "Timestamp": now - timedelta(minutes=ago),
                }
            ],
        )

    points = asyncio.run(CloudWatch(client_of, FakeClock(now)).points(RULE))

    assert healthy is verdict(RULE, points).healthy


def test_a_service_that_is_away_is_told() -> None:
    """Nobody listens at the endpoint: that is no word on the metric."""
    watch = CloudWatch(clients("http://127.0.0.1:9"), FakeClock())

    with pytest.raises(Unreachable, match=r"CloudWatch in eu-west-1 cannot be asked"):
        asyncio.run(watch.points(RULE))

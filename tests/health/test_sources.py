"""Which metrics can be followed, by the settings."""

from __future__ import annotations

import asyncio
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from meridian.clock import SystemClock
from meridian.errors import InvalidInput, SettingsError
from meridian.feed.health import Definition
from meridian.health.sources import Sources
from meridian.model.health import HealthCheckConfig, MetricRule
from meridian.settings import Settings
from tests.health.test_cloudwatch import ALARM, REGION, RULE

RULES = '[slow]\nquery = "p99"\ncomparison_operator = "GreaterThanThreshold"\nthreshold = 0.5\n'


@pytest.fixture
def rules(tmp_path: Path) -> str:
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    return str(file)


def test_without_settings_there_is_no_metric() -> None:
    """Nothing can be followed, and nothing is asked."""
    sources = Sources(Settings(), SystemClock())

    assert sources.rule(REGION, "slow") is None


def test_an_own_rule_has_its_name_in_every_region(rules: str) -> None:
    """A region means nothing to a Prometheus server (R-HCL-5)."""
    sources = Sources(Settings(metric_rules=rules, prometheus_url="http://127.0.0.1:9"), SystemClock())

    found = sources.rule("sa-east-1", "slow")

    assert found is not None
    assert (found.provider, found.query) == ("prometheus", "p99")
    assert sources.rule("sa-east-1", "fast") is None


def test_alarms_of_cloudwatch_are_found_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be followed is refused, with the reason (R-HCL-3)."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with mock_aws():
        sources = Sources(Settings(cloudwatch=True), SystemClock())
        client = boto3.client("cloudwatch", region_name=REGION)
        client.put_metric_alarm(**ALARM)
        client.put_metric_alarm(**(ALARM | {"AlarmName": "some", "DatapointsToAlarm": 1}))

        assert sources.rule(REGION, "high-load") == RULE
        assert sources.rule("us-east-1", "high-load") is None
        with pytest.raises(InvalidInput, match="the alarm some cannot be followed"):
            sources.rule(REGION, "some")


def test_a_cloudwatch_that_is_away_refuses_what_it_cannot_know() -> None:
    """The operator hears why, and nothing is made."""
    sources = Sources(Settings(cloudwatch=True, cloudwatch_endpoint="http://127.0.0.1:9"), SystemClock())

    with pytest.raises(InvalidInput, match="CloudWatch in eu-west-1 cannot be asked"):
        sources.rule(REGION, "high-load")


def test_rules_that_cannot_be_read_end_the_start(tmp_path: Path) -> None:
    """With the file's name."""
    with pytest.raises(SettingsError, match="metric_rules"):
        Sources(Settings(metric_rules=str(tmp_path / "none")), SystemClock())


@pytest.mark.parametrize("metric", [None, MetricRule("prometheus", "GreaterThanThreshold", 1.0, query="up")])
def test_a_look_without_a_source_sees_nothing(metric: MetricRule | None) -> None:
    """A checker that has no settings for a metric does not vote on it."""
    check = Definition("id", 1, 1, HealthCheckConfig("CLOUDWATCH_METRIC"), metric=metric)

    assert asyncio.run(Sources(Settings(), SystemClock()).look(check)).healthy is None

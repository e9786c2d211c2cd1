"""CloudWatch: the settings of an alarm, and the data points of its metric (R-HCL-1, R-HCL-3, R-HCL-4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from meridian.clock import Clock
from meridian.health.metric import COMPARISONS, Unreachable
from meridian.model.health import Dimension, MetricRule

STATISTICS = ("Average", "Sum", "SampleCount", "Maximum", "Minimum")
_CONFIG = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 2})
_PERIOD_MIN = 60  # seconds: high-resolution metrics are not supported (R-HCL-3)

ClientOf = Callable[[str], Any]
"""From a region to a client of boto3."""


class Unsupported(ValueError):
    """An alarm that a health check cannot follow; the message says why (R-HCL-3)."""


def clients(endpoint: str) -> ClientOf:
    """
    Clients with the credentials that boto3 finds in its usual places.

    Args:
        endpoint: URL of the service; empty for that of AWS.
    """

    @lru_cache(maxsize=64)
    def client(region: str) -> Any:
        import boto3  # takes a while, and few servers follow an alarm

        return boto3.client("cloudwatch", region_name=region, endpoint_url=endpoint or None, config=_CONFIG)

    return client


class CloudWatch:
    """Reads alarms and data points."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client_of = client_of
        self._clock = clock

    def alarm(self, region: str, name: str) -> MetricRule | None:
        """
        The settings of an alarm; None where there is none of this name. Blocks.

        Raises:
            Unsupported: A check cannot follow it.
            Unreachable: CloudWatch cannot be asked.
        """
        try:
            reply = self._client_of(region).describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])
        except (BotoCoreError, ClientError) as error:
            raise Unreachable(f"CloudWatch in {region} cannot be asked: {error}") from None
        found = reply.get("MetricAlarms", [])
        return _rule(region, found[0]) if found else None

    async def points(self, rule: MetricRule) -> list[float]:
        """
        The metric's data points of the last complete periods, newest first.

        One period more than the rule looks at, as the newest may not have come in yet.

        Raises:
            Unreachable: CloudWatch cannot be asked.
        """
        return await asyncio.to_thread(self._points, rule)

    def _points(self, rule: MetricRule) -> list[float]:
        now = self._clock.now()
        end = now - timedelta(seconds=now.timestamp() % rule.period)
        try:
            reply = self._client_of(rule.region).get_metric_statistics(
                Namespace=rule.namespace,
                MetricName=rule.metric_name,
                Dimensions=[{"Name": each.name, "Value": each.value} for each in rule.dimensions],
                StartTime=end - timedelta(seconds=rule.period * (rule.evaluation_periods + 1)),
                EndTime=end,
                Period=rule.period,
                Statistics=[rule.statistic],
            )
        except (BotoCoreError, ClientError) as error:
            raise Unreachable(f"CloudWatch in {rule.region} cannot be asked: {error}") from None
        points = sorted(reply["Datapoints"], key=lambda point: point["Timestamp"], reverse=True)
        return [float(point[rule.statistic]) for point in points]


def _rule(region: str, alarm: dict[str, Any]) -> MetricRule:
    periods, wanted = alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm")
    problems = {
        "it uses metric math": bool(alarm.get("Metrics")),
        f"its statistic is not one of {', '.join(STATISTICS)}": alarm.get("Statistic") not in STATISTICS,
        f"its period is under {_PERIOD_MIN} seconds": alarm.get("Period", _PERIOD_MIN) < _PERIOD_MIN,
        "it needs only some of its data points to breach": wanted is not None and wanted != periods,
        "it compares with a band": alarm["ComparisonOperator"] not in COMPARISONS,
    }
    found = [problem for problem, is_so in problems.items() if is_so]
    if found:
        raise Unsupported(f"the alarm {alarm['AlarmName']} cannot be followed: {'; '.join(found)}")
    return MetricRule(
        provider="cloudwatch",
        comparison_operator=alarm["ComparisonOperator"],
        threshold=alarm["Threshold"],
        evaluation_periods=periods,
        period=alarm["Period"],
        region=region,
        metric_name=alarm["MetricName"],
        namespace=alarm["Namespace"],
        statistic=alarm["Statistic"],
        dimensions=tuple(Dimension(each["Name"], each["Value"]) for each in alarm.get("Dimensions", ())),
    )

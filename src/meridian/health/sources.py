"""What metric checks can follow here: the operator's rules over Prometheus, and the alarms of CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from meridian.clock import Clock
from meridian.errors import InvalidInput
from meridian.feed.health import Definition
from meridian.health.cloudwatch import CloudWatch, Unsupported, clients
from meridian.health.metric import Source, Unreachable, observe, read_rules
from meridian.health.probe import Outcome
from meridian.health.prometheus import Prometheus
from meridian.model.health import MetricRule
from meridian.settings import Settings


class Sources:
    """
    The sources that the settings name.

    Raises:
        SettingsError: The file of rules cannot be used.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._rules: Mapping[str, MetricRule] = {}
        self._by_provider: dict[str, Source] = {}
        self._cloudwatch: CloudWatch | None = None
        if settings.metric_rules:
            self._rules = read_rules(Path(settings.metric_rules))
        if settings.prometheus_url:
            self._by_provider["prometheus"] = Prometheus(settings.prometheus_url, clock)
        if settings.cloudwatch:
            self._cloudwatch = CloudWatch(clients(settings.cloudwatch_endpoint), clock)
            self._by_provider["cloudwatch"] = self._cloudwatch

    def rule(self, region: str, name: str) -> MetricRule | None:
        """
        What an AlarmIdentifier names now: a rule of the operator's own, whatever the region, or an alarm. May block.

        Raises:
            InvalidInput: There is such an alarm, but it cannot be followed or asked for; says why.
        """
        if name in self._rules:
            return self._rules[name]
        if self._cloudwatch is None:
            return None
        try:
            return self._cloudwatch.alarm(region, name)
        except (Unsupported, Unreachable) as error:
            raise InvalidInput(f"Invalid parameter : {error}") from None

    async def look(self, check: Definition) -> Outcome:
        """Look at the metric of a check once."""
        if check.metric is None:
            return Outcome(None, "Insufficient data: the check has no metric")
        return await observe(check.metric, self._by_provider)

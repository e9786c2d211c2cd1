"""
Metric checks: what a metric's data points say, and the rules of the operator's own (R-HCL-1..5).

The data decide, not the state of an alarm (R-HCL-1): points in the alarm's range mean unhealthy, others
healthy, and too few of them neither.
"""

from __future__ import annotations

import math
import operator
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import Meta

from meridian.errors import SettingsError
from meridian.health.probe import Outcome
from meridian.model.health import MetricRule

# How CloudWatch names the comparison that is the alarm, and how we write it.
_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "≥"),
    "GreaterThanThreshold": (operator.gt, ">"),
    "LessThanThreshold": (operator.lt, "<"),
    "LessThanOrEqualToThreshold": (operator.le, "≤"),
}
COMPARISONS = tuple(_COMPARISONS)


class Unreachable(Exception):
    """The metric's data could not be had; the message says why. It tells nothing of the metric itself."""


class Source(Protocol):
    """Where data points come from."""

    async def points(self, rule: MetricRule) -> list[float]:
        """
        The data points of the last periods, newest first.

        Raises:
            Unreachable: They cannot be had.
        """
        ...


def verdict(rule: MetricRule, points: Sequence[float]) -> Outcome:
    """
    Judge data points, newest first. `healthy` is None where there are too few to tell.

    In alarm if as many points as the rule looks at all breach the threshold; not in alarm if one of
    them does not; else there is too little data. Points that are no numbers are none.
    """
    breaches, sign = _COMPARISONS[rule.comparison_operator]
    known = [point for point in points[: rule.evaluation_periods] if not math.isnan(point)]
    calm = [point for point in known if not breaches(point, rule.threshold)]
    if calm:
        return Outcome(True, f"Success: {_number(calm[0])} is not {sign} {_number(rule.threshold)}")
    if len(known) < rule.evaluation_periods:
        return Outcome(None, f"Insufficient data: {len(known)} of {rule.evaluation_periods} data points")
    shown = ", ".join(map(_number, known))
    return Outcome(False, f"Failure: {shown} {'is' if len(known) == 1 else 'are'} {sign} {_number(rule.threshold)}")


async def observe(rule: MetricRule, sources: Mapping[str, Source]) -> Outcome:
    """
    Look at a metric once. Data that cannot be had are insufficient data, with the reason.

    Args:
        sources: By provider.
    """
    source = sources.get(rule.provider)
    if source is None:
        return Outcome(None, f"Insufficient data: this checker has no {rule.provider} settings")
    try:
        return verdict(rule, await source.points(rule))
    except Unreachable as error:
        return Outcome(None, f"Insufficient data: {error}")


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the rules file."""

    query: Annotated[str, Meta(min_length=1)]
    comparison_operator: Literal[
        "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"
    ]
    threshold: float
    evaluation_periods: Annotated[int, Meta(ge=1, le=100)] = 1
    period: Annotated[int, Meta(ge=1, le=86_400)] = 60


def read_rules(file: Path) -> dict[str, MetricRule]:
    """
    Read a file of rules over a Prometheus server: a TOML table each, named as `AlarmIdentifier.Name` is to name it.

    Raises:
        SettingsError: Names the file, the rule, the key and what is wrong.
    """
    try:
        tables: dict[str, Any] = tomllib.loads(file.read_text())
    except OSError as error:
        raise SettingsError(f"metric_rules: {file}: {error.strerror}; name a file that can be read") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"metric_rules: {file}: not TOML: {error}") from None
    return {name: _rule(file, name, table) for name, table in tables.items()}


def _rule(file: Path, name: str, table: Any) -> MetricRule:
    try:
        found = msgspec.convert(table, _Rule)
    except msgspec.ValidationError as error:
        raise SettingsError(f"metric_rules: {file}: [{name}]: {error}") from None
    return MetricRule(
        provider="prometheus",
        comparison_operator=found.comparison_operator,
        threshold=found.threshold,
        evaluation_periods=found.evaluation_periods,
        period=found.period,
        query=found.query,
    )


def _number(value: float) -> str:
    return f"{value:g}"

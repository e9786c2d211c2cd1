"""What data points say of a metric, and the operator's file of rules."""

from __future__ import annotations

import asyncio
from math import nan
from pathlib import Path

import pytest

from meridian.errors import SettingsError
from meridian.health.metric import Unreachable, observe, read_rules, verdict
from meridian.health.probe import Outcome
from meridian.model.health import MetricRule


def _rule(comparison: str, threshold: float, periods: int) -> MetricRule:
    return MetricRule("prometheus", comparison, threshold, periods, query="up")


@pytest.mark.parametrize(
    ("comparison", "threshold", "periods", "points", "healthy"),
    [
        ("GreaterThanThreshold", 5, 1, [6], False),
        ("GreaterThanThreshold", 5, 1, [5], True),
        ("GreaterThanOrEqualToThreshold", 5, 1, [5], False),
        ("LessThanThreshold", 5, 1, [4], False),
        ("LessThanThreshold", 5, 1, [5], True),
        ("LessThanOrEqualToThreshold", 5, 1, [5], False),
        ("GreaterThanThreshold", 5, 2, [6, 7], False),
        ("GreaterThanThreshold", 5, 2, [6, 5], True),
        ("GreaterThanThreshold", 5, 2, [6], None),
        ("GreaterThanThreshold", 5, 2, [5], True),
        ("GreaterThanThreshold", 5, 2, [6, 7, 1], False),  # what is older than the rule looks does not count
        ("GreaterThanThreshold", 5, 1, [], None),
        ("GreaterThanThreshold", 5, 1, [nan], None),
        ("GreaterThanThreshold", 5, 2, [6, nan], None),
    ],
)
def test_data_points_in_the_alarms_range_are_unhealthy(
    comparison: str, threshold: float, periods: int, points: list[float], healthy: bool | None
) -> None:
    """All that the rule looks at must breach; one that does not is healthy; too few tell nothing (R-HCL-1)."""
    assert healthy is verdict(_rule(comparison, threshold, periods), points).healthy


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ([3.25, 9], "Success: 3.25 is not > 5"),
        ([9, 7.5], "Failure: 9, 7.5 are > 5"),
        ([9], "Insufficient data: 1 of 2 data points"),
    ],
)
def test_the_text_says_what_was_seen(points: list[float], text: str) -> None:
    """Texts begin as tools test them (R-HCS-3)."""
    assert text == verdict(_rule("GreaterThanThreshold", 5, 2), points).text


class _Broken:
    async def points(self, rule: MetricRule) -> list[float]:
        raise Unreachable("nobody there")


def test_data_that_cannot_be_had_are_insufficient() -> None:
    """A metric server that is away tells nothing of the metric, and neither does one that was never set."""
    rule = _rule("GreaterThanThreshold", 5, 1)

    assert asyncio.run(observe(rule, {"prometheus": _Broken()})) == Outcome(None, "Insufficient data: nobody there")
    assert asyncio.run(observe(rule, {})).text == "Insufficient data: this checker has no prometheus settings"


def test_rules_are_tables_by_name(tmp_path: Path) -> None:
    """A rule's name is what AlarmIdentifier.Name names (R-HCL-5); what is left out has defaults."""
    file = tmp_path / "rules.toml"
    file.write_text('[slow]\nquery = "p99"\ncomparison_operator = "GreaterThanThreshold"\nthreshold = 0.5\n')

    assert read_rules(file) == {"slow": MetricRule("prometheus", "GreaterThanThreshold", 0.5, 1, 60, "p99")}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[slow", "not TOML"),
        ("slow = 3", r"\[slow\]: Expected `object`"),
        (
            '[slow]\nquery = "p99"\ncomparison_operator = "Above"\nthreshold = 1',
            r"\[slow\]: Invalid enum value 'Above'",
        ),
        ('[slow]\nquery = "p99"\ncomparison_operator = "LessThanThreshold"', r"missing required field `threshold`"),
        (
            '[slow]\nquery = ""\ncomparison_operator = "LessThanThreshold"\nthreshold = 1',
            r"length >= 1 - at `\$.query`",
        ),
        ('[s]\nqueri = "a"\ncomparison_operator = "LessThanThreshold"\nthreshold = 1', "unknown field `queri`"),
    ],
)
def test_a_bad_rule_is_named(tmp_path: Path, text: str, problem: str) -> None:
    """The error names the setting, the file, the rule and the key."""
    file = tmp_path / "rules.toml"
    file.write_text(text)

    with pytest.raises(SettingsError, match=rf"metric_rules: {file}: .*{problem}"):
        read_rules(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The error says what to do."""
    with pytest.raises(SettingsError, match="No such file or directory; name a file that can be read"):
        read_rules(tmp_path / "none.toml")

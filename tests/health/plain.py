"""
What is in force for each check when all news has settled: docs/behaviour/health-checks.md §3, §4 in plain Python.

Written from the rules alone, for tests alone; it shares no line with the board.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from meridian.feed.health import Definition

Said = Mapping[tuple[str, int], tuple[bool | None, int]]  # by checker and slot: the result and its revision


def in_force(definitions: Sequence[Definition], said: Said) -> dict[int, bool]:
    """The states of all checks, each checker having said all it has to say, and nothing else ever."""
    states = {one.slot: _own(one, said) for one in definitions if one.config.type != "CALCULATED"}
    for one in definitions:
        if one.config.type == "CALCULATED":
            children = [states[child] for child in one.children if child in states and _is_leaf(definitions, child)]
            enough = children.count(True) >= (one.config.health_threshold or 0)  # R-HCC-1, R-HCC-3, R-HCC-4
            states[one.slot] = _inverted(one, one.config.disabled or enough)
    return states


def _is_leaf(definitions: Sequence[Definition], slot: int) -> bool:
    return any(one.slot == slot and one.config.type != "CALCULATED" for one in definitions)


def _own(one: Definition, said: Said) -> bool:
    if one.config.disabled:
        return _inverted(one, True)  # R-HC-DIS
    if one.config.type == "RECOVERY_CONTROL":
        return _inverted(one, one.switch is not False)  # R-HCR-1
    votes = [vote for (_, slot), (vote, revision) in said.items() if slot == one.slot and revision == one.revision]
    told = [vote for vote in votes if vote is not None]
    if told:
        return _inverted(one, Fraction(told.count(True), len(told)) > Fraction(18, 100))  # R-HCA-1
    if votes and one.config.type == "CLOUDWATCH_METRIC":
        return _inverted(one, one.config.insufficient_data_health_status != "Unhealthy")  # R-HCL-1, R-HCL-2
    return _inverted(one, True)  # R-HCA-4


def _inverted(one: Definition, healthy: bool) -> bool:
    return healthy is not one.config.inverted  # R-HC-INV

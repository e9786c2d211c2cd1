"""Calculated checks: how many of a check's children are healthy. Pure (health-checks.md §4)."""

from __future__ import annotations

from collections.abc import Sequence

from meridian.feed.health import Definition
from meridian.health.vote import Outcome


def by_children(definition: Definition, children: Sequence[bool]) -> Outcome:
    """
    The status of a calculated check (R-HCC-1).

    Args:
        children: The status in force of each child that exists, after its own inversion and
            disabling (R-HCC-4, R-HCC-5).
    """
    healthy, needed = sum(children), definition.config.health_threshold or 0
    noun = "child is" if len(children) == 1 else "children are"
    lacking = "" if healthy >= needed else f"; {needed} needed"
    return Outcome(healthy >= needed, f"{healthy} of {len(children)} {noun} healthy{lacking}", healthy, len(children))

"""From single looks to what a checker reports (R-HCP-13)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.feed.health import Definition
from meridian.health.probe import Outcome
from meridian.health.tally import NOTHING_YET, Tally, anew, count, flips
from meridian.model.health import HealthCheckConfig, MetricRule, Options
from tests.health.probing import check

SEEN = {"+": True, "-": False, "?": None}


def counted(definition: Definition, looks: str, tally: Tally = NOTHING_YET) -> list[Tally]:
    """The tally after each of these looks, one a second from 1 on."""
    tallies = []
    for at, look in enumerate(looks, 1):
        tally = count(tally, definition, Outcome(SEEN[look], f"look {at}"), at)
        tallies.append(tally)
    return tallies


def shown(tally: Tally) -> str:
    assert tally.observation is not None
    return {True: "+", False: "-", None: "?"}[tally.observation.healthy]


@pytest.mark.parametrize(
    ("options", "threshold", "looks", "reported"),
    [
        ({}, 3, "++++", "??++"),
        ({}, 3, "---+++", "??---+"),
        ({}, 3, "+++--+---", "??++++++-"),
        ({}, 1, "+-+-", "+-+-"),
        ({}, 3, "+-+-+-", "??????"),
        ({}, 3, "++-+++", "?????+"),
        ({}, 10, "++++++++++", "?????????+"),
        ({"rise": 1}, 3, "+---+", "+++-+"),
        ({"fall": 1}, 3, "+++-++", "??+---"),
        ({"rise": 2, "fall": 4}, 3, "++----++", "?++++--+"),
        # What saw nothing neither adds to a row nor ends it; three in a row, and nothing is known any more.
        ({}, 3, "+?+?+", "????+"),
        ({}, 3, "+++--?-", "??++++-"),
        ({}, 3, "+++???+", "??+++?+"),
        ({}, 3, "---???++++", "??---???++"),
        ({}, 3, "???+++", "?????+"),
    ],
)
def test_results_in_a_row_flip(options: dict[str, Any], threshold: int, looks: str, reported: str) -> None:
    """Only a row of opposite results flips, of FailureThreshold or of the options rise and fall."""
    definition = check("TCP", port=1, failure_threshold=threshold, options=Options(**options))
    assert "".join(map(shown, counted(definition, looks))) == reported


def test_a_metric_without_data_is_told_at_once() -> None:
    """Of a metric, the last word counts, and too little data is a word as well (R-HCL-1)."""
    config = HealthCheckConfig(type="CLOUDWATCH_METRIC")
    definition = Definition("id", 1, 1, config, metric=MetricRule("prometheus", "GreaterThanThreshold", 1))
    assert "".join(map(shown, counted(definition, "+?-?+"))) == "+?-?+"


def test_an_observation_tells_since_when_and_the_last_failure() -> None:
    """Times of the flip, of the last look and of the last failure are kept apart, each with its text."""
    definition = check("TCP", port=1, failure_threshold=2)
    last = counted(definition, "++-+++")[-1].observation
    assert last is not None
    assert (last.healthy, last.since, last.checked_at, last.text) == (True, 2, 6, "look 6")
    assert (last.failed_at, last.failure) == (3, "look 3")
    fresh = counted(definition, "+++")[-1].observation
    assert fresh is not None
    assert (fresh.failed_at, fresh.failure) == (None, "")


def test_another_revision_counts_anew_and_remembers_the_failure() -> None:
    """Counters begin at nothing, and the last failure since the checker started stays told (R-HCA-7)."""
    definition = check("TCP", port=1, failure_threshold=2)
    after = counted(definition, "+", anew(counted(definition, "--++")[-1]))[-1]
    assert after.observation is not None
    assert (after.observation.healthy, after.observation.failure) == (None, "look 2")


@given(st.text("+-?", max_size=60), st.integers(1, 10), st.integers(1, 10))
def test_a_flip_is_told_where_the_report_changes(looks: str, rise: int, fall: int) -> None:
    """What is told at once are exactly the changes of the result."""
    definition = check("TCP", port=1, options=Options(rise=rise, fall=fall))
    tallies = [NOTHING_YET, *counted(definition, looks)]
    reported = "?" + "".join(map(shown, tallies[1:]))
    told = [flips(before, after) for before, after in pairwise(tallies)]
    assert told == [one != other for one, other in pairwise(reported)]

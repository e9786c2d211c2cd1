"""When checks are looked at: laws of an even spread, over hours of time that nobody waits for."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.health.schedule import Schedule, next_start, phase, start_in_phase

times = st.floats(0, 1e7)
intervals = st.floats(1, 3600)
phases = st.floats(0, 1, exclude_max=True)


@given(now=times, interval=intervals, phase=phases)
def test_the_first_start_is_in_phase_and_within_an_interval(now: float, interval: float, phase: float) -> None:
    """A check is first looked at within one interval, whenever it is made, and always at its phase."""
    start = start_in_phase(now, interval, phase)
    assert now <= start <= now + interval
    turns = start / interval - phase
    assert abs(turns - round(turns)) < 1e-6


@given(planned=times, late=st.floats(0, 2), took=st.floats(0, 10), interval=intervals)
def test_the_next_start_counts_from_the_reply(planned: float, late: float, took: float, interval: float) -> None:
    """From the end of a look to the next one is the interval (R-HCP-2), less what the look was late."""
    ended = planned + late + took
    start = next_start(planned, took, interval, ended)
    if late < interval:
        assert start - ended == pytest.approx(interval - late, abs=1e-6)
    assert ended <= start <= ended + interval + 1e-6


@given(planned=times, took=st.floats(0, 10), interval=intervals, pause=st.floats(0, 1e5))
def test_rounds_that_were_missed_are_left_out(planned: float, took: float, interval: float, pause: float) -> None:
    """After a pause of any length a check is due within an interval, in its old phase (R-HCP-16)."""
    now = planned + pause + took
    start = next_start(planned, took, interval, now)
    assert now <= start <= now + interval + 1e-6
    turns = (start - planned - took) / interval
    assert abs(turns - round(turns)) < 1e-4


def buckets(starts: list[float], interval: float, count: int) -> list[int]:
    """How many starts fall into each of so many parts of an interval."""
    found = [0] * count
    for start in starts:
        found[int(start % interval / interval * count)] += 1
    return found


@pytest.mark.parametrize("interval", [10.0, 30.0])
def test_checks_are_spread_evenly(interval: float) -> None:
    """Of 10,000 checks that are made at one moment, every tenth of an interval gets about a tenth."""
    starts = [start_in_phase(1234.5, interval, phase(str(UUID(int=number)), "fra1")) for number in range(10_000)]
    assert all(850 < found < 1150 for found in buckets(starts, interval, 10))


def test_checkers_are_out_of_phase() -> None:
    """Checkers look at one check at moments of their own (R-HCP-1)."""
    phases = [phase(str(UUID(int=1)), f"checker-{number}") for number in range(1000)]
    assert all(60 < found < 140 for found in buckets(phases, 1.0, 10))


def test_a_pause_leaves_no_bunch() -> None:
    """What all started late together, after 7 s of standing still, is spread evenly a round later (R-HCP-16)."""
    planned = [start_in_phase(0, 10, phase(str(UUID(int=number)), "fra1")) for number in range(10_000)]
    woken = 7.0
    starts = [next_start(at, 0.01, 10, max(at, woken) + 0.01) for at in planned]
    assert all(850 < found < 1150 for found in buckets(starts, 10, 10))


def test_hours_of_looks_that_take_their_time_leave_no_bunch() -> None:
    """Looks of many durations, some cut off after 4 s, stay spread over 300 rounds."""
    starts = {number: start_in_phase(0, 10, phase(str(UUID(int=number)), "fra1")) for number in range(2000)}
    for round_number in range(300):
        for number, at in starts.items():
            took = 4.0 if number % 3 == 0 else (number * 7919 + round_number * 104_729) % 500 / 1000
            starts[number] = next_start(at, took, 10, at + took)
    assert all(130 < found < 270 for found in buckets(list(starts.values()), 10, 10))


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 9), st.floats(0, 100)),
            st.tuples(st.just("drop"), st.integers(0, 9), st.just(0.0)),
            st.tuples(st.just("take"), st.just(0), st.floats(0, 100)),
        ),
        max_size=300,
    )
)
def test_a_schedule_is_a_table_of_moments(steps: list[tuple[str, int, float]]) -> None:
    """Putting, dropping and taking do what a plain table does, in the order of the moments."""
    schedule, table = Schedule(), dict[int, float]()
    for what, key, at in steps:
        if what == "put":
            schedule.put(key, at)
            table[key] = at
        elif what == "drop":
            schedule.drop(key)
            table.pop(key, None)
        else:
            due = schedule.take(at)
            assert sorted(due) == sorted((key, moment) for key, moment in table.items() if moment <= at)
            assert all(one[1] <= other[1] for one, other in pairwise(due))
            for key, _ in due:
                del table[key]
        assert len(schedule) == len(table)
        assert schedule.wait(0.0) == min(60.0, *table.values(), 60.0)

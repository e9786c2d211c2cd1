"""What is known of a target, as resolvers answer or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.connect.answer import Answer, Near
from meridian.connect.target import KEPT_WHEN_GONE, State, answered, unanswered
from meridian.resolve.resolver import Found

ADDRESS = bytes([203, 0, 113, 1])
NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("ttl", "answered_ttl", "delay"), [(0, 5, 4), (1, 5, 4), (60, 60, 48), (3600, 3600, 2880), (86400, 3600, 2880)]
)
def test_ttl_has_bounds(ttl: int, answered_ttl: int, delay: float) -> None:
    """TTLs are 5 seconds to an hour, and the name is asked for again before they have passed."""
    state = answered(State(), Found((ADDRESS,), ttl, 0), (), NOW)
    assert state == State(Answer(answered_ttl, (ADDRESS,), True, int(NOW)), delay)


def test_the_lowest_ttl_of_all_answers_counts() -> None:
    """An answer for some clients may have a shorter life than the one for everyone."""
    near = Near(bytes(4), 8, 10, (ADDRESS,))
    assert answered(State(), Found((ADDRESS,), 60, 0), (near,), NOW).delay == 8


def test_a_name_without_records_from_the_start() -> None:
    """A target that never had records has none, and is not healthy (R-TREE-10)."""
    state = answered(State(), Found((), 900, 0), (), NOW)
    assert state == State(Answer(900, (), False, int(NOW)), 30.0, NOW)


def test_a_name_that_is_gone_keeps_its_records_for_a_while() -> None:
    """One denial takes nothing away; minutes of them do, and the first answer with records ends it."""
    state = before = answered(State(), Found((ADDRESS,), 60, 0), (), NOW)
    for second in range(10, int(KEPT_WHEN_GONE), 30):
        state = answered(state, Found((), 60, 0), (), NOW + second)
        assert state.answer == before.answer
    gone = answered(state, Found((), 60, 0), (), NOW + 10 + KEPT_WHEN_GONE)
    assert gone.answer == Answer(60, (), False, int(NOW + 10 + KEPT_WHEN_GONE))
    back = answered(gone, Found((ADDRESS,), 60, 0), (), NOW + 1000)
    assert back == State(Answer(60, (ADDRESS,), True, int(NOW + 1000)), 48)


@given(st.integers(1, 2000))
def test_failures_of_any_length_keep_the_last_answer(failures: int) -> None:
    """What was answered last stays, healthy and with its age; it is asked for again, a minute apart at the most."""
    state = before = answered(State(), Found((ADDRESS,), 60, 0), (), NOW)
    for _ in range(failures):
        state = unanswered(state)
    assert state.answer == before.answer
    assert state.delay == min(5.0 * 2 ** min(failures - 1, 10), 60.0)

"""The vote on one check, by the rules alone (health-checks.md §3, §4)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.feed.health import Definition
from meridian.health.vote import QUORUM, Ballot, by_checkers, in_force, region_of, silence
from meridian.model.health import InsufficientData, Override
from tests.health.checks import endpoint, metric, sees

LONG = 3600.0


def ballot(
    healthy: bool | None,
    *,
    age: float = 0.0,
    is_late: bool = False,
    settled: float = LONG,
    revision: int = 1,
    region: str | None = "eu-west-1",
    checked_at: float = 1.0,
    checker: str = "fra1",
) -> Ballot:
    return Ballot(
        checker, region, "", sees(1, healthy, revision=revision, checked_at=checked_at), age, is_late, settled
    )


def of(*votes: bool | None) -> list[Ballot]:
    return [ballot(vote, checker=f"c{number}") for number, vote in enumerate(votes)]


@pytest.mark.parametrize(("checkers", "needed"), [(1, 1), (2, 1), (3, 1), (5, 1), (6, 2), (8, 2), (16, 3), (24, 5)])
def test_more_than_18_percent_make_a_check_healthy(checkers: int, needed: int) -> None:
    """R-HCA-1, R-HCA-3: strictly more than 0.18 of those that report, whatever was before."""
    for last in (None, True, False):
        for healthy in range(checkers + 1):
            votes = of(*[True] * healthy, *[False] * (checkers - healthy))
            assert by_checkers(endpoint(), votes, last, QUORUM).status is (healthy >= needed)


@pytest.mark.parametrize(
    ("quorum", "checkers", "needed"), [(0.0, 9, 1), (0.18, 50, 10), (0.07, 100, 8), (0.5, 4, 3), (0.99, 3, 3)]
)
def test_the_quorum_is_exceeded_exactly(quorum: float, checkers: int, needed: int) -> None:
    """9 of 50 are 18 % and not more; binary fractions do not blur it, nor the reason that is given."""
    for healthy in (needed - 1, needed):
        outcome = by_checkers(endpoint(), of(*[True] * healthy, *[False] * (checkers - healthy)), None, quorum)
        assert outcome.status is (healthy == needed)
        assert (f"; {needed} needed" in outcome.reason) is (healthy < needed)


@pytest.mark.parametrize(
    ("ballots", "last", "status", "seen", "reason"),
    [
        ([], None, None, False, "No checker reports: healthy"),
        ([], False, False, False, "No checker reports: stays unhealthy"),
        (of(None, None), None, None, False, "No checker has a result yet: healthy"),
        (of(None, None), True, True, False, "No checker has a result yet: stays healthy"),
        ([ballot(False, age=31.0)], True, True, False, "No checker reports: stays healthy"),
        ([ballot(False, age=30.0)], True, False, True, "0 of 1 checker sees it healthy; 1 needed"),
        ([ballot(False, is_late=True)], True, True, False, "No checker reports: stays healthy"),
        ([ballot(False, age=31.0), ballot(True)], False, True, True, "1 of 1 checker sees it healthy"),
        ([ballot(False, revision=7)], True, True, False, "No checker has a result yet: stays healthy"),
        (of(True, False, False), None, True, True, "1 of 3 checkers see it healthy"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_count_changes_nothing(
    ballots: list[Ballot], last: bool | None, status: bool | None, seen: bool, reason: str
) -> None:
    """Silent checkers drop out after three intervals (R-HCA-6), other revisions do not count (R-HCA-7)."""
    outcome = by_checkers(endpoint(), ballots, last, QUORUM)

    assert (status, seen, reason) == (outcome.status, outcome.seen, outcome.reason)


@pytest.mark.parametrize(
    ("first", "others", "waits"),
    [
        (ballot(False, settled=0.0), [None], True),
        (ballot(False, settled=19.9), [None], True),
        (ballot(False, settled=20.0), [None], False),
        (ballot(False, settled=0.0), [], False),
        (ballot(False, settled=0.0), [True], False),
    ],
)
def test_the_first_results_wait_for_the_others(first: Ballot, others: list[bool | None], waits: bool) -> None:
    """Until each checker has a result, or an interval and a probe have passed since the first (R-HCA-5)."""
    ballots = [first, *(ballot(vote, settled=0.0, checker=f"c{vote}") for vote in others)]

    outcome = by_checkers(endpoint(request_interval=10), ballots, None, QUORUM)

    assert (outcome.settles_in < math.inf) is waits
    if waits:
        assert outcome.status is None
        assert outcome.reason == "1 of 2 checkers have a result: healthy until more do"


def test_a_checker_of_another_region_is_not_waited_for() -> None:
    """A check that is probed from two regions needs no word from a third (R-HCG-1)."""
    ballots = [ballot(False, settled=0.0), ballot(None, region=None, checker="c1")]

    assert by_checkers(endpoint(), ballots, None, QUORUM).status is False


@pytest.mark.parametrize(
    ("wanted", "stands_for", "region"),
    [
        (None, ("sa-east-1", "eu-west-1"), "sa-east-1"),
        (("eu-west-1",), ("sa-east-1", "eu-west-1"), "eu-west-1"),
        (("us-east-1",), ("eu-west-1",), None),
        (None, (), ""),
    ],
)
def test_a_checker_votes_for_one_region(
    wanted: tuple[str, ...] | None, stands_for: tuple[str, ...], region: str | None
) -> None:
    """One vote a checker, however many regions it stands for (R-HCG-4)."""
    assert region == region_of(endpoint(regions=wanted), stands_for)


@pytest.mark.parametrize(
    ("interval", "request_interval", "seconds"),
    [(None, 30, 90.0), (None, 10, 30.0), (1.0, 10, 15.0), (60.0, 10, 180.0)],
)
def test_silence_is_three_intervals(interval: float | None, request_interval: int, seconds: float) -> None:
    """And never less than three reports that have no news (R-HCA-6)."""
    assert seconds == silence(endpoint(interval=interval, request_interval=request_interval))


@pytest.mark.parametrize(
    ("insufficient", "last", "status"),
    [
        (None, None, None),
        (None, False, False),
        ("LastKnownStatus", True, True),
        ("Healthy", False, True),
        ("Unhealthy", True, False),
    ],
)
def test_a_metric_without_data(insufficient: InsufficientData | None, last: bool | None, status: bool | None) -> None:
    """InsufficientDataHealthStatus decides; the last known status is the default (R-HCL-1, R-HCL-2, R-HCF-17)."""
    definition = metric(1, insufficient)

    assert by_checkers(definition, of(None, None), last, QUORUM).status is status
    assert by_checkers(definition, [], last, QUORUM).status is last
    assert by_checkers(definition, [ballot(None, checked_at=0.0)], last, QUORUM).status is last


@pytest.mark.parametrize(("votes", "status"), [((None, False), False), ((None, True, False), True), ((True,), True)])
def test_checkers_that_see_the_metric_decide(votes: tuple[bool | None, ...], status: bool) -> None:
    """One that cannot reach the data leaves the vote to the others."""
    assert by_checkers(metric(1, "Healthy"), of(*votes), None, QUORUM).status is status


ballots = st.builds(
    ballot,
    st.sampled_from([True, False, None]),
    age=st.floats(0, 100),
    is_late=st.booleans(),
    settled=st.floats(0, 100),
    revision=st.integers(1, 2),
    region=st.sampled_from(["eu-west-1", None]),
    checked_at=st.sampled_from([0.0, 1.0]),
)
definitions = st.one_of(
    st.builds(endpoint, request_interval=st.sampled_from([10, 30]), inverted=st.booleans()),
    st.builds(metric, insufficient=st.sampled_from([None, "Healthy", "Unhealthy", "LastKnownStatus"])),
)
elections = st.lists(ballots, max_size=12).map(
    lambda drawn: [one._replace(checker=f"c{number}") for number, one in enumerate(drawn)]
)
lasts = st.sampled_from([True, False, None])


@given(definitions, elections, lasts, st.floats(0, 0.99), st.data())
def test_a_healthy_vote_never_harms(
    definition: Definition, votes: list[Ballot], last: bool | None, quorum: float, data: st.DataObject
) -> None:
    """Turn one unhealthy vote: a check that was healthy still is."""
    against = [number for number, one in enumerate(votes) if one.observation and one.observation.healthy is False]
    if not against:
        return
    turned = data.draw(st.sampled_from(against))
    better = [
        one._replace(observation=sees(1, True, revision=one.observation.revision))
        if number == turned and one.observation
        else one
        for number, one in enumerate(votes)
    ]

    before, after = (by_checkers(definition, one, last, quorum).status for one in (votes, better))

    assert (before is not False) <= (after is not False)


@given(definitions, elections, lasts, st.randoms(use_true_random=False))
def test_the_order_of_ballots_does_not_matter(
    definition: Definition, votes: list[Ballot], last: bool | None, random: object
) -> None:
    """All that the vote comes to is the same; only the names come in the order given."""
    shuffled = list(votes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    one, other = (by_checkers(definition, each, last, QUORUM) for each in (votes, shuffled))

    assert one._replace(counted=()) == other._replace(counted=())
    assert set(one.counted) == set(other.counted)


@given(definitions, elections, lasts)
def test_one_clear_word_is_kept(definition: Definition, votes: list[Ballot], last: bool | None) -> None:
    """When no ballot counts any more, the status stays, for however long (R-HCA-6)."""
    status = by_checkers(definition, votes, last, QUORUM).status
    silent = [one._replace(age=silence(definition) + 1) for one in votes]

    assert by_checkers(definition, silent, status, QUORUM).status is status


@given(elections, lasts)
def test_inversion_is_applied_last(votes: list[Ballot], last: bool | None) -> None:
    """With Inverted, what is in force is the contrary, data or no data (R-HC-INV, R-HCA-4)."""
    plain, inverted = endpoint(), endpoint(inverted=True)
    healthy, _ = in_force(plain, by_checkers(plain, votes, last, QUORUM), None)
    contrary, reason = in_force(inverted, by_checkers(inverted, votes, last, QUORUM), None)

    assert healthy is not contrary
    assert reason.endswith("; inverted")


@pytest.mark.parametrize("healthy", [True, False])
@pytest.mark.parametrize("inverted", [True, False])
def test_an_override_beats_everything(healthy: bool, inverted: bool) -> None:
    """It is the state after inversion, and says who set it until when, and why."""
    override = Override(healthy, until=1_800_000_000.0, by="ada", reason="moving racks")
    definition = endpoint(inverted=inverted)

    found, reason = in_force(definition, by_checkers(definition, of(not healthy), None, QUORUM), override)

    assert found is healthy
    word = "healthy" if healthy else "unhealthy"
    assert reason == f"Set {word} by ada until 2027-01-15 08:00:00 UTC: moving racks"

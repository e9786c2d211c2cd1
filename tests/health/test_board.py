"""What a board makes of news and of time (health-checks.md §3, §4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.feed.health import Definition, Report, block_of, report_key
from meridian.health.board import Board, Flip, Remembered
from meridian.health.state import State
from meridian.model.health import Override
from tests.fakes.clock import FakeClock
from tests.health import plain
from tests.health.checks import calculated, endpoint, metric, report, sees, switch

THREE = ("ams1", "fra1", "sin1")


@dataclass
class Place:
    """A board with a clock that the test moves, and all that has flipped."""

    clock: FakeClock = field(default_factory=FakeClock)
    flips: list[tuple[int, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.board = Board(self.clock)

    def define(self, *definitions: Definition) -> None:
        """Define the blocks that are given."""
        for block in sorted({block_of(definition.slot) for definition in definitions}):
            self.note(self.board.define(block, [one for one in definitions if block_of(one.slot) == block]))

    def define_all(self, definitions: Sequence[Definition]) -> None:
        """Define both blocks, with nothing else in them."""
        for block in (0, 1):
            self.note(self.board.define(block, [one for one in definitions if block_of(one.slot) == block]))

    def hear(self, checker: str, **seen: bool | None) -> None:
        """`hear("fra1", s1=True)`: a whole report on block 0, of revision 1."""
        self.note(self.board.report(*report(checker, *(sees(int(slot[1:]), vote) for slot, vote in seen.items()))))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, in ticks of half a second."""
        for _ in range(round(seconds * 2)):
            self.clock.forward(0.5)
            self.note(self.board.tick())

    def state(self, slot: int = 1) -> State:
        found = self.board.state(slot)
        assert found is not None
        return found

    def healthy(self, *slots: int) -> list[bool]:
        return [self.state(slot).healthy for slot in slots]

    def told(self) -> set[int]:
        """The slots that are unhealthy for one who has heard of all flips and of nothing else."""
        return {slot for slot, healthy in dict(self.flips).items() if not healthy}

    def note(self, flips: Sequence[Flip]) -> None:
        """Take down what has flipped; each flip is a change, and shows the state that the board shows."""
        for flip in flips:
            assert flip.healthy is (flip.slot in self.told())
        self.flips += [(flip.slot, flip.healthy) for flip in flips]
        for flip in flips:
            if self.board.slot_of(flip.id) is not None:
                assert flip.state == msgspec.structs.replace(self.state(flip.slot), votes=())


def test_a_new_check_is_healthy_until_there_is_data() -> None:
    """And an inverted one is unhealthy until then (R-HCA-4)."""
    place = Place()
    place.define(endpoint(1), endpoint(2, inverted=True))

    assert place.healthy(1, 2) == [True, False]
    assert place.flips == [(2, False)]
    assert not place.state(1).seen
    assert place.board.state(3) is None
    assert (place.board.slot_of("check-2"), place.board.slot_of("check-3")) == (2, None)


def test_the_votes_are_shown() -> None:
    """Who said what, how long ago, and whether it counts."""
    place = Place()
    place.define(endpoint(1))
    place.hear("sin1", s1=True)
    place.hear("fra1", s1=False)
    place.hear("ams1", s1=None)
    place.pass_time(20)
    for checker, vote in (("sin1", True), ("fra1", False), ("ams1", None)):
        place.hear(checker, s1=vote)
    place.clock.forward(2.5)

    state = place.state()
    assert (state.healthy, state.healthy_count, state.counted) == (True, 1, 2)
    assert state.reason == "1 of 2 checkers see it healthy"
    assert [(vote.checker, vote.observation.healthy, vote.age, vote.counted) for vote in state.votes] == [
        ("ams1", None, 2.5, False),
        ("fra1", False, 2.5, True),
        ("sin1", True, 2.5, True),
    ]


def test_a_silent_checker_drops_out_after_three_intervals() -> None:
    """The others decide then; when nobody is left, the last status stays (R-HCA-6)."""
    place = Place()
    place.define(endpoint(1))
    place.hear("ams1", s1=True)
    place.hear("fra1", s1=False)
    for _ in range(6):
        place.pass_time(5)
        place.hear("fra1", s1=False)
    assert place.healthy(1) == [True]
    place.pass_time(0.5)
    assert place.flips == [(1, False)]
    place.pass_time(3600)
    assert place.flips == [(1, False)]
    assert place.state().reason == "No checker reports: stays unhealthy"
    assert not place.state().seen


@pytest.mark.parametrize("interval", [1.0, 5.0])
def test_the_clock_of_reports_never_silences_a_checker(interval: float) -> None:
    """A checker reports every five seconds if nothing flips, however often it probes; two reports may be lost."""
    place = Place()
    place.define(endpoint(1, interval=interval))
    place.hear("ams1", s1=True)
    place.pass_time(14.5)

    assert place.state().counted == 1


def test_checkers_that_come_back_do_not_flap() -> None:
    """All were away; the first that is heard again waits for the others before it turns anything (R-HCA-5, R-HCA-6)."""
    place = Place()
    place.define(endpoint(1))
    for checker in THREE:
        place.hear(checker, s1=True)
    place.pass_time(600)
    place.hear("ams1", s1=False)
    place.pass_time(5)
    assert place.state().reason == "1 of 3 checkers have a result: stays healthy until more do"
    place.hear("fra1", s1=True)
    place.hear("sin1", s1=True)
    place.pass_time(60)

    assert place.flips == []


def test_waiting_ends() -> None:
    """Nobody waits for a checker that does not come back: an interval and a probe later the first decides (R-HCA-5)."""
    place = Place()
    place.define(endpoint(1))
    for checker in THREE:
        place.hear(checker, s1=True)
    place.pass_time(600)
    for _ in range(4):
        place.hear("ams1", s1=False)
        assert place.flips == []
        place.pass_time(5)

    assert place.flips == [(1, False)]


def test_a_restarted_checker_does_not_turn_anything() -> None:
    """Its results begin anew; until it has some, the others decide, or the last status stays."""
    place = Place()
    place.define(endpoint(1))
    place.hear("ams1", s1=False)
    place.hear("ams1", s1=None)
    place.pass_time(3)
    assert place.state().reason == "No checker has a result yet: stays unhealthy"
    place.hear("ams1", s1=False)
    place.pass_time(60)

    assert place.flips == [(1, False)]


def test_a_change_of_the_check_keeps_its_status_until_new_results() -> None:
    """R-HCA-7: results of an older revision do not count, and turn nothing."""
    place = Place()
    place.define(endpoint(1))
    place.hear("ams1", s1=False)
    place.define(endpoint(1, revision=2))
    assert place.healthy(1) == [False]
    place.hear("ams1", s1=True)
    assert place.healthy(1) == [False]
    place.board.report(*report("ams1", sees(1, True, revision=2)))

    assert place.healthy(1) == [True]


def test_results_that_run_ahead_of_the_definition_count_when_it_comes() -> None:
    """A checker may hear of a change before we do."""
    place = Place()
    place.define(endpoint(1))
    place.hear("ams1", s1=True)
    place.board.report(*report("ams1", sees(1, False, revision=2)))
    assert place.healthy(1) == [True]
    place.define(endpoint(1, revision=2))

    assert place.flips == [(1, False)]


def test_a_checker_that_takes_its_report_away_drops_out_at_once() -> None:
    """It was ended in order; nobody waits for it."""
    place = Place()
    place.define(endpoint(1))
    place.hear("ams1", s1=True)
    place.hear("fra1", s1=False)
    place.note(place.board.report(report_key("ams1", 0), None))
    assert place.flips == [(1, False)]
    place.note(place.board.report(report_key("fra1", 0), None))
    place.note(place.board.report(report_key("fra1", 0), None))

    assert place.flips == [(1, False)]


@pytest.mark.parametrize(
    ("definition", "healthy"),
    [
        (endpoint(1, disabled=True), True),
        (endpoint(1, disabled=True, inverted=True), False),
        (metric(1, "Unhealthy", disabled=True), True),
        (calculated(1, 5, disabled=True), True),
        (calculated(1, 0, disabled=True, inverted=True), False),
        (switch(1, False, disabled=True), True),
        (switch(1, True), True),
        (switch(1, None), True),
        (switch(1, False), False),
        (switch(1, False, inverted=True), True),
        (calculated(1, 0), True),
        (calculated(1, 1), False),
        (calculated(1, 1, inverted=True), True),
    ],
)
def test_checks_that_nobody_votes_on(definition: Definition, healthy: bool) -> None:
    """Disabled ones (R-HC-DIS, R-HCC-6), routing controls (R-HCR-1), calculated ones without children (R-HCC-1)."""
    place = Place()
    place.hear("ams1", s1=False)
    place.define(definition)

    assert place.healthy(1) == [healthy]
    assert place.state().seen


def test_a_disabled_check_that_is_enabled_begins_healthy() -> None:
    """It was healthy while disabled, and stays so until there are results (R-HC-DIS, R-HCA-7)."""
    place = Place()
    place.define(endpoint(1))
    place.hear("ams1", s1=False)
    place.define(endpoint(1, disabled=True, revision=2))
    place.define(endpoint(1, revision=3))

    assert place.flips == [(1, False), (1, True)]


def test_calculated_checks_follow_their_children() -> None:
    """They count what is in force for a child, in its block or another, and flip with it (R-HCC-1, R-HCC-4)."""
    place = Place()
    place.define(endpoint(1), switch(2, True, inverted=True), calculated(3, 2, 1, 2, 300), switch(300, True))
    assert place.state(3).reason == "2 of 3 children are healthy"
    place.hear("ams1", s1=False)

    assert place.flips == [(2, False), (1, False), (3, False)]
    assert place.state(3).reason == "1 of 3 children are healthy; 2 needed"
    assert (place.state(3).healthy_count, place.state(3).counted) == (1, 3)


def test_a_deleted_child_is_no_longer_counted() -> None:
    """Its slot is healthy from then on, and the threshold stays (R-HCC-5, R-HLT-2)."""
    place = Place()
    place.define(switch(1, True), switch(2, False), calculated(3, 1, 1, 2))
    assert place.flips == [(2, False)]
    place.define(switch(1, True), calculated(3, 1, 1, 2))
    assert place.flips == [(2, False), (2, True)]
    assert place.state(3).reason == "1 of 1 child is healthy"
    place.define(calculated(3, 1, 1, 2))

    assert place.healthy(3) == [False]
    assert place.board.slots() == [3]


def test_a_child_that_we_do_not_know_yet_is_a_new_check() -> None:
    """Blocks come one after the other; a parent that comes first must not flip for it."""
    place = Place()
    place.define(calculated(3, 1, 300))
    place.define(endpoint(300))

    assert place.flips == []


def test_circles_end() -> None:
    """The API allows no calculated check below another (R-HCC-3); a board that is told of one does not count it."""
    place = Place()
    place.define(calculated(1, 1, 2, 4), calculated(2, 1, 1, 4), calculated(3, 1, 3), switch(4, True))
    assert place.healthy(1, 2, 3) == [True, True, False]
    place.define(calculated(1, 1, 2, 4), calculated(2, 1, 1, 4), calculated(3, 1, 3), switch(4, False))

    assert place.healthy(1, 2, 3) == [False, False, False]


def test_an_override_holds_until_it_ends() -> None:
    """It shows in the state; when it is over, what was seen meanwhile is in force."""
    place = Place()
    override = Override(True, until=place.clock.now().timestamp() + 60, by="ada")
    place.define(endpoint(1, override=override), calculated(2, 1, 1))
    place.hear("ams1", s1=False)
    assert place.state().override == override
    assert place.healthy(1, 2) == [True, True]
    for _ in range(12):
        place.pass_time(5)
        place.hear("ams1", s1=False)

    assert place.flips == [(1, False), (2, False)]
    assert place.state().override is None


def test_an_override_that_has_ended_does_not_come_back() -> None:
    """Not even if the clock is set back; one that is set anew does."""
    place = Place()
    override = Override(False, until=place.clock.now().timestamp() + 60, by="ada")
    place.define(endpoint(1, override=override))
    place.pass_time(60)
    place.clock.step(-3600)
    place.pass_time(5)
    place.define(endpoint(1, override=override))
    assert place.healthy(1) == [True]
    place.define(endpoint(1, override=Override(False, until=override.until, by="bob")))

    assert place.flips == [(1, False), (1, True), (1, False)]


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_clock_steps_change_nothing(step: float) -> None:
    """Ages are measured from arrival by a clock that only grows; only what is shown of later flips moves."""
    place = Place()
    place.define(endpoint(1), endpoint(2), metric(3), calculated(4, 2, 1, 2))
    for checker in THREE:
        place.hear(checker, s1=True, s2=False, s3=True)
    place.flips.clear()
    before = place.state(1)
    place.clock.step(step)
    for _ in range(10):
        place.pass_time(5)
        for checker in THREE:
            place.board.report(*report(checker, sees(1, True), sees(2, False), sees(3, True), at=step))

    assert place.flips == []
    assert place.state(1).since == before.since
    assert [vote.age for vote in place.state(1).votes] == [0.0, 0.0, 0.0]


def test_since_is_when_the_state_changed() -> None:
    """In seconds since 1970, and not moved by news that change nothing."""
    place = Place()
    start = place.clock.now().timestamp()
    place.define(endpoint(1))
    place.pass_time(10)
    place.hear("ams1", s1=False)
    place.pass_time(10)
    place.hear("ams1", s1=False)

    assert place.state().since == start + 10


def test_a_slot_that_is_given_once_more_is_another_check() -> None:
    """Only a database from a backup does that; nothing is taken over from the one before."""
    place = Place()
    place.define(switch(1, False))
    other = Definition("another", 1, 1, endpoint(1).config)
    place.note(place.board.define(0, [other]))

    assert place.flips == [(1, False), (1, True)]
    assert (place.board.slot_of("check-1"), place.board.slot_of("another")) == (None, 1)


# --- starts ---


def restored(
    definitions: Sequence[Definition], reports: Sequence[tuple[str, Report]], remembered: Sequence[Remembered] = ()
) -> Place:
    place = Place()
    place.board.remember(remembered)
    place.note(place.board.restore({0: definitions}, dict(reports)))
    return place


def test_a_start_takes_up_what_was_reported_last() -> None:
    """With nobody there, for however long: the last reports count as arrived now, and then stay (R-HCD-5)."""
    place = restored([endpoint(1), endpoint(2)], [report("ams1", sees(1, False), sees(2, True), at=1000.0)])
    assert place.flips == [(1, False)]
    place.pass_time(600)

    assert place.flips == [(1, False)]
    assert not place.state(1).seen


@pytest.mark.parametrize(("older_by", "counts"), [(0.0, True), (7.5, True), (7.6, False), (3600.0, False)])
@pytest.mark.parametrize("interval", [1.0, 60.0])
def test_a_report_that_was_late_already_counts_when_it_is_renewed(
    older_by: float, counts: bool, interval: float
) -> None:
    """Beside a newer one, it is of a checker that had fallen silent before we started (R-HCD-5)."""
    reports = [report("ams1", sees(1, True), at=5000.0 - older_by), report("fra1", sees(1, False), at=5000.0)]
    place = restored([endpoint(1, interval=interval)], reports)
    assert place.healthy(1) == [counts]
    assert {vote.checker: (vote.counted, vote.age) for vote in place.state().votes} == {
        "ams1": (counts, 0.0 if counts else pytest.approx(older_by)),
        "fra1": (True, 0.0),
    }
    place.hear("ams1", s1=True)

    assert place.healthy(1) == [True]


def test_a_start_right_after_others_fell_silent_does_not_turn_back() -> None:
    """Two checkers died, and when they no longer counted, the third decided; their last reports count no more."""
    before = Place()
    before.define(endpoint(1, interval=1.0))
    for checker in THREE:
        before.hear(checker, s1=checker != "sin1")
    for _ in range(3):
        before.pass_time(5)
        before.hear("sin1", s1=False)
    before.pass_time(0.5)
    assert before.flips == [(1, False)]
    reports = [report(checker, sees(1, checker != "sin1"), at=10.0 * (checker == "sin1")) for checker in THREE]
    place = restored([endpoint(1, interval=1.0)], reports, before.board.statuses())
    assert place.healthy(1) == [False]
    for _ in range(20):
        place.pass_time(5)
        place.hear("sin1", s1=False)

    assert place.flips == [(1, False)]


def test_a_start_keeps_what_no_report_says() -> None:
    """A changed check, a metric without data: their last status stands in no report, but is remembered."""
    before = Place()
    before.define(endpoint(1), metric(2), switch(3, False))
    before.hear("ams1", s1=False, s2=False)
    before.define(endpoint(1, revision=2), metric(2), switch(3, False))
    before.hear("ams1", s2=None)
    before.clock.forward(100)
    remembered = before.board.statuses()

    last = report("ams1", sees(2, None), at=1000.0)
    place = restored([endpoint(1, revision=2), metric(2), switch(3, False)], [last], remembered)

    assert place.healthy(1, 2, 3) == [False, False, False]
    assert [place.state(slot).since for slot in (1, 2, 3)] == [before.state(slot).since for slot in (1, 2, 3)]


def test_a_start_among_wrong_clocks_flips_nothing() -> None:
    """A checker whose clock is an hour behind looks silent; what is remembered waits for its next report."""
    before = Place()
    before.define(endpoint(1))
    before.hear("ams1", s1=True)
    before.hear("fra1", s1=False)
    reports = [report("ams1", sees(1, True), at=-3600.0), report("fra1", sees(1, False), at=0.0)]
    place = restored([endpoint(1)], reports, before.board.statuses())
    place.pass_time(5)
    place.hear("ams1", s1=True)
    place.hear("fra1", s1=False)
    place.pass_time(60)

    assert place.flips == []


# --- laws ---

SLOTS = (1, 2, 3, 4, 300)
CHECKERS = ("ams1", "fra1", "sin1", "syd1")

Said = dict[tuple[str, int], tuple[bool | None, int]]


def at_slot(slot: int, definition: Definition, exist: Collection[int]) -> Definition:
    """The same check in another slot, with those of its children that exist, as the control plane says them."""
    children = tuple(child for child in definition.children if child in exist)
    return msgspec.structs.replace(definition, id=f"check-{slot}", slot=slot, children=children)


def reports_of(said: Said) -> list[tuple[str, Report]]:
    """For each checker its two blocks, as it puts them."""
    return [
        report(
            checker,
            *(
                sees(slot, healthy, revision=revision)
                for (who, slot), (healthy, revision) in said.items()
                if who == checker and block_of(slot) == block
            ),
            block=block,
        )
        for checker in CHECKERS
        for block in (0, 1)
    ]


drawn_definitions = st.one_of(
    st.builds(
        endpoint,
        interval=st.sampled_from([None, 1.0, 60.0]),
        revision=st.integers(1, 2),
        inverted=st.booleans(),
        disabled=st.sampled_from([False, False, True]),
    ),
    st.builds(metric, insufficient=st.sampled_from([None, "Healthy", "Unhealthy"]), inverted=st.booleans()),
    st.builds(switch, st.just(1), st.booleans(), inverted=st.booleans()),
    st.builds(
        lambda threshold, children, inverted: calculated(1, threshold, *children, inverted=inverted),
        st.integers(0, 4),
        st.lists(st.sampled_from(SLOTS), unique=True),
        st.booleans(),
    ),
)
fleets = st.dictionaries(st.sampled_from(SLOTS), drawn_definitions).map(
    lambda drawn: [at_slot(slot, definition, drawn) for slot, definition in drawn.items()]
)
opinions = st.dictionaries(
    st.tuples(st.sampled_from(CHECKERS), st.sampled_from(SLOTS)),
    st.tuples(st.sampled_from([True, False, None]), st.integers(1, 2)),
)


@given(fleets, opinions, st.randoms(use_true_random=False))
def test_states_agree_with_the_plain_model(fleet: list[Definition], said: Said, random: Random) -> None:
    """Whatever order definitions and reports come in, and however often: in force is what the rules say."""
    place = Place()
    news: list[Callable[[], list[Flip]]] = [
        *(partial(place.board.report, key, found) for key, found in reports_of(said)),
        *(
            partial(place.board.define, block, [one for one in fleet if block_of(one.slot) == block])
            for block in (0, 1)
        ),
    ]
    random.shuffle(news)
    for _ in range(20):  # for long enough that nobody is waited for any more
        for tell in news:
            place.note(tell())
        place.pass_time(4)

    assert {slot: place.state(slot).healthy for slot in place.board.slots()} == plain.in_force(fleet, said)
    assert place.told() == {slot for slot, healthy in plain.in_force(fleet, said).items() if not healthy}


@given(fleets, st.lists(st.tuples(opinions, st.floats(0, 40)), max_size=6), fleets)
def test_nothing_is_forgotten(
    before: list[Definition], rounds: list[tuple[Said, float]], after: list[Definition]
) -> None:
    """News and time are taken up piece by piece; to look at everything anew would change nothing."""
    place = Place()
    for number, fleet in enumerate((before, after)):
        place.define_all(fleet)
        for said, pause in rounds:
            for key, found in reports_of(said)[number:]:
                place.note(place.board.report(key, found))
            place.clock.forward(pause)
            place.note(place.board.tick())
            seen = {slot: place.state(slot) for slot in place.board.slots()}
            flips = len(place.flips)
            place.define_all(fleet)
            assert len(place.flips) == flips
            assert {slot: place.state(slot) for slot in place.board.slots()} == seen


@given(fleets, opinions)
def test_repeats_change_nothing(fleet: list[Definition], said: Said) -> None:
    """The same report once more is a sign of life and no more (R-HCP-1)."""
    place = Place()
    place.define_all(fleet)
    for key, found in reports_of(said):
        place.note(place.board.report(key, found))
    seen = {slot: place.state(slot) for slot in place.board.slots()}
    flips = len(place.flips)
    for key, found in reports_of(said):
        place.note(place.board.report(key, found))

    assert len(place.flips) == flips
    assert {slot: place.state(slot) for slot in place.board.slots()} == seen


@given(fleets, opinions, st.sampled_from([3600.0, -3600.0]))
def test_a_start_from_last_values_flips_nothing(fleet: list[Definition], said: Said, step: float) -> None:
    """With what was remembered, a start comes to the states before, though the clock was set meanwhile (R-HCD-5)."""
    place = Place()
    place.define_all(fleet)
    for _ in range(20):  # for long enough that nobody is waited for any more
        for key, found in reports_of(said):
            place.note(place.board.report(key, found))
        place.pass_time(4)
    before = {slot: place.state(slot).healthy for slot in place.board.slots()}

    again = Place(FakeClock())
    again.clock.step(step)
    again.board.remember(place.board.statuses())
    blocks = {block: [one for one in fleet if block_of(one.slot) == block] for block in (0, 1)}
    again.note(again.board.restore(blocks, dict(reports_of(said))))
    again.pass_time(120)

    assert {slot: again.state(slot).healthy for slot in again.board.slots()} == before
    assert again.told() == {slot for slot, healthy in before.items() if not healthy}

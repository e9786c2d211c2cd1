"""
Watchers that lose their sight, and places that lose the watchers: nothing flips that has not flipped.

The endpoints do not change while all this happens, so whatever flips after the beginning is a panic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.feed.health import Report, report_key
from meridian.health.board import Board, Flip, Remembered
from tests.fakes.clock import FakeClock
from tests.health.checks import calculated, endpoint, sees

UP = (1, 2, 3)
DOWN = (4, 5)
CHECKS = (
    *(endpoint(slot, inverted=slot == 3) for slot in UP),
    *(endpoint(slot, inverted=slot == 5, interval=1.0) for slot in DOWN),
    calculated(6, 2, 1, 2),
    calculated(7, 1, 4),
)
TRUTH = {1: True, 2: True, 3: False, 4: False, 5: True, 6: True, 7: False}  # in force
HOUR = 3600.0


@dataclass
class Checker:
    """
    Sees every endpoint and reports it each five seconds.

    Attributes:
        knows_in: Seconds until it has results; it counts anew when it starts.
        shift: How far its clock is off.
        lies: Whether it says the contrary of what is.
    """

    name: str
    runs: bool = True
    knows_in: float = 0.0
    shift: float = 0.0
    lies: bool = False
    due_in: float = 0.0

    def report(self, now: float) -> Report:
        seen = [sees(slot, None if self.knows_in > 0 else (slot in UP) is not self.lies) for slot in (*UP, *DOWN)]
        return Report(self.name, ("eu-west-1",), "", now, now + self.shift, tuple(seen))


@dataclass
class Edge:
    """A board, and the checkers whose reports do not reach it."""

    clock: FakeClock
    remembered: Sequence[Remembered] = ()
    reports: dict[str, Report] = field(default_factory=dict)
    cut_off: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.flips: list[tuple[int, bool]] = []
        self.board = Board(self.clock)
        self.board.remember(self.remembered)
        self.note(self.board.restore({0: CHECKS}, self.reports))

    def hear(self, report: Report) -> None:
        key = report_key(report.checker, 0)
        if report.checker not in self.cut_off and self.reports.get(key) != report:
            self.reports[key] = report
            self.note(self.board.report(key, report))

    def note(self, flips: Sequence[Flip]) -> None:
        self.flips += [(flip.slot, flip.healthy) for flip in flips]

    def restarted(self) -> Edge:
        """Another one, with the same last values and the same memory."""
        return Edge(self.clock, self.board.statuses(), self.reports, self.cut_off)


class World:
    """Checkers and two edges. Every time is measured in half seconds."""

    def __init__(self, checkers: int) -> None:
        self.clock = FakeClock()
        self.checkers = [Checker(f"c{number}", due_in=number * 1.5) for number in range(checkers)]
        self.feed: dict[str, Report] = {}
        self.edges = [Edge(self.clock), Edge(self.clock)]
        self.run(60)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 2)):
            self.clock.forward(0.5)
            for checker in self.checkers:
                self._step(checker)
            for edge in self.edges:
                for report in self.feed.values():
                    edge.hear(report)
                edge.note(edge.board.tick())

    def flips(self) -> list[tuple[int, bool]]:
        """What has flipped anywhere since this was last asked."""
        found = [flip for edge in self.edges for flip in edge.flips]
        for edge in self.edges:
            edge.flips = []
        return found

    def in_force(self) -> list[dict[int, bool]]:
        states = [{slot: edge.board.state(slot) for slot in TRUTH} for edge in self.edges]
        return [{slot: state.healthy for slot, state in of.items() if state is not None} for of in states]

    def restart_edge(self, number: int) -> None:
        self.edges[number] = self.edges[number].restarted()
        told = {slot for slot, healthy in self.edges[number].flips if not healthy}
        assert told == {slot for slot, healthy in TRUTH.items() if not healthy}
        self.edges[number].flips = []

    def _step(self, checker: Checker) -> None:
        checker.due_in -= 0.5
        knew = checker.knows_in <= 0
        checker.knows_in -= 0.5
        if checker.runs and (checker.due_in <= 0 or (not knew and checker.knows_in <= 0)):
            checker.due_in = 5.0
            self.feed[checker.name] = checker.report(self.clock.monotonic())


# What can happen, each to one checker and one edge.


def stop(world: World, checker: Checker, edge: int) -> None:
    checker.runs = False


def start(world: World, checker: Checker, edge: int) -> None:
    if not checker.runs:
        checker.runs, checker.knows_in, checker.due_in = True, 12.0, 0.5


def restart(world: World, checker: Checker, edge: int) -> None:
    checker.runs = False
    start(world, checker, edge)


def cut(world: World, checker: Checker, edge: int) -> None:
    world.edges[edge].cut_off.add(checker.name)


def heal(world: World, checker: Checker, edge: int) -> None:
    world.edges[edge].cut_off.clear()


def restart_edge(world: World, checker: Checker, edge: int) -> None:
    world.restart_edge(edge)


def set_clock_of_checker(world: World, checker: Checker, edge: int) -> None:
    checker.shift += HOUR if checker.shift <= 0 else -2 * HOUR


def set_clock_of_edges(world: World, checker: Checker, edge: int) -> None:
    world.clock.step(HOUR if edge else -HOUR)


def nothing(world: World, checker: Checker, edge: int) -> None:
    pass


HAPPENINGS: Sequence[Callable[[World, Checker, int], None]] = (
    nothing, stop, start, restart, cut, heal, restart_edge, set_clock_of_checker, set_clock_of_edges,
)  # fmt: skip


def test_the_world_begins_with_the_truth() -> None:
    """Both edges come to what is, once and for all."""
    world = World(3)

    assert world.in_force() == [TRUTH, TRUTH]
    assert sorted(world.flips()) == sorted([(3, False), (4, False), (7, False)] * 2 + [(5, False), (5, True)] * 2)


@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 3), st.integers(0, 1), st.sampled_from([0.5, 3, 14, 40])),
        max_size=12,
    ),
)
def test_nothing_flips(
    checkers: int, story: list[tuple[Callable[[World, Checker, int], None], int, int, float]]
) -> None:
    """Whatever is stopped, started, cut off or set wrong, in whatever order: everything stays as it is (R-HCA-6)."""
    world = World(checkers)
    world.flips()
    for happens, checker, edge, seconds in story:
        happens(world, world.checkers[checker % checkers], edge)
        world.run(seconds)

    assert world.flips() == []
    assert world.in_force() == [TRUTH, TRUTH]


def test_all_checkers_stop() -> None:
    """For an hour nobody sees anything: all statuses stay, and say so; then all come back at once, counting anew."""
    world = World(3)
    world.flips()
    for checker in world.checkers:
        stop(world, checker, 0)
    world.run(HOUR / 4)
    states = [world.edges[0].board.state(slot) for slot in (*UP, *DOWN)]
    assert [state.seen for state in states if state] == [False] * 5
    assert states[0] is not None
    assert states[0].reason == "No checker reports: stays healthy"
    assert all(not vote.counted and vote.age > HOUR / 4 - 10 for vote in states[0].votes)
    for checker in world.checkers:
        start(world, checker, 0)
    world.run(60)

    assert world.flips() == []


def test_half_of_the_checkers_are_cut_off_from_one_edge() -> None:
    """It goes by those that it can reach (R-HCA-2), shows the others with their age, and nothing flips."""
    world = World(4)
    world.flips()
    for checker in world.checkers[:2]:
        cut(world, checker, 0)
    world.run(600)
    here, there = (edge.board.state(1) for edge in world.edges)
    assert here is not None
    assert there is not None
    assert (here.reason, there.reason) == ("2 of 2 checkers see it healthy", "4 of 4 checkers see it healthy")
    assert [vote.counted for vote in here.votes] == [False, False, True, True]
    assert [vote.age > 590 for vote in here.votes] == [True, True, False, False]
    heal(world, world.checkers[0], 0)
    world.run(60)

    assert world.flips() == []


@pytest.mark.parametrize(
    ("checkers", "up", "down"), [(2, True, True), (3, True, True), (5, True, True), (6, True, False), (8, True, False)]
)
def test_one_checker_lies(checkers: int, up: bool, down: bool) -> None:
    """
    One that says the contrary of all others never takes an endpoint down.

    It can hold up one that is down, as long as it is more than 18 % of all: up to five checkers (R-HCA-3).
    """
    world = World(checkers)
    world.flips()
    world.checkers[0].lies = True
    world.run(60)

    assert [healthy[1] for healthy in world.in_force()] == [up] * 2
    assert [healthy[4] for healthy in world.in_force()] == [down] * 2


@given(
    st.integers(6, 8),
    st.integers(0, 7),
    st.lists(
        st.tuples(st.sampled_from([nothing, restart, restart_edge, set_clock_of_edges]), st.integers(0, 7)), max_size=6
    ),
)
def test_one_of_many_lies(
    checkers: int, liar: int, story: list[tuple[Callable[[World, Checker, int], None], int]]
) -> None:
    """One of six or more changes nothing, also while single others start anew: a restart is over before the next."""
    world = World(checkers + 1)
    world.flips()
    world.checkers[liar % (checkers + 1)].lies = True
    for happens, checker in story:
        happens(world, world.checkers[checker % (checkers + 1)], 0)
        world.run(20)

    assert world.flips() == []


def test_a_liar_that_comes_back_first_is_not_believed() -> None:
    """All were away, and it is the only one that reports again, for a while (R-HCA-5)."""
    world = World(6)
    world.flips()
    world.checkers[0].lies = True
    for checker in world.checkers:
        stop(world, checker, 0)
    world.run(120)
    start(world, world.checkers[0], 0)
    world.checkers[0].knows_in = 0.0
    world.run(8)
    for checker in world.checkers[1:]:
        start(world, checker, 0)
        checker.knows_in = 2.0
    world.run(60)

    assert world.flips() == []


def test_an_edge_starts_while_no_checker_knows_anything() -> None:
    """All checkers count anew, and then are gone: their last reports say nothing, and everything stays as it was."""
    world = World(3)
    world.flips()
    for checker in world.checkers:
        restart(world, checker, 0)
    world.run(6)
    for checker in world.checkers:
        stop(world, checker, 0)
    world.restart_edge(0)
    world.run(120)

    assert world.flips() == []
    assert world.in_force() == [TRUTH, TRUTH]

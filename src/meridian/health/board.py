"""
The health board: what is known of every check at one place, and what that comes to.

    definitions ─▶ ┌───────┐
                   │ board │ ─▶ flips      vote.py: endpoint and metric checks; then calculated.py
    reports ─────▶ └───────┘

Edges and control alike hold one each (R-HCA-2). News of a block costs its own checks and their
calculated parents, no more. The board does no I/O, and is used on one event loop.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from meridian.clock import Clock
from meridian.feed.health import Definition, Report, block_of, report_key, report_source
from meridian.health.calculated import by_children
from meridian.health.heard import Heard, Result, differs, hear
from meridian.health.state import State, Vote
from meridian.health.vote import QUORUM, REPORT_EVERY, Ballot, Outcome, by_checkers, in_force, region_of, silence
from meridian.model.health import Override

_GONE_AFTER = 3600.0  # seconds without a word from a checker
_REPORTS_UNTIL = 3 * REPORT_EVERY  # seconds without a word that a checker may miss


class Flip(NamedTuple):
    """
    A check whose state in force has changed. A check never told of before counts as healthy (R-HLT-2).

    Attributes:
        state: Without the votes, which `Board.state` has: when much flips at once, nobody should wait for them.
    """

    slot: int
    id: str
    healthy: bool
    state: State


class Remembered(msgspec.Struct, frozen=True):
    """
    What a board should know again after a restart.

    Attributes:
        status: Before inversion and override; None: nothing was known.
        healthy: What was in force.
        since: When that became so, in seconds since 1970.
    """

    id: str
    status: bool | None
    healthy: bool
    since: float


class Board:
    """
    The states of all checks, as one place sees them.

    Calls that may change states give the flips, each check at most once.

    Args:
        quorum: The share of healthy votes that has to be exceeded (R-HCA-1).
    """

    def __init__(self, clock: Clock, quorum: float = QUORUM) -> None:
        self._clock = clock
        self._quorum = quorum
        self._checks: dict[int, _Check] = {}
        self._blocks: dict[int, _Block] = {}
        self._slots: dict[str, int] = {}
        self._deleted: set[int] = set()
        self._parents: defaultdict[int, set[int]] = defaultdict(set)
        self._heard: dict[str, dict[int, Heard]] = {}  # by checker and block
        self._remembered: dict[str, Remembered] = {}
        # By slot, when a check may come to something else without news: by monotonic time, and by wall clock.
        self._waiting: dict[int, float] = {}
        self._overridden: dict[int, float] = {}

    def remember(self, statuses: Iterable[Remembered]) -> None:
        """Begin with what was known before a restart; to be called before all else."""
        self._remembered = {one.id: one for one in statuses}

    def restore(self, blocks: Mapping[int, Sequence[Definition]], reports: Mapping[str, Report]) -> list[Flip]:
        """
        Take in the feed's last values at a start, all at once.

        Nobody knows how long they have been there. Reports that are about as old as the newest one
        count as arrived now; those that were late beside it do not count until they are renewed (R-HCD-5).

        Args:
            blocks: Definitions by block.
            reports: By their keys.
        """
        now = self._clock.monotonic()
        newest = max((report.at for report in reports.values()), default=0.0)
        for block, definitions in blocks.items():
            self._set_block(block, definitions)
        for key, report in reports.items():
            checker, block = report_source(key)
            results = {seen.slot: Result(seen, self._restored_since(seen.slot, now)) for seen in report.observations}
            self._heard.setdefault(checker, {})[block] = Heard(report, now, results, newest - report.at)
        return self._settle(self._checks)

    def define(self, block: int, definitions: Sequence[Definition]) -> list[Flip]:
        """Take in the definitions of one block; a check that is not among them any more is deleted."""
        gone = self._set_block(block, definitions)
        slots = {*self._blocks[block].limits, *(check.definition.slot for check in gone)}
        parents = {parent for slot in slots for parent in self._parents.get(slot, ())}
        flips = self._settle(parents | self._blocks[block].limits.keys())
        deleted = State(True, self._clock.now().timestamp(), "The check was deleted")
        return [_flip(check, deleted) for check in gone if not check.healthy] + flips

    def report(self, key: str, report: Report | None) -> list[Flip]:
        """Take in a new version of a report, or that a checker has taken it away (None)."""
        checker, block = report_source(key)
        held = self._blocks.get(block, _NO_BLOCK)
        known = self._heard.setdefault(checker, {})
        before = known.pop(block, None)
        if report is not None:
            known[block] = hear(report, before, held.limits, self._clock.monotonic())
        if not known:
            del self._heard[checker]
        return self._settle(self._touched(held, before, known.get(block)))

    def tick(self) -> list[Flip]:
        """Notice what time alone brings: checkers fall silent, waits and overrides end. For every second or so."""
        now, wall = self._clock.monotonic(), self._clock.now().timestamp()
        due = {slot for slot, at in self._waiting.items() if at <= now}
        due |= {slot for slot, until in self._overridden.items() if until <= wall}
        for known in self._heard.values():
            for block, heard in known.items():
                held = self._blocks.get(block, _NO_BLOCK)
                if heard.falls_silent(held.ascending, now):
                    due.update(held.limits)
        return self._settle(due)

    def state(self, slot: int) -> State | None:
        """The state of a check, with who voted what; None: there is no check in this slot."""
        check = self._checks.get(slot)
        return None if check is None else self._state(check)

    def addresses(self) -> set[str]:
        """Where checkers probe from that have reported in the last hour, as far as they know it (R-HCG-3)."""
        now = self._clock.monotonic()
        heard = [one for known in self._heard.values() for one in known.values()]
        return {one.report.address for one in heard if one.report.address and one.age(now) <= _GONE_AFTER}

    def abandoned(self, seconds: float) -> list[str]:
        """The keys of reports that were not renewed for so long, while other checkers report on the same block."""
        now = self._clock.monotonic()
        fresh: defaultdict[int, int] = defaultdict(int)
        old = []
        for checker, known in self._heard.items():
            for block, heard in known.items():
                if now - heard.arrived > seconds:
                    old.append((checker, block))
                fresh[block] += now - heard.arrived <= _REPORTS_UNTIL
        return [report_key(checker, block) for checker, block in old if fresh[block]]

    def unhealthy(self) -> set[int]:
        """The slots of all checks that are not healthy."""
        return {slot for slot, check in self._checks.items() if not check.healthy}

    def slot_of(self, check_id: str) -> int | None:
        """The slot of a check; None: there is no such check."""
        return self._slots.get(check_id)

    def definition(self, slot: int) -> Definition | None:
        """The check in a slot; None: there is none."""
        check = self._checks.get(slot)
        return None if check is None else check.definition

    def slots(self) -> list[int]:
        """The slots of all checks, in order."""
        return sorted(self._checks)

    def statuses(self) -> list[Remembered]:
        """What to `remember` after a restart."""
        return [
            Remembered(check.definition.id, check.status, check.healthy, check.state.since)
            for check in self._checks.values()
        ]

    def _restored_since(self, slot: int, now: float) -> float:
        """What is remembered stays until all were heard, so results are new; with nothing remembered they decide."""
        check = self._checks.get(slot)
        return now if check is not None and check.definition.id in self._remembered else -math.inf

    def _set_block(self, block: int, definitions: Sequence[Definition]) -> list[_Check]:
        """Hold the definitions of a block; give the checks that are gone."""
        wanted = {definition.slot: definition for definition in definitions}
        before = self._blocks.get(block, _NO_BLOCK).limits
        gone = [self._forget(slot) for slot in before if not self._is_still(slot, wanted.get(slot))]
        for definition in definitions:
            self._hold(definition)
        self._blocks[block] = _Block.of(definitions)
        return gone

    def _is_still(self, slot: int, definition: Definition | None) -> bool:
        """Whether the check in a slot is the same: a database from a backup may give a slot once more."""
        return definition is not None and definition.id == self._checks[slot].definition.id

    def _hold(self, definition: Definition) -> None:
        slot = definition.slot
        check = self._checks.get(slot)
        if check is None:
            wall = self._clock.now().timestamp()
            check = self._checks[slot] = _Check(definition, self._remembered.get(definition.id), wall)
            self._deleted.discard(slot)
        for child in check.definition.children:
            self._parents[child].discard(slot)
        for child in definition.children:
            self._parents[child].add(slot)
        check.definition = definition
        self._slots[definition.id] = slot

    def _forget(self, slot: int) -> _Check:
        check = self._checks.pop(slot)
        for child in check.definition.children:
            self._parents[child].discard(slot)
        if self._slots.get(check.definition.id) == slot:
            del self._slots[check.definition.id]
        self._waiting.pop(slot, None)
        self._overridden.pop(slot, None)
        self._deleted.add(slot)
        return check

    def _touched(self, held: _Block, before: Heard | None, after: Heard | None) -> Iterable[int]:
        """The checks of a block to which a new report may make a difference."""
        if before is None or after is None or before.report.regions != after.report.regions:
            return held.limits
        if before.is_silent(held.ascending, after.arrived):
            return held.limits
        return [slot for slot in held.limits if differs(before.results.get(slot), after.results.get(slot))]

    def _settle(self, slots: Iterable[int]) -> list[Flip]:
        """See what these checks come to, and after them the calculated checks that look at those that flip."""
        calculated: set[int] = set()
        flipped: list[_Check] = []
        for slot in slots:
            check = self._checks[slot]
            if check.is_calculated:
                calculated.add(slot)
            elif self._decide(check):
                flipped.append(check)
                calculated |= self._parents.get(slot, set())
        flipped += [check for check in map(self._checks.__getitem__, sorted(calculated)) if self._decide(check)]
        return [_flip(check, check.state) for check in flipped]

    def _decide(self, check: _Check) -> bool:
        """See what one check comes to; tell whether what is in force changes."""
        now, wall = self._clock.monotonic(), self._clock.now().timestamp()
        was_healthy = check.healthy
        outcome = self._judge(check, now)
        override = check.override_at(wall)
        check.settle(outcome, override, wall)
        _note(
            self._waiting, check.definition.slot, None if math.isinf(outcome.settles_in) else now + outcome.settles_in
        )
        _note(self._overridden, check.definition.slot, None if override is None else override.until)
        return check.healthy != was_healthy

    def _judge(self, check: _Check, now: float) -> Outcome:
        definition = check.definition
        if definition.config.disabled:
            return Outcome(True, "Disabled")  # R-HC-DIS, R-HCC-6
        if check.is_calculated:
            return by_children(definition, self._children(definition))
        if definition.config.type == "RECOVERY_CONTROL":
            is_on = definition.switch is not False
            return Outcome(is_on, f"The routing control is {'on' if is_on else 'off'}")  # R-HCR-1
        return by_checkers(definition, self._ballots(definition, now), check.status, self._quorum)

    def _children(self, definition: Definition) -> list[bool]:
        """
        The states of a calculated check's children.

        A child that we have not been told of yet is a new check, and healthy; one that is deleted
        does not count (R-HCC-5), nor does a calculated one (R-HCC-3), so that there are no circles.
        """
        children = [self._checks.get(slot) for slot in definition.children if slot not in self._deleted]
        return [child is None or child.healthy for child in children if child is None or not child.is_calculated]

    def _ballots(self, definition: Definition, now: float) -> list[Ballot]:
        """What each checker says of a check, in the order of their names."""
        block = block_of(definition.slot)
        return [
            _ballot(definition, checker, known, known.get(block), now) for checker, known in sorted(self._heard.items())
        ]

    def _started_at(self, checker: str) -> float:
        return max(heard.report.started_at for heard in self._heard[checker].values())

    def _state(self, check: _Check) -> State:
        """The state with its votes."""
        votes = tuple(
            Vote(checker, region or "", address, observation, age, checker in check.counted, self._started_at(checker))
            for checker, region, address, observation, age, *_ in self._ballots(
                check.definition, self._clock.monotonic()
            )
            if observation is not None
        )
        return msgspec.structs.replace(check.state, votes=votes)


class _Check:
    """
    One check and what it has come to.

    Attributes:
        status: Before inversion and override; None: nothing is known.
        counted: The checkers whose ballots counted.
        state: What is in force, without the votes.
    """

    def __init__(self, definition: Definition, remembered: Remembered | None, wall: float) -> None:
        self.definition = definition
        self.status = remembered.status if remembered else None
        self.counted: tuple[str, ...] = ()
        self.state = State(True, wall, "")
        self._remembered = remembered
        self._ended: Override | None = None

    @property
    def is_calculated(self) -> bool:
        return self.definition.config.type == "CALCULATED"

    @property
    def healthy(self) -> bool:
        return self.state.healthy

    def override_at(self, wall: float) -> Override | None:
        """The override in force. One that has ended stays so, even if the clock is set back."""
        override = self.definition.override
        if override is not None and override.until <= wall:
            self._ended = override
        return None if override == self._ended else override

    def settle(self, outcome: Outcome, override: Override | None, wall: float) -> None:
        """Take over what the check has come to."""
        healthy, reason = in_force(self.definition, outcome, override)
        self.status, self.counted = outcome.status, outcome.counted
        self.state = State(
            healthy,
            self._since(healthy, wall),
            reason,
            outcome.healthy_count,
            outcome.counted_count,
            outcome.seen,
            override,
        )

    def _since(self, healthy: bool, wall: float) -> float:
        remembered, self._remembered = self._remembered, None
        if remembered is not None and remembered.healthy == healthy:
            return remembered.since
        return self.state.since if self.state.healthy == healthy else wall


class _Block(NamedTuple):
    """
    The slots of a block, each with the seconds of silence after which a checker no longer counts.

    Attributes:
        ascending: These seconds, each once.
    """

    limits: Mapping[int, float]
    ascending: Sequence[float]

    @classmethod
    def of(cls, definitions: Sequence[Definition]) -> _Block:
        limits = {definition.slot: silence(definition) for definition in definitions}
        return cls(limits, sorted(set(limits.values())))


_NO_BLOCK = _Block({}, ())


def _ballot(
    definition: Definition, checker: str, known: Mapping[int, Heard], heard: Heard | None, now: float
) -> Ballot:
    """What a checker says of a check; `heard` is what it says of its block, `known` of any."""
    report = next(iter(known.values())).report if heard is None else heard.report
    region = region_of(definition, report.regions)
    if heard is None:
        return Ballot(checker, region, report.address, None, math.inf, False, 0.0)
    result = heard.results.get(definition.slot)
    observation, settled = (None, 0.0) if result is None else (result.observation, now - result.since)
    return Ballot(checker, region, report.address, observation, heard.age(now), heard.is_late, settled)


def _flip(check: _Check, state: State) -> Flip:
    return Flip(check.definition.slot, check.definition.id, state.healthy, state)


def _note(times: dict[int, float], slot: int, at: float | None) -> None:
    if at is None:
        times.pop(slot, None)
    else:
        times[slot] = at

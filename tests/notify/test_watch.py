from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from meridian.health.board import Board, Flip
from meridian.health.state import State
from meridian.model.health import HealthCheck, HealthCheckConfig, Override
from meridian.model.health_event import HealthEvent
from meridian.notify.recorder import MOST, Recorder
from meridian.notify.tail import Tail
from meridian.notify.watch import Watch
from meridian.store import health_event
from meridian.store.database import Database
from tests.health.checks import endpoint
from tests.notify.conftest import PATIENCE, Feeding, Store, eventually, running

KEPT = timedelta(days=90)
MakeWatch = Callable[[], Watch]


@pytest.fixture
def watch(store: Store, feeding: Feeding, tmp_path: Path) -> MakeWatch:
    """Makes a control plane's watch, as each start does."""
    file = tmp_path / "memory.json"
    return lambda: Watch(feeding.feed, store.database, store.clock, quorum=0.18, kept=KEPT, file=file)


def history(store: Store) -> list[HealthEvent]:
    with store.database.read() as conn:
        return health_event.after(conn, 0, 1000)


def told(store: Store) -> list[tuple[str, bool | None, str]]:
    return [(event.check_id, event.healthy, event.by) for event in history(store)]


def overridden(check: HealthCheck, override: Override | None) -> HealthCheck:
    changed: HealthCheck = msgspec.structs.replace(check, override=override)
    return changed


def test_history_of_a_check(store: Store, feeding: Feeding, watch: MakeWatch) -> None:
    """Each flip is written once, with its reason and its moment; the API sees the state that it came from."""

    async def main() -> None:
        check, second = store.add_check(), store.add_check()
        control = watch()
        await control.load()
        async with running(control.run):
            await feeding.define(check, second)
            await feeding.report("fra", slot_1=False, slot_2=True)
            await eventually(lambda: len(history(store)) == 1)
            states = await asyncio.to_thread(control.states_of, [1, 2, 3])
            store.clock.forward(2)
            await feeding.report("fra", slot_1=True, slot_2=True)
            await eventually(lambda: len(history(store)) == 2)
            every = [(definition.id, state.healthy) async for definition, state in control.all()]
        assert told(store) == [(check.id, False, ""), (check.id, True, "")]
        down, up = history(store)
        assert (up.at - down.at).total_seconds() == 2
        assert (down.kind, down.reason) == ("flip", states[1].reason)
        assert {slot: state.healthy for slot, state in states.items()} == {1: False, 2: True}
        assert [vote.checker for vote in states[1].votes] == ["fra"]
        assert every == [(check.id, True), (second.id, True)]

    asyncio.run(main())


def test_an_override_ends(store: Store, feeding: Feeding, watch: MakeWatch) -> None:
    """When its time is up, the check is again what its checkers see, by nobody's word."""

    async def main() -> None:
        check = store.add_check()
        until = store.clock.now().timestamp() + 3600
        control = watch()
        await control.load()
        async with running(control.run):
            await feeding.define(overridden(check, Override(False, until, "alice", "deploy")))
            await feeding.report("fra", slot_1=True)
            await eventually(lambda: len(history(store)) == 1)
            store.clock.forward(3600)
            await eventually(lambda: len(history(store)) == 2)
        assert told(store) == [(check.id, False, "alice"), (check.id, True, "")]
        assert "deploy" in history(store)[0].reason

    asyncio.run(main())


def test_what_happened_meanwhile(store: Store, feeding: Feeding, watch: MakeWatch) -> None:
    """A control plane that was away writes what has become of each check, once, and nothing that has not changed."""

    async def main() -> None:
        down_before, up_meanwhile, down_meanwhile, gone = (store.add_check() for _ in range(4))
        control = watch()
        await control.load()
        async with running(control.run):
            await feeding.define(down_before, up_meanwhile, down_meanwhile, gone)
            await feeding.report("fra", slot_1=False, slot_2=False, slot_3=True, slot_4=False)
            await eventually(lambda: len(history(store)) == 3)
        await feeding.report("fra", slot_1=False, slot_2=True, slot_3=False)
        await feeding.define(down_before, up_meanwhile, down_meanwhile)
        (file,) = [part for part in Path(store.url.removeprefix("sqlite:///")).parent.glob("memory*")]
        file.unlink()
        control = watch()
        await control.load()
        async with running(control.run):
            await eventually(lambda: len(history(store)) == 5)
        expected = {(up_meanwhile.id, True, ""), (down_meanwhile.id, False, "")}
        assert set(told(store)[3:]) == expected

    asyncio.run(main())


def flips(*checks: HealthCheck, healthy: bool = False) -> list[Flip]:
    return [Flip(check.slot, check.id, healthy, State(healthy, 0.0, "why")) for check in checks]


def test_a_database_that_is_away_loses_nothing(store: Store) -> None:
    """Flips wait, in their order, until they can be written."""

    def rename(old: str, new: str) -> None:
        with store.database.write() as conn:
            conn.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))

    async def main() -> None:
        first, second = store.add_check(), store.add_check()
        recorder = Recorder(store.database, Board(store.clock), store.clock, KEPT)
        await recorder.write()
        rename("health_event", "away")
        recorder.take(flips(first))
        with pytest.raises(OperationalError):
            await recorder.write()
        recorder.take(flips(second))
        recorder.take(flips(first, healthy=True))
        rename("away", "health_event")
        await recorder.write()
        assert told(store) == [(first.id, False, ""), (second.id, False, ""), (first.id, True, "")]

    asyncio.run(main())


def test_what_waits_is_bounded(store: Store) -> None:
    """Of too many flips, the history gets what they have come to."""

    async def main() -> None:
        checks = [store.add_check(HealthCheckConfig("RECOVERY_CONTROL", routing_control_arn="a")) for _ in range(3)]
        board = Board(store.clock)
        recorder = Recorder(store.database, board, store.clock, KEPT)
        await recorder.write()
        definitions = [msgspec.structs.replace(endpoint(check.slot, disabled=True), id=check.id) for check in checks]
        inverted = msgspec.structs.replace(definitions[0].config, inverted=True)
        definitions[0] = msgspec.structs.replace(definitions[0], config=inverted)  # disabled and inverted: unhealthy
        recorder.take(flips(checks[1]))
        recorder.take(board.define(0, definitions))
        recorder.take(flips(checks[2]) * MOST)
        await recorder.write()
        assert told(store) == [(checks[1].id, False, ""), (checks[0].id, False, ""), (checks[1].id, True, "")]

    asyncio.run(main())


def test_history_is_forgotten_in_time(store: Store) -> None:
    """What is older than the setting goes."""

    async def main() -> None:
        check = store.add_check()
        recorder = Recorder(store.database, Board(store.clock), store.clock, KEPT)
        at = store.clock.now()
        for healthy in (False, True):
            with store.database.write() as conn:
                health_event.flip(conn, check.id, at, healthy, "")
        store.clock.forward(timedelta(days=90, seconds=1).total_seconds())
        async with running(recorder.run):
            await eventually(lambda: [event.id for event in history(store)] == [2])

    asyncio.run(main())


def test_the_end_of_the_history(store: Store) -> None:
    """Whoever waits hears of each event, also of another control plane's, and of the end."""

    async def main() -> None:
        check = store.add_check()
        tail, other = Tail(store.database), Database(store.url)
        assert not await tail.beyond(0, 0.01)
        async with running(tail.run):
            for number, database in enumerate((store.database, other, store.database)):
                waiting = asyncio.create_task(tail.beyond(number, 30))
                with database.write() as conn:
                    health_event.flip(conn, check.id, store.clock.now(), number % 2 == 1, "")
                assert await waiting
            assert await tail.beyond(0, 0)
            waiting = asyncio.create_task(tail.beyond(3, 3600))
            await asyncio.sleep(0)
            tail.end()
            async with asyncio.timeout(PATIENCE):
                assert not await waiting
                assert not await tail.beyond(0, 3600)
        other.close()

    asyncio.run(main())

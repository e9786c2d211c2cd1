from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from meridian.model.health import HealthCheckConfig
from meridian.model.health_event import HealthEvent
from meridian.store import account, health, health_event, tag
from meridian.store.database import Database
from meridian.store.ids import new_uuid

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
CONFIG = HealthCheckConfig("TCP", ip_address="198.18.0.1", port=80, request_interval=30, failure_threshold=3)


def add_check(conn: Connection, account_id: str) -> str:
    return health.insert(conn, account_id, new_uuid(), CONFIG, NOW).id


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def states(events: list[HealthEvent]) -> list[tuple[int, bool | None]]:
    return [(event.id, event.healthy) for event in events]


def test_what_is_written_is_read(database: Database, account_id: str) -> None:
    """Numbers grow from 1; who, what, when and why come back as they were given."""
    with database.write() as conn:
        assert health_event.newest(conn) == 0
        check = add_check(conn, account_id)
        health_event.add(conn, account_id, check, NOW, "override", False, "until 14:00: deploy", "alice")
        assert health_event.flip(conn, check, later(1), False, "0 of 3", "alice")
        health_event.add(conn, account_id, check, later(2), "options", None, "interval 5", "bob")
        assert health_event.newest(conn) == 3
        assert health_event.after(conn, 0, 10) == [
            HealthEvent(1, account_id, check, NOW, "override", False, "until 14:00: deploy", "alice"),
            HealthEvent(2, account_id, check, later(1), "flip", False, "0 of 3", "alice"),
            HealthEvent(3, account_id, check, later(2), "options", None, "interval 5", "bob"),
        ]


def test_history_tells_flips_only(database: Database, account_id: str) -> None:
    """A check begins healthy; the same state once more, from whatever control plane, is no flip."""
    with database.write() as conn:
        check, other = add_check(conn, account_id), add_check(conn, account_id)
        told = [health_event.flip(conn, check, NOW, healthy, "") for healthy in (True, False, False, True, True)]
        health_event.add(conn, account_id, other, NOW, "override", False, "", "alice")
        assert told == [False, True, False, True, False]
        assert health_event.flip(conn, other, NOW, False, "")  # what else happened is no flip
        assert not health_event.flip(conn, new_uuid(), NOW, False, "")  # a check that is gone
        assert states(health_event.after(conn, 0, 10)) == [(1, False), (2, True), (3, False), (4, False)]
        assert health_event.unhealthy(conn) == [other]


def test_time_goes_forward(database: Database, account_id: str) -> None:
    """A check's flips are in the order of time, also where a clock was set back between them."""
    with database.write() as conn:
        check, other = add_check(conn, account_id), add_check(conn, account_id)
        for found, second, healthy in ((check, 10, False), (check, 5, True), (other, 1, False), (check, 11, False)):
            assert health_event.flip(conn, found, later(second), healthy, "")
        assert [event.at for event in health_event.after(conn, 0, 10)] == [later(10), later(10), later(1), later(11)]


def test_readers_follow(database: Database, account_id: str) -> None:
    """From a number on, of one account, of some checks; or the newest first."""
    with database.write() as conn:
        stranger = account.create_account(conn)
        mine, second, theirs = (add_check(conn, owner) for owner in (account_id, account_id, stranger))
        for check in (mine, theirs, second, mine):
            state = (check, NOW, check not in health_event.unhealthy(conn), "")
            health_event.flip(conn, check, NOW, not state[2], "")
        after, latest = health_event.after, health_event.latest
        assert [event.id for event in after(conn, 1, 10)] == [2, 3, 4]
        assert [event.id for event in after(conn, 0, 2)] == [1, 2]
        assert [event.id for event in after(conn, 0, 10, account_id=account_id)] == [1, 3, 4]
        assert [event.id for event in after(conn, 0, 10, account_id=account_id, check_ids=[second])] == [3]
        assert after(conn, 0, 10, account_id=account_id, check_ids=[theirs]) == []
        assert [event.id for event in latest(conn, account_id, [], 2)] == [4, 3]
        assert [event.id for event in latest(conn, account_id, [mine], 10)] == [4, 1]
        assert latest(conn, stranger, [mine], 10) == []


def test_names(database: Database, account_id: str) -> None:
    """A check's name is its tag `Name` (R-HCU-10)."""
    with database.write() as conn:
        named, unnamed = add_check(conn, account_id), add_check(conn, account_id)
        tag.put(conn, "healthcheck", named, {"Name": "shop", "team": "x"})
        for check in (named, unnamed):
            health_event.flip(conn, check, NOW, False, "")
        assert health_event.names(conn, health_event.after(conn, 0, 10)) == {named: "shop"}
        assert health_event.names(conn, []) == {}


def test_graph_data(database: Database, account_id: str) -> None:
    """What the check was at a moment, and each flip from then on."""
    with database.write() as conn:
        check = add_check(conn, account_id)
        for second, healthy in ((0, False), (60, True), (120, False)):
            health_event.flip(conn, check, later(second), healthy, "")
        health_event.add(conn, account_id, check, later(130), "override", True, "", "alice")
        for start, before, ids in (
            (later(-1), True, [1, 2, 3]),
            (NOW, True, [1, 2, 3]),
            (later(0.001), False, [2, 3]),
            (later(60.001), True, [3]),
            (later(200), False, []),
        ):
            healthy, flips = health_event.flips_since(conn, check, start)
            assert (healthy, [event.id for event in flips]) == (before, ids)


def test_history_has_an_end(database: Database, account_id: str) -> None:
    """What is old goes, but not what says that a check is unhealthy; and numbers are not given again."""
    with database.write() as conn:
        kept, gone = add_check(conn, account_id), add_check(conn, account_id)
        for check in (kept, gone):
            for second, healthy in ((0, False), (1, True), (2, False)):
                health_event.flip(conn, check, later(second), healthy, "")
        health_event.add(conn, account_id, kept, later(3), "switch", True, "", "alice")
        health.delete(conn, health.owned(conn, account_id, gone), NOW)
        assert health_event.count_before(conn, 0, later(2)) == (4, 5)
        assert health_event.count_before(conn, 5, later(2)) == (0, 0)
        assert health_event.prune(conn, later(10)) == 6
        assert states(health_event.after(conn, 0, 10)) == [(3, False)]
        assert not health_event.flip(conn, kept, later(20), False, "")
        assert health_event.flip(conn, kept, later(20), True, "")
        assert health_event.newest(conn) == 8
        assert health_event.unhealthy(conn) == []


@pytest.mark.parametrize("writers", [2])
def test_writers_take_turns(url: str, writers: int) -> None:
    """Two control planes that see the same flip write it once, and a reader sees numbers in order."""
    databases = [Database(url) for _ in range(writers)]
    databases[0].migrate()
    with databases[0].write() as conn:
        owner = account.create_account(conn)
        checks = [add_check(conn, owner) for _ in range(20)]
    begin = threading.Barrier(writers)

    def write(database: Database) -> None:
        begin.wait(30)
        for check in checks:
            with database.write() as conn:
                health_event.flip(conn, check, NOW, False, "")

    threads = [threading.Thread(target=write, args=[database]) for database in databases]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    while any(thread.is_alive() for thread in threads) or len(seen) < len(checks):
        with databases[0].read() as conn:
            seen += [event.id for event in health_event.after(conn, seen[-1] if seen else 0, 100)]
    for thread in threads:
        thread.join()
    with databases[0].read() as conn:
        events = health_event.after(conn, 0, 100)
    assert sorted(event.check_id for event in events) == sorted(checks)
    assert seen == [event.id for event in events]
    for database in databases:
        database.close()

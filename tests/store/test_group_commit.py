from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from meridian.store import database as database_module
from meridian.store.database import Database

Work = Callable[[sa.Connection], object]


@pytest.fixture
def joining(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with a table of names, where all writes that wait join the transaction under way."""
    monkeypatch.setattr(database_module, "JOIN_SECONDS", dict.fromkeys(database_module.JOIN_SECONDS, 60.0))
    database = Database(url, tmp_path / "seal.key")
    with database.write() as conn:
        conn.execute(sa.text("CREATE TABLE name (name VARCHAR PRIMARY KEY)"))
        child = "CREATE TABLE child (name VARCHAR REFERENCES name (name) DEFERRABLE INITIALLY DEFERRED)"
        conn.execute(sa.text(child))
    yield database
    database.close()


def add(name: str, table: str = "name") -> Work:
    return lambda conn: conn.execute(sa.text(f"INSERT INTO {table} VALUES (:name)"), {"name": name})


def fail(conn: sa.Connection) -> None:
    add("failed")(conn)
    raise ZeroDivisionError


def lose(conn: sa.Connection) -> None:
    """As SQLite does by itself where a disk is full."""
    conn.exec_driver_sql("ROLLBACK")


def names(database: Database) -> list[str]:
    with database.read() as conn:
        return list(conn.execute(sa.text("SELECT name FROM name ORDER BY name")).scalars())


def together(database: Database, works: Sequence[Work]) -> list[str]:
    """Do each work in a thread of its own, all of them waiting while the first is under way; tell how each ended."""
    ended = [""] * len(works)
    is_open = threading.Event()

    def run(at: int) -> None:
        try:
            with database.write() as conn:
                if at == 0:
                    is_open.set()
                    while len(database._commits._waiting) < len(works) - 1:
                        threading.Event().wait(0.001)
                works[at](conn)
            ended[at] = "written"
        except Exception as error:
            ended[at] = type(error).__name__

    threads = [threading.Thread(target=run, args=[at]) for at in range(len(works))]
    threads[0].start()
    is_open.wait()
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def test_writes_that_wait_are_committed_together(joining: Database) -> None:
    """Five writes, one commit; each can be read by who hears of it."""
    heard: list[list[str]] = []
    joining.on_commit(lambda: heard.append(names(joining)))

    assert together(joining, [add(name) for name in "abcde"]) == ["written"] * 5
    assert heard == [["a", "b", "c", "d", "e"]]


def test_a_write_that_fails_takes_nothing_of_the_others_with_it(joining: Database) -> None:
    assert together(joining, [add("a"), fail, add("b"), add("a")]) == [
        "written",
        "ZeroDivisionError",
        "written",
        "IntegrityError",
    ]
    assert names(joining) == ["a", "b"]


def test_where_all_fail_nothing_is_committed(joining: Database) -> None:
    heard: list[int] = []
    joining.on_commit(lambda: heard.append(1))

    assert together(joining, [fail, fail]) == ["ZeroDivisionError"] * 2
    assert (names(joining), heard) == ([], [])


def test_a_commit_that_fails_is_told_to_all(joining: Database) -> None:
    """Also to who was refused for what another had written: that was never there."""
    assert together(joining, [add("a"), add("nobody", table="child"), add("a")]) == ["IntegrityError"] * 3
    assert names(joining) == []
    assert together(joining, [add("a")]) == ["written"]


def test_a_transaction_that_was_lost_is_written_by_nobody(joining: Database) -> None:
    """Who comes after that begins anew."""
    first, second, third = together(joining, [add("a"), lose, add("c")])

    assert (first, third) == (second, "written")
    assert second in {"OperationalError", "InternalError", "ProgrammingError"}
    assert names(joining) == ["c"]


def test_nobody_joins_a_transaction_that_is_old(joining: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a first write does not wait for all that come after it; on PostgreSQL each has its own."""
    monkeypatch.setattr(joining._commits, "_longest", 0.0)
    heard: list[list[str]] = []
    joining.on_commit(lambda: heard.append(names(joining)))

    assert together(joining, [add(name) for name in "abc"]) == ["written"] * 3
    assert len(heard) == 3

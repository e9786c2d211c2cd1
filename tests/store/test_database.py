from __future__ import annotations

import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from meridian.errors import ApiError, MeridianError
from meridian.store import database as database_module
from meridian.store.database import Database
from meridian.store.tables import account, metadata

ACCOUNT = "123456789012"


def add_account(conn: sa.Connection, account_id: str = ACCOUNT) -> None:
    conn.execute(sa.insert(account), {"id": account_id})


def fail() -> None:
    raise ZeroDivisionError


def add_account_and_fail(conn: sa.Connection) -> None:
    add_account(conn)
    fail()


def accounts(database: Database) -> list[str]:
    with database.read() as conn:
        return list(conn.execute(sa.select(account.c.id)).scalars())


def test_migrations_lead_to_the_tables(database: Database) -> None:
    """The migrations make exactly the schema that the code speaks of."""
    with database.read() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    with database.write() as conn:
        add_account(conn)
    database.migrate()

    assert accounts(database) == [ACCOUNT]


def test_a_newer_database_is_refused_in_plain_words(database: Database) -> None:
    with database.write() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(MeridianError, match="written by a newer meridian"):
        database.migrate()


def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as conn:
        add_account_and_fail(conn)

    assert accounts(database) == []


def test_a_read_sees_one_moment(database: Database) -> None:
    """A read that has begun does not see what is committed meanwhile."""
    with database.read() as before:
        assert list(before.execute(sa.select(account.c.id))) == []
        with database.write() as conn:
            add_account(conn)

        assert list(before.execute(sa.select(account.c.id))) == []
    assert accounts(database) == [ACCOUNT]


def test_listeners_hear_of_commits_only(database: Database) -> None:
    """A listener is called after each committed write, when its data can be read, and not after a rollback."""
    heard: list[list[str]] = []
    database.on_commit(lambda: heard.append(accounts(database)))
    with database.write() as conn:
        add_account(conn)
    with pytest.raises(ZeroDivisionError), database.write():
        fail()

    assert heard == [[ACCOUNT]]


def test_a_listener_that_raises_harms_nobody(database: Database) -> None:
    """The write stands, its caller hears nothing of it, and the other listeners are called."""
    heard: list[int] = []
    database.on_commit(fail)
    database.on_commit(lambda: heard.append(1))
    with database.write() as conn:
        add_account(conn)

    assert (accounts(database), heard) == ([ACCOUNT], [1])


def test_writes_take_turns(database: Database) -> None:
    """Writes from many threads lose nothing of each other."""
    with database.write() as conn:
        conn.execute(sa.text("CREATE TABLE tally (n INTEGER)"))
        conn.execute(sa.text("INSERT INTO tally VALUES (0)"))

    def count() -> None:
        for _ in range(20):
            with database.write() as conn:
                n = conn.execute(sa.text("SELECT n FROM tally")).scalar_one()
                conn.execute(sa.text("UPDATE tally SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as conn:
        assert conn.execute(sa.text("SELECT n FROM tally")).scalar_one() == 80


def test_a_write_does_not_wait_for_ever(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-CHG-11: a write that waits too long for another is refused as PriorRequestNotComplete, retryable."""
    monkeypatch.setattr(database_module, "WAIT_SECONDS", 0.01)
    refused: list[str] = []

    def second() -> None:
        try:
            with database.write():
                pass
        except ApiError as error:
            refused.append(error.code)

    with database.write():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    assert refused == ["PriorRequestNotComplete"]


def test_another_process_that_writes_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes on one SQLite file: the second write is refused in the API's words, not with a driver's error."""
    monkeypatch.setattr(database_module, "WAIT_SECONDS", 0.01)
    url = f"sqlite:///{tmp_path / 'meridian.db'}"
    one, other = Database(url), Database(url)
    one.migrate()
    with one.write() as conn:
        add_account(conn)
        with pytest.raises(ApiError, match="PriorRequestNotComplete"), other.write():
            pass
    one.close()
    other.close()


def test_sqlite_is_set_to_survive_loss_of_power(tmp_path: Path) -> None:
    """R-CHG-16: WAL with synchronous FULL (2) puts each commit on the disk; foreign keys are checked."""
    database = Database(f"sqlite:///{tmp_path / 'meridian.db'}")
    with database.read() as conn:
        pragmas = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """Neither the database, its journals nor what its secrets are sealed with can be read by others."""
    database = Database(f"sqlite:///{tmp_path / 'new' / 'meridian.db'}")
    database.migrate()
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "new").iterdir()}
    database.close()

    assert modes == dict.fromkeys(("meridian.db", "meridian.db-wal", "meridian.db-shm", "seal.key"), 0o600)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("meridian.db", "is no SQLAlchemy URL"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
        ("mysql://localhost/meridian", "use sqlite or postgresql"),
        ("sqlite:////dev/null/meridian.db", "choose another place"),
    ],
)
def test_a_url_that_cannot_be_used_is_explained(url: str, problem: str) -> None:
    with pytest.raises(MeridianError, match=problem):
        Database(url)


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from meridian.store.database import Database
from meridian.store.tables import account

database = Database(sys.argv[1])
with database.write() as conn:
    conn.execute(sa.insert(account), {"id": "111111111111"})
with database.write() as conn:
    conn.execute(sa.insert(account), {"id": "222222222222"})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_kill_leaves_no_half_of_a_write(tmp_path: Path) -> None:
    """After SIGKILL between two statements, what was committed is there and what was not has left nothing."""
    url = f"sqlite:///{tmp_path / 'meridian.db'}"
    database = Database(url)
    database.migrate()
    killed = subprocess.run([sys.executable, "-c", KILLED, url], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert accounts(database) == ["111111111111"]
    database.close()

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from meridian.model.audit import Actor, Changed, RecordKey
from meridian.model.name import parse
from meridian.store import audit
from meridian.store.audit import Filter
from meridian.store.database import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
ADA = Actor("111122223333", "ada", "AKIA1", "r1", "route53:ChangeResourceRecordSets")
KEY = RecordKey(parse("www.example.com").sort_key, "A", "")
WRITTEN = Changed("recordset", "Z1", None, {"Name": "www.example.com.", "TTL": 60}, KEY)


def test_what_is_written_is_read(database: Database) -> None:
    """Newest first, with both sides as they were given."""
    tags = Changed("tags", "Z1", {}, {"k": "é"})
    with database.write() as conn:
        audit.add(conn, ADA, NOW, [WRITTEN, tags])
        audit.add(conn, ADA, NOW, [])
    with database.read() as conn:
        found = audit.page(conn, "111122223333", Filter(), 10)

    assert [(event.actor, event.at, event.changed) for event in found] == [(ADA, NOW, tags), (ADA, NOW, WRITTEN)]
    assert found[0].id > found[1].id


def test_no_account_reads_anothers(database: Database) -> None:
    with database.write() as conn:
        audit.add(conn, ADA, NOW, [WRITTEN])
        assert audit.page(conn, "999999999999", Filter(), 10) == []


def write_and_fail(conn: Connection) -> None:
    audit.add(conn, ADA, NOW, [WRITTEN])
    raise ZeroDivisionError


def test_a_write_that_fails_leaves_no_trail(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as conn:
        write_and_fail(conn)
    with database.read() as conn:
        assert audit.page(conn, "111122223333", Filter(), 10) == []


def test_what_is_old_is_forgotten(database: Database) -> None:
    """What was at the limit itself stays."""
    with database.write() as conn:
        for days in (2, 1, 0):
            audit.add(conn, ADA, NOW - timedelta(days=days), [WRITTEN])
        assert audit.prune(conn, NOW - timedelta(days=1)) == 1
        assert len(audit.page(conn, "111122223333", Filter(), 10)) == 2

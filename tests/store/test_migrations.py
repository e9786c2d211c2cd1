"""Databases of earlier versions become today's, with what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import alembic.script
import sqlalchemy as sa

from meridian.model.name import parse as name
from meridian.model.zone import ChangeInfo
from meridian.store import change, delegation, health, migrations, outbox, record, zone
from meridian.store.database import Database
from meridian.store.record import Start
from meridian.store.tables import ancestor, record_set
from tests.store.samples import a

MIGRATIONS = Path(migrations.__file__).parent
WWW = a("www.example.com")

# What a program of the first schema has written.
FIRST: list[tuple[str, Mapping[str, Any]]] = [
    ("account", {"id": "111122223333"}),
    (
        "hosted_zone",
        {
            "id": "Z1",
            "account_id": "111122223333",
            "name_wire": b"\7example\3com\0",
            "sort_key": "com.example.",
            "caller_reference": "r",
            "rank": 1,
            "version": 2,
            "shard_count": 1,
            "record_set_count": 1,
            "private": False,
            "name_servers": '["ns-1.a.test","ns-2.a.test","ns-3.a.test"]',
        },
    ),
    (
        "record_set",
        {
            "zone_id": "Z1",
            "sort_key": WWW.name.sort_key,
            "type": "A",
            "set_identifier": "",
            "name_wire": WWW.name.wire,
            "slot": 742,
            "ttl": 60,
            "record_values": '["192.0.2.1"]',
            "rdata": b"\x91\xc4\4\xc0\0\2\1",
        },
    ),
    (
        "change",
        {
            "id": "C1",
            "account_id": "111122223333",
            "zone_id": "Z1",
            "zone_version": 2,
            "status": "PENDING",
            "submitted_at": 1_000,
            "comment": "why",
        },
    ),
]


def test_files_of_steps_are_called_by_their_order() -> None:
    """What is up to date is told by the last file's name."""
    steps = list(alembic.script.ScriptDirectory(str(MIGRATIONS)).walk_revisions())[::-1]
    assert [step.revision for step in steps] == [f"{number:04}" for number in range(1, len(steps) + 1)]
    assert all(Path(step.path).name.startswith(f"{step.revision}_") for step in steps)


def at_revision(url: str, revision: str) -> Database:
    """A new database with the schema of an earlier version."""
    database = Database(url)
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.write() as conn:
        config.attributes["connection"] = conn
        alembic.command.upgrade(config, revision)
    return database


def add(conn: sa.Connection, table: str, row: Mapping[str, Any]) -> None:
    conn.execute(sa.insert(sa.table(table, *map(sa.column, row))), row)


def test_what_the_first_schema_held_is_kept(url: str) -> None:
    """The second adds CIDR collections: zones, record sets and changes read as before, and can be written to."""
    database = at_revision(url, "0001")
    with database.write() as conn:
        for table, row in FIRST:
            add(conn, table, row)
    database.migrate()

    with database.write() as conn:
        assert zone.owned(conn, "111122223333", "Z1").version == 3
        assert record.page(conn, "Z1", Start(), 10) == [WWW]
        assert change.published(conn, "Z1", 2, 7, 1) == 1
        change.insert(conn, change.new(datetime(2026, 1, 2, tzinfo=UTC)), "111122223333", "u" * 36, 1)
        assert delegation.is_crowded(conn, ["ns-1.a.test", "ns-2.a.test", "ns-3.a.test"])
        kept = ChangeInfo("C1", "PENDING", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "why")
        assert change.get(conn, "111122223333", "C1") == kept
    database.close()


def test_names_have_the_slots_of_todays_hash(url: str) -> None:
    """Names and their ancestors are put into the slots that the engine looks in, and their zones published anew."""
    below = name("a.long-label.example.com").between(name("example.com"))[0]
    database = at_revision(url, "0001")
    with database.write() as conn:
        for table, row in FIRST:
            add(conn, table, row)
        add(conn, "ancestor", {"zone_id": "Z1", "name_wire": below.wire, "slot": 7, "descendants": 1})
    database.migrate()

    with database.read() as conn:
        assert [row.slot for row in conn.execute(sa.select(record_set))] == [WWW.name.slot] != [742]
        assert [row.slot for row in conn.execute(sa.select(ancestor))] == [below.slot] != [7]
        assert [(row.version, row.slots) for row in outbox.of_zone(conn, "Z1")] == [(3, None)]
    database.close()


def test_children_of_checks_made_earlier_are_known(url: str) -> None:
    """R-HCC-5: a calculated check made before its children stood in a table of their own hears of their end."""
    tcp, calculated = '{"type":"TCP"}', '{"type":"CALCULATED","child_health_checks":["one","two"]}'
    database = at_revision(url, "0006")
    with database.write() as conn:
        add(conn, "account", {"id": "111122223333"})
        for slot, id_, config in ((1, "one", tcp), (300, "parent", calculated)):
            row = {"slot": slot, "id": id_, "caller_reference": id_, "config": config}
            counts = {"version": 1, "revision": 1, "created_at": 1}
            add(conn, "health_check", {"account_id": "111122223333", **row, **counts})
    database.migrate()

    with database.write() as conn:
        health.delete(conn, health.owned(conn, "111122223333", "one"), datetime(2026, 1, 2, tzinfo=UTC))
        assert health.block_versions(conn) == {0: 1, 1: 1}
    database.close()

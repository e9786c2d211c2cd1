from __future__ import annotations

from meridian.store import outbox
from meridian.store.database import Database
from meridian.store.outbox import Row


def test_rows_of_a_zone_come_back_oldest_first(database: Database) -> None:
    """Slots come back sorted; None stands for the whole zone, and an empty set for no slot at all."""
    with database.write() as conn:
        outbox.add(conn, "Z2", 2, {4095, 0})
        outbox.add(conn, "Z1", 7, None)
        outbox.add(conn, "Z2", 3, frozenset())
        outbox.add(conn, "Z2", 4, None)
        rows = outbox.of_zone(conn, "Z2")
        first, second, third = (row.id for row in rows)

        assert outbox.of_zone(conn, "Z3") == []
    assert rows == [Row(first, "Z2", 2, (0, 4095)), Row(second, "Z2", 3, ()), Row(third, "Z2", 4, None)]
    assert first < second < third


def test_zones_that_wait_longest_come_first(database: Database) -> None:
    with database.write() as conn:
        for zone_id, version in (("Z2", 2), ("Z1", 2), ("Z3", 2), ("Z2", 3)):
            outbox.add(conn, zone_id, version, None)

        assert outbox.zones(conn) == ["Z2", "Z1", "Z3"]


def test_rows_that_are_done_are_gone(database: Database) -> None:
    """Only the ids given go; ids are not given again, so that a late `done` harms no newer row."""
    with database.write() as conn:
        for version in (2, 3):
            outbox.add(conn, "Z1", version, None)
        ids = [row.id for row in outbox.of_zone(conn, "Z1")]
        outbox.done(conn, ids)
        outbox.add(conn, "Z1", 4, None)
        outbox.done(conn, ids)
        outbox.done(conn, [])

        assert [row.version for row in outbox.of_zone(conn, "Z1")] == [4]

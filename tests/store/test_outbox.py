from __future__ import annotations

from meridian.store import outbox
from meridian.store.database import Database
from meridian.store.outbox import Row


def test_rows_come_back_oldest_first(database: Database) -> None:
    """Slots come back sorted; None stands for the whole zone, and an empty set for no slot at all."""
    with database.write() as conn:
        outbox.add(conn, "Z2", 2, {4095, 0})
        outbox.add(conn, "Z1", 7, None)
        outbox.add(conn, "Z2", 3, frozenset())
        first, second, third = outbox.pending(conn, 10)

        assert outbox.pending(conn, 2) == [first, second]
    assert (first, second, third) == (
        Row(first.id, "Z2", 2, (0, 4095)),
        Row(second.id, "Z1", 7, None),
        Row(third.id, "Z2", 3, ()),
    )
    assert first.id < second.id < third.id


def test_rows_that_are_done_are_gone(database: Database) -> None:
    """Only the ids given go; ids are not given again, so that a late `done` harms no newer row."""
    with database.write() as conn:
        for version in (2, 3):
            outbox.add(conn, "Z1", version, None)
        ids = [row.id for row in outbox.pending(conn, 10)]
        outbox.done(conn, ids)
        outbox.add(conn, "Z1", 4, None)
        outbox.done(conn, ids)
        outbox.done(conn, [])

        assert [row.version for row in outbox.pending(conn, 10)] == [4]

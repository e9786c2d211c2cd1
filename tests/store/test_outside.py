"""Which names outside their zones aliases lead to."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from meridian.model.name import parse
from meridian.model.record import AliasTarget, Key, RecordSet
from meridian.store import record, zone
from meridian.store.database import Database
from tests.store.samples import a, add_zone, delete, put


def alias(name: str, zone_id: str, target: str, rtype: str = "A") -> RecordSet:
    return RecordSet(parse(name), rtype, alias=AliasTarget(zone_id, target, False))


def test_targets_of_all_zones(database: Database, account_id: str) -> None:
    """Each name and type once, aliases inside a zone not at all; they go with the last record set, and with zones."""
    lb, cdn = parse("lb.example.net"), parse("cdn.example.net")
    with database.write() as conn:
        one, two = add_zone(conn, account_id, "one.example"), add_zone(conn, account_id, "two.example")
        first, second = (alias(name, "Z0LB", "lb.example.net.") for name in ("one.example", "b.one.example"))
        inside = alias("c.one.example", one.id, "d.one.example.")
        record.apply(conn, one, put(first, second, inside, a("d.one.example")))
        other = [alias("two.example", "Z0CDN", "cdn.example.net.", rtype) for rtype in ("A", "AAAA")]
        record.apply(conn, two, put(*other, alias("b.two.example", "Z0LB", "lb.example.net.")))
        assert record.outside_targets(conn) == {(lb, "A"), (cdn, "A"), (cdn, "AAAA")}
        record.apply(conn, one, put(a("one.example")))
        record.apply(conn, two, delete(other[0].key, key_of("b.two.example")))
        assert record.outside_targets(conn) == {(lb, "A"), (cdn, "AAAA")}
        zone.delete(conn, two.id)
        assert record.outside_targets(conn) == {(lb, "A")}


def key_of(name: str) -> Key:
    return alias(name, "Z0LB", "lb.example.net.").key


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the plan is told in SQLite's own words
def test_the_index_alone_is_read(database: Database) -> None:
    """Asking at every commit is cheap: the index holds outside aliases and nothing else."""
    query = "EXPLAIN QUERY PLAN SELECT DISTINCT outside_target, type FROM record_set WHERE outside_target IS NOT NULL"
    with database.read() as conn:
        plan = [row[-1] for row in conn.execute(text(query))]
    assert all("COVERING INDEX ix_record_set_outside_target_type" in step for step in plan), plan

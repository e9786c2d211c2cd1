from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from meridian.changes.batch import Plan
from meridian.model.name import Name, parse
from meridian.model.record import (
    AliasTarget,
    CidrRoutingConfig,
    Coordinates,
    GeoLocation,
    GeoProximityLocation,
    Key,
    RecordSet,
)
from meridian.model.zone import HostedZone
from meridian.store import record, zone
from meridian.store.database import Database
from meridian.store.record import Start
from meridian.store.tables import ancestor, record_set
from tests.store.samples import a, add_zone, delete, put

WWW = parse("www.example.com")

FULL = {
    "plain": RecordSet(
        WWW, "MX", ttl=300, values=("10 Mail.example.com", "20 b."), rdata=(b"\0\x0a\1a\0", b"\0\x14\1b\0")
    ),
    "text with quotes and escapes": RecordSet(WWW, "TXT", ttl=0, values=('"a \\"b\\" \\344" "c"',), rdata=(b"\x01a",)),
    "alias": RecordSet(WWW, "A", alias=AliasTarget("Z1", "other.example.com.", True)),
    "weighted": RecordSet(WWW, "A", "öne", 60, ("192.0.2.1",), (b"\xc0\0\2\1",), weight=0, health_check_id="id"),
    "latency": RecordSet(WWW, "A", "eu", 60, ("192.0.2.1",), (b"\xc0\0\2\1",), region="eu-west-1"),
    "failover alias": RecordSet(WWW, "A", "1", alias=AliasTarget("Z1", "x.example.com.", False), failover="PRIMARY"),
    "geolocation": RecordSet(
        WWW,
        "A",
        "g",
        60,
        ("192.0.2.1",),
        (b"\xc0\0\2\1",),
        geo_location=GeoLocation(country_code="US", subdivision_code="CA"),
    ),
    "multivalue": RecordSet(WWW, "A", "m", 60, ("192.0.2.1",), (b"\xc0\0\2\1",), multi_value_answer=True),
    "cidr": RecordSet(
        WWW, "A", "c", 60, ("192.0.2.1",), (b"\xc0\0\2\1",), cidr_routing_config=CidrRoutingConfig("i", "*")
    ),
    "geoproximity": RecordSet(
        WWW,
        "A",
        "p",
        60,
        ("192.0.2.1",),
        (b"\xc0\0\2\1",),
        geo_proximity_location=GeoProximityLocation(coordinates=Coordinates("1.5", "-0.25"), bias=-99),
    ),
    "policy record": RecordSet(WWW, "A", traffic_policy_instance_id="8c7b-…"),
}


@pytest.fixture
def host(database: Database, account_id: str) -> HostedZone:
    with database.write() as conn:
        return add_zone(conn, account_id)


@pytest.mark.parametrize("stored", FULL.values(), ids=FULL)
def test_a_record_set_comes_back_as_it_was(database: Database, host: HostedZone, stored: RecordSet) -> None:
    """Every field survives, the texts of the values as they were sent (R-TYP-16, R-TXT-5)."""
    with database.write() as conn:
        record.apply(conn, host, put(stored))
    with database.read() as conn:
        assert record.at_name(conn, host.id, stored.name) == (stored,)


@pytest.mark.parametrize("stored", FULL.values(), ids=FULL)
def test_slots_give_all_but_the_texts(database: Database, host: HostedZone, stored: RecordSet) -> None:
    """What is compiled is read without the texts of the values: `rdata` has the octets."""
    with database.write() as conn:
        record.apply(conn, host, put(stored))
    with database.read() as conn:
        (found,), _ = record.in_slots(conn, host.id, stored.name.slot, stored.name.slot)

    assert found.values == ()
    assert (found.key, found.ttl, found.rdata, found.alias, found.policy) == (
        stored.key,
        stored.ttl,
        stored.rdata,
        stored.alias,
        stored.policy,
    )


def test_putting_replaces_the_whole_record_set(database: Database, host: HostedZone) -> None:
    """R-CHG-6: a record set with the same key is replaced, and what the new one leaves out is gone."""
    old, new = FULL["weighted"], RecordSet(WWW, "A", "öne", 5, ("192.0.2.2",), (b"\xc0\0\2\2",), weight=1)
    with database.write() as conn:
        record.apply(conn, host, put(old))
        record.apply(conn, host, put(new))
        counted = zone.owned(conn, host.account_id, host.id)

        assert record.at_name(conn, host.id, WWW) == (new,)
        assert counted.record_set_count == 1


def test_delete_and_put_of_one_key_in_one_plan_puts(database: Database, host: HostedZone) -> None:
    """R-CHG-8: DELETE then CREATE of one key leaves the new record set."""
    new = a("www.example.com", "192.0.2.9")
    with database.write() as conn:
        record.apply(conn, host, put(a("www.example.com")))
        record.apply(conn, host, Plan(delete=(new.key,), put=(new,)))

        assert record.at_name(conn, host.id, WWW) == (new,)
        assert zone.owned(conn, host.account_id, host.id).record_set_count == 1


def test_many_names_are_read_at_once(database: Database, host: HostedZone) -> None:
    """`at_names` gives each name what `at_name` gives, and an empty tuple where there is nothing."""
    record_sets = [a(f"h{i}.example.com") for i in range(1200)]
    with database.write() as conn:
        record.apply(conn, host, put(*record_sets))
        found = record.at_names(conn, host.id, [r.name for r in record_sets] + [WWW])

    assert found == {**{r.name: (r,) for r in record_sets}, WWW: ()}


def test_zones_do_not_see_each_other(database: Database, account_id: str) -> None:
    with database.write() as conn:
        one, other = add_zone(conn, account_id), add_zone(conn, account_id)
        record.apply(conn, one, put(a("a.b.example.com")))

        assert record.page(conn, other.id, Start(), 10) == []
        assert record.in_slots(conn, other.id, 0, 4095) == ([], [])
        assert record.at_name(conn, other.id, parse("a.b.example.com")) == ()


# Names in listing order: labels reversed, escaped, byte by byte (R-LST-1, R-LST-2).
IN_ORDER = [
    "example.com",
    "*.example.com",
    "_x.example.com",
    "foo-bar.example.com",
    "foo.example.com",
    "a.foo.example.com",
]


def test_listing_order(database: Database, host: HostedZone) -> None:
    """R-LST-1..4: by escaped reversed name, then by type as text, then by identifier; `\\052` sorts after `-`."""
    record_sets = [a(text) for text in IN_ORDER]
    expected = sorted(record_sets, key=lambda r: r.name.sort_key.encode())
    with database.write() as conn:
        record.apply(conn, host, put(*reversed(record_sets)))
        listed = record.page(conn, host.id, Start(), 100)

    assert listed == expected
    texts = [r.name.text for r in listed]
    assert texts.index("foo-bar.example.com.") < texts.index("foo.example.com.") < texts.index("a.foo.example.com.")


def test_types_and_identifiers_are_ordered_as_text(database: Database, host: HostedZone) -> None:
    """R-LST-3, R-LST-4: TXT comes after NS, `B` before `a`, none before any."""
    keys = [("A", "B"), ("A", "a"), ("AAAA", None), ("MX", None), ("NS", None), ("SOA", None), ("TXT", None)]
    record_sets = [
        RecordSet(WWW, type_, identifier, 1, ("x",), (b"x",), weight=1 if identifier else None)
        for type_, identifier in keys
    ]
    with database.write() as conn:
        record.apply(conn, host, put(*reversed(record_sets)))

        assert record.page(conn, host.id, Start(), 100) == record_sets


def test_a_listing_starts_at_or_after_its_start(database: Database, host: HostedZone) -> None:
    """R-LST-6, R-LST-7: inclusive; a type that is not there gives the next type of that name, else the next name."""
    sets = [
        a("a.example.com"),
        RecordSet(parse("a.example.com"), "TXT", ttl=1, values=('"x"',), rdata=(b"\1x",)),
        a("b.example.com"),
    ]
    at_a = parse("a.example.com").sort_key
    facts = [
        (Start(), sets),
        (Start(at_a), sets),
        (Start(at_a, "A"), sets),
        (Start(at_a, "MX"), sets[1:]),
        (Start(at_a, "TXT"), sets[1:]),
        (Start(at_a, "TXT", "x"), sets[2:]),
        (Start(parse("c.example.com").sort_key), []),
    ]
    with database.write() as conn:
        record.apply(conn, host, put(*sets))
        for start, expected in facts:
            assert record.page(conn, host.id, start, 10) == expected, start


def test_touched_slots_name_ancestors_that_come_and_go(database: Database, host: HostedZone) -> None:
    """The slots of a change are those of its owner names and of ancestors that came or went, and no others."""
    deep, side = a("x.y.z.example.com"), a("w.y.z.example.com")
    y, z = parse("y.z.example.com"), parse("z.example.com")
    with database.write() as conn:
        assert record.apply(conn, host, put(deep)) == {deep.name.slot, y.slot, z.slot}
        assert record.apply(conn, host, put(side)) == {side.name.slot}
        assert record.apply(conn, host, put(a("x.y.z.example.com", "192.0.2.3"))) == {deep.name.slot}
        assert record.apply(conn, host, delete(side.key)) == {side.name.slot}
        assert record.apply(conn, host, delete(deep.key)) == {deep.name.slot, y.slot, z.slot}
        assert record.in_slots(conn, host.id, 0, 4095) == ([], [])


# A small world, so that random plans meet: names above, below and beside each other.
NAMES = [
    parse(text)
    for text in (
        "example.com",
        "a.example.com",
        "b.a.example.com",
        "c.b.a.example.com",
        "d.b.a.example.com",
        "*.x.y.example.com",
    )
]
KEYS = st.builds(Key, st.sampled_from(NAMES), st.sampled_from(["A", "TXT"]), st.sampled_from([None, "1", "2"]))


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Key], list[Key]]:
    """Keys to delete, those that are not there left out later, and keys to put."""
    return draw(st.lists(KEYS, max_size=8, unique=True)), draw(st.lists(KEYS, max_size=8, unique=True))


def made(key: Key) -> RecordSet:
    return RecordSet(key.name, key.type, key.set_identifier, 60, ("v",), (b"v",))


def ancestors_of(owners: Iterable[Name], apex: Name) -> dict[bytes, tuple[int, int]]:
    """The ancestors by brute force: wire name to slot and number of owner names below."""
    found = Counter(above for owner in set(owners) for above in owner.between(apex))
    return {name.wire: (name.slot, count) for name, count in found.items()}


def stored_ancestors(conn: Connection, zone_id: str) -> dict[bytes, tuple[int, int]]:
    rows = conn.execute(select(ancestor).where(ancestor.c.zone_id == zone_id))
    return {row.name_wire: (row.slot, row.descendants) for row in rows}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(plans(), max_size=6))
def test_counts_follow_any_sequence_of_plans(
    database: Database, account_id: str, steps: list[tuple[list[Key], list[Key]]]
) -> None:
    """After any plans, record sets, their count, the ancestors and all slots equal what the record sets imply."""
    present: set[Key] = set()
    with database.write() as conn:
        host = add_zone(conn, account_id)
        for asked, added in steps:
            removed = [key for key in asked if key in present]
            slots = record.apply(conn, host, Plan(delete=tuple(removed), put=tuple(map(made, added))))
            present = (present - set(removed)) | set(added)

            assert {key.name.slot for key in (*removed, *added)} <= slots
            assert zone.owned(conn, account_id, host.id).record_set_count == len(present)
            assert stored_ancestors(conn, host.id) == ancestors_of((key.name for key in present), host.name)
        found, above = record.in_slots(conn, host.id, 0, 4095)
        slots_kept = set(
            conn.execute(select(record_set.c.name_wire, record_set.c.slot).where(record_set.c.zone_id == host.id))
        )

    assert {r.key for r in found} == present
    assert {name.wire for name in above} == set(ancestors_of((key.name for key in present), host.name))
    assert slots_kept == {(key.name.wire, key.name.slot) for key in present}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(KEYS, max_size=8, unique=True),
    after=st.lists(KEYS, max_size=8, unique=True),
)
def test_untouched_slots_have_not_changed(
    database: Database, account_id: str, before: list[Key], after: list[Key]
) -> None:
    """A slot that `apply` does not name holds the same before and after it: so shards elsewhere stand as they are."""

    def by_slot(conn: Connection) -> dict[int, list[object]]:
        return {slot: list(record.in_slots(conn, host.id, slot, slot)) for name in world for slot in [name.slot]}

    world = {above for name in NAMES for above in [name, *name.between(parse("example.com"))]}
    with database.write() as conn:
        host = add_zone(conn, account_id)
        record.apply(conn, host, put(*map(made, before)))
        old = by_slot(conn)
        gone = tuple(key for key in before if key not in after)
        touched = record.apply(
            conn, host, Plan(delete=gone, put=tuple(made(key) for key in after if key not in before))
        )
        new = by_slot(conn)

    assert {slot for slot in old if old[slot] != new[slot]} <= touched


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(KEYS, unique=True, max_size=20), size=st.integers(1, 5))
def test_pages_join_to_the_whole(database: Database, account_id: str, keys: list[Key], size: int) -> None:
    """Pages of any size, each begun at the item after the last, give every record set once and in order."""
    with database.write() as conn:
        host = add_zone(conn, account_id)
        record.apply(conn, host, put(*map(made, keys)))
        listed: list[RecordSet] = []
        start: Start | None = Start()
        while start is not None:
            found = record.page(conn, host.id, start, size + 1)
            listed += found[:size]
            rest = found[size:]
            start = Start(rest[0].name.sort_key, rest[0].type, rest[0].set_identifier or "") if rest else None

    order = sorted(keys, key=lambda key: (key.name.sort_key, key.type, key.set_identifier or ""))
    assert [r.key for r in listed] == order


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(KEYS, unique=True, max_size=20), cuts=st.sets(st.integers(1, 4095), max_size=6))
def test_ranges_of_slots_join_to_the_whole(
    database: Database, account_id: str, keys: list[Key], cuts: set[int]
) -> None:
    """However the slots are cut into ranges, each record set and each ancestor is in exactly one."""
    edges = [0, *sorted(cuts), 4096]
    with database.write() as conn:
        host = add_zone(conn, account_id)
        record.apply(conn, host, put(*map(made, keys)))
        whole = record.in_slots(conn, host.id, 0, 4095)
        parts = [record.in_slots(conn, host.id, first, after - 1) for first, after in pairwise(edges)]

    assert Counter(r.key for found, _ in parts for r in found) == Counter(r.key for r in whole[0])
    assert Counter(name for _, above in parts for name in above) == Counter(whole[1])

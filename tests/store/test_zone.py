from __future__ import annotations

import msgspec
import pytest

from meridian.errors import ApiError, NoSuchHostedZone
from meridian.model.name import parse
from meridian.store import account, record, zone
from meridian.store.database import Database
from tests.store.samples import a, add_zone, put


def test_a_zone_comes_back_as_it_was(database: Database, account_id: str) -> None:
    with database.write() as conn:
        made = add_zone(conn, account_id, "*.xn--bcher-kva.example")

        assert zone.get(conn, made.id) == made
        assert zone.owned(conn, account_id, made.id, for_update=True) == made


def test_foreign_and_unknown_zones_look_the_same(database: Database, account_id: str) -> None:
    """R-API-25: another account's zone and one that never was give the same error."""
    with database.write() as conn:
        made = add_zone(conn, account_id)
        stranger = account.create_account(conn)
        for zone_id in (made.id, "Z0UNKNOWN"):
            with pytest.raises(NoSuchHostedZone, match=f"No hosted zone found with ID: {zone_id}"):
                zone.owned(conn, stranger, zone_id)

        assert zone.get(conn, "Z0UNKNOWN") is None


def test_a_caller_reference_is_used_up_for_ever(database: Database, account_id: str) -> None:
    """R-ZON-4: not even after its zone is gone can it be used again in its account; in another it can."""
    with database.write() as conn:
        made = add_zone(conn, account_id)
        zone.delete(conn, made.id)
        with pytest.raises(ApiError) as refused:
            zone.claim_reference(conn, account_id, made.caller_reference, "Z2")
        other = account.create_account(conn)

        assert zone.claim_reference(conn, other, made.caller_reference, "Z2") > made.rank
    assert refused.value.code == "HostedZoneAlreadyExists"
    assert refused.value.message == "A hosted zone has already been created with the specified caller reference."


def test_ranks_grow_and_are_never_given_twice(database: Database, account_id: str) -> None:
    with database.write() as conn:
        first, second = add_zone(conn, account_id), add_zone(conn, account_id)
        zone.delete(conn, second.id)

        assert first.rank < second.rank < add_zone(conn, account_id).rank


def test_pages_of_zones_are_in_the_order_of_ids(database: Database, account_id: str) -> None:
    """R-LSZ-1: stable, by id, from the marker on, inclusive; other accounts' zones are not there."""
    with database.write() as conn:
        made = [add_zone(conn, account_id, zone_id=zone_id) for zone_id in ("ZB", "ZA", "ZC")]
        add_zone(conn, account.create_account(conn), zone_id="ZAA")
        ids = [found.id for found in zone.page(conn, account_id, limit=2)]
        rest = [found.id for found in zone.page(conn, account_id, start="ZB", limit=9)]

    assert (ids, rest) == (["ZA", "ZB"], ["ZB", "ZC"])
    assert len(made) == 3


def test_private_zones_can_be_listed_alone(database: Database, account_id: str) -> None:
    """R-LSZ-1: hostedzonetype=PrivateHostedZone. The catalogs list all zones."""
    with database.write() as conn:
        add_zone(conn, account_id, zone_id="ZPUBLIC")
        add_zone(conn, account_id, zone_id="ZPRIVATE", private=True)

        assert [found.id for found in zone.page(conn, account_id, limit=9, private_only=True)] == ["ZPRIVATE"]
        assert zone.versions(conn) == [("ZPRIVATE", 1), ("ZPUBLIC", 1)]


def test_pages_by_name_are_in_the_order_of_reversed_labels_then_ids(database: Database, account_id: str) -> None:
    """R-LSZ-2, R-LSZ-3: the start need not exist."""
    with database.write() as conn:
        for zone_id, name in (("Z4", "b.example"), ("Z3", "a.b.example"), ("Z1", "b-c.example"), ("Z2", "b.example")):
            add_zone(conn, account_id, name, zone_id=zone_id)
        facts = [
            (("", ""), ["Z1", "Z2", "Z4", "Z3"]),
            ((parse("b.example").sort_key, ""), ["Z2", "Z4", "Z3"]),
            ((parse("b.example").sort_key, "Z3"), ["Z4", "Z3"]),
            ((parse("a.a.b.example").sort_key, ""), []),
            ((parse("0.b.example").sort_key, ""), ["Z3"]),
        ]
        for start, expected in facts:
            found = zone.page_by_name(conn, account_id, start=start, limit=9)
            assert [each.id for each in found] == expected, start


def test_version_shards_comment_and_count(database: Database, account_id: str) -> None:
    with database.write() as conn:
        made = add_zone(conn, account_id)
        zone.set_comment(conn, made.id, "why")
        zone.set_shard_count(conn, made.id, 16)

        assert zone.bump_version(conn, made.id) == 2
        assert zone.bump_version(conn, made.id) == 3
        assert zone.get(conn, made.id) == msgspec.structs.replace(made, version=3, comment="why", shard_count=16)
        zone.set_comment(conn, made.id, None)
        assert zone.owned(conn, account_id, made.id).comment is None
        assert zone.count(conn, account_id) == 1


def test_a_deleted_zone_leaves_nothing_behind(database: Database, account_id: str) -> None:
    with database.write() as conn:
        made = add_zone(conn, account_id)
        record.apply(conn, made, put(a("x.y.example.com")))
        zone.delete(conn, made.id)

        assert zone.get(conn, made.id) is None
        assert record.in_slots(conn, made.id, 0, 4095) == ([], [])
        assert zone.count(conn, account_id) == 0


# Zone name beside which a zone b.example.com is made, and whether their name servers must differ (R-ZON-6, R-ZON-7).
OVERLAPS = [
    ("b.example.com", True),
    ("example.com", True),
    ("com", True),
    (".", True),
    ("a.b.example.com", True),
    ("deep.a.b.example.com", True),
    ("bb.example.com", False),
    ("b-b.example.com", False),
    ("b0.example.com", False),
    ("c.example.com", False),
    ("b.example.net", False),
]


@pytest.mark.parametrize(("name", "overlaps"), OVERLAPS)
def test_name_servers_of_overlapping_zones(database: Database, account_id: str, name: str, overlaps: bool) -> None:
    """The same name, its parents and its children overlap; names beside it do not."""
    with database.write() as conn:
        add_zone(conn, account_id, name, servers=("one.test", "two.test"))
        found = zone.overlapping_name_servers(conn, parse("b.example.com"))

    assert found == (frozenset({"one.test", "two.test"}) if overlaps else frozenset())


def test_private_zones_do_not_take_name_servers(database: Database, account_id: str) -> None:
    with database.write() as conn:
        add_zone(conn, account_id, private=True)

        assert zone.overlapping_name_servers(conn, parse("example.com")) == frozenset()


# Record sets, shards there are, shards there should be (architecture §3).
SHARDS = [
    (2, 1, 1),
    (500, 1, 1),
    (501, 1, 16),
    (501, 16, 16),
    (8_001, 1, 256),
    (8_001, 16, 256),
    (128_001, 256, 4096),
    (2, 4096, 4096),
    (501, 256, 256),
]


@pytest.mark.parametrize(("record_sets", "present", "expected"), SHARDS)
def test_shards_grow_with_the_zone_and_stay(record_sets: int, present: int, expected: int) -> None:
    assert zone.shards_for(record_sets, present) == expected

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from meridian.changes.batch import Plan
from meridian.changes.cidr import BlockPlan
from meridian.errors import ApiError, NoSuchCidrCollection
from meridian.model.cidr import Block, CidrCollection, parse, to_octets
from meridian.model.record import CidrRoutingConfig, Key, RecordSet
from meridian.store import account, cidr, record, zone
from meridian.store.cidr import BlockStart
from meridian.store.database import Database
from meridian.store.ids import new_uuid
from tests.changes.blocks import BLOCKS, FEW_BLOCKS, LOCATIONS
from tests.store.samples import a, add_zone, delete, put

LAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def add_collection(conn: Connection, account_id: str, name: str = "offices") -> str:
    """Store an empty collection and give its id."""
    collection = CidrCollection(new_uuid(), account_id, name, f"reference of {name}", 1)
    cidr.insert(conn, collection)
    return collection.id


def put_blocks(conn: Connection, collection_id: str, blocks: dict[str, str]) -> int:
    entries = tuple((parse(text), location) for text, location in blocks.items())
    return cidr.apply(conn, collection_id, BlockPlan(delete=(), put=entries))


def use(name: str, identifier: str, collection_id: str, location: str) -> RecordSet:
    config = CidrRoutingConfig(collection_id, location)
    plain = a(name)
    return RecordSet(
        plain.name, "A", identifier, plain.ttl, plain.values, plain.rdata, cidr_routing_config=config
    )  # fmt: skip


def test_a_collection_comes_back_to_its_account(database: Database, account_id: str) -> None:
    """R-API-25: to others it is not there."""
    with database.write() as conn:
        other = account.create_account(conn)
        id_ = add_collection(conn, account_id)
        found = cidr.owned(conn, account_id, id_)

        assert found == CidrCollection(id_, account_id, "offices", "reference of offices", 1)
        assert cidr.owned(conn, account_id, id_, for_update=True) == found
        assert cidr.named(conn, account_id, "offices") == found
        assert (cidr.named(conn, account_id, "Offices"), cidr.named(conn, other, "offices")) == (None, None)
        for account_of, asked in ((other, id_), (account_id, new_uuid())):
            with pytest.raises(NoSuchCidrCollection, match=f"No CIDR collection found with ID: {asked}"):
                cidr.owned(conn, account_of, asked)


def test_a_name_is_taken_once_in_an_account(database: Database, account_id: str) -> None:
    """R-CID-12: the database keeps two that come at once apart; other accounts, and later ones, may have the name."""
    with database.write() as conn:
        add_collection(conn, account.create_account(conn))
        first = add_collection(conn, account_id)
        with pytest.raises(ApiError, match=r"ConcurrentModification: .* retry the request"):
            add_collection(conn, account_id)
        assert cidr.count(conn, account_id) == 1
        cidr.delete(conn, first)

        assert cidr.count(conn, account_id) == 0
        assert add_collection(conn, account_id) != first


def test_blocks_come_and_go_and_move(database: Database, account_id: str) -> None:
    """R-CID-11: each plan makes one version, and touches no other collection."""
    with database.write() as conn:
        id_, other = (add_collection(conn, account_id, name) for name in ("one", "two"))
        put_blocks(conn, other, {"10.0.0.0/8": "oslo"})
        first = put_blocks(conn, id_, {"2001:db8::/32": "rome", "10.0.0.0/8": "oslo", "10.1.0.0/16": "rome"})
        moved = BlockPlan(delete=(parse("10.1.0.0/16"),), put=((parse("10.0.0.0/8"), "rome"),))
        second = cidr.apply(conn, id_, moved)
        third = cidr.apply(conn, id_, BlockPlan(delete=(), put=()))

        assert (first, second, third) == (2, 3, 4)
        assert cidr.blocks(conn, id_) == {parse("10.0.0.0/8"): "rome", parse("2001:db8::/32"): "rome"}
        assert cidr.blocks(conn, other) == {parse("10.0.0.0/8"): "oslo"}


def test_what_the_engine_gets(database: Database, account_id: str) -> None:
    """Blocks as text in one order, with the version; nothing for a collection that is gone."""
    with database.write() as conn:
        id_ = add_collection(conn, account_id)
        put_blocks(conn, id_, {"2001:db8::/32": "rome", "10.1.0.0/16": "rome", "10.0.0.0/8": "oslo"})

        assert cidr.for_engine(conn, id_) == (
            2,
            [("10.0.0.0/8", "oslo"), ("10.1.0.0/16", "rome"), ("2001:db8::/32", "rome")],
        )
        assert cidr.for_engine(conn, new_uuid()) is None
        others = [add_collection(conn, account_id, name) for name in ("b", "c")]
        assert cidr.versions(conn) == sorted([(id_, 2), *((other, 1) for other in others)])


def test_record_sets_use_locations_while_they_are_there(database: Database, account_id: str) -> None:
    """R-CID-12: a use begins, moves and ends with its record set, in whatever zone; so does that of `*`."""
    with database.write() as conn:
        id_, other = (add_collection(conn, account_id, name) for name in ("one", "two"))
        host, second = add_zone(conn, account_id), add_zone(conn, account_id, "example.net")
        uses = []

        def apply(host_: object, plan: Plan) -> None:
            record.apply(conn, host if host_ is host else second, plan)
            uses.append((sorted(cidr.used_locations(conn, id_)), sorted(cidr.used_locations(conn, other))))

        one, two = use("w.example.com", "1", id_, "oslo"), use("w.example.com", "2", id_, "*")
        apply(host, put(one, two, a("example.com")))
        apply(second, put(use("x.example.net", "1", id_, "oslo"), use("y.example.net", "1", other, "rome")))
        apply(host, put(use("w.example.com", "1", id_, "rome")))
        apply(host, put(RecordSet(two.name, "A", "2", 60, two.values, two.rdata, weight=1)))
        apply(host, delete(one.key))
        apply(second, delete(Key(use("y.example.net", "1", other, "rome").name, "A", "1")))
        zone.delete(conn, second.id)

        assert uses == [
            (["*", "oslo"], []),
            (["*", "oslo"], ["rome"]),
            (["*", "oslo", "rome"], ["rome"]),
            (["oslo", "rome"], ["rome"]),
            (["oslo"], ["rome"]),
            (["oslo"], []),
        ]
        assert cidr.used_locations(conn, id_) == frozenset()


def test_what_is_missing(database: Database, account_id: str) -> None:
    """R-CID-1: a location is there while it has a block, `*` while the collection is there (R-CID-2)."""
    with database.write() as conn:
        id_ = add_collection(conn, account_id)
        foreign = add_collection(conn, account.create_account(conn))
        put_blocks(conn, id_, {"10.0.0.0/8": "oslo", "10.1.0.0/16": "oslo"})
        put_blocks(conn, foreign, {"10.0.0.0/8": "oslo"})
        there = {CidrRoutingConfig(id_, location) for location in ("oslo", "*")}
        gone = {
            CidrRoutingConfig(*config)
            for config in ((id_, "rome"), (id_, "Oslo"), (foreign, "oslo"), (foreign, "*"), (new_uuid(), "*"))
        }

        assert cidr.missing(conn, account_id, there | gone) == gone
        assert cidr.missing(conn, account_id, there) == frozenset()
        assert cidr.missing(conn, account_id, ()) == frozenset()


def test_a_location_that_is_named_stays_until_the_writer_is_done(database: Database, url: str, account_id: str) -> None:
    """Two programs on one database: between the look at a location and the record set, nobody takes it away."""
    other = Database(url)
    seen: list[frozenset[str]] = []
    with database.write() as conn:
        host, id_ = add_zone(conn, account_id), add_collection(conn, account_id)
        put_blocks(conn, id_, {"10.0.0.0/8": "oslo"})

    def take_away() -> None:
        with other.write() as late:
            cidr.owned(late, account_id, id_, for_update=True)
            seen.append(cidr.used_locations(late, id_))

    with database.write() as conn:
        assert not cidr.missing(conn, account_id, [CidrRoutingConfig(id_, "oslo")])
        thread = threading.Thread(target=take_away)
        thread.start()
        thread.join(0.2)  # time enough to look too early
        record.apply(conn, host, put(use("w.example.com", "1", id_, "oslo")))
    thread.join()
    other.close()

    assert seen == [{"oslo"}]


@LAW
@given(names=st.sets(st.text("abAB09_-", min_size=1, max_size=3), max_size=12), size=st.integers(1, 4))
def test_pages_of_collections_join_to_the_whole(database: Database, names: set[str], size: int) -> None:
    """Pages of any size, each begun at the item after the last, give every collection once, as bytes sort."""
    with database.write() as conn:
        account_id = account.create_account(conn)
        for name in names:
            add_collection(conn, account_id, name)
        listed: list[str] = []
        start: str | None = ""
        while start is not None:
            found = [collection.name for collection in cidr.page(conn, account_id, start, size + 1)]
            listed += found[:size]
            start = found[size] if len(found) > size else None

    assert listed == sorted(names)


@LAW
@given(
    blocks=st.dictionaries(BLOCKS, st.sampled_from([*LOCATIONS, "Oslo", "oslo-2", "_"]), max_size=15),
    size=st.integers(1, 4),
    only=st.sampled_from([None, "oslo"]),
)
def test_pages_of_blocks_join_to_the_whole(
    database: Database, account_id: str, blocks: dict[Block, str], size: int, only: str | None
) -> None:
    """By location, then as the octets sort; of one location only, if one is asked for. Locations page likewise."""
    with database.write() as conn:
        id_ = add_collection(conn, account_id, new_uuid())
        cidr.apply(conn, id_, BlockPlan(delete=(), put=tuple(blocks.items())))
        listed: list[tuple[str, Block]] = []
        start: BlockStart | None = BlockStart()
        while start is not None:
            found = cidr.blocks_page(conn, id_, start, size + 1, only)
            listed += found[:size]
            start = BlockStart(found[size][0], to_octets(found[size][1])) if len(found) > size else None
        locations = cidr.locations_page(conn, id_, "", 100)
        parts = [cidr.locations_page(conn, id_, first, 2)[:1] for first in locations]
        there = {location: cidr.has_location(conn, id_, location) for location in [*LOCATIONS, "Oslo", "osl", "z"]}

    order = sorted((location, to_octets(block)) for block, location in blocks.items() if only in (None, location))
    assert [(location, to_octets(block)) for location, block in listed] == order
    assert locations == sorted(set(blocks.values()))
    assert parts == [[location] for location in locations]
    assert there == {location: location in blocks.values() for location in there}


@LAW
@given(
    steps=st.lists(st.dictionaries(st.sampled_from(FEW_BLOCKS), st.sampled_from([*LOCATIONS, None])), max_size=5),
)
def test_any_sequence_of_plans_is_kept(
    database: Database, account_id: str, steps: list[dict[Block, str | None]]
) -> None:
    """After any plans the collection holds what a plain dictionary does, and its version has grown by one each."""
    model: dict[Block, str] = {}
    with database.write() as conn:
        id_ = add_collection(conn, account_id, new_uuid())
        versions = [1]
        for step in steps:
            placed = {block: location for block, location in step.items() if location is not None}
            gone = tuple(block for block, location in step.items() if location is None)
            versions.append(cidr.apply(conn, id_, BlockPlan(gone, tuple(placed.items()))))
            model = {block: location for block, location in model.items() if block not in gone} | placed

        assert cidr.blocks(conn, id_) == model
        assert all(after == before + 1 for before, after in pairwise(versions))
        assert cidr.owned(conn, account_id, id_).version == versions[-1]

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meridian.api.context import Context
from meridian.errors import ApiError, ChangeRejected, InvalidInput
from meridian.model.name import parse
from meridian.model.record import CidrRoutingConfig, Key, RecordSet
from meridian.store import cidr, place, record
from meridian.store import zone as zones
from meridian.store.ids import new_uuid
from tests.operations.calls import call, change, create_zone, listed, upsert
from tests.operations.conftest import with_quotas
from tests.store.samples import delete, put

NOBODY = "11111111-1111-1111-1111-111111111111"


def create(context: Context, name: str = "offices", reference: str = "r") -> str:
    reply = call(context, "CreateCidrCollection", Name=name, CallerReference=reference)
    return str(reply["Collection"]["Id"])


def change_blocks(context: Context, id_: str, *steps: tuple[str, str, list[str]], **request: Any) -> dict[str, Any]:
    """Call with steps of action, location and blocks; `+` puts, `-` deletes."""
    changes = [
        {"Action": {"+": "PUT", "-": "DELETE_IF_EXISTS"}[action], "LocationName": location, "CidrList": blocks}
        for action, location, blocks in steps
    ]
    return call(context, "ChangeCidrCollection", Id=id_, Changes=changes, **request)


def blocks(context: Context, id_: str, **request: Any) -> dict[str, str]:
    reply = call(context, "ListCidrBlocks", CollectionId=id_, **request)
    return {found["CidrBlock"]: found["LocationName"] for found in reply["CidrBlocks"]}


def locations(context: Context, id_: str) -> list[str]:
    return [found["LocationName"] for found in call(context, "ListCidrLocations", CollectionId=id_)["CidrLocations"]]


def versions(context: Context) -> dict[str, int]:
    return {found["Name"]: found["Version"] for found in call(context, "ListCidrCollections")["CidrCollections"]}


def waiting(context: Context) -> list[tuple[str, int]]:
    with context.database.read() as conn:
        return [(row.key, row.version) for row in place.waiting(conn)]


def use(context: Context, zone_id: str, id_: str, location: str) -> Key:
    """Store a record set that names a location, and give its key."""
    config = CidrRoutingConfig(id_, location)
    octets = (bytes((192, 0, 2, 1)),)
    used = RecordSet(parse("w.example.com"), "A", location, 60, ("192.0.2.1",), octets, cidr_routing_config=config)
    with context.database.write() as conn:
        record.apply(conn, zones.owned(conn, context.caller.account_id, zone_id), put(used))
    return used.key


def test_a_new_collection(context: Context) -> None:
    """R-API-156, R-SIG-6, R-API-8: id, ARN and URL; it is published, though it is empty."""
    reply = call(context, "CreateCidrCollection", Name="offices", CallerReference="r")
    id_ = reply["Collection"]["Id"]

    assert reply == {
        "Collection": {
            "Arn": f"arn:aws:route53::{context.caller.account_id}:cidrcollection/{id_}",
            "Id": id_,
            "Name": "offices",
            "Version": 1,
        },
        "Location": f"https://dns.example.net/2013-04-01/cidrcollection/{id_}",
    }
    assert re.fullmatch(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", id_)
    assert call(context, "ListCidrCollections") == {"CidrCollections": [reply["Collection"]]}
    assert (blocks(context, id_), locations(context, id_)) == ({}, [])
    assert waiting(context) == [(f"cidr/{id_}", 1)]


def test_a_call_that_is_sent_again_makes_nothing_new(context: Context, stranger: Context) -> None:
    """R-CID-12: same name and reference give the collection as it is now; another reference is refused."""
    id_ = create(context)
    change_blocks(context, id_, ("+", "oslo", ["10.0.0.0/8"]))
    again = call(context, "CreateCidrCollection", Name="offices", CallerReference="r")["Collection"]

    assert (again["Id"], again["Version"]) == (id_, 2)
    with pytest.raises(ApiError) as refused:
        create(context, reference="other")
    assert (refused.value.code, refused.value.message) == (
        "CidrCollectionAlreadyExistsException",
        "A CIDR collection named offices was already created with a different caller reference.",
    )
    assert len({id_, create(context, "homes"), create(stranger)}) == 3
    assert [version for key, version in waiting(context) if key == f"cidr/{id_}"] == [1, 2]


def test_an_account_has_five_collections(context: Context, stranger: Context) -> None:
    """R-CID-10, R-QUO-2: a setting; a call that is sent again is not counted, and a deleted one makes room."""
    ids = [create(context, f"c{n}") for n in range(5)]
    for refused_in, name in ((context, "c5"), (with_quotas(context, cidr_collections=3), "c6")):
        with pytest.raises(ApiError, match="LimitsExceeded: Limits Exceeded: MAX_CIDR_COLLECTIONS_BY_OWNER"):
            create(refused_in, name)

    assert create(context, "c0") == ids[0]
    assert create(stranger)
    call(context, "DeleteCidrCollection", Id=ids[0])
    assert create(context, "c5") not in ids
    assert create(with_quotas(context, cidr_collections=6), "c6")


def test_a_change_is_one_transaction(context: Context) -> None:
    """R-CID-11: blocks, version, change and what the feed is to tell come together."""
    id_ = create(context)
    reply = change_blocks(context, id_, ("+", "oslo", ["10.0.0.0/8", "2001:DB8::/32"]), ("+", "rome", ["192.0.2.0/24"]))

    assert blocks(context, id_) == {"10.0.0.0/8": "oslo", "2001:db8::/32": "oslo", "192.0.2.0/24": "rome"}
    assert locations(context, id_) == ["oslo", "rome"]
    assert versions(context) == {"offices": 2}
    assert waiting(context) == [(f"cidr/{id_}", 1), (f"cidr/{id_}", 2)]
    info = call(context, "GetChange", Id=reply["Id"].removeprefix("/change/"))["ChangeInfo"]
    assert (info["Id"], info["Status"]) == (reply["Id"], "PENDING")
    with context.database.read() as conn:
        assert cidr.for_engine(conn, id_) == (
            2,
            [("10.0.0.0/8", "oslo"), ("192.0.2.0/24", "rome"), ("2001:db8::/32", "oslo")],
        )


def test_a_block_moves_in_one_call(context: Context) -> None:
    """R-CID-11: delete and put together leave no gap; a put alone moves nothing (R-CID-4)."""
    id_ = create(context)
    change_blocks(context, id_, ("+", "oslo", ["10.0.0.0/8"]))
    with pytest.raises(ApiError, match=r"CidrBlockInUseException: The CIDR block .* in two locations"):
        change_blocks(context, id_, ("+", "rome", ["10.0.0.0/8"]))
    assert blocks(context, id_) == {"10.0.0.0/8": "oslo"}
    change_blocks(context, id_, ("+", "rome", ["10.0.0.0/8"]), ("-", "oslo", ["10.0.0.0/8"]))

    assert blocks(context, id_) == {"10.0.0.0/8": "rome"}
    assert (locations(context, id_), versions(context)) == (["rome"], {"offices": 3})


def test_a_change_that_changes_nothing_is_a_change(context: Context) -> None:
    """As R-CHG-12 is for record sets: accepted, with a new version, so that it can become INSYNC."""
    id_ = create(context)
    first, second = (change_blocks(context, id_, ("-", "oslo", ["10.0.0.0/8"]))["Id"] for _ in range(2))

    assert first != second
    assert versions(context) == {"offices": 3}


@pytest.mark.parametrize("expected", [1, 3, 2**63 - 1])
def test_another_version_is_refused(context: Context, expected: int) -> None:
    """R-CID-11: CollectionVersion guards against changes by others; nothing is done (R-API-157)."""
    id_ = create(context)
    change_blocks(context, id_, ("+", "oslo", ["10.0.0.0/8"]), CollectionVersion=1)
    with pytest.raises(ApiError) as refused:
        change_blocks(context, id_, ("+", "rome", ["192.0.2.0/24"]), CollectionVersion=expected)

    assert (refused.value.code, refused.value.message) == (
        "CidrCollectionVersionMismatchException",
        f"The CIDR collection with ID {id_} has version 2, not {expected}.",
    )
    assert blocks(context, id_) == {"10.0.0.0/8": "oslo"}
    change_blocks(context, id_, ("+", "rome", ["192.0.2.0/24"]), CollectionVersion=2)


def test_a_refused_change_leaves_nothing(context: Context) -> None:
    """R-CID-10, R-CID-11: all or nothing."""
    small = with_quotas(context, cidr_blocks_per_collection=2)
    id_ = create(context)
    before = waiting(context)
    with pytest.raises(ApiError, match="at most 2 CIDR blocks"):
        change_blocks(small, id_, ("+", "oslo", ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16"]))
    with pytest.raises(InvalidInput, match=r"'10.0.0.0/25' must have a prefix length of 1 to 24 bits"):
        change_blocks(small, id_, ("+", "oslo", ["10.0.0.0/8", "10.0.0.0/25"]))

    assert (blocks(context, id_), versions(context), waiting(context)) == ({}, {"offices": 1}, before)
    change_blocks(small, id_, ("+", "oslo", ["10.0.0.0/8", "10.1.0.0/16"]))


def test_a_location_in_use_keeps_a_block(context: Context) -> None:
    """R-CID-12: its last block stays while a record set names it, whether that is answered yet or not."""
    zone_id, id_ = create_zone(context), create(context)
    change_blocks(context, id_, ("+", "oslo", ["10.0.0.0/8", "10.1.0.0/16"]), ("+", "rome", ["192.0.2.0/24"]))
    used = use(context, zone_id, id_, "oslo")
    change_blocks(context, id_, ("-", "oslo", ["10.0.0.0/8"]), ("-", "rome", ["192.0.2.0/24"]))
    with pytest.raises(ApiError) as refused:
        change_blocks(context, id_, ("-", "oslo", ["10.1.0.0/16"]))

    assert (refused.value.code, refused.value.message) == (
        "CidrBlockInUseException",
        "Record sets use the locations oslo, which would be left without a CIDR block.",
    )
    with context.database.write() as conn:
        record.apply(conn, zones.owned(conn, context.caller.account_id, zone_id), delete(used))
    change_blocks(context, id_, ("-", "oslo", ["10.1.0.0/16"]))
    assert locations(context, id_) == []


def test_a_collection_goes_when_it_is_empty_and_unused(context: Context) -> None:
    """R-CID-12: blocks first, then the uses, `*` among them; the feed is told that it went."""
    zone_id, id_ = create_zone(context), create(context)
    change_blocks(context, id_, ("+", "oslo", ["10.0.0.0/8"]))
    used = use(context, zone_id, id_, "*")
    with pytest.raises(ApiError, match=r"CidrCollectionInUseException: The CIDR collection is not empty"):
        call(context, "DeleteCidrCollection", Id=id_)
    change_blocks(context, id_, ("-", "oslo", ["10.0.0.0/8"]))
    with pytest.raises(ApiError, match=r"CidrCollectionInUseException: .* in use by record sets with the locations \*"):
        call(context, "DeleteCidrCollection", Id=id_)
    with context.database.write() as conn:
        record.apply(conn, zones.owned(conn, context.caller.account_id, zone_id), delete(used))

    assert call(context, "DeleteCidrCollection", Id=id_) == {}
    assert waiting(context)[-1] == (f"cidr/{id_}", 4)
    assert versions(context) == {}
    with context.database.read() as conn:
        assert (cidr.for_engine(conn, id_), cidr.versions(conn)) == (None, [])


CALLS_ON_A_COLLECTION = [
    ("ChangeCidrCollection", "Id", {"Changes": [{"Action": "PUT", "LocationName": "a", "CidrList": ["10.0.0.0/8"]}]}),
    ("DeleteCidrCollection", "Id", {}),
    ("ListCidrLocations", "CollectionId", {}),
    ("ListCidrBlocks", "CollectionId", {}),
]


@pytest.mark.parametrize(("operation", "member", "request_"), CALLS_ON_A_COLLECTION)
def test_collections_of_others_are_not_there(
    context: Context, stranger: Context, operation: str, member: str, request_: dict[str, Any]
) -> None:
    """R-API-25: unknown and foreign ids give the same answer."""
    for id_ in (NOBODY, create(stranger)):
        with pytest.raises(ApiError) as refused:
            call(context, operation, **{member: id_}, **request_)
        assert (refused.value.code, refused.value.message) == (
            "NoSuchCidrCollectionException",
            f"No CIDR collection found with ID: {id_}",
        )
    assert call(context, "ListCidrCollections") == {"CidrCollections": []}


def test_blocks_of_one_location(context: Context) -> None:
    """R-API-161: a location without blocks is none, and `*` never is one (R-CID-2)."""
    id_ = create(context)
    change_blocks(context, id_, ("+", "oslo", ["10.0.0.0/8", "9.0.0.0/8"]), ("+", "rome", ["192.0.2.0/24"]))

    assert list(blocks(context, id_, LocationName="oslo")) == ["9.0.0.0/8", "10.0.0.0/8"]
    for location in ("berlin", "Oslo", "osl", "*"):
        with pytest.raises(ApiError) as refused:
            blocks(context, id_, LocationName=location)
        assert (refused.value.code, refused.value.message) == (
            "NoSuchCidrLocationException",
            f"No CIDR location named {location} found in the collection with ID: {id_}",
        )


def pages(context: Context, operation: str, size: int, **request: Any) -> list[list[dict[str, Any]]]:
    """Every page of a list, each begun with the token of the one before."""
    found = []
    token: dict[str, Any] = {}
    while True:
        reply = call(context, operation, MaxResults=str(size), **request, **token)
        (items,) = (value for member, value in reply.items() if member != "NextToken")
        found.append(items)
        if "NextToken" not in reply:
            return found
        assert re.fullmatch(r"[A-Za-z0-9_=-]{1,1024}", reply["NextToken"])
        token = {"NextToken": reply["NextToken"]}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.dictionaries(st.integers(0, 40), st.sampled_from(["oslo", "rome", "Bonn_-16-letters"]), max_size=12),
    size=st.integers(1, 5),
)
def test_pages_join_to_the_whole(context: Context, found: dict[int, str], size: int) -> None:
    """R-PAG-1: every item once and in order, full pages but the last, no token behind it."""
    wide = with_quotas(context, cidr_collections=10_000)
    id_ = create(wide, new_uuid())
    steps = [("+", location, [f"10.{n}.0.0/16"]) for n, location in found.items()]
    if steps:
        change_blocks(wide, id_, *steps)
    of_blocks = pages(wide, "ListCidrBlocks", size, CollectionId=id_)
    of_locations = pages(wide, "ListCidrLocations", size, CollectionId=id_)
    of_collections = pages(wide, "ListCidrCollections", size)

    for listed_pages in (of_blocks, of_locations, of_collections):
        assert all(len(page) == size for page in listed_pages[:-1])
        assert len(listed_pages[-1]) <= size
    whole = [(item["LocationName"], item["CidrBlock"]) for page in of_blocks for item in page]
    assert whole == [(location, f"10.{n}.0.0/16") for location, n in sorted((at, n) for n, at in found.items())]
    assert [item["LocationName"] for page in of_locations for item in page] == sorted(set(found.values()))
    with context.database.read() as conn:
        collections = [item["Name"] for page in of_collections for item in page]
        assert collections == [each.name for each in cidr.page(conn, context.caller.account_id, "", 10_000)]


def test_a_page_holds_a_hundred(context: Context) -> None:
    """R-PAG-2: by default and at most."""
    id_ = create(context)
    change_blocks(context, id_, ("+", "oslo", [f"10.{n}.0.0/16" for n in range(101)]))

    for request in ({}, {"MaxResults": "1000"}):
        reply = call(context, "ListCidrBlocks", CollectionId=id_, **request)
        assert len(reply["CidrBlocks"]) == 100
        assert "NextToken" in reply
    with pytest.raises(InvalidInput, match="'maxResults'"):
        call(context, "ListCidrBlocks", CollectionId=id_, MaxResults="0")


def written(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "token",
    ["x", "====", "é", written("{}"), written('["CidrBlocks","oslo","x"]'), written('["CidrBlocks","a","0.0.0.0/0"]')],
)
def test_a_token_that_we_did_not_write_is_refused(context: Context, token: str) -> None:
    """R-PAG-1: InvalidInput, since these calls do not list InvalidPaginationToken."""
    id_ = create(context)
    for operation, request in (
        ("ListCidrCollections", {}),
        ("ListCidrLocations", {"CollectionId": id_}),
        ("ListCidrBlocks", {"CollectionId": id_}),
    ):
        with pytest.raises(InvalidInput, match="The NextToken is not valid"):
            call(context, operation, NextToken=token, **request)


def test_a_record_set_needs_its_location(context: Context, stranger: Context) -> None:
    """R-CID-1, R-CID-2: of its own account's collections; those that are there are judged no further here."""
    zone_id, id_, foreign = create_zone(context), create(context), create(stranger)
    change_blocks(context, id_, ("+", "oslo", ["10.0.0.0/8"]))
    for collection_id, location in ((id_, "rome"), (foreign, "*"), (NOBODY, "oslo")):
        config = {"CollectionId": collection_id, "LocationName": location}
        with pytest.raises(ChangeRejected) as rejected:
            change(
                context, zone_id, upsert("a.example.com", "A", "192.0.2.1", SetIdentifier="s", CidrRoutingConfig=config)
            )
        assert rejected.value.messages == (
            "RRSet with DNS name a.example.com., type A, SetIdentifier s cannot be created as there is no location "
            f"{location} in a CIDR collection with ID {collection_id}.",
        )
    for location in ("oslo", "*"):
        config = {"CollectionId": id_, "LocationName": location}
        change(
            context,
            zone_id,
            upsert("a.example.com", "A", "192.0.2.1", SetIdentifier=location, CidrRoutingConfig=config),
        )

    assert len(listed(context, zone_id)) == 4

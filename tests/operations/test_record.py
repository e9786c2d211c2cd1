from __future__ import annotations

import random
from typing import Any

import pytest

from meridian.api.context import Context
from meridian.errors import ApiError, ChangeRejected
from meridian.model.name import parse
from meridian.store import outbox
from meridian.store import zone as zones
from tests.effort import calls
from tests.operations.calls import asked, call, change, create_zone, listed, upsert
from tests.operations.conftest import NOW, with_quotas


@pytest.fixture
def zone_id(context: Context) -> str:
    return create_zone(context)


def alias(name: str, type_: str, zone_id: str, target: str, **members: Any) -> dict[str, Any]:
    leads_to = {"HostedZoneId": zone_id, "DNSName": target, "EvaluateTargetHealth": False}
    return upsert(name, type_, AliasTarget=leads_to, **members)


def rows(context: Context, zone_id: str) -> list[outbox.Row]:
    with context.database.read() as conn:
        return outbox.of_zone(conn, zone_id)


def test_a_change_is_one_transaction(context: Context, zone_id: str) -> None:
    """R-CHG-16: the record set, the zone's version, the change and the outbox row come together."""
    reply = change(context, zone_id, upsert("x.y.Example.com", "A", "192.0.2.1"), Comment="why")
    info = reply["ChangeInfo"]

    assert info == {
        "Id": info["Id"],
        "Status": "PENDING",
        "SubmittedAt": NOW.replace(microsecond=678_000),
        "Comment": "why",
    }
    assert call(context, "GetChange", Id=info["Id"].removeprefix("/change/")) == reply
    assert rows(context, zone_id)[-1][1:] == (
        zone_id,
        2,
        tuple(sorted({parse("x.y.example.com").slot, parse("y.example.com").slot})),
    )
    assert listed(context, zone_id)[-1] == ("x.y.example.com.", "A")
    assert call(context, "GetHostedZone", Id=zone_id)["HostedZone"]["ResourceRecordSetCount"] == 3


def test_a_rejected_batch_leaves_nothing(context: Context, zone_id: str) -> None:
    """R-CHG-2: all or nothing, with every problem listed (R-ERR-41)."""
    before = rows(context, zone_id)
    with pytest.raises(ChangeRejected) as rejected:
        change(
            context,
            zone_id,
            asked("CREATE", "a.example.com", "A", "192.0.2.1"),
            asked("DELETE", "b.example.com", "A", "192.0.2.1"),
            asked("CREATE", "example.com", "SOA", "a. b. 1 2 3 4 5"),
        )

    assert len(rejected.value.messages) == 2
    assert rejected.value.messages[0] == (
        "Tried to delete resource record set [name='b.example.com.', type='A'] but it was not found"
    )
    assert rows(context, zone_id) == before
    assert listed(context, zone_id) == [("example.com.", "NS"), ("example.com.", "SOA")]
    with context.database.read() as conn:
        assert zones.versions(conn) == [(zone_id, 1)]


def test_an_upsert_that_changes_nothing_is_a_change(context: Context, zone_id: str) -> None:
    """R-CHG-12: accepted, with a ChangeInfo; it is published, so that it can become INSYNC."""
    asked_for = upsert("a.example.com", "A", "192.0.2.1")
    first, second = (change(context, zone_id, asked_for)["ChangeInfo"]["Id"] for _ in range(2))

    assert first != second
    assert [row.version for row in rows(context, zone_id)] == [1, 2, 3]


def test_a_later_change_sees_an_earlier_one(context: Context, zone_id: str) -> None:
    """R-CHG-4..6, R-API-24: what was written is there for the next batch, PENDING or not."""
    change(context, zone_id, asked("CREATE", "a.example.com", "A", "192.0.2.1"))
    with pytest.raises(ChangeRejected, match="but it already exists"):
        change(context, zone_id, asked("CREATE", "A.example.com.", "A", "192.0.2.1"))
    with pytest.raises(ChangeRejected, match="do not match the current values"):
        change(context, zone_id, asked("DELETE", "a.example.com", "A", "192.0.2.2"))
    change(context, zone_id, asked("DELETE", "a.example.com", "A", "192.0.2.1"))

    assert listed(context, zone_id) == [("example.com.", "NS"), ("example.com.", "SOA")]


def test_aliases_find_their_targets(context: Context, zone_id: str) -> None:
    """R-ALI-3, R-ALI-7: a target that is stored is found though the batch does not change it; loops are refused."""
    change(context, zone_id, upsert("www.example.com", "A", "192.0.2.1"))
    change(context, zone_id, alias("example.com", "A", zone_id, "www.example.com"))
    change(context, zone_id, alias("b.example.com", "A", zone_id, "example.com"))
    with pytest.raises(ChangeRejected, match="that target was not found"):
        change(context, zone_id, alias("c.example.com", "A", zone_id, "none.example.com"))
    with pytest.raises(ChangeRejected, match="leads back to the alias"):
        change(context, zone_id, alias("www.example.com", "A", zone_id, "b.example.com"))

    (found, *_) = call(context, "ListResourceRecordSets", HostedZoneId=zone_id)["ResourceRecordSets"]
    assert found == {
        "Name": "example.com.",
        "Type": "A",
        "AliasTarget": {"HostedZoneId": zone_id, "DNSName": "www.example.com.", "EvaluateTargetHealth": False},
    }


# The record sets of each policy at p.example.com come back as they were sent.
POLICIES: list[list[dict[str, Any]]] = [
    [{"SetIdentifier": "a", "Weight": 0}, {"SetIdentifier": "b", "Weight": 255}],
    [{"SetIdentifier": "a", "MultiValueAnswer": True}, {"SetIdentifier": "b", "MultiValueAnswer": True}],
    [{"SetIdentifier": "a", "Region": "eu-west-1"}, {"SetIdentifier": "b", "Region": "us-west-2"}],
    [
        {"SetIdentifier": "a", "GeoLocation": {"ContinentCode": "EU"}},
        {"SetIdentifier": "b", "GeoLocation": {"CountryCode": "US", "SubdivisionCode": "TX"}},
        {"SetIdentifier": "c", "GeoLocation": {"CountryCode": "*"}},
    ],
    [
        {"SetIdentifier": "a", "GeoProximityLocation": {"AWSRegion": "eu-west-1", "Bias": -20}},
        {"SetIdentifier": "b", "GeoProximityLocation": {"LocalZoneGroup": "us-west-2-den-1"}},
        {
            "SetIdentifier": "c",
            "GeoProximityLocation": {"Coordinates": {"Latitude": "51.5", "Longitude": "-0.12"}, "Bias": 99},
        },
    ],
]


@pytest.mark.parametrize("sets", POLICIES)
def test_policies_come_back_as_they_were_sent(context: Context, zone_id: str, sets: list[dict[str, Any]]) -> None:
    """R-LST-12: members that were given come back; absent ones stay absent."""
    changes = [upsert("p.example.com", "A", f"192.0.2.{n}", **members) for n, members in enumerate(sets)]
    change(context, zone_id, *changes)
    found = call(context, "ListResourceRecordSets", HostedZoneId=zone_id, StartRecordName="p.example.com")

    assert found["ResourceRecordSets"] == [{**each["ResourceRecordSet"], "Name": "p.example.com."} for each in changes]


def test_failover_through_aliases(context: Context, zone_id: str) -> None:
    """R-FAI-1: PRIMARY and SECONDARY that are aliases need no health check (R-ERR-19)."""
    change(
        context,
        zone_id,
        upsert("one.example.com", "A", "192.0.2.1"),
        upsert("two.example.com", "A", "192.0.2.2"),
        alias("f.example.com", "A", zone_id, "one.example.com", SetIdentifier="1", Failover="PRIMARY"),
        alias("f.example.com", "A", zone_id, "two.example.com", SetIdentifier="2", Failover="SECONDARY"),
    )

    assert listed(context, zone_id, StartRecordName="f.example.com")[:2] == [("f.example.com.", "A")] * 2


# The zone of the listings, in the order of R-LST-1..4, with set identifiers.
LISTED = [
    ("example.com.", "NS", None),
    ("example.com.", "SOA", None),
    ("\\052.example.com.", "A", None),
    ("foo-bar.example.com.", "A", None),
    ("foo.example.com.", "A", None),
    ("foo.example.com.", "TXT", None),
    ("a.foo.example.com.", "A", None),
    ("w.example.com.", "A", "B"),
    ("w.example.com.", "A", "a"),
]


@pytest.fixture
def full_zone(context: Context, zone_id: str) -> str:
    plain = [
        upsert(name, type_, '"x"' if type_ == "TXT" else "192.0.2.1")
        for name, type_, identifier in LISTED
        if type_ not in ("NS", "SOA") and identifier is None
    ]
    weighted = [upsert("w.example.com", "A", "192.0.2.1", SetIdentifier=each, Weight=1) for each in ("a", "B")]
    changes = [*plain, *weighted]
    random.Random(1).shuffle(changes)
    change(context, zone_id, *changes)
    return zone_id


@pytest.mark.parametrize("size", [1, 2, 3, 4, 300])
def test_pages_of_record_sets_join_to_the_whole(context: Context, full_zone: str, size: int) -> None:
    """R-LST-6, R-LST-8: each page begins at the Next… members of the last, as boto3's paginator does (R-SMP-4)."""
    found: list[tuple[str, str, str | None]] = []
    request: dict[str, Any] = {}
    while True:
        reply = call(context, "ListResourceRecordSets", HostedZoneId=full_zone, MaxItems=str(size), **request)
        found += [(each["Name"], each["Type"], each.get("SetIdentifier")) for each in reply["ResourceRecordSets"]]
        assert (reply["MaxItems"], reply["IsTruncated"]) == (str(size), "NextRecordName" in reply)
        if not reply["IsTruncated"]:
            break
        request = {
            f"StartRecord{part}": reply[f"NextRecord{part}"]
            for part in ("Name", "Type", "Identifier")
            if f"NextRecord{part}" in reply
        }

    assert found == LISTED


# Start of a listing, and the first item found, as an index of LISTED.
STARTS: list[tuple[dict[str, str], int]] = [
    ({"StartRecordName": "foo.example.com"}, 4),
    ({"StartRecordName": "FOO.example.com."}, 4),
    ({"StartRecordName": "foo.example.com", "StartRecordType": "MX"}, 5),
    ({"StartRecordName": "foo.example.com", "StartRecordType": "TXT"}, 5),
    ({"StartRecordName": "foo.example.com.", "StartRecordType": "AAAA"}, 5),
    ({"StartRecordName": "foo-bar.example.com", "StartRecordType": "TXT"}, 4),
    ({"StartRecordName": "*.example.com"}, 2),
    ({"StartRecordName": "\\052.example.com"}, 2),
    ({"StartRecordName": "goo.example.com"}, 7),
    ({"StartRecordName": "w.example.com", "StartRecordType": "A", "StartRecordIdentifier": "a"}, 8),
    ({"StartRecordName": "w.example.com", "StartRecordType": "A", "StartRecordIdentifier": "C"}, 8),
    ({"StartRecordName": "x.example.com"}, 9),
]


@pytest.mark.parametrize(("start", "first"), STARTS)
def test_a_listing_starts_at_or_after_its_start(
    context: Context, full_zone: str, start: dict[str, str], first: int
) -> None:
    """R-LST-6, R-LST-7, R-LST-10: inclusive, escaped or not; a missing type gives the next one, else the next name."""
    assert listed(context, full_zone, **start) == [(name, type_) for name, type_, _ in LISTED[first:]]


BAD_STARTS: list[dict[str, str]] = [
    {"StartRecordType": "A"},
    {"StartRecordName": "a.example.com", "StartRecordIdentifier": "x"},
    {"StartRecordIdentifier": "x"},
    {"StartRecordName": "a..b"},
    {"MaxItems": "0"},
    {"MaxItems": "-1"},
]


@pytest.mark.parametrize("start", BAD_STARTS)
def test_starts_that_cannot_be(context: Context, zone_id: str, start: dict[str, str]) -> None:
    """R-LST-5, R-PAG-2."""
    with pytest.raises(ApiError) as refused:
        call(context, "ListResourceRecordSets", HostedZoneId=zone_id, **start)

    assert refused.value.code == "InvalidInput"


def test_more_than_a_page_is_cut(context: Context, zone_id: str) -> None:
    """R-LST-5: 300 at most, and 300 when nothing is said."""
    change(context, zone_id, *(upsert(f"h{n}.example.com", "A", "192.0.2.1") for n in range(300)))
    for request in ({}, {"MaxItems": "1000"}):
        reply = call(context, "ListResourceRecordSets", HostedZoneId=zone_id, **request)
        assert (len(reply["ResourceRecordSets"]), reply["MaxItems"], reply["IsTruncated"]) == (300, "300", True)


def test_the_quota_of_record_sets(context: Context, zone_id: str) -> None:
    """R-SET-5: a zone takes so many record sets and no more; replacing and deleting go on."""
    small = with_quotas(context, record_sets_per_zone=3)
    change(small, zone_id, upsert("a.example.com", "A", "192.0.2.1"))
    with pytest.raises(ChangeRejected, match="MAX_RRSETS_BY_ZONE"):
        change(small, zone_id, upsert("b.example.com", "A", "192.0.2.1"))

    change(small, zone_id, upsert("a.example.com", "A", "192.0.2.2"))
    change(
        small,
        zone_id,
        asked("DELETE", "a.example.com", "A", "192.0.2.2"),
        asked("CREATE", "b.example.com", "A", "192.0.2.1"),
    )


def test_a_zone_that_grows_gets_more_shards(context: Context, zone_id: str) -> None:
    """architecture §3: past 500 record sets the zone has 16 shards and is published whole, then by slots again."""
    change(context, zone_id, *(upsert(f"h{n}.example.com", "A", "192.0.2.1") for n in range(498)))
    change(context, zone_id, upsert("more.example.com", "A", "192.0.2.1"))
    change(context, zone_id, upsert("more.example.com", "A", "192.0.2.2"))
    slots = [row.slots for row in rows(context, zone_id)]

    assert len(slots[1] or ()) > 400
    assert slots[2:] == [None, (parse("more.example.com").slot,)]
    with context.database.read() as conn:
        found = zones.get(conn, zone_id)
    assert found is not None
    assert (found.record_set_count, found.shard_count) == (501, 16)


def test_work_follows_the_change_alone(context: Context) -> None:
    """1,000 names cost at most ten times what 100 do, and one change in ten times as many names not twice as much."""

    def created(zone_id: str, count: int) -> int:
        changes = [asked("CREATE", f"h{n}.s{n % 100}.example.com", "A", "192.0.2.1") for n in range(count)]
        return calls(lambda: change(context, zone_id, *changes))

    def changed(zone_id: str) -> int:
        return calls(lambda: change(context, zone_id, upsert("h7.s7.example.com", "A", "192.0.2.2")))

    first, small, large = (create_zone(context, reference=name) for name in ("first", "small", "large"))
    created(first, 1)  # what the first call loads is not counted
    hundred, thousand = created(small, 100), created(large, 1000)
    changed(small)

    assert thousand < 10 * hundred
    assert changed(large) < 2 * changed(small)

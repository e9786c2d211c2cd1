"""Thousands of record sets at once: the same rules as ChangeResourceRecordSets."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations.bulk import MOST, PATH, bulk
from meridian.client import bulk_body
from meridian.errors import ApiError, ChangeRejected, InvalidInput
from meridian.model.name import parse
from meridian.model.record import Action, AliasTarget, RecordSet
from meridian.store import outbox
from tests.operations.calls import call, change, create_zone, listed
from tests.operations.conftest import caller, with_quotas

WWW = ["www.example.com", "A", 60, ["192.0.2.1"]]
TARGET = {"DNSName": "www.example.com", "EvaluateTargetHealth": False}


def ask(context: Context, zone_id: str, records: Any = (), others: Any = (), **more: Any) -> dict[str, Any]:
    body = {"zone": zone_id, "action": "CREATE", "records": records, "ResourceRecordSets": others, **more}
    return send(context, json.dumps(body).encode())


def send(context: Context, body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = bulk(context, HttpRequest("POST", PATH.encode(), b"", (), body))
    return found


@pytest.fixture
def zone_id(context: Context) -> str:
    return create_zone(context)


def test_one_change(context: Context, zone_id: str) -> None:
    """All record sets are one change, larger than ChangeResourceRecordSets takes, and are published once."""
    records = [[f"h{n}.example.com", "A", 60, ["192.0.2.1", "192.0.2.2"]] for n in range(2000)]
    reply = ask(context, zone_id, records, comment="all of them")
    assert (reply["ChangeInfo"]["Status"], reply["ChangeInfo"]["Comment"]) == ("PENDING", "all of them")
    assert call(context, "GetHostedZone", Id=zone_id)["HostedZone"]["ResourceRecordSetCount"] == 2002
    with context.database.read() as conn:
        assert [row.version for row in outbox.of_zone(conn, zone_id)] == [1, 2]


def test_aliases_find_the_records_of_the_same_call(context: Context, zone_id: str) -> None:
    """Record sets in Route 53's form come after those in the short one."""
    target = {**TARGET, "HostedZoneId": f"/hostedzone/{zone_id}"}
    alias = {"Name": "a.example.com", "Type": "A", "AliasTarget": target}
    ask(context, zone_id, [WWW], [alias])
    assert listed(context, zone_id)[2:] == [("a.example.com.", "A"), ("www.example.com.", "A")]


def test_upsert(context: Context, zone_id: str) -> None:
    """CREATE refuses what is there, UPSERT replaces it."""
    ask(context, zone_id, [WWW])
    with pytest.raises(ChangeRejected, match="but it already exists"):
        ask(context, zone_id, [WWW])
    ask(context, zone_id, [[*WWW[:3], ["192.0.2.7"]]], action="UPSERT")
    found = call(context, "ListResourceRecordSets", HostedZoneId=zone_id)["ResourceRecordSets"][2]
    assert found["ResourceRecords"] == [{"Value": "192.0.2.7"}]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (["www.example.com", "A", 60, ["192.0.2.300"]], "InvalidChangeBatch"),
        (["www.example.net", "A", 60, ["192.0.2.1"]], "InvalidChangeBatch"),
        (["w..example.com", "A", 60, ["192.0.2.1"]], "InvalidChangeBatch"),
        (["www.example.com", "LOC", 60, ["192.0.2.1"]], "InvalidInput"),
        (["www.example.com", "A", -1, ["192.0.2.1"]], "InvalidInput"),
        (["www.example.com", "A", 2**31, ["192.0.2.1"]], "InvalidInput"),
        (["www.example.com", "A", 60, []], "InvalidInput"),
        (["www.example.com", "A", 60, ["x" * 4001]], "InvalidInput"),
        (["x" * 1025, "A", 60, ["192.0.2.1"]], "InvalidInput"),
        (["www.example.com", "A", "60", ["192.0.2.1"]], "InvalidInput"),
        (["www.example.com", "A", 60], "InvalidInput"),
    ],
)
def test_refused(context: Context, zone_id: str, record: list[Any], code: str) -> None:
    """A record set that a rule is against takes all others with it (R-CHG-2)."""
    with pytest.raises(ApiError) as refused:
        ask(context, zone_id, [WWW, record])
    assert refused.value.code == code
    assert len(listed(context, zone_id)) == 2


def test_size(context: Context, zone_id: str) -> None:
    """A call has room for ten thousand record sets, and for none at all it is wrong."""
    with pytest.raises(InvalidInput, match="`array` of length <= 10000"):
        ask(context, zone_id, [WWW] * (MOST + 1))
    with pytest.raises(InvalidInput, match="no record set"):
        ask(context, zone_id)


def test_quotas(context: Context, zone_id: str) -> None:
    """A zone's quota holds here as well (R-SET-5)."""
    few = with_quotas(context, record_sets_per_zone=3)
    with pytest.raises(ChangeRejected, match="MAX_RRSETS_BY_ZONE"):
        ask(few, zone_id, [WWW, ["b.example.com", *WWW[1:]]])


def test_whose_zone(context: Context, stranger: Context, zone_id: str) -> None:
    """Another account's zone is as good as none (R-API-25)."""
    with pytest.raises(ApiError, match="No hosted zone found"):
        ask(stranger, zone_id, [WWW])


NAMES = st.sampled_from(["a", "b", "x.b", "*.b", "c", "", "A"]).map(lambda text: f"{text}.example.com".lstrip("."))
VALUES = {
    "A": ["192.0.2.1", "192.0.2.2", "192.0.2.300"],
    "CNAME": ["a.example.net", "b"],
    "TXT": ['"a"', '"b" "\\377"', "b"],
    "NS": ["ns.example.net."],
    "DS": ["1 8 2 " + "00" * 32],
}


@st.composite
def plain(draw: st.DrawFn) -> RecordSet:
    type_ = draw(st.sampled_from(sorted(VALUES)))
    values = draw(st.lists(st.sampled_from(VALUES[type_]), min_size=1, max_size=2))
    return RecordSet(parse(draw(NAMES)), type_, ttl=draw(st.integers(0, 2)), values=tuple(values))


SETS = st.lists(plain(), min_size=1, max_size=5)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SETS, SETS, st.sampled_from(["CREATE", "UPSERT"]))
def test_the_same_as_a_change_batch(
    context: Context, first: list[RecordSet], then: list[RecordSet], action: Action
) -> None:
    """Both doors lead to the same record sets, or refuse for the same reasons."""
    outcomes = []
    for door in (by_bulk, by_batch):
        other = caller(context.database, context.settings)
        zone_id = create_zone(other)
        told = [door(other, zone_id, action, sets) for sets in (first, then)]
        found = call(other, "ListResourceRecordSets", HostedZoneId=zone_id)["ResourceRecordSets"]
        outcomes.append((told, [each for each in found if "meridian.test" not in str(each)]))
    assert outcomes[0] == outcomes[1]


def by_bulk(context: Context, zone_id: str, action: Action, record_sets: list[RecordSet]) -> str | None:
    return told(lambda: send(context, bulk_body(zone_id, action, record_sets)))


def by_batch(context: Context, zone_id: str, action: Action, record_sets: list[RecordSet]) -> str | None:
    changes = [
        {
            "Action": action,
            "ResourceRecordSet": {
                "Name": each.name.text,
                "Type": each.type,
                "TTL": each.ttl,
                "ResourceRecords": [{"Value": value} for value in each.values],
            },
        }
        for each in record_sets
    ]
    return told(lambda: change(context, zone_id, *changes))


def told(do: Any) -> str | None:
    try:
        do()
    except ApiError as error:
        return str(error)
    return None


def test_what_the_command_sends(context: Context, zone_id: str) -> None:
    """Record sets with nothing but records go in the short form, all others in Route 53's."""
    record_sets = [
        RecordSet(parse("w.example.com"), "A", ttl=60, values=("192.0.2.1",)),
        RecordSet(parse("w.example.com"), "TXT", "one", ttl=60, values=('"a"',), weight=1),
        RecordSet(parse("x.example.com"), "A", alias=AliasTarget(zone_id, "w.example.com.", False)),
    ]
    body = msgspec.json.decode(bulk_body(zone_id, "CREATE", record_sets))
    assert (len(body["records"]), len(body["ResourceRecordSets"])) == (1, 2)
    send(context, bulk_body(zone_id, "CREATE", record_sets))
    assert len(listed(context, zone_id)) == 5

from __future__ import annotations

import json
from typing import Any

import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations.replace import replace
from meridian.errors import ApiError, ChangeRejected
from tests.operations.calls import asked, call, change, create_zone, upsert
from tests.operations.conftest import with_quotas

WWW = {"RecordName": "www.example.com.", "RecordType": "A"}


@pytest.fixture
def zone_id(context: Context) -> str:
    return create_zone(context)


def protect(context: Context, zone_id: str, *entries: dict[str, str]) -> None:
    assert call(context, "CreateResourceRecordSetProtections", HostedZoneId=zone_id, Protections=list(entries)) == {}


def lift(context: Context, zone_id: str, *entries: dict[str, str]) -> None:
    assert call(context, "DeleteResourceRecordSetProtections", HostedZoneId=zone_id, Protections=list(entries)) == {}


def protections(context: Context, zone_id: str, **request: Any) -> list[tuple[str, str]]:
    reply = call(context, "ListResourceRecordSetProtections", HostedZoneId=zone_id, **request)
    return [(found["RecordName"], found["RecordType"]) for found in reply["ResourceRecordSetProtections"]]


WEIGHTED: dict[str, Any] = {"SetIdentifier": "one", "Weight": 1}
REFUSAL = "RRSet with DNS name www.example.com., type A cannot be changed as it is protected"

# Change, and whether a protection of www.example.com A refuses it (R-PRO-1).
CHANGES: list[tuple[dict[str, Any], bool]] = [
    (upsert("www.example.com", "A", "192.0.2.9"), True),
    (upsert("WWW.example.com.", "A", "192.0.2.1", **WEIGHTED), True),
    (asked("CREATE", "www.example.com", "A", "192.0.2.1"), True),
    (asked("DELETE", "www.example.com", "A", "192.0.2.1"), True),
    (upsert("www.example.com", "AAAA", "2001:db8::1"), False),
    (upsert("w.example.com", "A", "192.0.2.9"), False),
    (upsert("a.www.example.com", "A", "192.0.2.9"), False),
    (upsert(r"\052.example.com", "A", "192.0.2.9"), False),
]


@pytest.mark.parametrize(("one", "refused"), CHANGES)
def test_what_a_protection_refuses(context: Context, zone_id: str, one: dict[str, Any], refused: bool) -> None:
    """R-PRO-1: each action on that name and type, with the whole batch; nothing beside it; and no more when it goes."""
    change(context, zone_id, upsert("www.example.com", "A", "192.0.2.1"))
    protect(context, zone_id, WWW)
    if not refused:
        change(context, zone_id, one)
        return
    with pytest.raises(ChangeRejected) as raised:
        change(context, zone_id, upsert("other.example.com", "A", "192.0.2.1"), one)
    assert raised.value.messages == (REFUSAL,)
    assert call(context, "GetHostedZone", Id=zone_id)["HostedZone"]["ResourceRecordSetCount"] == 3


def test_a_lifted_protection_refuses_nothing(context: Context, zone_id: str) -> None:
    """R-PRO-1, R-PRO-2: what is not there can be protected too, and made when the protection has gone."""
    protect(context, zone_id, WWW)
    with pytest.raises(ChangeRejected, match="it is protected"):
        change(context, zone_id, upsert("www.example.com", "A", "192.0.2.1"))
    lift(context, zone_id, WWW)

    change(context, zone_id, upsert("www.example.com", "A", "192.0.2.1"))


def test_the_apex_can_be_protected(context: Context, zone_id: str) -> None:
    """R-PRO-1: SOA and NS like any other type."""
    protect(context, zone_id, {"RecordName": "example.com", "RecordType": "SOA"})
    soa = "ns.example.com. hostmaster.example.com. 2 7200 900 1209600 86400"
    with pytest.raises(ChangeRejected, match="type SOA cannot be changed as it is protected"):
        change(context, zone_id, upsert("example.com", "SOA", soa))


def test_replace_keeps_off_as_well(context: Context, zone_id: str) -> None:
    """R-PRO-1: a call of our own that changes record sets is no way round."""
    protect(context, zone_id, WWW)
    record_set = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    body = {"zone": zone_id, "name": "www.example.com", "type": "A", "ResourceRecordSets": [record_set]}
    with pytest.raises(ChangeRejected, match="it is protected"):
        replace(context, HttpRequest("POST", b"/meridian/replace", b"", (), json.dumps(body).encode()))


def test_a_protected_zone_cannot_be_deleted(context: Context, zone_id: str) -> None:
    """R-PRO-3."""
    protect(context, zone_id, WWW)
    with pytest.raises(ApiError) as refused:
        call(context, "DeleteHostedZone", Id=zone_id)
    lift(context, zone_id, WWW)

    assert refused.value.code == "HostedZoneNotEmpty"
    call(context, "DeleteHostedZone", Id=zone_id)


def entry(name: str, type_: str = "A") -> dict[str, str]:
    return {"RecordName": name, "RecordType": type_}


# Operation, entries, the error's code, and name and code of each entry that it lists; www A is protected (R-PRO-5, -6).
REFUSED: list[tuple[str, list[dict[str, str]], str, list[tuple[str, str]]]] = [
    ("Create", [WWW], "ProtectionAlreadyExists", [("www.example.com.", "ProtectionAlreadyExists")]),
    (
        "Create",
        [WWW, entry("a.example.com")],
        "InvalidResourceRecordSetProtectionBatch",
        [("www.example.com.", "ProtectionAlreadyExists")],
    ),
    (
        "Create",
        [WWW, entry("a..example.com"), entry("example.net"), entry("b.example.com"), entry("B.example.com.")],
        "InvalidResourceRecordSetProtectionBatch",
        [("a..example.com", "InvalidInput"), ("example.net", "InvalidInput"), ("B.example.com.", "InvalidInput")],
    ),
    (
        "Delete",
        [WWW, entry("a.example.com"), entry("www.example.com", "AAAA")],
        "InvalidResourceRecordSetProtectionBatch",
        [("a.example.com.", "ProtectionNotFound"), ("www.example.com.", "ProtectionNotFound")],
    ),
]


@pytest.mark.parametrize(("verb", "entries", "code", "listed"), REFUSED)
def test_requests_are_refused_as_a_whole(
    context: Context, zone_id: str, verb: str, entries: list[dict[str, str]], code: str, listed: list[tuple[str, str]]
) -> None:
    """R-PRO-4 to R-PRO-6: the error lists the entries that fail, and nothing is done."""
    protect(context, zone_id, WWW)
    operation = f"{verb}ResourceRecordSetProtections"
    with pytest.raises(ApiError) as refused:
        call(context, operation, HostedZoneId=zone_id, Protections=entries)

    assert refused.value.code == code
    assert [(each["RecordName"], each["Code"]) for each in refused.value.members["Errors"]] == listed
    assert protections(context, zone_id) == [("www.example.com.", "A")]


def test_limits_of_protections(context: Context, zone_id: str) -> None:
    """R-PRO-4: 100 entries a request, and a quota of the zone that a request fills to the last."""
    hundred = [entry(f"n{number:03}.example.com") for number in range(100)]
    with pytest.raises(ApiError, match="at most 100 entries") as refused:
        protect(context, zone_id, *hundred, WWW)
    small = with_quotas(context, protections_per_zone=100)
    protect(small, zone_id, *hundred)
    with pytest.raises(ApiError) as over:
        protect(small, zone_id, WWW)

    assert (refused.value.code, over.value.code) == ("InvalidInput", "LimitsExceeded")
    assert len(protections(context, zone_id)) == 100


# Request, and what is listed first (R-PRO-7).
STARTS: list[tuple[dict[str, str], tuple[str, str]]] = [
    ({}, ("example.com.", "NS")),
    ({"StartRecordName": "a.example.com"}, ("a.example.com.", "A")),
    ({"StartRecordName": "a.example.com", "StartRecordType": "AAAA"}, ("a.example.com.", "MX")),
    ({"StartRecordName": "aa.example.com"}, (r"\052.b.example.com.", "A")),
]


@pytest.mark.parametrize(("start", "first"), STARTS)
def test_where_a_list_of_protections_begins(
    context: Context, zone_id: str, start: dict[str, str], first: tuple[str, str]
) -> None:
    """R-PRO-7: inclusive, in the order of ListResourceRecordSets."""
    protect(context, zone_id, entry("*.b.example.com"), entry("a.example.com", "MX"))
    protect(context, zone_id, entry("example.com", "NS"), entry("a.example.com"))

    assert protections(context, zone_id, **start)[0] == first


def test_lists_of_protections_that_cannot_be(context: Context, zone_id: str) -> None:
    """R-PRO-7, R-PAG-1."""
    for request, code in (({"StartRecordType": "A"}, "InvalidInput"), ({"NextToken": "x"}, "InvalidPaginationToken")):
        with pytest.raises(ApiError) as refused:
            protections(context, zone_id, **request)
        assert refused.value.code == code


def test_foreign_zones_have_no_protections(context: Context, stranger: Context, zone_id: str) -> None:
    """R-API-25."""
    protect(context, zone_id, WWW)
    for operation in ("Create", "Delete"):
        with pytest.raises(ApiError, match="NoSuchHostedZone"):
            call(stranger, f"{operation}ResourceRecordSetProtections", HostedZoneId=zone_id, Protections=[WWW])
    with pytest.raises(ApiError, match="NoSuchHostedZone"):
        protections(stranger, zone_id)


def test_boto3_reads_the_failing_entries(client: Any) -> None:
    """R-EEN-6, R-PRO-5: as members of the typed error; comments come back."""
    zone_id = client.create_hosted_zone(Name="example.com", CallerReference="r")["HostedZone"]["Id"]
    wanted = [{**WWW, "Comment": "a <b> & c"}]
    client.create_resource_record_set_protections(HostedZoneId=zone_id, Protections=wanted)
    with pytest.raises(client.exceptions.ProtectionAlreadyExists) as refused:
        client.create_resource_record_set_protections(HostedZoneId=zone_id, Protections=wanted)
    found = client.list_resource_record_set_protections(HostedZoneId=zone_id)

    assert found["ResourceRecordSetProtections"] == wanted
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert refused.value.response["Error"]["Code"] == "ProtectionAlreadyExists"
    assert refused.value.response["Errors"] == [
        {**WWW, "Code": "ProtectionAlreadyExists", "Message": "A protection already exists for the name and type."}
    ]

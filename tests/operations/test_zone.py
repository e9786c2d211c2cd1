from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from meridian.api.context import Context
from meridian.errors import ApiError
from meridian.model.name import parse
from meridian.store import outbox
from meridian.store import zone as zones
from tests.operations.calls import asked, call, change, create_zone, listed, upsert
from tests.operations.conftest import NOW, with_quotas


def test_a_new_zone(context: Context) -> None:
    """R-ZON-1, R-ZON-9, R-API-8: the reply has the zone, its change, four name servers and its URL."""
    reply = call(
        context,
        "CreateHostedZone",
        Name="Example.COM",
        CallerReference="r",
        HostedZoneConfig={"Comment": "why", "PrivateZone": False},
    )
    zone_id = reply["HostedZone"]["Id"].removeprefix("/hostedzone/")
    servers = reply["DelegationSet"]["NameServers"]

    assert reply == {
        "HostedZone": {
            "Id": f"/hostedzone/{zone_id}",
            "Name": "example.com.",
            "CallerReference": "r",
            "Config": {"Comment": "why", "PrivateZone": False},
            "ResourceRecordSetCount": 2,
        },
        "ChangeInfo": {
            "Id": reply["ChangeInfo"]["Id"],
            "Status": "PENDING",
            "SubmittedAt": NOW.replace(microsecond=678_000),
        },
        "DelegationSet": {"NameServers": servers},
        "Location": f"https://dns.example.net/2013-04-01/hostedzone/{zone_id}",
    }
    assert re.fullmatch(r"Z[A-Z0-9]{12,19}", zone_id)
    assert re.fullmatch(r"/change/C[A-Z0-9]{12,19}", reply["ChangeInfo"]["Id"])
    assert len(set(servers)) == 4


def test_a_new_zone_has_its_ns_and_soa(context: Context) -> None:
    """R-APX-1, R-APX-2: the four name servers, and an SOA that begins with the first."""
    zone_id = create_zone(context)
    servers = call(context, "GetHostedZone", Id=zone_id)["DelegationSet"]["NameServers"]
    ns, soa = call(context, "ListResourceRecordSets", HostedZoneId=zone_id)["ResourceRecordSets"]

    assert ns == {
        "Name": "example.com.",
        "Type": "NS",
        "TTL": 172800,
        "ResourceRecords": [{"Value": f"{server}."} for server in servers],
    }
    assert soa == {
        "Name": "example.com.",
        "Type": "SOA",
        "TTL": 900,
        "ResourceRecords": [{"Value": f"{servers[0]}. hostmaster.meridian.test. 1 7200 900 1209600 86400"}],
    }


def test_a_new_zone_is_published_whole(context: Context) -> None:
    """The zone and its outbox row are one transaction; the row asks for the whole zone."""
    zone_id = create_zone(context)
    with context.database.read() as conn:
        assert [row[1:] for row in outbox.of_zone(conn, zone_id)] == [(zone_id, 1, None)]
        assert zones.versions(conn) == [(zone_id, 1)]


# What is asked beside a good Name and CallerReference, the error's code, and what its text says.
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"Name": "com"}, "InvalidDomainName", "com is not a valid domain name"),
    ({"Name": "a..b"}, "InvalidDomainName", "a..b is not a valid domain name"),
    ({"Name": "a.*.b"}, "InvalidDomainName", "is not a valid domain name"),
    ({"HostedZoneConfig": {"PrivateZone": True}}, "InvalidInput", "needs a VPC"),
    ({"VPC": {"VPCId": "vpc-1"}, "DelegationSetId": "N1"}, "InvalidInput", "cannot be used with a private"),
    ({"VPC": {"VPCId": "vpc-1", "VPCRegion": "eu-west-1"}}, "InvalidVPCId", "isn't a network view of this server"),
    ({"DelegationSetId": "N1"}, "NoSuchDelegationSet", "No delegation set found with ID: N1"),
]


@pytest.mark.parametrize(("asked_for", "code", "text"), REFUSED)
def test_zones_that_cannot_be_made(context: Context, asked_for: dict[str, Any], code: str, text: str) -> None:
    """R-ZON-2, R-ZON-3, R-ZON-5, R-NAM-8; nothing of the zone is kept."""
    with pytest.raises(ApiError, match=text) as refused:
        call(context, "CreateHostedZone", **{"Name": "example.com", "CallerReference": "r"} | asked_for)

    assert refused.value.code == code
    assert call(context, "GetHostedZoneCount") == {"HostedZoneCount": 0}
    assert create_zone(context, reference="r")


def test_a_caller_reference_serves_once(context: Context, stranger: Context) -> None:
    """R-ZON-4: even an identical request is refused, also after the zone is deleted; other accounts are free."""
    zone_id = create_zone(context, reference="r")
    for _ in range(2):
        with pytest.raises(ApiError) as refused:
            create_zone(context, reference="r")
        assert refused.value.code == "HostedZoneAlreadyExists"
        if call(context, "GetHostedZoneCount")["HostedZoneCount"]:
            call(context, "DeleteHostedZone", Id=zone_id)

    assert create_zone(stranger, reference="r")


def test_the_quota_of_zones(context: Context) -> None:
    """R-ZON-8: the text is the one clients know, and the reference is not used up."""
    small = with_quotas(context, hosted_zones=1)
    create_zone(small, "one.example")
    with pytest.raises(ApiError) as refused:
        create_zone(small, "two.example", "r")

    assert refused.value.code == "TooManyHostedZones"
    assert refused.value.message == "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more hosted zones."
    assert create_zone(context, "two.example", "r")


def test_overlapping_zones_share_no_name_server(context: Context, stranger: Context) -> None:
    """R-ZON-6, R-DEL-2: of whatever account; the same name may exist many times."""
    servers = []
    for who, name in ((context, "example.com"), (stranger, "example.com"), (context, "a.example.com")):
        zone_id = create_zone(who, name)
        servers += call(who, "GetHostedZone", Id=zone_id)["DelegationSet"]["NameServers"]

    assert len(set(servers)) == 12


def test_foreign_zones_are_unknown(context: Context, stranger: Context) -> None:
    """R-ZON-14, R-API-25: every call on another account's zone gives the 404 of a zone that never was."""
    zone_id = create_zone(context)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("GetHostedZone", {"Id": zone_id}),
        ("DeleteHostedZone", {"Id": zone_id}),
        ("UpdateHostedZoneComment", {"Id": zone_id}),
        ("ListResourceRecordSets", {"HostedZoneId": zone_id}),
        ("GetHostedZoneLimit", {"HostedZoneId": zone_id, "Type": "MAX_RRSETS_BY_ZONE"}),
        (
            "ChangeResourceRecordSets",
            {"HostedZoneId": zone_id, "ChangeBatch": {"Changes": [upsert("a.example.com", "A", "192.0.2.1")]}},
        ),
        ("ListTagsForResource", {"ResourceType": "hostedzone", "ResourceId": zone_id}),
    ]
    for operation, request in calls:
        with pytest.raises(ApiError) as refused:
            call(stranger, operation, **request)
        assert (refused.value.code, refused.value.message) == (
            "NoSuchHostedZone",
            f"No hosted zone found with ID: {zone_id}",
        ), operation


def test_the_comment_can_be_set_and_cleared(context: Context) -> None:
    """R-ZON-12: an absent comment clears it. No change comes of it (R-API-20)."""
    zone_id = create_zone(context)
    reply = call(context, "UpdateHostedZoneComment", Id=zone_id, Comment="new")

    assert reply["HostedZone"]["Config"] == {"Comment": "new", "PrivateZone": False}
    assert "ChangeInfo" not in reply
    assert call(context, "GetHostedZone", Id=zone_id)["HostedZone"] == reply["HostedZone"]
    cleared = call(context, "UpdateHostedZoneComment", Id=zone_id)
    assert cleared["HostedZone"]["Config"] == {"PrivateZone": False}


def test_only_an_empty_zone_can_be_deleted(context: Context) -> None:
    """R-ZDL-1, R-ZDL-3: the text with two blanks; then the id is unknown, and the name servers are told."""
    zone_id = create_zone(context)
    change(context, zone_id, upsert("a.example.com", "A", "192.0.2.1"))
    with pytest.raises(ApiError) as refused:
        call(context, "DeleteHostedZone", Id=zone_id)
    change(context, zone_id, asked("DELETE", "a.example.com", "A", "192.0.2.1"))
    reply = call(context, "DeleteHostedZone", Id=zone_id)

    assert (refused.value.code, refused.value.message) == (
        "HostedZoneNotEmpty",
        "The specified hosted zone contains non-required resource record sets  and so cannot be deleted.",
    )
    assert reply["ChangeInfo"]["Status"] == "PENDING"
    assert call(context, "GetChange", Id=reply["ChangeInfo"]["Id"].removeprefix("/change/")) == reply
    with pytest.raises(ApiError, match="NoSuchHostedZone"):
        call(context, "GetHostedZone", Id=zone_id)
    with context.database.read() as conn:
        assert outbox.of_zone(conn, zone_id)[-1][1:] == (zone_id, 4, None)


def test_tags_go_with_the_zone(context: Context) -> None:
    """R-ZDL-5."""
    zone_id = create_zone(context)
    call(
        context,
        "ChangeTagsForResource",
        ResourceType="hostedzone",
        ResourceId=zone_id,
        AddTags=[{"Key": "k", "Value": "v"}],
    )
    call(context, "DeleteHostedZone", Id=zone_id)
    with context.database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM tag").scalar_one() == 0


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_pages_of_zones_join_to_the_whole(context: Context, stranger: Context, size: int) -> None:
    """R-LSZ-1, R-API-21: NextMarker is the first id of the next page; Marker, MaxItems, IsTruncated always there."""
    made = {create_zone(context, f"z{n}.example") for n in range(5)}
    create_zone(stranger)
    found: list[str] = []
    request: dict[str, Any] = {"MaxItems": str(size)}
    while True:
        reply = call(context, "ListHostedZones", **request)
        found += [zone["Id"].removeprefix("/hostedzone/") for zone in reply["HostedZones"]]
        assert (reply["Marker"], reply["MaxItems"]) == (request.get("Marker", ""), str(size))
        assert reply["IsTruncated"] == ("NextMarker" in reply)
        if not reply["IsTruncated"]:
            break
        request["Marker"] = reply["NextMarker"]

    assert found == sorted(made)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_by_name_join_to_the_whole(context: Context, size: int) -> None:
    """R-LSZ-2: by reversed labels, then by id; the next page begins at NextDNSName and NextHostedZoneId."""
    names = ["b.example.", "a.b.example.", "b-c.example.", "b.example."]
    for number, name in enumerate(names):
        create_zone(context, name, f"r{number}")
    found: list[tuple[str, str]] = []
    request: dict[str, Any] = {}
    while True:
        reply = call(context, "ListHostedZonesByName", MaxItems=str(size), **request)
        found += [(zone["Name"], zone["Id"].removeprefix("/hostedzone/")) for zone in reply["HostedZones"]]
        assert {key: reply.get(key) for key in request} == request
        if not reply["IsTruncated"]:
            break
        request = {"DNSName": reply["NextDNSName"], "HostedZoneId": reply["NextHostedZoneId"]}

    assert [name for name, _ in found] == sorted(names, key=lambda name: parse(name).sort_key)
    assert found == sorted(found, key=lambda pair: (parse(pair[0]).sort_key, pair[1]))


# Start, and the names of the zones that follow (R-LSZ-3).
STARTS = [
    ({}, ["a.example.", "b.example.", "*.c.example."]),
    ({"DNSName": "b.example"}, ["b.example.", "*.c.example."]),
    ({"DNSName": "B.EXAMPLE."}, ["b.example.", "*.c.example."]),
    ({"DNSName": "aa.example"}, ["b.example.", "*.c.example."]),
    ({"DNSName": "\\052.c.example"}, ["*.c.example."]),
    ({"DNSName": "d.example"}, []),
]


@pytest.mark.parametrize(("start", "expected"), STARTS)
def test_a_listing_by_name_starts_at_or_after_the_name(
    context: Context, start: dict[str, str], expected: list[str]
) -> None:
    """R-LSZ-3: a name that does not exist is no error; the list begins at the next zone."""
    for name in ("*.c.example", "b.example", "a.example"):
        create_zone(context, name)
    reply = call(context, "ListHostedZonesByName", **start)

    assert [zone["Name"].replace("\\052", "*") for zone in reply["HostedZones"]] == expected


# Request, error code.
BAD_LISTS: list[tuple[str, dict[str, str], str]] = [
    ("ListHostedZonesByName", {"HostedZoneId": "Z1"}, "InvalidInput"),
    ("ListHostedZonesByName", {"DNSName": "a..b"}, "InvalidDomainName"),
    ("ListHostedZones", {"MaxItems": "0"}, "InvalidInput"),
    ("ListHostedZones", {"MaxItems": "many"}, "InvalidInput"),
    ("ListHostedZones", {"DelegationSetId": "N1"}, "NoSuchDelegationSet"),
]


@pytest.mark.parametrize(("operation", "request_", "code"), BAD_LISTS)
def test_lists_that_cannot_be(context: Context, operation: str, request_: dict[str, str], code: str) -> None:
    """R-LSZ-2, R-PAG-2."""
    with pytest.raises(ApiError) as refused:
        call(context, operation, **request_)

    assert refused.value.code == code


def test_private_zones_alone(context: Context) -> None:
    """R-LSZ-1: hostedzonetype=PrivateHostedZone leaves public zones out."""
    create_zone(context)
    reply = call(context, "ListHostedZones", HostedZoneType="PrivateHostedZone")

    assert reply == {"HostedZones": [], "Marker": "", "IsTruncated": False, "MaxItems": "100"}


def test_limits_show_the_settings(context: Context) -> None:
    """R-QUO-1, R-QUO-2."""
    zone_id = create_zone(context)

    assert call(context, "GetHostedZoneLimit", HostedZoneId=zone_id, Type="MAX_RRSETS_BY_ZONE") == {
        "Limit": {"Type": "MAX_RRSETS_BY_ZONE", "Value": 10_000},
        "Count": 2,
    }
    assert call(context, "GetAccountLimit", Type="MAX_HOSTED_ZONES_BY_OWNER") == {
        "Limit": {"Type": "MAX_HOSTED_ZONES_BY_OWNER", "Value": 20},
        "Count": 1,
    }
    with pytest.raises(ApiError) as refused:
        call(context, "GetHostedZoneLimit", HostedZoneId=zone_id, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")
    assert refused.value.code == "HostedZoneNotPrivate"


def test_zones_are_counted(context: Context, stranger: Context) -> None:
    """R-ZON-13: the account's own."""
    create_zone(context, "a.example")
    create_zone(context, "b.example")
    create_zone(stranger, "c.example")

    assert call(context, "GetHostedZoneCount") == {"HostedZoneCount": 2}
    assert listed(context, create_zone(context)) == [("example.com.", "NS"), ("example.com.", "SOA")]


def test_accelerated_recovery(context: Context) -> None:
    """R-FEA-1, R-FEA-3, R-FEA-5: its status shows in the zone; no change comes of it."""
    zone_id = create_zone(context)
    with_standby = msgspec.structs.replace(
        context, settings=msgspec.structs.replace(context.settings, synchronous_standby=True)
    )

    def switch(on: Context, enable: bool) -> dict[str, Any]:
        assert call(on, "UpdateHostedZoneFeatures", HostedZoneId=zone_id, EnableAcceleratedRecovery=enable) == {}
        features: dict[str, Any] = call(on, "GetHostedZone", Id=zone_id)["HostedZone"]["Features"]
        return features

    assert "Features" not in call(context, "GetHostedZone", Id=zone_id)["HostedZone"]
    failed = switch(context, True)
    assert failed["AcceleratedRecoveryStatus"] == "ENABLE_FAILED"
    assert "synchronous_standby" in failed["FailureReasons"]["AcceleratedRecovery"]
    assert switch(with_standby, True) == {"AcceleratedRecoveryStatus": "ENABLED"}
    with pytest.raises(ApiError, match="accelerated recovery enabled; disable it first"):
        call(context, "DeleteHostedZone", Id=zone_id)
    assert switch(with_standby, False) == {"AcceleratedRecoveryStatus": "DISABLED"}
    with pytest.raises(ApiError, match="InvalidInput"):
        call(context, "UpdateHostedZoneFeatures", HostedZoneId=zone_id)
    with context.database.read() as conn:
        assert zones.versions(conn) == [(zone_id, 1)]
    call(context, "DeleteHostedZone", Id=zone_id)

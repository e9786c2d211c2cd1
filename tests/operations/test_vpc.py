from __future__ import annotations

from typing import Any

import msgspec
import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations import view
from meridian.errors import ApiError
from meridian.store import outbox
from tests.operations.calls import call, change, create_zone, upsert
from tests.operations.conftest import with_quotas

OFFICE = {"VPCRegion": "eu-central-1", "VPCId": "vpc-office"}
PLANT = {"VPCRegion": "us-west-2", "VPCId": "vpc-plant"}
THEIRS = {"VPCRegion": "eu-west-1", "VPCId": "vpc-theirs"}
UNKNOWN = {"VPCRegion": "eu-west-1", "VPCId": "vpc-unknown"}


@pytest.fixture(autouse=True)
def views(context: Context, stranger: Context) -> tuple[Context, Context]:
    """Two views that everybody may use, and one of the stranger's."""
    return seeing(context, stranger), seeing(stranger, stranger)


def seeing(who: Context, owner: Context) -> Context:
    found = {
        "vpc-office": {"region": "eu-central-1", "clients": ["10.1.0.0/16"]},
        "vpc-plant": {"region": "us-west-2", "clients": ["10.2.0.0/16"]},
        "vpc-theirs": {"region": "eu-west-1", "clients": ["10.3.0.0/16"], "account": owner.caller.account_id},
    }
    return msgspec.structs.replace(who, settings=msgspec.structs.replace(who.settings, views=found))


@pytest.fixture
def owner(views: tuple[Context, Context]) -> Context:
    return views[0]


@pytest.fixture
def other(views: tuple[Context, Context]) -> Context:
    return views[1]


def create(context: Context, name: str = "example.com", vpc: dict[str, str] = OFFICE, **request: Any) -> str:
    made = call(context, "CreateHostedZone", Name=name, CallerReference=f"{name} {vpc}", VPC=vpc, **request)
    return str(made["HostedZone"]["Id"]).removeprefix("/hostedzone/")


def associate(context: Context, zone_id: str, vpc: dict[str, str], **request: Any) -> dict[str, Any]:
    return call(context, "AssociateVPCWithHostedZone", HostedZoneId=zone_id, VPC=vpc, **request)


def disassociate(context: Context, zone_id: str, vpc: dict[str, str]) -> dict[str, Any]:
    return call(context, "DisassociateVPCFromHostedZone", HostedZoneId=zone_id, VPC=vpc)


def authorize(context: Context, zone_id: str, vpc: dict[str, str]) -> dict[str, Any]:
    return call(context, "CreateVPCAssociationAuthorization", HostedZoneId=zone_id, VPC=vpc)


def vpcs(context: Context, zone_id: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = call(context, "GetHostedZone", Id=zone_id)["VPCs"]
    return found


def refusal(context: Context, operation: str, **request: Any) -> str:
    with pytest.raises(ApiError) as refused:
        call(context, operation, **request)
    return refused.value.code


def test_a_private_zone_is_made(owner: Context) -> None:
    """R-ZON-1, R-ZON-2, R-ZON-11: with its VPC in the place of a delegation set."""
    made = call(owner, "CreateHostedZone", Name="example.com", CallerReference="r", VPC=OFFICE)
    zone_id = made["HostedZone"]["Id"].removeprefix("/hostedzone/")

    assert made["VPC"] == OFFICE
    assert "DelegationSet" not in made
    assert made["HostedZone"]["Config"] == {"PrivateZone": True}
    assert call(owner, "GetHostedZone", Id=zone_id) == {"HostedZone": made["HostedZone"], "VPCs": [OFFICE]}
    listed = call(owner, "ListHostedZones", HostedZoneType="PrivateHostedZone")["HostedZones"]
    assert [zone["Id"] for zone in listed] == [made["HostedZone"]["Id"]]
    with owner.database.read() as conn:
        assert [row[1:] for row in outbox.of_zone(conn, zone_id)] == [(zone_id, 1, None)]


def test_private_zones_name_the_servers_kept_for_them(owner: Context) -> None:
    """R-PVT-5, R-APX-5: the first of each stripe, the same for all."""
    ns, soa = call(owner, "ListResourceRecordSets", HostedZoneId=create(owner))["ResourceRecordSets"]
    servers = [
        f"ns-{number}.{family}.meridian.test." for number, family in zip((0, 512, 1024, 1536), "abcd", strict=True)
    ]

    assert [record["Value"] for record in ns["ResourceRecords"]] == servers
    assert soa["ResourceRecords"][0]["Value"].startswith(f"{servers[0]} ")


# What is asked beside a good name and reference; the error's code.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"VPC": {"VPCId": "vpc-office"}}, "InvalidInput"),
    ({"VPC": {"VPCRegion": "eu-central-1"}}, "InvalidInput"),
    ({"VPC": UNKNOWN}, "InvalidVPCId"),
    ({"VPC": {**OFFICE, "VPCRegion": "eu-west-1"}}, "InvalidVPCId"),
    ({"VPC": THEIRS}, "InvalidVPCId"),
    ({"VPC": OFFICE, "DelegationSetId": "N1"}, "InvalidInput"),
    ({"HostedZoneConfig": {"PrivateZone": True}}, "InvalidInput"),
]


@pytest.mark.parametrize(("request_", "code"), REFUSED)
def test_private_zones_that_cannot_be_made(owner: Context, request_: dict[str, Any], code: str) -> None:
    """R-ZON-2, R-ZON-3, R-PVT-2; nothing of the zone is kept."""
    assert refusal(owner, "CreateHostedZone", Name="example.com", CallerReference="r", **request_) == code
    assert call(owner, "GetHostedZoneCount") == {"HostedZoneCount": 0}


def test_a_view_sees_one_zone_of_a_name(owner: Context, other: Context) -> None:
    """R-PVT-3: of whatever account; the text ends with two dots. Parents and children are other names."""
    create(owner)
    with pytest.raises(ApiError) as refused:
        create(other)
    create(other, vpc=PLANT)
    create(owner, "sub.example.com")
    second = create(owner, vpc={**PLANT}, name="example.net")

    assert (refused.value.code, refused.value.message) == (
        "ConflictingDomainExists",
        "The VPC that you chose, vpc-office in region eu-central-1, is already associated with another private hosted "
        "zone that has an overlapping name space, example.com...",
    )
    third = create(owner, name="example.net", vpc=OFFICE)
    for zone_id, vpc in ((second, OFFICE), (third, OFFICE)):
        assert refusal(owner, "AssociateVPCWithHostedZone", HostedZoneId=zone_id, VPC=vpc) == "ConflictingDomainExists"


def test_views_are_associated_and_disassociated(owner: Context) -> None:
    """R-PVT-1, R-PVT-12, R-API-115, R-API-116: each is a change of the zone, and touches none of its names."""
    zone_id = create(owner)
    made = associate(owner, zone_id, PLANT, Comment="why")["ChangeInfo"]
    both = vpcs(owner, zone_id)
    disassociate(owner, zone_id, OFFICE)

    assert (made["Status"], made["Comment"]) == ("PENDING", "why")
    assert call(owner, "GetChange", Id=made["Id"].removeprefix("/change/"))["ChangeInfo"] == made
    assert (both, vpcs(owner, zone_id)) == ([OFFICE, PLANT], [PLANT])
    assert refusal(owner, "DisassociateVPCFromHostedZone", HostedZoneId=zone_id, VPC=PLANT) == "LastVPCAssociation"
    with owner.database.read() as conn:
        assert [(row.version, row.slots) for row in outbox.of_zone(conn, zone_id)] == [(1, None), (2, ()), (3, ())]


def test_public_zones_stay_public(owner: Context) -> None:
    """R-PVT-2, R-PVT-11."""
    zone_id = create_zone(owner)
    asked = {"HostedZoneId": zone_id, "VPC": OFFICE}

    assert refusal(owner, "AssociateVPCWithHostedZone", **asked) == "PublicZoneVPCAssociation"
    assert refusal(owner, "CreateVPCAssociationAuthorization", **asked) == "InvalidInput"
    assert refusal(owner, "DisassociateVPCFromHostedZone", **asked) == "VPCAssociationNotFound"


def test_another_account_needs_an_authorisation(owner: Context, other: Context) -> None:
    """R-PVT-2, R-PVT-4: which the zone's owner gives; taking it back undoes no association."""
    zone_id = create(owner)
    asked = {"HostedZoneId": zone_id, "VPC": THEIRS}
    assert refusal(other, "AssociateVPCWithHostedZone", **asked) == "NotAuthorizedException"
    assert authorize(owner, zone_id, THEIRS) == {"HostedZoneId": zone_id, "VPC": THEIRS}
    assert authorize(owner, zone_id, THEIRS) == {"HostedZoneId": zone_id, "VPC": THEIRS}
    assert refusal(owner, "AssociateVPCWithHostedZone", **asked) == "InvalidVPCId"
    associate(other, zone_id, THEIRS)
    assert call(owner, "DeleteVPCAssociationAuthorization", **asked) == {}

    assert vpcs(owner, zone_id) == [OFFICE, THEIRS]
    assert refusal(owner, "DeleteVPCAssociationAuthorization", **asked) == "VPCAssociationAuthorizationNotFound"


def test_both_sides_may_part(owner: Context, other: Context) -> None:
    """R-PVT-4: the zone's owner and the view's; who is neither does not know the zone (R-API-25)."""
    zone_id = create(owner)
    for who in (other, owner):
        authorize(owner, zone_id, THEIRS)
        associate(other, zone_id, THEIRS)
        disassociate(who, zone_id, THEIRS)
    associate(owner, zone_id, PLANT)
    calls = ("DisassociateVPCFromHostedZone", "CreateVPCAssociationAuthorization", "DeleteVPCAssociationAuthorization")

    assert vpcs(owner, zone_id) == [OFFICE, PLANT]
    assert [refusal(other, name, HostedZoneId=zone_id, VPC=PLANT) for name in calls] == 3 * ["NoSuchHostedZone"]
    for name in ("AssociateVPCWithHostedZone", *calls):
        assert refusal(owner, name, HostedZoneId="Z0UNKNOWN", VPC=OFFICE) == "NoSuchHostedZone"
    assert refusal(owner, "CreateVPCAssociationAuthorization", HostedZoneId=zone_id, VPC=UNKNOWN) == "InvalidVPCId"


def test_a_view_that_is_gone_can_be_left(owner: Context) -> None:
    """R-PVT-4: what the settings no longer have can be disassociated all the same."""
    zone_id = create(owner)
    associate(owner, zone_id, PLANT)
    without = msgspec.structs.replace(owner, settings=msgspec.structs.replace(owner.settings, views={}))
    disassociate(without, zone_id, OFFICE)

    assert vpcs(owner, zone_id) == [PLANT]


def test_zones_are_listed_by_view(owner: Context, other: Context) -> None:
    """R-LSZ-4: of all accounts, with their owners; a foreign view is not shown."""
    mine, theirs = create(owner), create(other, "example.net")
    reply = call(owner, "ListHostedZonesByVPC", **OFFICE)
    expected = [
        {
            "HostedZoneId": zone_id,
            "Name": name,
            "Owner": {"OwningAccount": who.caller.account_id},
        }
        for zone_id, name, who in ((mine, "example.com.", owner), (theirs, "example.net.", other))
    ]

    assert reply["HostedZoneSummaries"] == sorted(expected, key=lambda zone: str(zone["HostedZoneId"]))
    assert reply["MaxItems"] == "100"
    assert refusal(owner, "ListHostedZonesByVPC", **THEIRS) == "InvalidInput"
    assert call(other, "ListHostedZonesByVPC", **THEIRS)["HostedZoneSummaries"] == []


def test_limits_of_private_zones(owner: Context) -> None:
    """R-QUO-1, R-QUO-2: views a zone, authorisations a zone."""
    zone_id = create(owner)
    small = with_quotas(owner, vpcs_per_zone=1, vpc_authorizations_per_zone=1)
    authorize(small, zone_id, THEIRS)
    limit = {"HostedZoneId": zone_id, "Type": "MAX_VPCS_ASSOCIATED_BY_ZONE"}

    assert call(small, "GetHostedZoneLimit", **limit) == {
        "Limit": {"Type": "MAX_VPCS_ASSOCIATED_BY_ZONE", "Value": 1},
        "Count": 1,
    }
    asked = {"HostedZoneId": zone_id, "VPC": PLANT}
    assert refusal(small, "AssociateVPCWithHostedZone", **asked) == "LimitsExceeded"
    assert refusal(small, "CreateVPCAssociationAuthorization", **asked) == "TooManyVPCAssociationAuthorizations"
    assert vpcs(owner, zone_id) == [OFFICE]


def test_a_deleted_zone_makes_room(owner: Context) -> None:
    """R-PVT-3, R-ZDL-3: its view may see another zone of the name."""
    zone_id = create(owner)
    authorize(owner, zone_id, THEIRS)
    call(owner, "DeleteHostedZone", Id=zone_id)

    assert call(owner, "ListHostedZonesByVPC", **OFFICE)["HostedZoneSummaries"] == []
    call(owner, "CreateHostedZone", Name="example.com", CallerReference="again", VPC=OFFICE)


# Change, and what refuses it (R-PVT-8, R-PVT-9, R-PVT-10, R-CID-9).
CHANGES: list[tuple[dict[str, Any], str | None]] = [
    (upsert("www.example.com", "A", "10.0.0.1"), None),
    (upsert("w.example.com", "A", "10.0.0.1", SetIdentifier="w", Weight=1), None),
    (upsert("l.example.com", "A", "10.0.0.1", SetIdentifier="l", Region="eu-central-1"), None),
    (upsert("g.example.com", "A", "10.0.0.1", SetIdentifier="g", GeoLocation={"CountryCode": "DE"}), None),
    (upsert("m.example.com", "A", "10.0.0.1", SetIdentifier="m", MultiValueAnswer=True), None),
    (upsert("sub.example.com", "NS", "ns.example.net."), "not permitted below apex in private zone"),
]


@pytest.mark.parametrize(("one", "text"), CHANGES)
def test_record_sets_of_private_zones(owner: Context, one: dict[str, Any], text: str | None) -> None:
    """R-PVT-8, R-PVT-9: policies as in public zones, and no delegation."""
    zone_id = create(owner)
    if text is None:
        change(owner, zone_id, one)
        return
    with pytest.raises(ApiError, match=text):
        change(owner, zone_id, one)


def test_what_private_zones_do_not_have(owner: Context) -> None:
    """R-PVT-10, R-API-23, R-DEL-3, R-FEA-1: query logs, TestDNSAnswer, reusable sets, accelerated recovery."""
    zone_id = create(owner)
    arn = f"arn:aws:logs:us-east-1:{owner.caller.account_id}:log-group:stdout"
    calls: list[tuple[str, dict[str, Any]]] = [
        ("CreateQueryLoggingConfig", {"HostedZoneId": zone_id, "CloudWatchLogsLogGroupArn": arn}),
        ("TestDNSAnswer", {"HostedZoneId": zone_id, "RecordName": "example.com", "RecordType": "NS"}),
        ("CreateReusableDelegationSet", {"CallerReference": "r", "HostedZoneId": zone_id}),
        ("UpdateHostedZoneFeatures", {"HostedZoneId": zone_id, "EnableAcceleratedRecovery": True}),
    ]
    for operation, request in calls:
        assert refusal(owner, operation, **request) == "InvalidInput", operation


def test_pages_of_views_are_of_this_list(owner: Context) -> None:
    """R-PAG-1: a token of another list is refused by the model's name for it."""
    zone_id = create(owner)

    assert refusal(owner, "ListHostedZonesByVPC", NextToken="x", **OFFICE) == "InvalidPaginationToken"
    asked = {"HostedZoneId": zone_id, "NextToken": "x"}
    assert refusal(owner, "ListVPCAssociationAuthorizations", **asked) == "InvalidPaginationToken"


def test_views_that_an_account_may_use(owner: Context, other: Context) -> None:
    """By id, with region and clients: everybody's and the account's own, and no other account's."""
    request = HttpRequest("GET", b"", b"", (), b"", {})
    usable = {who: view.list_views(context, request)["views"] for who, context in (("owner", owner), ("other", other))}

    office = {"id": "vpc-office", "region": "eu-central-1", "clients": ["10.1.0.0/16"]}
    assert usable["owner"][0] == office
    assert [found["id"] for found in usable["owner"]] == ["vpc-office", "vpc-plant"]
    assert [found["id"] for found in usable["other"]] == ["vpc-office", "vpc-plant", "vpc-theirs"]

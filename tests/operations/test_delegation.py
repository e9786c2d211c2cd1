from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest
import sqlalchemy as sa

from meridian.api.context import Context
from meridian.errors import ApiError
from meridian.model.name import parse
from meridian.store import delegation, tables
from meridian.store import zone as zones
from tests.operations.calls import call, create_zone
from tests.operations.conftest import with_quotas


def create_set(context: Context, reference: str = "r", **request: Any) -> dict[str, Any]:
    made: dict[str, Any] = call(context, "CreateReusableDelegationSet", CallerReference=reference, **request)
    return made["DelegationSet"]  # type: ignore[no-any-return]


def id_of(delegation_set: dict[str, Any]) -> str:
    return str(delegation_set["Id"]).removeprefix("/delegationset/")


def zone_in(context: Context, set_id: str, name: str = "example.com") -> dict[str, Any]:
    return call(context, "CreateHostedZone", Name=name, CallerReference=name, DelegationSetId=set_id)


def refusal(context: Context, operation: str, **request: Any) -> str:
    with pytest.raises(ApiError) as refused:
        call(context, operation, **request)
    return refused.value.code


def test_a_reusable_set_is_made_read_and_deleted(context: Context) -> None:
    """R-DEL-3, R-API-120 to R-API-122: with id and caller reference, which sets of single zones do not have."""
    made = call(context, "CreateReusableDelegationSet", CallerReference="r")
    found = made["DelegationSet"]

    assert re.fullmatch(r"/delegationset/N[A-Z0-9]{12,31}", found["Id"])
    assert (found["CallerReference"], len(set(found["NameServers"]))) == ("r", 4)
    assert made["Location"] == f"https://dns.example.net/2013-04-01/delegationset/{id_of(found)}"
    assert call(context, "GetReusableDelegationSet", Id=id_of(found)) == {"DelegationSet": found}
    assert call(context, "DeleteReusableDelegationSet", Id=id_of(found)) == {}
    assert refusal(context, "GetReusableDelegationSet", Id=id_of(found)) == "NoSuchDelegationSet"


def test_zones_are_made_with_a_reusable_set(context: Context) -> None:
    """R-ZON-1, R-DEL-8: they have its four name servers, in replies and in their NS record sets."""
    found = create_set(context)
    made = zone_in(context, id_of(found))
    zone_id = made["HostedZone"]["Id"].removeprefix("/hostedzone/")
    ns = call(context, "ListResourceRecordSets", HostedZoneId=zone_id)["ResourceRecordSets"][0]

    assert made["DelegationSet"] == found == call(context, "GetHostedZone", Id=zone_id)["DelegationSet"]
    assert [record["Value"] for record in ns["ResourceRecords"]] == [f"{name}." for name in found["NameServers"]]
    assert zone_in(context, id_of(found), "example.net")["DelegationSet"] == found


# Name of a zone of another set's name servers beside example.com, and whether both can have one set (R-ZON-7).
BESIDE = [
    ("example.com", False),
    ("a.example.com", False),
    ("deep.a.example.com", False),
    ("com.example", True),
    ("xexample.com", True),
    ("example.net", True),
]


@pytest.mark.parametrize(("name", "fits"), BESIDE)
def test_overlapping_zones_cannot_have_one_set(context: Context, name: str, fits: bool) -> None:
    """R-ZON-7, R-DEL-2: not the same name, a parent, or a child."""
    set_id = id_of(create_set(context))
    zone_in(context, set_id)
    request = {"Name": name, "CallerReference": f"another {name}", "DelegationSetId": set_id}
    if fits:
        assert call(context, "CreateHostedZone", **request)
        return
    with pytest.raises(ApiError) as refused:
        call(context, "CreateHostedZone", **request)
    assert (refused.value.code, refused.value.message) == (
        "ConflictingDomainExists",
        "A conflicting domain is already associated with the given VPC or Delegation Set.",
    )


def test_one_shared_name_server_is_enough_for_a_conflict(context: Context, stranger: Context) -> None:
    """R-ZON-7: of whatever account the other zone is."""
    zone_id = create_zone(stranger, "a.example.com")
    servers = call(stranger, "GetHostedZone", Id=zone_id)["DelegationSet"]["NameServers"]
    set_id = id_of(create_set(context))
    with context.database.write() as conn:
        held = delegation.owned(conn, context.caller.account_id, set_id).name_servers
        shared = f'["{servers[0]}","{held[1]}","{held[2]}","{held[3]}"]'
        conn.execute(sa.update(tables.delegation_set), {"name_servers": shared})

    assert refusal(context, "CreateHostedZone", Name="example.com", CallerReference="r", DelegationSetId=set_id) == (
        "ConflictingDomainExists"
    )


def test_a_zone_s_own_set_becomes_reusable(context: Context) -> None:
    """R-DEL-3, R-DEL-4: the zone keeps its name servers, others may have them too, and it happens once."""
    zone_id = create_zone(context)
    servers = call(context, "GetHostedZone", Id=zone_id)["DelegationSet"]["NameServers"]
    found = create_set(context, HostedZoneId=zone_id)

    assert found["NameServers"] == servers
    assert call(context, "GetHostedZone", Id=zone_id)["DelegationSet"] == found
    assert zone_in(context, id_of(found), "example.net")["DelegationSet"] == found
    again = {"CallerReference": "again", "HostedZoneId": zone_id}
    assert refusal(context, "CreateReusableDelegationSet", **again) == "DelegationSetAlreadyReusable"


# Request, error code (R-DEL-4).
REFUSED: list[tuple[dict[str, str], str]] = [
    ({"CallerReference": "r"}, "DelegationSetAlreadyCreated"),
    ({"CallerReference": "new", "HostedZoneId": "Z0UNKNOWN"}, "HostedZoneNotFound"),
]


@pytest.mark.parametrize(("request_", "code"), REFUSED)
def test_sets_that_cannot_be_made(context: Context, request_: dict[str, str], code: str) -> None:
    """R-DEL-4; another account's references are its own."""
    create_set(context)

    assert refusal(context, "CreateReusableDelegationSet", **request_) == code


def test_foreign_sets_are_unknown(context: Context, stranger: Context) -> None:
    """R-DEL-5, R-API-25: each call says so with the same error."""
    set_id, zone_id = id_of(create_set(context)), create_zone(context, "other.example")
    calls: list[tuple[str, dict[str, str]]] = [
        ("GetReusableDelegationSet", {"Id": set_id}),
        ("DeleteReusableDelegationSet", {"Id": set_id}),
        (
            "GetReusableDelegationSetLimit",
            {"DelegationSetId": set_id, "Type": "MAX_ZONES_BY_REUSABLE_DELEGATION_SET"},
        ),
        ("CreateHostedZone", {"Name": "example.com", "CallerReference": "r", "DelegationSetId": set_id}),
        ("ListHostedZones", {"DelegationSetId": set_id}),
    ]
    for operation, request in calls:
        assert refusal(stranger, operation, **request) == "NoSuchDelegationSet", operation

    assert call(stranger, "ListReusableDelegationSets")["DelegationSets"] == []
    request = {"CallerReference": "s", "HostedZoneId": zone_id}
    assert refusal(stranger, "CreateReusableDelegationSet", **request) == "HostedZoneNotFound"


def test_a_set_in_use_stays(context: Context) -> None:
    """R-DEL-6: until its last zone is gone."""
    set_id = id_of(create_set(context))
    zone_id = zone_in(context, set_id)["HostedZone"]["Id"].removeprefix("/hostedzone/")
    with pytest.raises(ApiError) as refused:
        call(context, "DeleteReusableDelegationSet", Id=set_id)
    call(context, "DeleteHostedZone", Id=zone_id)

    assert (refused.value.code, refused.value.message) == (
        "DelegationSetInUse",
        "The specified delegation set contains associated hosted zones.",
    )
    assert call(context, "DeleteReusableDelegationSet", Id=set_id) == {}


def test_zones_of_a_set_are_listed_and_counted(context: Context) -> None:
    """R-LSZ-1, R-QUO-1: by `delegationsetid`; the limit shows the setting."""
    create_zone(context, "alone.example")
    set_id = id_of(create_set(context))
    made = {zone_in(context, set_id, name)["HostedZone"]["Id"] for name in ("a.example", "b.example")}
    listed = call(context, "ListHostedZones", DelegationSetId=set_id)["HostedZones"]
    limit = {"DelegationSetId": set_id, "Type": "MAX_ZONES_BY_REUSABLE_DELEGATION_SET"}

    assert {zone["Id"] for zone in listed} == made
    assert call(context, "GetReusableDelegationSetLimit", **limit) == {
        "Limit": {"Type": "MAX_ZONES_BY_REUSABLE_DELEGATION_SET", "Value": 100},
        "Count": 2,
    }
    assert call(context, "GetAccountLimit", Type="MAX_REUSABLE_DELEGATION_SETS_BY_OWNER") == {
        "Limit": {"Type": "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER", "Value": 100},
        "Count": 1,
    }


def test_quotas_of_sets(context: Context) -> None:
    """R-QUO-2, R-DEL-4: sets an account, zones a set."""
    small = with_quotas(context, reusable_delegation_sets=1, zones_per_delegation_set=1)
    set_id = id_of(create_set(small))
    zone_in(small, set_id)

    assert refusal(small, "CreateReusableDelegationSet", CallerReference="two") == "LimitsExceeded"
    request = {"Name": "example.net", "CallerReference": "two", "DelegationSetId": set_id}
    assert refusal(small, "CreateHostedZone", **request) == "TooManyHostedZones"


def test_private_zones_have_no_reusable_set(context: Context) -> None:
    """R-ZON-3."""
    request = {"Name": "example.com", "CallerReference": "r", "DelegationSetId": "N1"}
    vpc = {"VPCId": "vpc-1", "VPCRegion": "eu-west-1"}

    assert refusal(context, "CreateHostedZone", VPC=vpc, **request) == "InvalidInput"


def test_no_two_sets_share_more_than_two_name_servers(context: Context, stranger: Context) -> None:
    """R-DEL-2: those of single zones and reusable ones, of all accounts; what goes makes room."""
    zone_id = create_zone(context, "gone.example")
    gone = call(context, "GetHostedZone", Id=zone_id)["DelegationSet"]["NameServers"]
    with context.database.read() as conn:
        assert delegation.is_crowded(conn, gone)
        assert delegation.is_crowded(conn, [*gone[:3], "ns-1.elsewhere.test"])
        assert not delegation.is_crowded(conn, [*gone[:2], "ns-1.elsewhere.test", "ns-2.elsewhere.test"])
    call(context, "DeleteHostedZone", Id=zone_id)
    with context.database.read() as conn:
        assert not delegation.is_crowded(conn, gone)

    sets = [frozenset(create_set(context, f"r{number}")["NameServers"]) for number in range(10)]
    for number in range(10):
        made = call(stranger, "CreateHostedZone", Name=f"z{number}.example", CallerReference=str(number))
        sets.append(frozenset(made["DelegationSet"]["NameServers"]))
    assert max(len(one & other) for one, other in combinations(sets, 2)) <= 2
    with context.database.read() as conn:
        assert all(delegation.is_crowded(conn, sorted(taken)) for taken in sets)


def test_a_set_made_reusable_keeps_its_name_servers_taken(context: Context) -> None:
    """R-DEL-3: also when the zone that it came from has gone, and no longer when the set has."""
    zone_id = create_zone(context)
    found = create_set(context, HostedZoneId=zone_id)
    call(context, "DeleteHostedZone", Id=zone_id)
    with context.database.read() as conn:
        assert delegation.is_crowded(conn, found["NameServers"])
    call(context, "DeleteReusableDelegationSet", Id=id_of(found))
    with context.database.read() as conn:
        assert not delegation.is_crowded(conn, found["NameServers"])


def test_boto3_uses_a_reusable_set(client: Any) -> None:
    """R-DEL-3, R-DEL-5, R-API-9: ids come and go with their prefix; an unknown set is status 400."""
    found = client.create_reusable_delegation_set(CallerReference="r")["DelegationSet"]
    zone = client.create_hosted_zone(Name="example.com", CallerReference="z", DelegationSetId=found["Id"])

    assert zone["DelegationSet"] == found
    assert client.get_reusable_delegation_set(Id=found["Id"])["DelegationSet"] == found
    assert client.list_hosted_zones(DelegationSetId=found["Id"])["HostedZones"][0]["Id"] == zone["HostedZone"]["Id"]
    with pytest.raises(client.exceptions.NoSuchDelegationSet) as unknown:
        client.get_reusable_delegation_set(Id="N0UNKNOWN")
    assert unknown.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def servers_of(context: Context, zone_id: str) -> set[str]:
    return set(call(context, "GetHostedZone", Id=zone_id)["DelegationSet"]["NameServers"])


def test_name_servers_of_a_deleted_zone_go_to_no_other_account(context: Context, stranger: Context) -> None:
    """R-ZON-10: a parent that still delegates to them is no way to another's domain; its owner can use them again."""
    reusable = call(context, "CreateReusableDelegationSet", CallerReference="s")["DelegationSet"]["Id"]
    set_id = reusable.removeprefix("/delegationset/")
    of_set = {"DelegationSetId": set_id}
    made = call(context, "CreateHostedZone", Name="example.com", CallerReference="a", **of_set)
    zone = made["HostedZone"]["Id"].removeprefix("/hostedzone/")
    had = servers_of(context, zone)
    near = ("example.com", "www.example.com", "com.example", "other.com")
    call(context, "DeleteHostedZone", Id=zone)
    with context.database.read() as conn:
        others = {name: zones.former_name_servers(conn, parse(name), stranger.caller.account_id) for name in near}
        own = zones.former_name_servers(conn, parse("example.com"), context.caller.account_id)

    assert others == {"example.com": had, "www.example.com": had, "com.example": frozenset(), "other.com": frozenset()}
    assert own == frozenset()
    again = call(context, "CreateHostedZone", Name="example.com", CallerReference="b", **of_set)
    call(context, "DeleteHostedZone", Id=again["HostedZone"]["Id"].removeprefix("/hostedzone/"))
    with stranger.database.write() as conn:  # as if chance had given the stranger the same four
        conn.execute(sa.update(tables.delegation_set).values(account_id=stranger.caller.account_id))
    for name, code in (("sub.example.com", "ConflictingDomainExists"), ("other.com", None)):
        refused = None
        try:
            call(stranger, "CreateHostedZone", Name=name, CallerReference=name, **of_set)
        except ApiError as error:
            refused = error.code
        assert refused == code

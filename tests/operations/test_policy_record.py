"""Policy records: traffic policy instances (traffic-flow.md §3, §4)."""

from __future__ import annotations

from typing import Any

import pytest

from meridian.api.context import Context
from meridian.errors import ApiError, ChangeRejected
from meridian.model.name import parse
from meridian.model.record import RecordSet
from meridian.store import cidr, health, outbox, tables, traffic
from tests.operations.calls import asked, call, change, create_zone, listed, upsert
from tests.operations.conftest import with_quotas
from tests.operations.documents import (
    SHAPES,
    add_version,
    apply,
    create_policy,
    document,
    failover,
    move,
    ruled,
    shown,
    value,
)

NOBODY = "11111111-1111-1111-1111-111111111111"
SLOT = parse("www.example.com").slot


@pytest.fixture
def zone(context: Context) -> str:
    return create_zone(context)


@pytest.fixture
def policy(context: Context) -> str:
    """A policy of one value, 192.0.2.1."""
    return create_policy(context, value())


def refused(context: Context, operation: str, **request: Any) -> str:
    with pytest.raises(ApiError) as error:
        call(context, operation, **request)
    return error.value.code


def creating(zone: str, policy: str, **more: Any) -> dict[str, Any]:
    members = {"HostedZoneId": zone, "Name": "www.example.com", "TTL": 60}
    return {**members, "TrafficPolicyId": policy, "TrafficPolicyVersion": 1, **more}


def create_check(context: Context, reference: str = "r") -> str:
    config = {"Type": "HTTP", "FullyQualifiedDomainName": "www.example.net"}
    reply = call(context, "CreateHealthCheck", CallerReference=reference, HealthCheckConfig=config)
    return str(reply["HealthCheck"]["Id"])


def in_sync(context: Context) -> None:
    """Let every change be served."""
    with context.database.write() as conn:
        conn.execute(tables.change.update().values(status="INSYNC"))


def root(context: Context, zone: str, name: str = "www.example.com.") -> list[dict[str, Any]]:
    reply = call(context, "ListResourceRecordSets", HostedZoneId=zone)
    return [found for found in reply["ResourceRecordSets"] if found["Name"] == name]


def published(context: Context, zone: str) -> list[tuple[int, ...] | None]:
    """The slots that the outbox has of a zone, row by row."""
    with context.database.read() as conn:
        return [row.slots for row in outbox.of_zone(conn, zone)]


def test_a_new_policy_record(context: Context, zone: str, policy: str) -> None:
    """R-TFI-1, R-TFI-4, R-API-148: Creating, with an empty message and a URL."""
    reply = call(context, "CreateTrafficPolicyInstance", **creating(zone, policy, Name="WWW.example.com"))
    id_ = reply["TrafficPolicyInstance"]["Id"]
    assert reply == {
        "TrafficPolicyInstance": {
            "Id": id_,
            "HostedZoneId": zone,
            "Name": "www.example.com.",
            "TTL": 60,
            "State": "Creating",
            "Message": "",
            "TrafficPolicyId": policy,
            "TrafficPolicyVersion": 1,
            "TrafficPolicyType": "A",
        },
        "Location": f"https://dns.example.net/2013-04-01/trafficpolicyinstance/{id_}",
    }
    assert shown(context, id_) == reply["TrafficPolicyInstance"]


def test_it_is_applied_once_every_edge_serves_it(context: Context, zone: str, policy: str) -> None:
    """R-TFI-4, R-TFI-13, R-CLI-8: Creating until then, and Updating after an update."""
    id_ = apply(context, zone, policy)
    assert shown(context, id_)["State"] == "Creating"
    in_sync(context)
    assert shown(context, id_)["State"] == "Applied"
    assert move(context, id_, policy, 1, ttl=61)["State"] == "Updating"
    assert shown(context, id_)["State"] == "Updating"
    in_sync(context)
    assert shown(context, id_)["State"] == "Applied"


def test_one_record_set_is_listed(context: Context, zone: str) -> None:
    """R-TFC-3, R-TFC-4, R-LST-11: the root alone, whatever the tree, and it alone counts."""
    tree = create_policy(context, SHAPES["09-geo-countries"])
    id_ = apply(context, zone, tree, ttl=77)
    assert root(context, zone) == [{"Name": "www.example.com.", "Type": "A", "TTL": 77, "TrafficPolicyInstanceId": id_}]
    assert call(context, "GetHostedZone", Id=zone)["HostedZone"]["ResourceRecordSetCount"] == 3


def test_several_names_and_zones(context: Context, zone: str, policy: str) -> None:
    """R-TFI-2, R-TFI-16, R-API-152."""
    other = create_zone(context, "example.net")
    apply(context, zone, policy)
    apply(context, zone, policy, name="example.com")
    apply(context, other, policy, name="*.example.net")
    assert call(context, "GetTrafficPolicyInstanceCount") == {"TrafficPolicyInstanceCount": 3}


def test_other_versions_and_policies(context: Context, zone: str, policy: str) -> None:
    """R-TFI-5, R-TFI-7, R-API-150: forth, to another policy, and back; each is published, root and tree at once."""
    add_version(context, policy, value("192.0.2.2"))
    other = create_policy(context, value("192.0.2.3"), "other")
    id_ = apply(context, zone, policy)
    for wanted, number in ((policy, 2), (other, 1), (policy, 1)):
        found = move(context, id_, wanted, number)
        assert (found["TrafficPolicyId"], found["TrafficPolicyVersion"]) == (wanted, number)
        assert published(context, zone)[-1] == (SLOT,)
    assert len(published(context, zone)) == 1 + 1 + 3


def test_types_cannot_change(context: Context, zone: str, policy: str) -> None:
    """R-TFI-6."""
    add_version(context, policy, value("2001:db8::1", "AAAA"))
    id_ = apply(context, zone, policy)
    with pytest.raises(ApiError) as error:
        move(context, id_, policy, 2)
    assert error.value.code == "ConflictingTypes"
    assert shown(context, id_)["TrafficPolicyVersion"] == 1


def test_deleted_with_its_root(context: Context, zone: str, policy: str) -> None:
    """R-TFI-10, R-API-151: root and tree go; the zone can go after it."""
    id_ = apply(context, zone, policy)
    assert call(context, "DeleteTrafficPolicyInstance", Id=id_) == {}
    assert root(context, zone) == []
    assert published(context, zone)[-1] == (SLOT,)
    assert refused(context, "GetTrafficPolicyInstance", Id=id_) == "NoSuchTrafficPolicyInstance"
    assert refused(context, "DeleteTrafficPolicyInstance", Id=id_) == "NoSuchTrafficPolicyInstance"
    call(context, "DeleteHostedZone", Id=zone)


def test_a_name_and_type_once(context: Context, zone: str, policy: str) -> None:
    """R-TFI-9."""
    apply(context, zone, policy)
    code = refused(context, "CreateTrafficPolicyInstance", **creating(zone, policy))
    assert code == "TrafficPolicyInstanceAlreadyExists"
    apply(context, zone, create_policy(context, value("2001:db8::1", "AAAA"), "six"))
    assert [found["Type"] for found in root(context, zone)] == ["A", "AAAA"]


def test_limits(context: Context, zone: str, policy: str) -> None:
    """R-TFI-3, R-TFP-3, R-QUO-1: five, unless the operator wants another number."""
    one = with_quotas(context, traffic_policy_instances=1)
    apply(one, zone, policy)
    code = refused(one, "CreateTrafficPolicyInstance", **creating(zone, policy, Name="x.example.com"))
    assert code == "TooManyTrafficPolicyInstances"
    limit = call(one, "GetAccountLimit", Type="MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER")
    assert limit == {"Limit": {"Type": "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER", "Value": 1}, "Count": 1}


def test_impossible_requests(context: Context, stranger: Context, zone: str, policy: str) -> None:
    """R-TFI-1, R-TFO-5, R-API-25: nothing is stored."""
    cases = [
        (creating("Z0NOBODY", policy), "NoSuchHostedZone"),
        (creating(zone, NOBODY), "NoSuchTrafficPolicy"),
        (creating(zone, policy, TrafficPolicyVersion=2), "NoSuchTrafficPolicy"),
        (creating(zone, policy, Name="www.example.net"), "InvalidInput"),
        (creating(zone, policy, Name="www..example.com"), "InvalidInput"),
    ]
    for request, code in cases:
        assert refused(context, "CreateTrafficPolicyInstance", **request) == code
    id_ = apply(context, zone, policy)
    assert refused(stranger, "GetTrafficPolicyInstance", Id=id_) == "NoSuchTrafficPolicyInstance"
    assert refused(stranger, "DeleteTrafficPolicyInstance", Id=id_) == "NoSuchTrafficPolicyInstance"
    update = {"Id": id_, "TTL": 1, "TrafficPolicyId": policy, "TrafficPolicyVersion": 1}
    assert refused(stranger, "UpdateTrafficPolicyInstance", **update) == "NoSuchTrafficPolicyInstance"
    assert (
        refused(context, "UpdateTrafficPolicyInstance", **{**update, "TrafficPolicyId": NOBODY})
        == "NoSuchTrafficPolicy"
    )
    assert call(context, "GetTrafficPolicyInstanceCount") == {"TrafficPolicyInstanceCount": 1}


BALANCER = {"Type": "elastic-load-balancer", "Value": "lb.example.net"}
BUCKET = {"Type": "s3-website", "Region": "eu-west-1", "Value": "shop.example.com"}

PLAIN = upsert("www.example.com", "A", "192.0.2.9")
ELSEWHERE = upsert("www.example.com", "CNAME", "x.example.net")
WEIGHTED = upsert("www.example.com", "A", "192.0.2.9", SetIdentifier="a", Weight=1)

# What is there before, the document, what the message says.
FAILURES = [
    ([PLAIN], value(), "create resource record set [name='www.example.com.', type='A'] but it already exists"),
    ([ELSEWHERE], value(), "a conflicting RRSet of type  CNAME with the same DNS name already exists"),
    ([WEIGHTED], value(), "cannot be created as other RRSets exist with the same name and type"),
    ([], failover(None, a="192.0.2.1", b="192.0.2.2"), "primary ResourceRecordSet must have an associated health"),
    ([], failover(NOBODY, a="192.0.2.1", b="192.0.2.2"), f"A health check with id {NOBODY} does not exist"),
    ([], document(StartEndpoint="e", Endpoints={"e": BALANCER}), "alias target name lb.example.net. does not lie"),
    ([], document(StartEndpoint="e", Endpoints={"e": BUCKET}), "shop.example.com. cannot answer for www.example"),
    ([], SHAPES["21-networks"], "no location berlin in a CIDR collection with ID 7f5ad22e-3c0b-4d7f-9d3a-2f6e4f0a9c55"),
]


@pytest.mark.parametrize(("before", "text", "says"), FAILURES, ids=[str(number) for number in range(len(FAILURES))])
def test_what_cannot_be_built(context: Context, zone: str, before: list[Any], text: str, says: str) -> None:
    """R-TFC-7, R-TFR-11, R-TFI-9, R-TFI-17, R-TFE-5, R-TFE-8: Failed, with the reason; nothing is served for it."""
    if before:
        change(context, zone, *before)
    stands = root(context, zone)
    id_ = apply(context, zone, create_policy(context, text))
    found = shown(context, id_)
    assert (found["State"], says in found["Message"]) == ("Failed", True), found["Message"]
    assert root(context, zone) == stands
    call(context, "DeleteTrafficPolicyInstance", Id=id_)
    assert root(context, zone) == stands


def test_a_failed_update_keeps_what_was_served(context: Context, zone: str, policy: str) -> None:
    """R-TFI-11: version, TTL and tree stay; a later update mends it."""
    add_version(context, policy, failover(None, a="192.0.2.1", b="192.0.2.2"))
    add_version(context, policy, value("192.0.2.3"))
    id_ = apply(context, zone, policy)
    rows = len(published(context, zone))
    move(context, id_, policy, 2, ttl=5)
    found = shown(context, id_)
    assert (found["State"], found["TrafficPolicyVersion"], found["TTL"]) == ("Failed", 1, 60)
    assert len(published(context, zone)) == rows
    move(context, id_, policy, 3)
    assert (shown(context, id_)["State"], shown(context, id_)["Message"]) == ("Updating", "")


def test_a_failed_one_can_be_built_later(context: Context, zone: str, policy: str) -> None:
    """R-TFI-4: Failed, then whatever stood in the way goes, then an update."""
    change(context, zone, upsert("www.example.com", "A", "192.0.2.9"))
    id_ = apply(context, zone, policy)
    change(context, zone, asked("DELETE", "www.example.com", "A", "192.0.2.9"))
    move(context, id_, policy, 1)
    assert shown(context, id_)["State"] == "Updating"
    assert [found["TrafficPolicyInstanceId"] for found in root(context, zone)] == [id_]


def test_batches_cannot_write_roots(context: Context, zone: str, policy: str) -> None:
    """R-CHG-13: neither the root that is there, nor a new one, nor a set beside it."""
    id_ = apply(context, zone, policy)
    told = "as it belongs to a traffic policy instance"
    instance: dict[str, Any] = {"TrafficPolicyInstanceId": id_}
    for wanted in (
        upsert("www.example.com", "A", "192.0.2.9"),
        upsert("www.example.com", "A", **instance),
        asked("CREATE", "new.example.com", "A", **instance),
    ):
        with pytest.raises(ChangeRejected, match=told):
            change(context, zone, wanted)
    with pytest.raises(ChangeRejected, match="already exists"):
        change(context, zone, asked("CREATE", "www.example.com", "A", "192.0.2.9"))
    with pytest.raises(ChangeRejected, match="non-weighted"):
        change(context, zone, upsert("www.example.com", "A", "192.0.2.9", SetIdentifier="a", Weight=1))


@pytest.mark.parametrize("more", [{}, {"TTL": 60}])
def test_a_root_deleted_by_a_batch(context: Context, zone: str, policy: str, more: dict[str, Any]) -> None:
    """R-TFI-10, R-CHG-13, R-TFC-4: as it is listed or without TTL; the instance stays, Failed, and can be mended."""
    id_ = apply(context, zone, policy)
    change(context, zone, asked("DELETE", "www.example.com", "A", TrafficPolicyInstanceId=id_, **more))
    assert root(context, zone) == []
    found = shown(context, id_)
    assert (found["State"], found["Message"]) == ("Failed", "root record was deleted")
    move(context, id_, policy, 1)
    assert shown(context, id_)["State"] == "Updating"
    assert len(root(context, zone)) == 1


def test_a_root_replaced_in_one_batch(context: Context, zone: str, policy: str) -> None:
    """R-TFI-10, R-CHG-8: DELETE and CREATE of the same name leave the instance without its root."""
    id_ = apply(context, zone, policy)
    gone = asked("DELETE", "www.example.com", "A", TrafficPolicyInstanceId=id_)
    change(context, zone, gone, asked("CREATE", "www.example.com", "A", "192.0.2.9"))
    assert shown(context, id_)["State"] == "Failed"
    call(context, "DeleteTrafficPolicyInstance", Id=id_)
    assert root(context, zone)[0]["ResourceRecords"] == [{"Value": "192.0.2.9"}]


def test_a_root_among_very_many(context: Context, zone: str, policy: str) -> None:
    """R-TFI-10: also where more names are written at once than a statement takes."""
    id_ = apply(context, zone, policy)
    keys = [RecordSet(parse(f"n{number}.example.com"), "A").key for number in range(20_000)]
    with context.database.write() as conn:
        traffic.uproot(conn, zone, keys, "gone")
    assert shown(context, id_)["Message"] == ""
    with context.database.write() as conn:
        traffic.uproot(conn, zone, [*keys, RecordSet(parse("www.example.com"), "A").key], "gone")
    assert shown(context, id_)["Message"] == "gone"


def test_a_record_set_of_the_wrong_instance(context: Context, zone: str, policy: str) -> None:
    """R-CHG-5: a DELETE names what is stored."""
    apply(context, zone, policy)
    with pytest.raises(ChangeRejected, match="do not match the current values"):
        change(context, zone, asked("DELETE", "www.example.com", "A", TrafficPolicyInstanceId=NOBODY))


def test_aliases_to_a_policy_record(context: Context, zone: str, policy: str) -> None:
    """R-TFI-15: further names of the zone."""
    apply(context, zone, policy)
    target = {"HostedZoneId": zone, "DNSName": "www.example.com", "EvaluateTargetHealth": True}
    change(context, zone, asked("CREATE", "example.com", "A", AliasTarget=target))
    assert ("example.com.", "A") in listed(context, zone)


def test_a_zone_with_a_policy_record_stays(context: Context, zone: str, policy: str) -> None:
    """R-ZDL-1: its root is a record set like any other; one that never had a root does not hold the zone."""
    id_ = apply(context, zone, policy)
    assert refused(context, "DeleteHostedZone", Id=zone) == "HostedZoneNotEmpty"
    change(context, zone, asked("DELETE", "www.example.com", "A", TrafficPolicyInstanceId=id_))
    call(context, "DeleteHostedZone", Id=zone)
    assert shown(context, id_)["State"] == "Failed"
    assert call(context, "DeleteTrafficPolicyInstance", Id=id_) == {}


def test_lists(context: Context, zone: str, policy: str) -> None:
    """R-TFI-12, R-API-153..155, R-PAG-1: by zone, name and type; all, of a zone, of a version."""
    other = create_zone(context, "example.net")
    add_version(context, policy, value("192.0.2.2"))
    made = [
        apply(context, zone, policy, 1, "b.example.com"),
        apply(context, zone, policy, 2, "a.example.com"),
        apply(context, other, policy, 1, "a.example.net"),
    ]
    ordered = [made[1], made[0], made[2]] if zone < other else [made[2], made[1], made[0]]
    assert pages(context, "ListTrafficPolicyInstances") == ordered
    of_zone = pages(context, "ListTrafficPolicyInstancesByHostedZone", HostedZoneId=zone)
    assert of_zone == [made[1], made[0]]
    by_policy = {"TrafficPolicyId": policy, "TrafficPolicyVersion": 1}
    assert set(pages(context, "ListTrafficPolicyInstancesByPolicy", **by_policy)) == {made[0], made[2]}


def pages(context: Context, operation: str, **request: Any) -> list[str]:
    """The ids of a whole list, read page by page of one."""
    ids: list[str] = []
    markers: dict[str, Any] = {}
    while True:
        reply = call(context, operation, MaxItems="1", **request, **markers)
        ids += [found["Id"] for found in reply["TrafficPolicyInstances"]]
        markers = {member: text for member, text in reply.items() if member.endswith("Marker")}
        assert (reply["MaxItems"], reply["IsTruncated"]) == ("1", bool(markers))
        if not markers:
            return ids


def test_lists_of_what_is_not_there(context: Context, stranger: Context, zone: str, policy: str) -> None:
    """R-API-154, R-API-155, R-API-25; markers that do not stand together."""
    assert refused(stranger, "ListTrafficPolicyInstancesByHostedZone", HostedZoneId=zone) == "NoSuchHostedZone"
    by_policy = {"TrafficPolicyId": policy, "TrafficPolicyVersion": 1}
    assert refused(stranger, "ListTrafficPolicyInstancesByPolicy", **by_policy) == "NoSuchTrafficPolicy"
    assert call(context, "ListTrafficPolicyInstancesByHostedZone", HostedZoneId=zone)["TrafficPolicyInstances"] == []
    alone = {"TrafficPolicyInstanceNameMarker": "a.example.com"}
    assert refused(context, "ListTrafficPolicyInstances", **alone) == "InvalidInput"
    alone = {"HostedZoneIdMarker": zone, "TrafficPolicyInstanceTypeMarker": "A"}
    assert refused(context, "ListTrafficPolicyInstances", **alone) == "InvalidInput"


def test_who_uses_what(context: Context, zone: str) -> None:
    """R-CID-12, R-HCU-6, R-ALI-14: what a tree refers to counts as used by its root, as long as it is served."""
    check = create_check(context)
    collection = call(context, "CreateCidrCollection", Name="offices", CallerReference="r")["Collection"]["Id"]
    put = {"Action": "PUT", "LocationName": "berlin", "CidrList": ["10.0.0.0/8"]}
    call(context, "ChangeCidrCollection", Id=collection, Changes=[put])
    networks = SHAPES["21-networks"].replace("7f5ad22e-3c0b-4d7f-9d3a-2f6e4f0a9c55", collection)
    policy = create_policy(context, networks)
    add_version(context, policy, failover(check, a="192.0.2.1", b="192.0.2.2"))
    add_version(context, policy, SHAPES["02-one-load-balancer"].replace("AAAA", "A"))
    id_ = apply(context, zone, policy)

    seen = []
    for number in (1, 2, 3):
        move(context, id_, policy, number)
        assert shown(context, id_)["Message"] == ""
        with context.database.read() as conn:
            users = [user.key.name.text for user in health.users(conn, check)]
            targets = {(name.text, type_) for name, type_ in traffic.outside_targets(conn)}
            seen.append((sorted(cidr.used_locations(conn, collection)), users, targets))
    balancer = ("front-1234567890.eu-west-1.elb.amazonaws.com.", "A")
    assert seen == [(["*", "berlin"], [], set()), ([], ["www.example.com."], set()), ([], [], {balancer})]
    call(context, "DeleteTrafficPolicyInstance", Id=id_)
    with context.database.read() as conn:
        assert traffic.outside_targets(conn) == set()


def test_checks_of_others_cannot_be_used(context: Context, stranger: Context, zone: str) -> None:
    """R-TFR-11, R-API-25."""
    theirs = create_check(stranger)
    id_ = apply(context, zone, create_policy(context, failover(theirs, a="192.0.2.1", b="192.0.2.2")))
    assert shown(context, id_)["State"] == "Failed"


def test_private_zones(context: Context, zone: str, policy: str) -> None:
    """R-TFI-1, R-PVT-10."""
    with context.database.write() as conn:
        conn.execute(tables.hosted_zone.update().values(private=True))
    assert refused(context, "CreateTrafficPolicyInstance", **creating(zone, policy)) == "InvalidInput"


def test_a_protected_name(context: Context, zone: str, policy: str) -> None:
    """R-PRO-1: a policy record there cannot be made, moved or deleted; what is served stays."""
    id_ = apply(context, zone, policy)
    lock = [{"RecordName": "www.example.com", "RecordType": "A"}, {"RecordName": "new.example.com", "RecordType": "A"}]
    call(context, "CreateResourceRecordSetProtections", HostedZoneId=zone, Protections=lock)
    move(context, id_, policy, 1, ttl=5)
    for instance in (id_, apply(context, zone, policy, name="new.example.com")):
        found = shown(context, instance)
        assert (found["State"], found["TTL"]) == ("Failed", 60)
        assert "cannot be changed as it is protected" in found["Message"]
    assert refused(context, "DeleteTrafficPolicyInstance", Id=id_) == "InvalidInput"
    assert len(root(context, zone)) == 1


def test_a_message_is_never_too_long(context: Context, zone: str) -> None:
    """R-API-149: 1,024 characters, however many reasons there are."""
    items = [{"EndpointReference": "e", "HealthCheck": NOBODY[:-2] + f"{number:02}"} for number in range(40)]
    rule = {"RuleType": "multivalue", "Items": items}
    id_ = apply(context, zone, create_policy(context, ruled(rule, e="192.0.2.1")))
    assert len(shown(context, id_)["Message"]) == 1024

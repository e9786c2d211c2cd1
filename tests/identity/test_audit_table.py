"""The audit trail is complete: each call that changes something is told, with what was changed on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from meridian.api.access import NATIVE
from meridian.api.operations import OPERATIONS
from meridian.store import account
from meridian.store.database import Database
from tests.databases import sqlite_in
from tests.identity.conftest import Site, running
from tests.operations import documents
from tests.operations.calls import upsert

OFFICE = {"VPCRegion": "eu-central-1", "VPCId": "vpc-office"}
PLANT = {"VPCRegion": "us-west-2", "VPCId": "vpc-plant"}
VIEWS = {
    "vpc-office": {"region": "eu-central-1", "clients": ["10.1.0.0/16"]},
    "vpc-plant": {"region": "us-west-2", "clients": ["10.2.0.0/16"]},
}
SWITCH = "arn:aws:route53-recovery-control::111122223333:controlpanel/a/routingcontrol/b"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "route53:Get*", "Resource": "*"}]}


class Told(NamedTuple):
    """One event: its action and kind, and some members that it has on each side; None: there is no such side."""

    action: str
    kind: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def nets(version: int, *found: str) -> dict[str, Any]:
    return {"Version": version, "CidrBlocks": [{"CidrBlock": block, "LocationName": "here"} for block in found]}


PUBLIC = {"PrivateZone": False}
PROTECTED = {"Protections": [{"RecordName": "www.example.com.", "RecordType": "A", "Comment": "c"}]}


def switch(*, on: bool) -> dict[str, Any]:
    return {"routing_control": {"arn": SWITCH, "on": on}}


def applied(version: int) -> dict[str, Any]:
    return {"TrafficPolicyVersion": version}


def record(value: str) -> dict[str, Any]:
    return {"Name": "www.example.com.", "ResourceRecords": [{"Value": value}]}


# What `scenario` does, in its order.
TABLE = [
    Told("CreateHostedZone", "hostedzone", None, {"Name": "example.com."}),
    Told(
        "UpdateHostedZoneComment",
        "hostedzone",
        {"Config": {"PrivateZone": False}},
        {"Config": {"Comment": "new", "PrivateZone": False}},
    ),
    Told("UpdateHostedZoneFeatures", "hostedzone", {}, {"Features": {"AcceleratedRecoveryStatus": "DISABLED"}}),
    Told("ChangeTagsForResource", "tags", {}, {"k": "v"}),
    Told("ChangeTagsForResource", "tags", {"k": "v"}, {"k": "w", "l": ""}),
    Told("CreateQueryLoggingConfig", "queryloggingconfig", None, {"CloudWatchLogsLogGroupArn": "LOGS"}),
    Told("DeleteQueryLoggingConfig", "queryloggingconfig", {"CloudWatchLogsLogGroupArn": "LOGS"}, None),
    Told("CreateQueryLoggingConfig", "queryloggingconfig", None, {"CloudWatchLogsLogGroupArn": "LOGS"}),
    Told("ChangeResourceRecordSets", "recordset", None, record("192.0.2.1")),
    Told("ChangeResourceRecordSets", "recordset", record("192.0.2.1"), record("192.0.2.2")),
    Told("POST /meridian/replace", "recordset", record("192.0.2.2"), record("192.0.2.3")),
    Told("POST /meridian/import", "recordset", record("192.0.2.3"), record("192.0.2.4")),
    Told("CreateResourceRecordSetProtections", "rrsetprotection", None, PROTECTED),
    Told("DeleteResourceRecordSetProtections", "rrsetprotection", PROTECTED, None),
    Told("CreateReusableDelegationSet", "delegationset", None, {"CallerReference": "set"}),
    Told("DeleteReusableDelegationSet", "delegationset", {"CallerReference": "set"}, None),
    Told("CreateHostedZone", "hostedzone", None, {"Name": "inside.example."}),
    Told("AssociateVPCWithHostedZone", "vpcassociation", {"VPCs": [OFFICE]}, {"VPCs": [OFFICE, PLANT]}),
    Told("DisassociateVPCFromHostedZone", "vpcassociation", {"VPCs": [OFFICE, PLANT]}, {"VPCs": [OFFICE]}),
    Told("CreateVPCAssociationAuthorization", "vpcauthorization", None, {"VPCs": [PLANT]}),
    Told("CreateVPCAssociationAuthorization", "vpcauthorization", {"VPCs": [PLANT]}, {"VPCs": [PLANT]}),
    Told("DeleteVPCAssociationAuthorization", "vpcauthorization", {"VPCs": [PLANT]}, None),
    Told("CreateCidrCollection", "cidrcollection", None, {"Name": "nets", "Version": 1}),
    Told(
        "ChangeCidrCollection",
        "cidrcollection",
        nets(1),
        nets(2, "192.0.2.0/24", "198.51.100.0/24"),
    ),
    Told(
        "ChangeCidrCollection",
        "cidrcollection",
        nets(2, "192.0.2.0/24"),
        nets(3, "2001:db8::/32"),
    ),
    Told(
        "ChangeCidrCollection",
        "cidrcollection",
        nets(3, "198.51.100.0/24", "2001:db8::/32"),
        nets(4),
    ),
    Told("DeleteCidrCollection", "cidrcollection", {"Name": "nets", "Version": 4}, None),
    Told("CreateTrafficPolicy", "trafficpolicy", None, {"Name": "web", "Version": 1}),
    Told("CreateTrafficPolicyVersion", "trafficpolicy", None, {"Name": "web", "Version": 2}),
    Told("UpdateTrafficPolicyComment", "trafficpolicy", {"Version": 2}, {"Version": 2, "Comment": "two"}),
    Told("CreateTrafficPolicyInstance", "recordset", None, {"Name": "policy.example.com.", "Type": "A"}),
    Told("CreateTrafficPolicyInstance", "trafficpolicyinstance", None, applied(1)),
    Told("UpdateTrafficPolicyInstance", "trafficpolicyinstance", applied(1), applied(2)),
    Told("DeleteTrafficPolicyInstance", "recordset", {"Name": "policy.example.com.", "Type": "A"}, None),
    Told("DeleteTrafficPolicyInstance", "trafficpolicyinstance", applied(2), None),
    Told("DeleteTrafficPolicy", "trafficpolicy", {"Version": 2, "Comment": "two"}, None),
    Told("CreateHealthCheck", "healthcheck", None, {"HealthCheckVersion": 1}),
    Told("UpdateHealthCheck", "healthcheck", {"HealthCheckConfig": {"Port": 80}}, {"HealthCheckConfig": {"Port": 81}}),
    Told("UpdateHealthCheck", "healthcheck", {"override": None}, {"override": "OVERRIDE"}),  # PUT …/override
    Told("UpdateHealthCheck", "healthcheck", {"override": "OVERRIDE"}, {"override": None}),  # DELETE …/override
    Told("UpdateHealthCheck", "healthcheck", {"options": {"rise": None}}, {"options": {"rise": 5}}),  # PATCH …/options
    Told("ChangeTagsForResource", "tags", {}, {"Name": "web"}),
    Told("DeleteHealthCheck", "healthcheck", {"HealthCheckVersion": 2}, None),
    Told("DeleteHealthCheck", "tags", {"Name": "web"}, {}),
    Told("CreateHealthCheck", "healthcheck", None, {"HealthCheckVersion": 1}),
    Told("PUT /meridian/switches", "healthcheck", switch(on=True), switch(on=False)),
    Told("CreateUser", "user", None, {"owner": False}),
    Told("CreateAccessKey", "accesskey", None, {"user": "ada", "enabled": True}),
    Told("UpdateAccessKey", "accesskey", {"enabled": True}, {"enabled": False}),
    Told("DeleteAccessKey", "accesskey", {"user": "ada", "enabled": False}, None),
    Told("PutUserPolicy", "policy", None, {"user": "ada", "document": ALLOW}),
    Told("DeleteUserPolicy", "policy", {"user": "ada", "document": ALLOW}, None),
    Told("DeleteUser", "user", {"owner": False}, None),
    Told("ChangeResourceRecordSets", "recordset", record("192.0.2.4"), None),
    Told("DeleteHostedZone", "queryloggingconfig", {"CloudWatchLogsLogGroupArn": "LOGS"}, None),
    Told("DeleteHostedZone", "hostedzone", {"Name": "example.com."}, None),
    Told("DeleteHostedZone", "tags", {"k": "w", "l": ""}, {}),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    database = Database(sqlite_in(tmp_path_factory.mktemp("audit")))
    database.migrate()
    owner = account.first_key(database)
    assert owner is not None
    with running(database, owner, views=VIEWS) as site:
        yield site
    database.close()


@pytest.fixture(scope="module")
def events(site: Site) -> list[dict[str, Any]]:
    """What the scenario leaves in the trail, the oldest first."""
    scenario(site)
    status, reply = site.native("GET", "/meridian/audit?limit=1000")
    assert status == 200, reply
    found: list[dict[str, Any]] = reply["events"]
    return found[::-1]


def scenario(site: Site) -> None:
    """Every call that changes something, once."""
    zone = zone_calls(site)
    private_zone_calls(site)
    cidr_calls(site)
    policy_calls(site, zone)
    check_calls(site)
    user_calls(site)
    client = site.client()
    (www,) = (found for found in listed(site, zone) if found["Name"] == "www.example.com.")
    client.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": www}]}
    )
    client.delete_hosted_zone(Id=zone)


def zone_calls(site: Site) -> str:
    client = site.client()
    zone = str(client.create_hosted_zone(Name="example.com", CallerReference="r")["HostedZone"]["Id"])
    zone = zone.removeprefix("/hostedzone/")
    client.update_hosted_zone_comment(Id=zone, Comment="new")
    client.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=False)
    tagged = {"ResourceType": "hostedzone", "ResourceId": zone}
    client.change_tags_for_resource(**tagged, AddTags=[{"Key": "k", "Value": "v"}])
    client.change_tags_for_resource(**tagged, AddTags=[{"Key": "k", "Value": "w"}, {"Key": "l"}])
    group = log_group(site)
    made = client.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=group)
    client.delete_query_logging_config(Id=made["QueryLoggingConfig"]["Id"])
    client.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=group)
    for value in ("192.0.2.1", "192.0.2.2"):
        batch = {"Changes": [upsert("www.example.com", "A", value)]}
        client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    wanted = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.3"}]}
    call(
        site,
        "POST",
        "/meridian/replace",
        {"zone": zone, "name": "www.example.com", "type": "A", "ResourceRecordSets": [wanted]},
    )
    records = [["www.example.com", "A", 60, ["192.0.2.4"]]]
    call(site, "POST", "/meridian/import", {"zone": zone, "action": "UPSERT", "records": records})
    protected = [{"RecordName": "www.example.com", "RecordType": "A", "Comment": "c"}]
    client.create_resource_record_set_protections(HostedZoneId=zone, Protections=protected)
    del protected[0]["Comment"]
    client.delete_resource_record_set_protections(HostedZoneId=zone, Protections=protected)
    made = client.create_reusable_delegation_set(CallerReference="set")
    client.delete_reusable_delegation_set(Id=made["DelegationSet"]["Id"])
    return zone


def private_zone_calls(site: Site) -> None:
    client = site.client()
    made = client.create_hosted_zone(Name="inside.example", CallerReference="p", VPC=OFFICE)
    asked = {"HostedZoneId": made["HostedZone"]["Id"], "VPC": PLANT}
    client.associate_vpc_with_hosted_zone(**asked)
    client.disassociate_vpc_from_hosted_zone(**asked)
    client.create_vpc_association_authorization(**asked)
    client.create_vpc_association_authorization(**asked)
    client.delete_vpc_association_authorization(**asked)


def cidr_calls(site: Site) -> None:
    client = site.client()
    nets = client.create_cidr_collection(Name="nets", CallerReference="c")["Collection"]["Id"]

    def change(*steps: tuple[str, list[str]]) -> None:
        changes = [{"LocationName": "here", "Action": action, "CidrList": found} for action, found in steps]
        client.change_cidr_collection(Id=nets, Changes=changes)

    change(("PUT", ["198.51.100.0/24", "192.0.2.0/24"]))
    change(("PUT", ["2001:db8::/32"]), ("DELETE_IF_EXISTS", ["192.0.2.0/24"]))
    change(("DELETE_IF_EXISTS", ["198.51.100.0/24", "2001:db8::/32"]))
    client.delete_cidr_collection(Id=nets)


def policy_calls(site: Site, zone: str) -> None:
    client = site.client()
    policy = client.create_traffic_policy(Name="web", Document=documents.value())["TrafficPolicy"]["Id"]
    client.create_traffic_policy_version(Id=policy, Document=documents.value("192.0.2.2"))
    client.update_traffic_policy_comment(Id=policy, Version=2, Comment="two")
    asked = {"TTL": 60, "TrafficPolicyId": policy}
    made = client.create_traffic_policy_instance(
        HostedZoneId=zone, Name="policy.example.com", TrafficPolicyVersion=1, **asked
    )
    instance = made["TrafficPolicyInstance"]["Id"]
    client.update_traffic_policy_instance(Id=instance, TrafficPolicyVersion=2, **asked)
    client.delete_traffic_policy_instance(Id=instance)
    client.delete_traffic_policy(Id=policy, Version=2)


def check_calls(site: Site) -> None:
    client = site.client()
    config = {"Type": "TCP", "FullyQualifiedDomainName": "www.example.net", "Port": 80}
    check = client.create_health_check(CallerReference="h", HealthCheckConfig=config)["HealthCheck"]["Id"]
    client.update_health_check(HealthCheckId=check, Port=81)
    path = f"/meridian/checks/{check}"
    call(site, "PUT", f"{path}/override", {"healthy": False, "seconds": 60, "reason": "work"})
    call(site, "DELETE", f"{path}/override")
    call(site, "PATCH", f"{path}/options", {"rise": 5})
    client.change_tags_for_resource(
        ResourceType="healthcheck", ResourceId=check, AddTags=[{"Key": "Name", "Value": "web"}]
    )
    client.delete_health_check(HealthCheckId=check)
    config = {"Type": "RECOVERY_CONTROL", "RoutingControlArn": SWITCH}
    client.create_health_check(CallerReference="s", HealthCheckConfig=config)
    call(site, "PUT", "/meridian/switches", {"arn": SWITCH, "on": False})


def user_calls(site: Site) -> None:
    call(site, "PUT", "/meridian/users/ada", {})
    key = call(site, "POST", "/meridian/users/ada/keys")["access_key_id"]
    call(site, "PATCH", f"/meridian/users/ada/keys/{key}", {"enabled": False})
    call(site, "DELETE", f"/meridian/users/ada/keys/{key}")
    call(site, "PUT", "/meridian/users/ada/policies/p", ALLOW)
    call(site, "DELETE", "/meridian/users/ada/policies/p")
    call(site, "DELETE", "/meridian/users/ada")


def call(site: Site, method: str, path: str, body: Any = None) -> Any:
    status, reply = site.native(method, path, body)
    assert status == 200, reply
    return reply


def listed(site: Site, zone: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.client().list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return found


def log_group(site: Site) -> str:
    return f"arn:aws:logs:us-east-1:{site.owner.account_id}:log-group:stdout"


def test_each_change_is_told_as_it_was_and_as_it_is(site: Site, events: list[dict[str, Any]]) -> None:
    """Row by row: the action, what kind of thing, and both sides; nothing else is in the trail."""
    told = [(event["action"].partition(":")[2], event["kind"]) for event in events]
    assert told == [(row.action, row.kind) for row in TABLE]
    for event, row in zip(events, TABLE, strict=True):
        for side, expected in (("before", row.before), ("after", row.after)):
            assert (event[side] is None) == (expected is None), (row, event)
            assert expected is None or holds(site, event[side], expected), (row, event[side])


def holds(site: Site, found: Any, expected: Any) -> bool:
    """Whether what is told has these members, each as it is expected; mappings inside as well."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            key in found and holds(site, found[key], value) for key, value in expected.items()
        )
    if expected == "OVERRIDE":
        return (found["healthy"], found["reason"], found["by"]) == (False, "work", site.owner.user)
    return bool(found == (log_group(site) if expected == "LOGS" else expected))


def test_no_call_that_changes_something_is_missing() -> None:
    """Guards the table: it has all that the API can write, by Route 53's calls and by our own."""
    actions = {row.action for row in TABLE}
    writes = {name for name in OPERATIONS if not name.startswith(("Get", "List", "Test"))}
    ours = {
        rule.action.partition(":")[2] for (method, _), rule in NATIVE.items() if rule is not None and method != "GET"
    }

    assert writes - actions == set()
    assert ours - actions == {
        "TestDNSAnswer",
        "ListResourceRecordSets",
        "ListTrafficPolicies",
        "SimulatePrincipalPolicy",
    }  # fmt: skip; they ask

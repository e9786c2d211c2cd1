"""Policies at the door: what the stock client is allowed, and what it is told."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.model.iam import RECORD_NAMES
from tests.identity.conftest import Site
from tests.operations.calls import upsert
from tests.operations.documents import value


def statement(effect: str, action: str | list[str], resource: str = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **members}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def create_zone(client: Any, name: str = "example.com") -> str:
    zone = client.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]
    return str(zone["Id"]).removeprefix("/hostedzone/")


def change(client: Any, zone: str, *changes: dict[str, Any]) -> Any:
    return client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": list(changes)})


def test_denied_by_default_in_awss_words(site: Site) -> None:
    """R-SIG-4: a user without policies may do nothing; the owner of the account everything."""
    zone = create_zone(site.client())
    stranger = site.user("eve")
    arn = f"arn:aws:iam::{site.owner.account_id}:user/eve"
    client = site.client(stranger)

    with pytest.raises(ClientError) as denied:
        client.get_hosted_zone(Id=zone)
    assert denied.value.response["Error"] == {
        "Type": "Sender",
        "Code": "AccessDenied",
        "Message": f"User: {arn} is not authorized to perform: route53:GetHostedZone on resource: "
        f"arn:aws:route53:::hostedzone/{zone} because no identity-based policy allows the route53:GetHostedZone action",
    }
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    with pytest.raises(ClientError, match=r"route53:ListHostedZones because no identity-based policy allows the"):
        client.list_hosted_zones()
    assert client.get_geo_location(ContinentCode="EU")["GeoLocationDetails"]["ContinentCode"] == "EU"  # R-SIG-5


def test_each_resource_of_a_request_has_to_be_allowed(site: Site) -> None:
    """A call that names several resources is refused for the first one that is not allowed."""
    mine, other = create_zone(site.client()), create_zone(site.client(), "example.org")
    allow = statement("Allow", "route53:ListTags*", f"arn:aws:route53:::hostedzone/{mine}")
    client = site.client(site.user("ada", policy(allow)))

    client.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[mine])
    with pytest.raises(ClientError, match=f"on resource: arn:aws:route53:::hostedzone/{other} because"):
        client.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[mine, other])


def test_records_by_name(site: Site) -> None:
    """R-SIG-6: names are compared as the service normalizes them, however they are written in the request."""
    zone = create_zone(site.client())
    names = ["\\052.example.com", "_acme-challenge.example.com"]
    allow = statement(
        "Allow",
        "route53:ChangeResourceRecordSets",
        f"arn:aws:route53:::hostedzone/{zone}",
        Condition={"ForAllValues:StringEquals": {RECORD_NAMES: names}},
    )
    client = site.client(site.user("certbot", policy(allow)))

    change(
        client, zone, upsert("_ACME-challenge.Example.COM.", "TXT", '"x"'), upsert("*.example.com", "A", "192.0.2.1")
    )
    for refused in ("www.example.com", "a.example.com", "x._acme-challenge.example.com"):
        with pytest.raises(ClientError, match="AccessDenied"):
            change(client, zone, upsert("_acme-challenge.example.com", "TXT", '"y"'), upsert(refused, "TXT", '"y"'))
    listed = site.client().list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert {found["Name"] for found in listed} == {
        "example.com.",
        "_acme-challenge.example.com.",
        "\\052.example.com.",
    }


def test_an_explicit_deny_is_told_as_one(site: Site) -> None:
    zone = create_zone(site.client())
    deny = statement("Deny", "route53:DeleteHostedZone", f"arn:aws:route53:::hostedzone/{zone}")
    client = site.client(site.user("ada", policy(statement("Allow", "*")), policy(deny)))

    assert client.get_hosted_zone(Id=zone)["HostedZone"]["Name"] == "example.com."
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        client.delete_hosted_zone(Id=zone)


def test_what_is_not_there_is_not_told(site: Site) -> None:
    """Who may not see a zone does not learn whether there is one."""
    client = site.client(site.user("eve", policy(statement("Allow", "route53:GetHostedZoneCount"))))

    with pytest.raises(ClientError, match="AccessDenied"):
        client.get_hosted_zone(Id="ZNONE")
    assert client.get_hosted_zone_count()["HostedZoneCount"] == 0


def test_a_policy_counts_from_the_next_request_on(site: Site) -> None:
    """Attached, replaced and detached through the calls of our own."""
    key = site.user("ada")
    path = "/meridian/users/ada/policies/look"
    for document, allowed in (
        (policy(statement("Allow", "route53:Get*")), True),
        (policy(statement("Deny", "*")), False),
    ):
        assert site.native("PUT", path, document)[0] == 200
        if allowed:
            site.client(key).get_hosted_zone_count()
        else:
            with pytest.raises(ClientError, match="explicit deny"):
                site.client(key).get_hosted_zone_count()
    assert site.native("DELETE", path)[0] == 200
    with pytest.raises(ClientError, match="no identity-based policy"):
        site.client(key).get_hosted_zone_count()


@pytest.mark.parametrize(
    ("method", "path", "body", "action"),
    [
        ("GET", "/meridian/checks", None, "route53:ListHealthChecks"),
        ("GET", "/meridian/checks/c1", None, "route53:GetHealthCheck"),
        ("PUT", "/meridian/checks/c1/override", {"healthy": True, "seconds": 5}, "route53:UpdateHealthCheck"),
        ("POST", "/meridian/explain?name=a&type=A", {}, "route53:TestDNSAnswer"),
        ("GET", "/meridian/audit", None, "cloudtrail:LookupEvents"),
        ("GET", "/meridian/users", None, "iam:ListUsers"),
        ("PUT", "/meridian/users/x", {}, "iam:CreateUser"),
        ("POST", "/meridian/users/admin/keys", None, "iam:CreateAccessKey"),
        ("PUT", "/meridian/users/eve/policies/all", policy(statement("Allow", "*")), "iam:PutUserPolicy"),
        ("DELETE", "/meridian/users", None, "meridian:Call"),
    ],
)
def test_calls_of_our_own_ask_as_well(site: Site, method: str, path: str, body: Any, action: str) -> None:
    """Each is an action that AWS has for the like; one that nobody has thought of is for those who may do all."""
    status, reply = site.native(method, path, body, site.user("eve"))

    assert (status, reply["code"]) == (403, "AccessDenied")
    assert f"is not authorized to perform: {action}" in reply["message"]


def test_replacing_asks_for_what_it_does(site: Site) -> None:
    """`/meridian/replace` shows what is stored, and writes a batch: it asks for both."""
    zone = create_zone(site.client())
    arn = f"arn:aws:route53:::hostedzone/{zone}"
    look = statement("Allow", "route53:ListResourceRecordSets", arn)
    write = statement(
        "Allow",
        "route53:ChangeResourceRecordSets",
        arn,
        Condition={"ForAllValues:StringLike": {RECORD_NAMES: "*.dev.example.com"}},
    )
    key = site.user("ada", policy(look), policy(write))
    record_set = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    body = {"zone": zone, "name": "a.dev.example.com", "type": "A", "ResourceRecordSets": [record_set]}

    assert site.native("POST", "/meridian/replace", body, key)[0] == 200
    status, reply = site.native("POST", "/meridian/replace", {**body, "name": "www.example.com"}, key)
    assert (status, reply["code"]) == (403, "AccessDenied")
    assert site.native("POST", "/meridian/replace", {**body, "name": "www.example.com", "dry_run": True}, key)[0] == 200
    assert site.native("POST", "/meridian/replace", {**body, "dry_run": True}, site.user("eve"))[0] == 403


def test_calls_about_traffic_policies_go_by_the_policy(site: Site) -> None:
    """A user who may read one policy is shown its tree and what it changes, and nothing of another."""
    client = site.client()
    ids = [client.create_traffic_policy(Name=name, Document=value())["TrafficPolicy"]["Id"] for name in ("a", "b")]
    actions = ["route53:GetTrafficPolicy", "route53:ListTrafficPolicyInstancesByPolicy"]
    key = site.user("reader", policy(statement("Allow", actions, f"arn:aws:route53:::trafficpolicy/{ids[0]}")))

    for id_, status in zip(ids, (200, 403), strict=True):
        assert site.native("GET", f"/meridian/policies/{id_}/1/tree", key=key)[0] == status
        sides = {"before": {"id": id_, "version": 1}, "after": {"document": value("192.0.2.2")}}
        assert site.native("POST", "/meridian/policies/difference", sides, key=key)[0] == status

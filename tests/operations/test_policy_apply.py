"""Many policy records at once: applied together, and a resource replaced wherever policies have it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations import policy_apply, policy_resource
from meridian.errors import ApiError
from meridian.model.iam import read_policy
from meridian.store import outbox
from tests.operations.calls import call, change, create_zone, upsert
from tests.operations.conftest import with_quotas
from tests.operations.documents import add_version, apply, create_policy, document, shown, value


@pytest.fixture
def zones(context: Context) -> tuple[str, str]:
    return create_zone(context, "one.example"), create_zone(context, "two.example")


@pytest.fixture
def policy(context: Context) -> str:
    """Two versions: 192.0.2.1 and 192.0.2.2."""
    id_ = create_policy(context, value())
    add_version(context, id_, value("192.0.2.2"))
    return id_


def post(context: Context, path: str, **body: Any) -> dict[str, Any]:
    call_of = {policy_apply.PATH: policy_apply.apply, policy_resource.REPLACE: policy_resource.replace}[path]
    return call_of(context, HttpRequest("POST", path.encode(), b"", (), json.dumps(body).encode(), {}))


def uses(context: Context, query: str) -> list[dict[str, Any]]:
    request = HttpRequest("GET", policy_resource.USES.encode(), query.encode(), (), b"", {})
    found: list[dict[str, Any]] = policy_resource.list_uses(context, request)["uses"]
    return found


def to(policy: str, version: int, ttl: int = 60) -> dict[str, Any]:
    return {"TTL": ttl, "TrafficPolicyId": policy, "TrafficPolicyVersion": version}


def creating(zone: str, name: str, policy: str, version: int = 1) -> dict[str, Any]:
    return {"HostedZoneId": zone, "Name": name, **to(policy, version)}


def versions(reply: dict[str, Any]) -> list[tuple[str, int]]:
    return [(found["Name"], found["TrafficPolicyVersion"]) for found in reply["TrafficPolicyInstances"]]


def published(context: Context, *zones: str) -> list[int]:
    """How many changes of each zone are to be published."""
    with context.database.read() as conn:
        return [len(outbox.of_zone(conn, zone)) for zone in zones]


def test_names_of_several_zones_are_applied_together(context: Context, zones: tuple[str, str], policy: str) -> None:
    """R-VIS-12, R-TFI-1, R-TFI-5, R-TFI-7: new names and moved ones, each with the change to follow; and back."""
    one, two = zones
    held = apply(context, one, policy, name="www.one.example", ttl=61)
    made = post(
        context,
        policy_apply.PATH,
        create=[
            creating(two, "www.two.example", policy, 2),
            creating(f"/hostedzone/{one}", "a.one.example", policy, 2),
        ],
        update=[{"Id": held, **to(policy, 2)}],
    )
    names = ["www.one.example.", "www.two.example.", "a.one.example."]
    assert versions(made) == [(name, 2) for name in names]
    assert [before and before["TTL"] for before in made["before"]] == [61, None, None]
    for change_id in made["changes"]:
        assert call(context, "GetChange", Id=change_id)["ChangeInfo"]["Status"] == "PENDING"
    back = [
        {"Id": before["Id"], **to(before["TrafficPolicyId"], before["TrafficPolicyVersion"], before["TTL"])}
        for before in made["before"]
        if before
    ]
    assert versions(post(context, policy_apply.PATH, update=back)) == [("www.one.example.", 1)]
    assert shown(context, held)["TTL"] == 61


def test_all_are_built_or_none(context: Context, zones: tuple[str, str], policy: str) -> None:
    """A name that has records already keeps the others from moving; each reason is told with its name."""
    one, two = zones
    held = apply(context, one, policy, name="www.one.example")
    change(context, two, upsert("www.two.example", "A", "192.0.2.7"))
    before = published(context, one, two)
    body: dict[str, Any] = {
        "create": [creating(two, "www.two.example", policy, 2)],
        "update": [{"Id": held, **to(policy, 2)}],
    }
    for dry_run in (True, False):
        with pytest.raises(ApiError) as error:
            post(context, policy_apply.PATH, dry_run=dry_run, **body)
        assert error.value.code == "InvalidChangeBatch"
        assert "www.two.example. A: " in error.value.message
        assert shown(context, held)["TrafficPolicyVersion"] == 1
        assert call(context, "GetTrafficPolicyInstanceCount")["TrafficPolicyInstanceCount"] == 1
        assert published(context, one, two) == before


def test_a_dry_run_changes_nothing(context: Context, zones: tuple[str, str], policy: str) -> None:
    """It says what would become of each, and nothing is stored, published or kept in the audit trail."""
    held = apply(context, zones[0], policy, name="www.one.example")
    before = published(context, *zones)
    told = post(context, policy_apply.PATH, dry_run=True, update=[{"Id": held, **to(policy, 2)}])
    assert (versions(told), told["changes"]) == ([("www.one.example.", 2)], [])
    assert (shown(context, held)["TrafficPolicyVersion"], published(context, *zones)) == (1, before)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidInput"),
        ({"create": [{"Name": "x"}]}, "InvalidInput"),
        ({"update": [{"Id": "x", **to("p", 1, ttl=-1)}]}, "InvalidInput"),
        ({"update": [{"Id": "x", **to("p", 1)}]}, "NoSuchTrafficPolicyInstance"),
        ({"create": [creating("Z0", "www.one.example", "p")]}, "NoSuchHostedZone"),
    ],
)
def test_what_cannot_be_applied(context: Context, body: dict[str, Any], code: str) -> None:
    """R-API-25: each mistake has the code that Route 53's own call has for it."""
    with pytest.raises(ApiError) as error:
        post(context, policy_apply.PATH, **body)
    assert error.value.code == code


def test_the_quota_counts_all_of_a_request(context: Context, zones: tuple[str, str], policy: str) -> None:
    """R-TFI-3: two at once are one too many, and neither is there then."""
    small = with_quotas(context, traffic_policy_instances=1)
    with pytest.raises(ApiError) as error:
        post(small, policy_apply.PATH, create=[creating(zones[0], f"{x}.one.example", policy) for x in "ab"])
    assert error.value.code == "TooManyTrafficPolicyInstances"
    assert call(context, "GetTrafficPolicyInstanceCount")["TrafficPolicyInstanceCount"] == 0


def test_others_need_what_the_calls_need(context: Context, zones: tuple[str, str], policy: str) -> None:
    """A user who may not update policy records is refused, whatever else is allowed."""
    held = apply(context, zones[0], policy, name="www.one.example")
    rule = {"Effect": "Allow", "Action": ["route53:Get*", "route53:List*", "route53:Create*"], "Resource": "*"}
    policies = (read_policy(json.dumps({"Version": "2012-10-17", "Statement": [rule]})),)
    caller = msgspec.structs.replace(context.caller, owner=False)
    user = msgspec.structs.replace(context, caller=caller, policies=policies)
    for path, body in (
        (policy_apply.PATH, {"update": [{"Id": held, **to(policy, 2)}]}),
        (policy_resource.REPLACE, {"value": "192.0.2.1", "replacement": "192.0.2.9"}),
    ):
        with pytest.raises(ApiError) as error:
            post(user, path, **body)
        assert error.value.code == "AccessDenied"
    assert [use["version"] for use in uses(user, "value=192.0.2.1")] == [1]


def test_a_resource_is_found_in_policies(context: Context, zones: tuple[str, str], policy: str) -> None:
    """R-VIS-13: in versions in use and the latest, with the names that answer by it; an address as an address."""
    held = apply(context, zones[0], policy, name="www.one.example")
    create_policy(context, value("2001:db8::1", "AAAA"), "six")
    create_policy(context, value("192.0.2.10"), "other")
    balancer = {"Type": "elastic-load-balancer", "Value": "front-1.eu-west-1.elb.amazonaws.com"}
    create_policy(context, document(StartEndpoint="lb", Endpoints={"lb": balancer}), "lb")

    def found(query: str) -> list[tuple[str, int, bool, list[str]]]:
        return sorted(
            (use["name"], use["version"], use["latest"], [record["Id"] for record in use["instances"]])
            for use in uses(context, query)
        )

    assert found("value=192.0.2.1") == [("policy", 1, False, [held])]
    assert found("value=192.0.2.2") == [("policy", 2, True, [])]
    assert found("value=2001%3Adb8%3A%3A0001") == [("six", 1, True, [])]
    assert found("value=FRONT-1.eu") == [("lb", 1, True, [])]
    assert found("value=192.0.2.3") == []
    for query in ("", "value=", "q=1"):
        with pytest.raises(ApiError):
            uses(context, query)


def test_a_resource_is_replaced_for_all_names_at_once(context: Context, zones: tuple[str, str], policy: str) -> None:
    """R-VIS-13: a new version of each in use, all else of its document as it was written, and every name there."""
    one, two = zones
    spaced = value().replace('": ', '":   ')
    other = create_policy(context, spaced, "spaced")
    for zone, name, owner in (
        (one, "a.one.example", policy),
        (two, "b.two.example", policy),
        (two, "c.two.example", other),
    ):
        apply(context, zone, owner, name=name)
    body = {"value": "192.0.2.1", "replacement": "192.0.2.9"}
    told = post(context, policy_resource.REPLACE, dry_run=True, **body)
    assert uses(context, "value=192.0.2.9") == []
    done = post(context, policy_resource.REPLACE, **body)
    for reply in (told, done):
        made = {(each["name"], each["before"], each["version"], *each["endpoints"]) for each in reply["versions"]}
        assert made == {("policy", 1, 3, "e"), ("spaced", 1, 2, "e")}
        assert sorted(versions(reply)) == [("a.one.example.", 3), ("b.two.example.", 3), ("c.two.example.", 2)]
    stored = call(context, "GetTrafficPolicy", Id=other, Version=2)["TrafficPolicy"]
    assert stored["Document"] == spaced.replace("192.0.2.1", "192.0.2.9")
    assert stored["Comment"] == "version 1 with 192.0.2.9 for 192.0.2.1"
    assert uses(context, "value=192.0.2.1") == []


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("192.0.2.1", "192.0.2.1", "InvalidInput"),
        ("192.0.2.2", "192.0.2.9", "InvalidInput"),  # no policy record answers by it
        ("192.0.2.1", "2001:db8::1", "InvalidTrafficPolicyDocument"),
        ("192.0.2.1", "", "InvalidInput"),
    ],
)
def test_what_cannot_be_replaced(
    context: Context, zones: tuple[str, str], policy: str, before: str, after: str, code: str
) -> None:
    """R-VIS-13: no version is made where nothing moves, or where the value does not fit the type."""
    apply(context, zones[0], policy, name="www.one.example")
    with pytest.raises(ApiError) as error:
        post(context, policy_resource.REPLACE, value=before, replacement=after)
    assert error.value.code == code
    assert call(context, "ListTrafficPolicies")["TrafficPolicySummaries"][0]["LatestVersion"] == 2

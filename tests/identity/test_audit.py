"""The audit trail: who changed what, and taking it back."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meridian.store.tables import audit_event
from tests.identity.conftest import Site
from tests.identity.test_policies import change, create_zone, policy, statement
from tests.operations import documents
from tests.operations.calls import asked, upsert


def events(site: Site, query: str = "") -> list[dict[str, Any]]:
    status, reply = site.native("GET", f"/meridian/audit{query}")
    assert status == 200, reply
    found: list[dict[str, Any]] = reply["events"]
    return found


def record(name: str, type_: str, *values: str, ttl: int = 60) -> dict[str, Any]:
    return {"Name": name, "Type": type_, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}


def test_a_change_is_told_with_actor_request_and_both_sides(site: Site) -> None:
    """Each record set of a batch by itself: what it was, what it is, by whom, on which request."""
    zone = create_zone(site.client())
    key = site.user("ada", policy(statement("Allow", "route53:*")))
    client = site.client(key)
    change(client, zone, upsert("www.example.com", "A", "192.0.2.1"))
    reply = change(
        client,
        zone,
        asked("DELETE", "www.example.com", "A", "192.0.2.1"),
        upsert("mail.example.com", "A", "192.0.2.2", ttl=300),
    )
    request_id = reply["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    found = events(site, f"?request={request_id}")

    assert {(event["name"], event["type"]): (event["before"], event["after"]) for event in found} == {
        ("www.example.com.", "A"): (record("www.example.com.", "A", "192.0.2.1"), None),
        ("mail.example.com.", "A"): (None, record("mail.example.com.", "A", "192.0.2.2", ttl=300)),
    }
    for event in found:
        assert (event["user"], event["access_key_id"]) == ("ada", key.access_key_id)
        assert (event["action"], event["kind"], event["resource"]) == (
            "route53:ChangeResourceRecordSets",
            "recordset",
            zone,
        )
    history = events(site, f"?resource={zone}&name=WWW.example.com&type=A")
    assert [(event["before"] is None, event["after"] is None) for event in history] == [(False, True), (True, False)]


def test_what_is_refused_is_not_in_the_trail(site: Site) -> None:
    """The trail is written with the change or not at all."""
    zone = create_zone(site.client())
    with pytest.raises(ClientError, match="InvalidChangeBatch"):
        change(
            site.client(),
            zone,
            upsert("x.example.com", "A", "192.0.2.1"),
            asked("DELETE", "y.example.com", "A", "1.2.3.4"),
        )
    with pytest.raises(ClientError, match="AccessDenied"):
        site.client(site.user("eve")).delete_hosted_zone(Id=zone)

    assert [event["action"] for event in events(site)] == ["route53:CreateHostedZone"]


def test_no_secret_is_in_the_trail(site: Site) -> None:
    """Of an access key the trail knows its id."""
    secret = site.native("POST", "/meridian/users/admin/keys")[1]["secret_access_key"]
    with site.database.read() as conn:
        rows = [tuple(row) for row in conn.execute(sa.select(audit_event))]

    assert len(rows) == 1
    assert secret not in str(rows)


def test_pages_join_to_the_whole(site: Site) -> None:
    """For each size of a page, newest first, also while events are added."""
    zone = create_zone(site.client())
    change(site.client(), zone, *(upsert(f"n{number}.example.com", "A", "192.0.2.1") for number in range(7)))
    whole = [event["id"] for event in events(site)]
    for size in (1, 2, 3, 8, 9):
        found: list[int] = []
        position = ""
        while True:
            _, page = site.native("GET", f"/meridian/audit?limit={size}{position}")
            found += [event["id"] for event in page["events"]]
            if page["next"] is None:
                break
            site.native("PUT", f"/meridian/users/u{size}{len(found)}", {})
            position = f"&before={page['next']}"

        assert [event for event in found if event <= whole[0]] == whole
        whole = [event["id"] for event in events(site)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?who=x", "Unknown parameter 'who'; there are user, action"),
        ("?limit=0", "limit: '0' is no number from 1 to 1000"),
        ("?limit=1001", "limit: '1001'"),
        ("?before=x", "before: 'x' is no number"),
        ("?name=a..b", "name: 'a..b' is no domain name"),
        ("?since=yesterday", "since: 'yesterday' is no moment with a zone"),
        ("?until=2026-01-02", "until: '2026-01-02' is no moment with a zone"),
    ],
)
def test_mistakes_are_explained(site: Site, query: str, message: str) -> None:
    status, reply = site.native("GET", f"/meridian/audit{query}")

    assert status == 400
    assert message in reply["message"]


def test_filters(site: Site) -> None:
    zone = create_zone(site.client())
    change(site.client(), zone, upsert("a.example.com", "A", "192.0.2.1"), upsert("a.example.com", "TXT", '"x"'))
    first, last = events(site)[-1], events(site)[0]

    assert [event["type"] for event in events(site, "?type=TXT")] == ["TXT"]
    assert len(events(site, "?kind=recordset")) == 2
    assert len(events(site, f"?resource=hostedzone%2F{zone}")) == 3
    assert events(site, "?user=nobody") == []
    assert len(events(site, "?action=route53%3ACreateHostedZone&user=admin")) == 1
    assert events(site, f"?until={quote(first['at'])}") == []
    assert events(site, f"?since={quote(last['at'])}")[0] == last
    assert events(site, "?since=2999-01-01T00%3A00%3A00Z") == []


def stored(site: Site, zone: str) -> Any:
    return site.client().list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]


NAMES = st.sampled_from(["a.example.com", "b.example.com", "example.com"])
WISHES = st.dictionaries(
    st.tuples(NAMES, st.sampled_from(["A", "TXT"])),
    st.one_of(st.none(), st.integers(1, 4)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WISHES, WISHES, st.booleans())
def test_taking_back_makes_the_zone_what_it_was(site: Site, first: Any, second: Any, apex: bool) -> None:
    """Whatever a batch creates, changes and deletes, the batch that takes it back restores it."""
    made = site.client().create_hosted_zone(Name="example.com", CallerReference=str(uuid.uuid4()))
    zone = str(made["HostedZone"]["Id"]).removeprefix("/hostedzone/")
    wish(site, zone, first)
    before = stored(site, zone)
    reply = wish(site, zone, second, apex)
    if reply is None:
        return
    status, batch = site.native("GET", f"/meridian/audit/{request_of(reply)}/undo")
    if status == 200:
        site.client().change_resource_record_sets(**batch)
    else:
        assert "changed no record set" in batch["message"]

    assert stored(site, zone) == before


def wish(site: Site, zone: str, wishes: Any, apex: bool = False) -> Any:
    """Write or delete record sets; None where there is nothing to do."""
    held = {(found["Name"], found["Type"]): found for found in stored(site, zone)}
    changes = []
    for (name, type_), value in wishes.items():
        if value is not None:
            changes.append(upsert(name, type_, f"192.0.2.{value}" if type_ == "A" else f'"{value}"', ttl=value))
        elif (f"{name}.", type_) in held:
            changes.append({"Action": "DELETE", "ResourceRecordSet": held[f"{name}.", type_]})
    if apex:
        changes.append(upsert("example.com", "NS", "ns.example.net", ttl=7))
    return change(site.client(), zone, *changes) if changes else None


def request_of(reply: Any) -> str:
    return str(reply["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"])


def test_taking_back_never_overwrites_later_work(site: Site) -> None:
    """Where somebody has changed a record set since, nothing is done at all."""
    zone = create_zone(site.client())
    reply = change(
        site.client(), zone, upsert("a.example.com", "A", "192.0.2.1"), upsert("b.example.com", "A", "192.0.2.1")
    )
    change(site.client(), zone, upsert("a.example.com", "A", "192.0.2.9"))
    _, batch = site.native("GET", f"/meridian/audit/{request_of(reply)}/undo")
    now = stored(site, zone)

    with pytest.raises(ClientError, match="InvalidChangeBatch"):
        site.client().change_resource_record_sets(**batch)
    assert stored(site, zone) == now


def test_what_cannot_be_taken_back_is_told(site: Site) -> None:
    assert site.native("GET", "/meridian/audit/none/undo")[0] == 404
    made = site.client().create_hosted_zone(Name="example.com", CallerReference="r")
    status, reply = site.native("GET", f"/meridian/audit/{request_of(made)}/undo")
    assert (status, reply["message"]) == (400, "this request changed no record set, so there is nothing to take back")


def test_policy_records_are_told_with_policy_root_and_state(site: Site) -> None:
    """R-TFI-5: each write of a policy and of a policy record, both sides; no batch brings a root back."""
    client = site.client()
    zone = create_zone(client)
    made = client.create_traffic_policy(Name="web", Document=documents.value())
    policy_id = made["TrafficPolicy"]["Id"]
    client.create_traffic_policy_version(Id=policy_id, Document=documents.value("192.0.2.2"))
    client.update_traffic_policy_comment(Id=policy_id, Version=2, Comment="two")
    versions = {"TTL": 60, "TrafficPolicyId": policy_id}
    applied = client.create_traffic_policy_instance(
        HostedZoneId=zone, Name="www.example.com", TrafficPolicyVersion=1, **versions
    )
    instance = applied["TrafficPolicyInstance"]["Id"]
    client.update_traffic_policy_instance(Id=instance, TrafficPolicyVersion=2, **versions)
    client.delete_traffic_policy_instance(Id=instance)
    client.delete_traffic_policy(Id=policy_id, Version=2)

    numbers = [
        tuple(side and side["TrafficPolicyVersion"] for side in (event["before"], event["after"]))
        for event in events(site, f"?resource={instance}")
    ]
    assert numbers == [(2, None), (1, 2), (None, 1)]
    told = [(event["action"], event["kind"]) for event in events(site, f"?resource={policy_id}")]
    assert told == [
        ("route53:DeleteTrafficPolicy", "trafficpolicy"),
        ("route53:UpdateTrafficPolicyComment", "trafficpolicy"),
        ("route53:CreateTrafficPolicyVersion", "trafficpolicy"),
        ("route53:CreateTrafficPolicy", "trafficpolicy"),
    ]
    status, reply = site.native("GET", f"/meridian/audit/{request_of(applied)}/undo")
    assert (status, "UpdateTrafficPolicyInstance" in reply["message"]) == (400, True)

"""Searching: names, values, addresses and ids, in everything that the account has."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations import search
from meridian.errors import InvalidInput
from meridian.model.iam import read_policy
from meridian.store import tag
from tests.operations.calls import asked, call, change, create_zone, upsert


@pytest.fixture
def zone_id(context: Context) -> str:
    return create_zone(context)


def find(context: Context, text: str, **more: Any) -> dict[str, Any]:
    query = urlencode({"q": text, **more}).encode()
    found: dict[str, Any] = search.find(context, HttpRequest("GET", b"", query, (), b"", {}))
    return found


def names(context: Context, text: str, kind: str = "record") -> list[str]:
    return [each["name"] for each in find(context, text)["found"] if each["kind"] == kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("www", ["www.example.com.", "www.eu.example.com."]),
        ("w.ex", ["www.example.com."]),
        ("WWW.EU", ["www.eu.example.com."]),
        ("w.eu.exam", ["www.eu.example.com."]),
        ("ww.e.exam", []),
        ("*.apps", ["*.apps.example.com."]),
        ("w%", []),
        ("hand_made", ["hand_made.example.com."]),
        ("handxmade", []),
    ],
)
def test_parts_of_names(context: Context, zone_id: str, text: str, expected: list[str]) -> None:
    """Any part of a name is enough, in the order in which it is read; no letter stands for another."""
    for name in ("www", "www.eu", "*.apps", "hand_made"):
        change(context, zone_id, upsert(f"{name}.example.com", "A", "198.51.100.1"))
    assert sorted(names(context, text)) == sorted(expected)


def test_whole_name_comes_first(context: Context, zone_id: str) -> None:
    """However many names have it in them, the name itself is found, and before them."""
    many = [upsert(f"a{number}.mail.example.com", "A", "192.0.2.9") for number in range(300)]
    change(context, zone_id, *many, upsert("mail.example.com", "A", "192.0.2.9"))
    found = find(context, "mail.example.com", limit=5)
    assert found["found"][0]["name"] == "mail.example.com."
    assert (len(found["found"]), found["more"]) == (5, ["record"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", ["one.example.com. A", "spf.example.com. TXT"]),
        ("2001:db8::1", ["six.example.com. AAAA"]),
        ("2001:0DB8:0:0::1", ["six.example.com. AAAA"]),
        ("192.0.2.77", ["many.example.com. A"]),
        ("192.0.2", ["one.example.com. A", "many.example.com. A", "ten.example.com. A", "spf.example.com. TXT"]),
        ("10 mx.example.net", ["example.com. MX"]),
        ('"v=spf1', ["spf.example.com. TXT"]),
        ("canary", ["split.example.com. A"]),
    ],
)
def test_values(context: Context, zone_id: str, text: str, expected: list[str]) -> None:
    """An address finds the record sets that hold it, however it is written, and not longer ones that begin alike."""
    change(
        context,
        zone_id,
        upsert("one.example.com", "A", "192.0.2.1"),
        upsert("ten.example.com", "A", "192.0.2.10", "192.0.2.111"),
        upsert("many.example.com", "A", *(f"192.0.2.{number}" for number in range(70, 80))),
        upsert("six.example.com", "AAAA", "2001:db8:0:0:0:0:0:1"),
        upsert("spf.example.com", "TXT", '"v=spf1 ip4:192.0.2.1 -all"'),
        upsert("example.com", "MX", "10 mx.example.net"),
        upsert("split.example.com", "A", "203.0.113.1", SetIdentifier="Canary", Weight=1),
    )
    found = [f"{each['name']} {each['type']}" for each in find(context, text)["found"] if each["kind"] == "record"]
    assert sorted(found) == sorted(expected)


def test_aliases_are_found_by_their_targets(context: Context, zone_id: str) -> None:
    """An alias is found by what it leads to, and says so."""
    target = {"HostedZoneId": zone_id, "DNSName": "origin.example.com", "EvaluateTargetHealth": False}
    change(
        context,
        zone_id,
        upsert("origin.example.com", "A", "192.0.2.1"),
        asked("CREATE", "shop.example.com", "A", AliasTarget=target),
    )
    found = {each["name"]: each["alias_target"] for each in find(context, "origin.ex")["found"]}
    assert found == {"origin.example.com.": None, "shop.example.com.": "origin.example.com."}
    assert names(context, "region") == []  # what the store calls its fields is nothing that was said


def test_other_kinds(context: Context, zone_id: str) -> None:
    """Zones, checks, policies, policy records and collections are found by names, ids, and what they hold."""
    document = {
        "AWSPolicyFormatVersion": "2015-10-01",
        "RecordType": "A",
        "Endpoints": {"e": {"Type": "value", "Value": "52.0.0.80"}},
        "StartEndpoint": "e",
    }
    policy = call(context, "CreateTrafficPolicy", Name="by place", Document=json.dumps(document))["TrafficPolicy"]
    instance = call(
        context,
        "CreateTrafficPolicyInstance",
        HostedZoneId=zone_id,
        Name="play.example.com",
        TTL=60,
        TrafficPolicyId=policy["Id"],
        TrafficPolicyVersion=1,
    )["TrafficPolicyInstance"]
    config = {"Type": "TCP", "IPAddress": "52.0.0.80", "Port": 5432}
    check = call(context, "CreateHealthCheck", CallerReference="r", HealthCheckConfig=config)["HealthCheck"]
    with context.database.write() as conn:
        tag.put(conn, "healthcheck", check["Id"], {"Name": "Database of Paris"})
    collection = call(context, "CreateCidrCollection", Name="offices", CallerReference="r")["Collection"]

    def kinds(text: str) -> list[str]:
        return [each["kind"] for each in find(context, text)["found"]]

    assert kinds("52.0.0.80") == ["check", "policy"]
    assert kinds("52.0.0.8") == []
    assert kinds("of paris") == kinds(check["Id"][:13]) == ["check"]
    assert kinds("BY PLACE") == kinds(policy["Id"]) == ["policy"]
    assert kinds(instance["Id"]) == ["policy_record"]
    assert kinds("play.example") == ["record", "policy_record"]
    assert kinds("offic") == kinds(collection["Id"]) == ["cidr_collection"]
    assert kinds(zone_id) == kinds(f"/hostedzone/{zone_id}") == ["zone"]


def test_of_others_nothing_is_found(context: Context, stranger: Context, zone_id: str) -> None:
    """A search looks at the caller's account alone (R-API-25)."""
    assert names(context, "example.com", "zone") == ["example.com."]
    assert find(stranger, "example.com")["found"] == []
    assert find(stranger, zone_id)["found"] == []


def test_what_one_may_not_list_is_left_out(context: Context, zone_id: str) -> None:
    """A user finds what its policies let it list (R-SIG-6)."""
    other = create_zone(context, "example.org")
    statement = [
        {"Effect": "Allow", "Action": "route53:ListHostedZones", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "route53:ListResourceRecordSets",
            "Resource": f"arn:aws:route53:::hostedzone/{other}",
        },
    ]
    policy = read_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    caller = msgspec.structs.replace(context.caller, owner=False)
    limited = msgspec.structs.replace(context, caller=caller, policies=(policy,))
    assert sorted(names(limited, "example", "zone")) == ["example.com.", "example.org."]
    assert {each["zone_id"] for each in find(limited, "example")["found"] if each["kind"] == "record"} == {other}
    nobody = msgspec.structs.replace(context, caller=caller, policies=())
    assert find(nobody, "example")["found"] == []


@pytest.mark.parametrize("query", ["", "q=", "q=+", f"q={'x' * 256}", "q=x&limit=0", "q=x&limit=1001", "q=x&kind=zone"])
def test_what_cannot_be_asked(context: Context, query: str) -> None:
    """A search is for 1 to 255 characters, and gives 1 to 1000 of each kind."""
    with pytest.raises(InvalidInput):
        search.find(context, HttpRequest("GET", b"", query.encode(), (), b"", {}))

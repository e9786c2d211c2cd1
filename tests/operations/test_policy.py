"""The calls of our own for those who draw traffic policies: judge a draft, show a tree, compare."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations import policy
from meridian.errors import ApiError
from meridian.place.locations import continent_of
from tests.operations.calls import create_zone
from tests.operations.documents import SHAPES, add_version, apply, create_policy, document, value

CALLS = policy.policy_calls(continent_of)


def ask(context: Context, path: str, body: str = "", query: str = "", **parts: Any) -> dict[str, Any]:
    """One request of a path; with a body, it is a POST."""
    method = "POST" if body else "GET"
    filled = {name: str(part) for name, part in parts.items()}
    request = HttpRequest(method, path.encode(), query.encode(), (), body.encode(), filled)
    found: dict[str, Any] = CALLS[path](context, request)
    return found


def compare(context: Context, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return ask(context, policy.DIFFERENCE, json.dumps({"before": before, "after": after}))


def test_a_draft_is_judged_whole(context: Context) -> None:
    """R-TFO-5, R-VIS-14: every problem with its place, errors and warnings, and nothing is stored."""
    endpoints = {"a": {"Type": "value", "Value": "x"}, "b": {"Type": "value", "Value": "192.0.2.1"}}
    text = document(StartEndpoint="a", Endpoints=endpoints).replace(', "b"', ',\n"b"')
    told = ask(context, policy.CHECK, text)
    places = [(problem["pointer"], problem["line"], problem["severity"]) for problem in told["problems"]]
    assert (told["valid"], told["type"], places) == (False, None, [("/Endpoints/a/Value", 1, "error")])
    told = ask(context, policy.CHECK, SHAPES["18-unused-and-unknown"])
    assert (told["valid"], told["type"]) == (True, "A")
    assert {problem["severity"] for problem in told["problems"]} == {"warning"}
    long = ask(context, policy.CHECK, value() + " " * 102_400)
    assert (long["valid"], long["problems"][0]["pointer"]) == (False, "")


def test_the_tree_of_a_version(context: Context) -> None:
    """R-TFP-4, R-TFC-2: the start and every hidden group, as record sets."""
    id_ = create_policy(context, SHAPES["14-shared-nodes"])
    told = ask(context, policy.TREE, query="ttl=77", id=id_, version=1)
    assert (told["start"], told["type"]) == ({"rule": "top"}, "A")
    assert [group["rule"] for group in told["groups"]] == ["top", "pool", "guarded"]
    top, pool, _ = told["groups"]
    assert top["policy"] == "geolocation"
    assert top["ResourceRecordSets"][0] == {
        "Type": "A",
        "SetIdentifier": "0 pool",
        "GeoLocation": {"ContinentCode": "EU"},
        "AliasTarget": {"RuleReference": "pool", "EvaluateTargetHealth": True},
    }
    assert pool["ResourceRecordSets"][0] == {
        "Type": "A",
        "SetIdentifier": "0 a",
        "MultiValueAnswer": True,
        "TTL": 77,
        "ResourceRecords": [{"Value": "192.0.2.1"}],
        "HealthCheckId": "3a0c0f6e-2a07-4d18-8a09-0f9a2d6c1b12",
    }
    balancer = create_policy(context, SHAPES["02-one-load-balancer"], "lb")
    (group,) = ask(context, policy.TREE, id=balancer, version=1)["groups"]
    target = group["ResourceRecordSets"][0]["AliasTarget"]
    assert target == {"DNSName": "front-1234567890.eu-west-1.elb.amazonaws.com.", "EvaluateTargetHealth": False}


def test_versions_are_compared(context: Context) -> None:
    """R-VIS-15: what changes for clients, and which policy records would change."""
    id_ = create_policy(context, value())
    add_version(context, id_, value("192.0.2.2"))
    record = apply(context, create_zone(context), id_)
    told = compare(context, {"id": id_, "version": 1}, {"id": id_, "version": 2})
    assert [found["text"] for found in told["differences"]] == ["all clients move from e (192.0.2.1) to e (192.0.2.2)"]
    assert [user["id"] for user in told["instances"]] == [record]
    told = compare(context, {"id": id_, "version": 2}, {"document": value("192.0.2.3")})
    assert [found["after"] for found in told["differences"]] == ["e (192.0.2.3)"]
    assert told["instances"] == []


def test_impossible_requests(context: Context, stranger: Context) -> None:
    """R-API-25: what others have is not told; and every mistake is."""
    id_ = create_policy(context, value())
    cases: list[tuple[Context, dict[str, Any], str]] = [
        (stranger, {"id": id_, "version": 1}, "NoSuchTrafficPolicy"),
        (context, {"id": id_}, "InvalidInput"),
        (context, {"id": id_, "version": 1, "document": value()}, "InvalidInput"),
        (context, {"document": "{}"}, "InvalidTrafficPolicyDocument"),
        (context, {"unknown": 1}, "InvalidInput"),
    ]
    for who, side, code in cases:
        with pytest.raises(ApiError) as error:
            compare(who, side, {"document": value()})
        assert error.value.code == code
    for parts in ({"id": id_, "version": "x"}, {"id": id_, "version": 2}):
        with pytest.raises(ApiError):
            ask(context, policy.TREE, **parts)

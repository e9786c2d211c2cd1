"""Which action on which resource each call is: the table has everything that can be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from meridian.api.access import NATIVE, RESOURCES, IfGiven, OfType, resources, values
from meridian.api.model import load
from meridian.api.native import ByMethod
from meridian.api.operations.overview import Watched
from meridian.api.operations.own import calls
from meridian.model.iam import CHANGE_ACTIONS, RECORD_NAMES, RECORD_TYPES
from meridian.notify.tail import Tail
from meridian.place.atlas import Atlas
from meridian.place.locations import continent_of
from meridian.settings import Settings
from meridian.store.database import Database

ACCOUNT = "111122223333"


def test_every_operation_of_the_model_has_its_resources() -> None:
    """An operation that is added to the model, or to Meridian, cannot be forgotten here."""
    assert set(RESOURCES) == set(load().operations)


@pytest.mark.parametrize("operation", RESOURCES)
def test_resources_are_members_of_the_request(operation: str) -> None:
    """What the table reads is there in every request: members that are needed, or that it leaves out if absent."""
    shape = load().operations[operation].input
    for entry in RESOURCES[operation]:
        members = {entry.member} | ({entry.kind_member} if isinstance(entry, OfType) else set())
        assert members <= set(shape.members)
        assert isinstance(entry, IfGiven) or members <= set(shape.required_members)


@pytest.mark.parametrize("operation", RESOURCES)
def test_an_operation_on_a_resource_names_it(operation: str) -> None:
    """An id in the path of a call, other than one that says what to count, is a resource in the table."""
    model = load().operations[operation]
    in_path = {
        name
        for name, shape in model.input.members.items()
        if shape.serialization.get("location") == "uri" and name not in ("Type", "Name", "Version", "ResourceType")
    }

    assert in_path <= {entry.member for entry in RESOURCES[operation]}


def test_every_call_of_our_own_has_its_rule(tmp_path: Path) -> None:
    """Those that are forgotten are for people who may do everything; none is."""
    database = Database(f"sqlite:///{tmp_path / 'meridian.db'}")
    served = {
        (method, path)
        for path, call in calls(Tail(database), continent_of, Atlas(Settings()), Watched(list, lambda: None)).items()
        for method in (call.calls if isinstance(call, ByMethod) else ("GET", "POST"))
    }
    database.close()

    assert set(NATIVE) == served


@pytest.mark.parametrize(
    ("operation", "request_", "expected"),
    [
        ("GetHostedZone", {"Id": "Z1"}, ["arn:aws:route53:::hostedzone/Z1"]),
        ("GetChange", {"Id": "C1"}, ["arn:aws:route53:::change/C1"]),
        ("DeleteHealthCheck", {"HealthCheckId": "h"}, ["arn:aws:route53:::healthcheck/h"]),
        ("ListCidrBlocks", {"CollectionId": "c"}, [f"arn:aws:route53::{ACCOUNT}:cidrcollection/c"]),
        ("GetTrafficPolicy", {"Id": "t", "Version": 1}, ["arn:aws:route53:::trafficpolicy/t"]),
        ("GetReusableDelegationSet", {"Id": "N1"}, ["arn:aws:route53:::delegationset/N1"]),
        ("GetQueryLoggingConfig", {"Id": "q"}, ["arn:aws:route53:::queryloggingconfig/q"]),
        ("DeleteTrafficPolicyInstance", {"Id": "i"}, ["arn:aws:route53:::trafficpolicyinstance/i"]),
        ("ListHostedZones", {}, ["*"]),
        ("ListHostedZonesByName", {"HostedZoneId": "Z1"}, ["*"]),
        ("ListQueryLoggingConfigs", {}, ["*"]),
        ("ListQueryLoggingConfigs", {"HostedZoneId": "Z1"}, ["arn:aws:route53:::hostedzone/Z1"]),
        (
            "ListTagsForResources",
            {"ResourceType": "healthcheck", "ResourceIds": ["a", "b"]},
            ["arn:aws:route53:::healthcheck/a", "arn:aws:route53:::healthcheck/b"],
        ),
        (
            "CreateTrafficPolicyInstance",
            {"HostedZoneId": "Z1", "TrafficPolicyId": "t"},
            ["arn:aws:route53:::hostedzone/Z1", "arn:aws:route53:::trafficpolicy/t"],
        ),
    ],
)
def test_resources(operation: str, request_: dict[str, object], expected: list[str]) -> None:
    """R-SIG-6: the ARNs of what a request names."""
    assert resources(operation, request_, ACCOUNT) == expected


@pytest.mark.parametrize(
    ("name", "normalized"),
    [
        ("WWW.Example.COM.", "www.example.com"),
        ("*.example.com", "\\052.example.com"),
        ("\\052.example.com", "\\052.example.com"),
        ("a\\040b.example.com", "a\\040b.example.com"),
        ("_x-1.example.com", "_x-1.example.com"),
        ("\\141.example.com", "a.example.com"),
        ("A..b.", "a..b"),
    ],
)
def test_names_as_conditions_compare_them(name: str, normalized: str) -> None:
    """R-SIG-6: lower case, no final dot, everything but a-z, 0-9, - and _ as an octal escape."""
    changes = [{"Action": "UPSERT", "ResourceRecordSet": {"Name": name, "Type": "TXT"}}]
    found = values("ChangeResourceRecordSets", {"ChangeBatch": {"Changes": changes}})

    assert found == {RECORD_NAMES: [normalized], RECORD_TYPES: ["TXT"], CHANGE_ACTIONS: ["UPSERT"]}

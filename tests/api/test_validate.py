from __future__ import annotations

from typing import Any

import pytest

from meridian.api.model import load
from meridian.api.validate import compile_validator
from meridian.errors import InvalidInput

MODEL = load()


def problems(name: str, request: dict[str, Any]) -> str:
    with pytest.raises(InvalidInput) as raised:
        compile_validator(MODEL.operations[name].input)(request)
    return raised.value.message


def change(**members: Any) -> dict[str, Any]:
    return {"Action": "UPSERT", "ResourceRecordSet": {"Name": "a", "Type": "A", **members}}


def batch(*changes: dict[str, Any], comment: str = "") -> dict[str, Any]:
    return {"HostedZoneId": "Z1", "ChangeBatch": {"Comment": comment, "Changes": list(changes)}}


SET = "changeBatch.changes.1.member.resourceRecordSet"
LONG_ID = "Z" * 33


@pytest.mark.parametrize(
    ("name", "request_", "violation"),
    [
        (
            "GetHostedZone",
            {"Id": LONG_ID},
            f"Value '{LONG_ID}' at 'id': Member must have length less than or equal to 32",
        ),
        ("GetHostedZone", {}, "Value null at 'id': Member must not be null"),
        (
            "ChangeResourceRecordSets",
            batch(comment="x"),
            "Value '[]' at 'changeBatch.changes': Member must have length greater than or equal to 1",
        ),
        (
            "ChangeResourceRecordSets",
            batch(change(SetIdentifier="")),
            f"Value '' at '{SET}.setIdentifier': Member must have length greater than or equal to 1",
        ),
        (
            "ChangeResourceRecordSets",
            batch(change(TTL=2**31)),
            f"Value '2147483648' at '{SET}.tTL': Member must have value less than or equal to 2147483647",
        ),
        (
            "ChangeResourceRecordSets",
            batch(change(Weight=-1)),
            f"Value '-1' at '{SET}.weight': Member must have value greater than or equal to 0",
        ),
        (
            "ChangeResourceRecordSets",
            batch(change(ResourceRecords=[{"Value": "1"}, {}])),
            f"Value null at '{SET}.resourceRecords.2.member.value': Member must not be null",
        ),
        (
            "ChangeResourceRecordSets",
            batch(change(Failover="THIRD")),
            f"Value 'THIRD' at '{SET}.failover': Member must satisfy enum value set: [PRIMARY, SECONDARY]",
        ),
        (
            "ChangeResourceRecordSets",
            batch(change(Weight=256)),  # R-WEI-1
            f"Value '256' at '{SET}.weight': Member must have value less than or equal to 255",
        ),
        (
            "ChangeResourceRecordSets",
            batch(change(GeoProximityLocation={"AWSRegion": "eu-west-1", "Bias": 100})),  # R-GPX-3
            f"Value '100' at '{SET}.geoProximityLocation.bias': Member must have value less than or equal to 99",
        ),
        (
            "ChangeResourceRecordSets",
            batch(change(GeoProximityLocation={"AWSRegion": "eu-west-1", "Bias": -100})),  # R-GPX-3
            f"Value '-100' at '{SET}.geoProximityLocation.bias': Member must have value greater than or equal to -99",
        ),
        (
            "ChangeResourceRecordSets",
            batch(change(SetIdentifier="x" * 129)),  # R-POL-4
            f"Value '{'x' * 129}' at '{SET}.setIdentifier': Member must have length less than or equal to 128",
        ),
        (
            "ListResourceRecordSets",
            {"HostedZoneId": "Z1", "StartRecordType": "a", "StartRecordName": "x" * 1024},
            "Value 'a' at 'startRecordType': Member must satisfy enum value set: [SOA, A, TXT, NS, CNAME, MX, NAPTR, "
            "PTR, SRV, SPF, AAAA, CAA, DS, TLSA, SSHFP, SVCB, HTTPS]",
        ),
        (
            "GetTrafficPolicy",
            {"Id": "x", "Version": 1001},
            "Value '1001' at 'version': Member must have value less than or equal to 1000",
        ),
        (
            "CreateCidrCollection",
            {"Name": "a b", "CallerReference": "c"},
            r"Value 'a b' at 'name': Member must satisfy regular expression pattern: [0-9A-Za-z_\-]+",
        ),
        (
            "CreateCidrCollection",
            {"Name": "ab", "CallerReference": "é"},
            r"Value 'é' at 'callerReference': Member must satisfy regular expression pattern: \p{ASCII}+",
        ),
        (
            "ChangeTagsForResource",
            {
                "ResourceType": "hostedzone",
                "ResourceId": "Z",
                "AddTags": [{"Key": str(n), "Value": ""} for n in range(11)],
            },
            f"Value '{[{'Key': str(n), 'Value': ''} for n in range(11)]}' at 'addTags': "
            "Member must have length less than or equal to 10",
        ),
    ],
)
def test_one_violation(name: str, request_: dict[str, Any], violation: str) -> None:
    """A constraint of the model that is broken is told in the words of R-ERR-35, with value and place."""
    value_and_place, _, constraint = violation.rpartition("': ")

    assert problems(name, request_) == (
        f"1 validation error detected: {value_and_place}' failed to satisfy constraint: {constraint}"
    )


def test_all_violations_are_told() -> None:
    """Several violations are counted and all listed, in the order of the model."""
    assert problems("ChangeResourceRecordSets", {"HostedZoneId": LONG_ID, "ChangeBatch": {"Changes": []}}) == (
        f"2 validation errors detected: Value '{LONG_ID}' at 'hostedZoneId' failed to satisfy constraint: "
        "Member must have length less than or equal to 32; Value '[]' at 'changeBatch.changes' failed to satisfy "
        "constraint: Member must have length greater than or equal to 1"
    )


def test_long_values_are_cut() -> None:
    """A value is shown up to 1,024 characters, so that a reply is never as long as a request."""
    message = problems("GetHostedZone", {"Id": "Z" * 100_000})

    assert "'" + "Z" * 1024 + "' at 'id'" in message


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("GetHostedZone", {"Id": "Z" * 32}),
        ("ChangeResourceRecordSets", batch(change(TTL=0, Weight=255, SetIdentifier="s" * 128), comment="c" * 256)),
        ("CreateHealthCheck", {"CallerReference": "c", "HealthCheckConfig": {"Type": "TCP", "IPAddress": "192.0.2.1"}}),
        (
            "CreateHealthCheck",
            {"CallerReference": "c", "HealthCheckConfig": {"Type": "TCP", "IPAddress": "2001:db8::1"}},
        ),
        ("GetHostedZoneCount", {}),
    ],
)
def test_values_at_their_limits_are_good(name: str, request_: dict[str, Any]) -> None:
    """Limits include their last value."""
    compile_validator(MODEL.operations[name].input)(request_)

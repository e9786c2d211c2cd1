"""Record sets between the API's dictionaries and the model's values; malformed changes are in the tables of batches."""

from typing import Any

import pytest

from meridian.changes.shape import read_changes, to_api
from meridian.model.record import AliasTarget, RecordSet
from tests.changes.zones import record_set

RECORDS = [{"Value": "192.0.2.1"}, {"Value": "192.0.2.2"}]
ALIAS = {"HostedZoneId": "Z0EXAMPLE", "DNSName": "x.example.com.", "EvaluateTargetHealth": True}

FULL: list[dict[str, Any]] = [
    {"TTL": 0, "ResourceRecords": RECORDS},
    {"SetIdentifier": "a b", "Weight": 0, "TTL": 2147483647, "ResourceRecords": RECORDS, "HealthCheckId": "check"},
    {"SetIdentifier": "a", "Region": "us-east-1", "AliasTarget": ALIAS},
    {
        "SetIdentifier": "a",
        "GeoLocation": {"CountryCode": "US", "SubdivisionCode": "TX"},
        "TTL": 1,
        "ResourceRecords": RECORDS,
    },
    {"SetIdentifier": "a", "Failover": "SECONDARY", "AliasTarget": ALIAS, "HealthCheckId": "check"},
    {"SetIdentifier": "a", "MultiValueAnswer": False, "TTL": 1, "ResourceRecords": RECORDS},
    {"TrafficPolicyInstanceId": "instance"},
    {
        "SetIdentifier": "a",
        "TTL": 1,
        "ResourceRecords": RECORDS,
        "CidrRoutingConfig": {"CollectionId": "11111111-1111-1111-1111-111111111111", "LocationName": "*"},
    },
    {
        "SetIdentifier": "a",
        "AliasTarget": ALIAS,
        "GeoProximityLocation": {"Coordinates": {"Latitude": "1.50", "Longitude": "-0"}, "Bias": 0},
    },
]


@pytest.mark.parametrize("members", FULL, ids=lambda members: "+".join(members))
def test_what_was_read_is_shown_again_in_the_documented_order(members: dict[str, Any]) -> None:
    """Members come back as they were, in the order of R-CHG-19, whatever order they came in; absent ones stay out."""
    expected = {"Name": "www.example.com.", "Type": "A", **members}
    backwards = dict(reversed(expected.items()))
    (change,) = read_changes({"Changes": [{"Action": "CREATE", "ResourceRecordSet": backwards}]})

    shown = to_api(change.record_set)

    assert list(expected.items()) == list(shown.items())


def test_an_alias_target_is_shown_as_a_name() -> None:
    """Its name gets lower case and a final dot, its zone id loses the prefix (R-ALI-10)."""
    alias = {"HostedZoneId": "/hostedzone/Z0EXAMPLE", "DNSName": "X.Example.com", "EvaluateTargetHealth": True}

    found = record_set({"Name": "www.example.com", "Type": "A", "AliasTarget": alias})

    assert found.alias == AliasTarget("Z0EXAMPLE", "x.example.com.", True)


def test_the_octets_of_records_are_not_shown() -> None:
    """The API knows text only."""
    found = record_set({"Name": "www.example.com", "Type": "A", "Values": ["192.0.2.1"]})

    assert isinstance(found, RecordSet)
    assert found.rdata == (b"\xc0\x00\x02\x01",)
    assert to_api(found).keys() == {"Name", "Type", "TTL", "ResourceRecords"}

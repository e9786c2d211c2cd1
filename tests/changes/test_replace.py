"""Replacing a group whole."""

from __future__ import annotations

from typing import Any

import pytest

from meridian.changes.replace import replacement
from meridian.model.name import parse
from meridian.model.record import RecordSet
from tests.changes.zones import DEFAULTS, Contents, record_set

NAME = "p.example.com"
VALUES = {"a": "192.0.2.1", "b": "192.0.2.2"}

# Each policy's two record sets; the simple one is one.
GROUPS: dict[str, list[dict[str, Any]]] = {
    "simple": [{}],
    "weighted": [{"SetIdentifier": "a", "Weight": 1}, {"SetIdentifier": "b", "Weight": 2}],
    "latency": [{"SetIdentifier": "a", "Region": "eu-west-1"}, {"SetIdentifier": "b", "Region": "us-east-1"}],
    "geolocation": [
        {"SetIdentifier": "a", "GeoLocation": {"ContinentCode": "EU"}},
        {"SetIdentifier": "b", "GeoLocation": {"CountryCode": "*"}},
    ],
    "geoproximity": [
        {"SetIdentifier": "a", "GeoProximityLocation": {"AWSRegion": "eu-west-1"}},
        {"SetIdentifier": "b", "GeoProximityLocation": {"AWSRegion": "us-east-1", "Bias": 5}},
    ],
    "multivalue": [
        {"SetIdentifier": "a", "MultiValueAnswer": True},
        {"SetIdentifier": "b", "MultiValueAnswer": True},
    ],
}


def sets(policy: str) -> list[RecordSet]:
    """The record sets of a group with this policy."""
    return [
        record_set(
            {
                "Name": NAME,
                "Type": "A",
                "TTL": 60,
                "ResourceRecords": [{"Value": VALUES[members.get("SetIdentifier", "a")]}],
                **members,
            }
        )
        for members in GROUPS[policy]
    ]


@pytest.mark.parametrize("before", GROUPS)
@pytest.mark.parametrize("after", GROUPS)
def test_any_policy_becomes_any_other_in_one_batch(before: str, after: str) -> None:
    """One batch leads from each policy to each other, though one change at a time would be refused (R-POL-8)."""
    zone = Contents([*DEFAULTS, *sets(before)])

    changes = replacement(zone.read(parse(NAME)), sets(after))
    zone.apply(zone.plan(changes))

    assert {found.key: found.policy for found in zone.read(parse(NAME))} == {
        wanted.key: wanted.policy for wanted in sets(after)
    }
    assert (before == after) == (changes == [])


def test_what_is_equal_is_left_alone() -> None:
    """Only what differs is written, so that the plan shows what really changes."""
    zone = Contents([*DEFAULTS, *sets("weighted")])
    first, _ = sets("weighted")

    changes = replacement(zone.read(parse(NAME)), [first])

    assert [(change.action, change.record_set.set_identifier) for change in changes] == [("DELETE", "b")]

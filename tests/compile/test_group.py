from __future__ import annotations

from typing import Any

import msgspec
import pytest

from meridian.compile.group import CannotCompile, group
from meridian.compile.image import Arm, Group, Records, ToGroup, ToOutside
from meridian.model.name import parse
from meridian.model.record import (
    AliasTarget,
    CidrRoutingConfig,
    Coordinates,
    GeoLocation,
    RecordSet,
)
from meridian.model.record import GeoProximityLocation as near

ZONE_ID = "Z0EXAMPLE00000"


def a(**fields: Any) -> RecordSet:
    return RecordSet(name=parse("www.example.com."), type="A", ttl=60, rdata=(b"\xc0\x00\x02\x01",), **fields)


def alias(zone_id: str, target: str, *, evaluate: bool = False, **fields: Any) -> RecordSet:
    return RecordSet(name=parse("www.example.com."), type="A", alias=AliasTarget(zone_id, target, evaluate), **fields)


DATA = Records(ttl=60, rdata=[b"\xc0\x00\x02\x01"])
TARGET = parse("t.example.com.").wire

CASES = [
    ("simple", [a()], Group("simple", [Arm(DATA)])),
    (
        "one record under two spellings (RFC 2181 §5)",
        [msgspec.structs.replace(a(), rdata=tuple(DATA.rdata * 2))],
        Group("simple", [Arm(DATA)]),
    ),
    (
        "weighted, sorted by identifier",
        [a(weight=20, set_identifier="b"), a(weight=0, set_identifier="a")],
        Group("weighted", [Arm(DATA, id="a", weight=0), Arm(DATA, id="b", weight=20)]),
    ),
    (
        "failover",
        [a(failover="SECONDARY", set_identifier="a"), a(failover="PRIMARY", set_identifier="b")],
        Group("failover", [Arm(DATA, id="a", secondary=True), Arm(DATA, id="b")]),
    ),
    (
        "multivalue",
        [a(multi_value_answer=True, set_identifier="1")],
        Group("multivalue", [Arm(DATA, id="1")]),
    ),
    (
        "alias in the zone",
        [alias(ZONE_ID, "t.example.com.", evaluate=True)],
        Group("simple", [Arm(ToGroup(TARGET, 1), evaluate_target=True)]),
    ),
    (
        "alias to a service",
        [alias("Z35SXDOTRQ7X7K", "t.example.com.")],
        Group("simple", [Arm(ToOutside(TARGET, 1))]),
    ),
    (
        "alias in a weighted group",
        [alias(ZONE_ID, "t.example.com.", weight=3, set_identifier="a")],
        Group("weighted", [Arm(ToGroup(TARGET, 1), id="a", weight=3)]),
    ),
    (
        "latency",
        [a(region="eu-west-1", set_identifier="a")],
        Group("latency", [Arm(DATA, id="a", region="eu-west-1")]),
    ),
    (
        "geolocation",
        [
            a(geo_location=GeoLocation(continent_code="EU"), set_identifier="a"),
            a(geo_location=GeoLocation(country_code="*"), set_identifier="b"),
            a(geo_location=GeoLocation(country_code="US", subdivision_code="TX"), set_identifier="c"),
        ],
        Group(
            "geo",
            [
                Arm(DATA, id="a", continent="EU"),
                Arm(DATA, id="b", country="*"),
                Arm(DATA, id="c", country="US", subdivision="TX"),
            ],
        ),
    ),
    (
        "geoproximity: coordinates, a region, a local zone, and one that only its region tells (R-GPX-10)",
        [
            a(geo_proximity_location=near(coordinates=Coordinates("-33.9", "18.42"), bias=-99), set_identifier="a"),
            a(geo_proximity_location=near(aws_region="eu-west-2"), set_identifier="b"),
            a(geo_proximity_location=near(local_zone_group="us-west-2-den-1", bias=5), set_identifier="c"),
            a(geo_proximity_location=near(local_zone_group="eu-west-2-xyz-1"), set_identifier="d"),
        ],
        Group(
            "geoproximity",
            [
                Arm(DATA, id="a", latitude=-3390, longitude=1842, bias=-99),
                Arm(DATA, id="b", latitude=5151, longitude=-13),
                Arm(DATA, id="c", latitude=3974, longitude=-10499, bias=5),
                Arm(DATA, id="d", latitude=5151, longitude=-13),
            ],
        ),
    ),
    (
        "cidr: the collection stands on the group",
        [
            a(cidr_routing_config=CidrRoutingConfig("c1", "*"), set_identifier="a"),
            a(cidr_routing_config=CidrRoutingConfig("c1", "oslo"), set_identifier="b"),
        ],
        Group("cidr", [Arm(DATA, id="a", location="*"), Arm(DATA, id="b", location="oslo")], "c1"),
    ),
]


@pytest.mark.parametrize(("record_sets", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_group(record_sets: list[RecordSet], expected: Group) -> None:
    """Record sets of one name and type become one group, in whatever order they come."""
    assert group(ZONE_ID, record_sets) == expected
    assert group(ZONE_ID, record_sets[::-1]) == expected


def test_record_set_that_leads_nowhere() -> None:
    """A record set without records and without alias is refused by name, not served empty."""
    with pytest.raises(CannotCompile, match=r"www\.example\.com\. A"):
        group(ZONE_ID, [RecordSet(name=parse("www.example.com."), type="A", traffic_policy_instance_id="x")])


def test_a_record_set_has_the_slot_of_its_check() -> None:
    """R-HLT-1, R-HLT-2: without a check, or with one that was deleted, an arm has slot 0 and counts as healthy."""
    checked = [
        a(weight=1, set_identifier="1", health_check_id="known"),
        a(weight=1, set_identifier="2", health_check_id="deleted"),
        a(weight=1, set_identifier="3"),
        alias(ZONE_ID, "t.example.com.", weight=1, set_identifier="4", health_check_id="known"),
    ]

    assert [arm.health for arm in group(ZONE_ID, checked, checks={"known": 7}).arms] == [7, 0, 0, 7]
    assert [arm.health for arm in group(ZONE_ID, checked).arms] == [0, 0, 0, 0]

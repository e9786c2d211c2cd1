"""Policy records as groups: the start under the name, every other rule hidden, once."""

from __future__ import annotations

import pytest

from meridian.changes.traffic import require
from meridian.compile import image
from meridian.compile.group import CannotCompile
from meridian.compile.image import Arm, Group, HiddenGroup, Records, ToHidden, ToOutside
from meridian.compile.traffic import groups
from meridian.compile.zone import shard
from meridian.model.name import parse
from meridian.model.record import RecordSet
from meridian.place.coordinates import Places
from tests.changes.test_traffic import SHAPES

NAME = parse("www.example.com")
ROOT = RecordSet(NAME, "A", ttl=61, traffic_policy_instance_id="i")
CHECKS = {f"3a0c0f6e-2a07-4d18-8a09-0f9a2d6c1b1{number}": 10 + number for number in (1, 2)}


def values(address: str) -> Records:
    return Records(61, [bytes(map(int, address.split(".")))])


def test_a_value_alone_is_a_plain_group() -> None:
    """R-TFC-1, R-TTL-5: simple, with the instance's TTL."""
    made = groups(ROOT, require(SHAPES["01-one-value"]))
    assert made.root == Group("simple", [Arm(values("192.0.2.1"))])
    assert made.hidden == {}


def test_a_service_alone_leads_outside() -> None:
    """R-TFC-2, R-TFE-8."""
    root = RecordSet(NAME, "AAAA", ttl=61, traffic_policy_instance_id="i")
    (arm,) = groups(root, require(SHAPES["02-one-load-balancer"])).root.arms
    name = parse("front-1234567890.eu-west-1.elb.amazonaws.com")
    assert arm.target == ToOutside(name.wire, 28)


def test_shared_rules_are_one_hidden_group() -> None:
    """R-TFC-2, R-TFC-3, R-TFR-8, R-TFR-10, R-HLT-2: aliases, health, and checks that are gone."""
    made = groups(ROOT, require(SHAPES["14-shared-nodes"]), checks=CHECKS)
    to_pool, to_guarded = ToHidden("i/pool", NAME.wire), ToHidden("i/guarded", NAME.wire)
    assert made.root == Group(
        "geo",
        [
            Arm(to_pool, "0 pool", evaluate_target=True, continent="EU"),
            Arm(to_guarded, "1 guarded", health=11, evaluate_target=True, continent="NA"),
            Arm(to_pool, "2 pool", country="*"),
        ],
    )
    assert made.hidden == {
        "i/pool": HiddenGroup(
            "multivalue",
            [Arm(values("192.0.2.1"), "0 a", health=12), Arm(values("192.0.2.2"), "1 b")],
            type=1,
        ),
        "i/guarded": HiddenGroup(
            "failover",
            [
                Arm(to_pool, "0 pool", evaluate_target=True),
                Arm(values("192.0.2.9"), "1 last", secondary=True),
            ],
            type=1,
        ),
    }


def test_networks_and_places() -> None:
    """R-TFR-3, R-TFR-9, R-TFC-5: collection, location, coordinates and bias stand where record sets have them."""
    made = groups(ROOT, require(SHAPES["21-networks"]))
    assert (made.root.kind, made.root.collection) == ("cidr", "7f5ad22e-3c0b-4d7f-9d3a-2f6e4f0a9c55")
    assert [arm.location for arm in made.root.arms] == ["berlin", "*"]
    near = groups(ROOT, require(SHAPES["11-geoproximity-2015"])).root
    assert [arm.bias for arm in near.arms] == [10, -20, 0, 0]
    assert [(arm.latitude, arm.longitude) for arm in near.arms[2:]] == [(5252, 1340), (-18, -7847)]


def test_places_that_are_gone() -> None:
    """R-GPX-10: what nobody knows the place of cannot be served."""
    with pytest.raises(CannotCompile):
        groups(ROOT, require(SHAPES["11-geoproximity-2015"]), Places({}, {}))


def test_a_shard_holds_root_and_tree_together() -> None:
    """R-TFI-5: so both change in the moment in which a shard is swapped; equal rows make equal octets."""
    tree = require(SHAPES["14-shared-nodes"])
    made = shard("Z1", 0, 1, 1, [ROOT], [], checks=CHECKS, trees={"i": tree})
    assert list(made.names[NAME.wire]) == [1]
    assert list(made.groups) == ["i/guarded", "i/pool"]
    again = shard("Z1", 0, 1, 1, [ROOT], [], checks=CHECKS, trees={"i": tree})
    assert image.encode(made) == image.encode(again)
    with pytest.raises(CannotCompile, match="there is no instance i"):
        shard("Z1", 0, 1, 1, [ROOT], [])

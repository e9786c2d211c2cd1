"""What changes for clients from one document to another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meridian.changes.traffic import require
from meridian.changes.traffic_difference import Difference, differences
from meridian.model.traffic import OWN_FORMAT
from meridian.place.locations import continent_of
from tests.changes.test_traffic import SHAPES

VALUES = {"fra": "192.0.2.1", "par": "192.0.2.2", "ams": "192.0.2.3", "nyc": "192.0.2.4"}
CHECK = "3a0c0f6e-2a07-4d18-8a09-0f9a2d6c1b11"


def text(rules: dict[str, Any] | str, values: dict[str, str] | None = None, **members: Any) -> str:
    """A document of these rules, the first of which is the start; or of an endpoint."""
    start = {"StartEndpoint": rules} if isinstance(rules, str) else {"StartRule": next(iter(rules)), "Rules": rules}
    endpoints = {id_: {"Type": "value", "Value": value} for id_, value in (values or VALUES).items()}
    whole = {"AWSPolicyFormatVersion": OWN_FORMAT, "RecordType": "A", "Endpoints": endpoints, **start, **members}
    return json.dumps(whole)


def between(before: str, after: str) -> list[Difference]:
    return differences(require(before), require(after), continent_of)


def geo(**items: str) -> dict[str, Any]:
    """A geo rule: countries and continents by their codes, `default`, and what each leads to."""
    return {"RuleType": "geo", "Locations": [{**_place(code), "EndpointReference": to} for code, to in items.items()]}


def _place(code: str) -> dict[str, Any]:
    if code == "default":
        return {"IsDefault": True}
    if "_" in code:
        country, subdivision = code.split("_")
        return {"Country": country, "Subdivision": subdivision}
    return {"Continent": code} if code in ("EU", "NA", "AS") else {"Country": code}


def weighted(**weights: int) -> dict[str, Any]:
    return {"RuleType": "weighted", "Items": [{"EndpointReference": to, "Weight": at} for to, at in weights.items()]}


def latency(**regions: str) -> dict[str, Any]:
    items = [{"Region": name.replace("_", "-"), "EndpointReference": to} for name, to in regions.items()]
    return {"RuleType": "latency", "Regions": items}


def failover(primary: str, secondary: str, check: str = CHECK) -> dict[str, Any]:
    items = {
        "Primary": {"EndpointReference": primary, "HealthCheck": check},
        "Secondary": {"EndpointReference": secondary},
    }
    return {"RuleType": "failover", **items}


def near(**biases: int) -> dict[str, Any]:
    places = {"fra": "eu-central-1", "par": "eu-west-3", "nyc": "us-east-1"}
    items = [
        {"EndpointReference": to, "Bias": bias, "Location": {"Type": "Region", "LocationName": places[to]}}
        for to, bias in biases.items()
    ]
    return {"RuleType": "geoproximity", "GeoproximityLocations": items}


def networks(**items: str) -> dict[str, Any]:
    listed = [
        {**({"IsDefault": True} if name == "default" else {"Location": name}), "EndpointReference": to}
        for name, to in items.items()
    ]
    return {"RuleType": "cidr", "CollectionId": "c", "Locations": listed}


FRA, PAR, AMS, NYC = (f"{id_} ({value})" for id_, value in VALUES.items())

# Before, after, sentences.
CASES: list[tuple[Any, Any, list[str]]] = [
    ("fra", "fra", []),
    ("fra", "par", [f"all clients move from {FRA} to {PAR}"]),
    ({"r": geo(DE="fra", default="nyc")}, {"r": geo(default="nyc", DE="fra")}, []),
    (
        {"r": geo(DE="fra", default="nyc")},
        {"r": geo(DE="par", default="nyc")},
        [f"clients in Germany (DE) move from {FRA} to {PAR}"],
    ),
    (
        {"r": geo(default="nyc")},
        {"r": geo(DE="fra", default="nyc")},
        [f"clients in Germany (DE) move from {NYC} to {FRA}"],
    ),
    ({"r": geo(default="nyc")}, {"r": geo(DE="nyc", default="nyc")}, []),
    (
        {"r": geo(EU="fra", default="nyc")},
        {"r": geo(EU="fra", JP="par", default="nyc")},
        [f"clients in Japan (JP) move from {NYC} to {PAR}"],
    ),
    (
        {"r": geo(EU="fra", default="nyc")},
        {"r": geo(EU="fra", DE="par", default="nyc")},
        [f"clients in Germany (DE) move from {FRA} to {PAR}"],
    ),
    (
        {"r": geo(EU="fra", DE="par", default="nyc")},
        {"r": geo(DE="par", default="nyc")},
        [f"clients in Europe move from {FRA} to {NYC}"],
    ),
    ({"r": geo(US_TX="fra", US="nyc")}, {"r": geo(US="nyc")}, [f"clients in Texas (US-TX) move from {FRA} to {NYC}"]),
    ({"r": geo(DE="fra", default="nyc")}, {"r": geo(DE="fra")}, [f"clients elsewhere move from {NYC} to no answer"]),
    (
        {"r": weighted(fra=1, par=1)},
        {"r": weighted(fra=3, par=1)},
        [f"all clients: 50.0% at {FRA} becomes 75.0% at {FRA}", f"all clients: 50.0% at {PAR} becomes 25.0% at {PAR}"],
    ),
    ({"r": weighted(fra=1, par=1)}, {"r": weighted(fra=2, par=2)}, []),
    ({"r": weighted(fra=0, par=0)}, {"r": weighted(fra=7, par=7)}, []),
    (
        {"r": latency(eu_west_1="fra", us_east_1="nyc")},
        {"r": latency(eu_west_1="par", us_east_1="nyc")},
        [f"clients nearest to eu-west-1 move from {FRA} to {PAR}"],
    ),
    (
        {"r": latency(eu_west_1="fra")},
        {"r": latency(eu_west_1="fra", us_east_1="nyc")},
        [f"clients nearest to us-east-1 move from the next nearest to {NYC}"],
    ),
    (
        {"r": failover("fra", "par")},
        {"r": failover("par", "fra")},
        [
            f"clients served by the primary move from {FRA} to {PAR}",
            f"clients served when the primary is down move from {PAR} to {FRA}",
        ],
    ),
    (
        {"r": failover("fra", "par")},
        {"r": failover("fra", "par", "other")},
        [f"clients served by the primary: the health of check {CHECK} becomes the health of check other"],
    ),
    (
        {"r": near(fra=0, par=0)},
        {"r": near(fra=20, par=0)},
        ["clients around eu-central-1: a bias of +0 becomes a bias of +20"],
    ),
    ({"r": near(fra=0, par=0)}, {"r": near(fra=0)}, [f"clients around eu-west-3 move from {PAR} to the next nearest"]),
    (
        {"r": networks(berlin="fra", default="nyc")},
        {"r": networks(berlin="par", default="nyc")},
        [f"clients of network berlin move from {FRA} to {PAR}"],
    ),
    (
        {"r": networks(default="nyc")},
        {"r": networks(berlin="par", default="nyc")},
        [f"clients of network berlin move from {NYC} to {PAR}"],
    ),
    ({"r": weighted(fra=1)}, "fra", []),
    (
        {"r": geo(DE="fra")},
        "fra",
        [f"all clients were sent by the country they are in to {FRA}, and are now sent to {FRA}"],
    ),
    (
        {"r": failover("fra", "par")},
        {"r": weighted(fra=1, par=1)},
        [f"all clients were sent by failover to {FRA}, {PAR}, and are now sent by weight to {FRA}, {PAR}"],
    ),
]


@pytest.mark.parametrize(("before", "after", "sentences"), CASES)
def test_what_changes_for_clients(before: Any, after: Any, sentences: list[str]) -> None:
    """R-VIS-15: who is sent where, and nothing that makes no difference to a client."""
    assert [found.text for found in between(text(before), text(after))] == sentences


def test_what_endpoints_are_called_makes_no_difference() -> None:
    """R-VIS-15: a document with other ids answers the same."""
    other = {"a": "192.0.2.1", "b": "192.0.2.2"}
    assert between(text({"r": geo(DE="fra", default="par")}), text({"x": geo(DE="a", default="b")}, other)) == []
    assert between(text({"r": weighted(fra=1, par=2)}), text({"x": weighted(a=1, b=2)}, other)) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_changes_from_a_document_to_itself(shape: str) -> None:
    """R-VIS-15: whatever it holds."""
    assert between(SHAPES[shape], json.dumps(json.loads(SHAPES[shape]))) == []


def test_the_way_through_the_rules_is_told() -> None:
    """R-VIS-15: from the outermost rule to the innermost, once for a shared one on each way to it."""
    shape = "13-country-then-latency-then-failover"
    after = SHAPES[shape].replace("east-two-2.us-east-1", "spare.us-east-1")
    (found,) = between(SHAPES[shape], after)
    assert found.clients == (
        "clients in United States (US)",
        "clients nearest to us-east-1",
        "clients served when the primary is down",
    )
    assert found.kind == "move"


def test_the_health_of_another_target_goes_without_saying() -> None:
    """R-VIS-15, R-TFR-8: a value in the place of a balancer is one difference; another check is one more."""
    before = SHAPES["03-failover-to-website"]
    name = "shop-1234567890.us-east-1.elb.amazonaws.com"
    value = before.replace("elastic-load-balancer", "value").replace(name, "192.0.2.1")
    primary = '"EndpointReference": "balancer"'
    assert [found.kind for found in between(before, value)] == ["move"]
    checked = value.replace(primary, f'{primary}, "HealthCheck": "{CHECK}"')
    assert [found.kind for found in between(before, checked)] == ["move", "health"]
    unlinked = before.replace(primary, f'{primary}, "EvaluateTargetHealth": false')
    assert [found.after for found in between(before, unlinked)] == ["no health at all"]


def test_another_type_is_told() -> None:
    """R-TFO-4."""
    before, after = SHAPES["01-one-value"], SHAPES["10-geo-star"]
    assert between(before, after)[0].text == "answers are AAAA records in place of A"

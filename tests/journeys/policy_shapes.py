"""Traffic policies to look at: small and large ones, on maps, with problems, in several versions."""

from __future__ import annotations

import json
from typing import Any

Fields = dict[str, Any]


def document(start: str, endpoints: dict[str, str], rules: dict[str, Fields]) -> str:
    """A document whose endpoints are addresses."""
    values = {name: {"Type": "value", "Value": value} for name, value in endpoints.items()}
    return json.dumps(
        {
            "AWSPolicyFormatVersion": "2023-05-09",
            "RecordType": "A",
            "StartRule": start,
            "Endpoints": values,
            "Rules": rules,
        }
    )


def seeds(check: str, *, germany: bool = False, net: str = "192.0.2") -> str:
    """
    One country has its endpoint; everyone else goes by latency to a region, and there to the first of two.

    Args:
        check: A health check of the primaries.
        germany: Whether that country has an endpoint too.
    """
    hosts = {"france": 99, "virginia-1": 11, "virginia-2": 12, "california-1": 21, "california-2": 22}
    hosts |= {"germany": 98} if germany else {}
    locations = [{"Country": "FR", "EndpointReference": "france"}]
    locations += [{"Country": "DE", "EndpointReference": "germany"}] if germany else []
    pairs = {
        side: {
            "RuleType": "failover",
            "Primary": {"EndpointReference": f"{side}-1", "HealthCheck": check},
            "Secondary": {"EndpointReference": f"{side}-2"},
        }
        for side in ("virginia", "california")
    }
    regions = {"us-east-1": "virginia", "us-west-1": "california"}
    return document(
        "country",
        {name: f"{net}.{host}" for name, host in hosts.items()},
        {
            "country": {
                "RuleType": "geo",
                "Locations": [*locations, {"IsDefault": True, "RuleReference": "nearest"}],
            },
            "nearest": {
                "RuleType": "latency",
                "Regions": [{"Region": region, "RuleReference": rule} for region, rule in regions.items()],
            },
            **pairs,
        },
    )


def large(check: str) -> str:
    """A tree of forty boxes: continents, in each a split between two pairs of servers."""
    endpoints: dict[str, str] = {"elsewhere": "203.0.113.1"}
    rules: dict[str, Fields] = {}
    locations: list[Fields] = []
    continents = {"EU": "europe", "NA": "north-america", "SA": "south-america", "AS": "asia", "OC": "oceania"}
    for number, (code, name) in enumerate(continents.items()):
        pairs = []
        for side in ("blue", "green"):
            pair = f"{name}-{side}"
            hosts = [f"{pair}-{which}" for which in (1, 2)]
            base = number * 40 + (20 if side == "green" else 10)
            endpoints |= {host: f"198.51.100.{base + at}" for at, host in enumerate(hosts)}
            primary = {"EndpointReference": hosts[0], "HealthCheck": check}
            rules[pair] = {
                "RuleType": "failover", "Primary": primary, "Secondary": {"EndpointReference": hosts[1]}
            }  # fmt: skip
            pairs.append({"RuleReference": pair, "Weight": 90 if side == "blue" else 10})
        rules[name] = {"RuleType": "weighted", "Items": pairs}
        locations.append({"Continent": code, "RuleReference": name})
    africa = [{"EndpointReference": "elsewhere"}, {"EndpointReference": "africa"}]
    endpoints["africa"] = "198.51.100.250"
    rules["africa-pool"] = {"RuleType": "multivalue", "Items": africa}
    locations += [
        {"Continent": "AF", "RuleReference": "africa-pool"},
        {"IsDefault": True, "EndpointReference": "elsewhere"},
    ]
    rules["continent"] = {"RuleType": "geo", "Locations": locations}
    return document("continent", endpoints, rules)


def near() -> str:
    """A geoproximity rule of regions, a local zone and a place of one's own, with biases."""
    places: dict[str, Fields] = {
        "oregon": {"Location": {"Type": "Region", "LocationName": "aws:route53:us-west-2"}},
        "virginia": {"Location": {"Type": "Region", "LocationName": "aws:route53:us-east-1"}, "Bias": -20},
        "sao-paulo": {"Location": {"Type": "Region", "LocationName": "aws:route53:sa-east-1"}},
        "frankfurt": {"Location": {"Type": "Region", "LocationName": "aws:route53:eu-central-1"}, "Bias": 25},
        "singapore": {"Location": {"Type": "Region", "LocationName": "aws:route53:ap-southeast-1"}},
        "cape-town": {"Location": {"Type": "Coordinate", "Latitude": "-33.93", "Longitude": "18.42"}},
    }
    items = [{"EndpointReference": name, **place} for name, place in places.items()]
    endpoints = {name: f"198.51.100.{number}" for number, name in enumerate(places, 1)}
    return document("near", endpoints, {"near": {"RuleType": "geoproximity", "GeoproximityLocations": items}})


def gaps() -> str:
    """A geolocation rule that leaves most of the world without an answer, and weights that are all zero."""
    spread = {"RuleType": "weighted", "Items": [{"EndpointReference": name, "Weight": 0} for name in ("a", "b")]}
    locations = [
        {"Continent": "EU", "RuleReference": "spread"},
        {"Country": "US", "EndpointReference": "a"},
        {"Country": "US", "Subdivision": "TX", "EndpointReference": "b"},
        {"Country": "BR", "EndpointReference": "b"},
    ]
    rules = {"places": {"RuleType": "geo", "Locations": locations}, "spread": spread}
    return document("places", {"a": "192.0.2.1", "b": "192.0.2.2", "unused": "192.0.2.3"}, rules)

"""The traffic policy editor in a real browser: drawn with the mouse, drawn by keyboard, and asked on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.browser import drive
from tests.journeys.site import Site
from tests.journeys.test_policies import CLIENTS, known_clients

pytestmark = pytest.mark.journey

ZONE = "drawn.example"
REGIONS = ("us-east-1", "us-west-1")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(known_clients(tmp_path_factory.mktemp("editor") / "data")) as running:
        yield running


@pytest.fixture(scope="module")
def checks(site: Site) -> dict[str, str]:
    """A check for each region's primary, which nobody looks at: healthy until it is said to be otherwise."""
    made = {}
    for region in REGIONS:
        config = {"Type": "HTTP", "FullyQualifiedDomainName": f"{region}.example.net", "Disabled": True}
        reply = site.route53.create_health_check(CallerReference=region, HealthCheckConfig=config)
        made[region] = str(reply["HealthCheck"]["Id"])
    return made


@pytest.fixture(scope="module")
def drawn(site: Site, checks: dict[str, str]) -> dict[str, Any]:
    """What the journey has drawn: the policies' documents by their names."""
    site.create_zone(ZONE)
    drive(site, "editor.mjs")
    route53 = site.route53
    listed = route53.list_traffic_policies()["TrafficPolicySummaries"]
    stored = {found["Name"]: route53.get_traffic_policy(Id=found["Id"], Version=1) for found in listed}
    return {name: json.loads(found["TrafficPolicy"]["Document"]) for name, found in stored.items()}


def test_mouse_and_keyboard_draw_the_same(drawn: dict[str, Any], checks: dict[str, str]) -> None:
    """R-VIS-1..6, R-VIS-16: the seeds' tree, whichever hand drew it."""
    pairs = {
        "failover": ("endpoint-2", "endpoint-3", checks["us-east-1"]),
        "failover-2": ("endpoint-4", "endpoint-5", checks["us-west-1"]),
    }
    values = {
        "endpoint": "192.0.2.99",
        **{f"endpoint-{number}": f"192.0.2.{last}" for number, last in enumerate((11, 12, 21, 22), start=2)},
    }
    assert drawn["mouse"] == {
        "AWSPolicyFormatVersion": "2023-05-09",
        "RecordType": "A",
        "StartRule": "geo",
        "Endpoints": {name: {"Type": "value", "Value": value} for name, value in values.items()},
        "Rules": {
            "geo": {
                "RuleType": "geo",
                "Locations": [
                    {"IsDefault": True, "RuleReference": "latency"},
                    {"Country": "FR", "EndpointReference": "endpoint"},
                ],
            },
            "latency": {
                "RuleType": "latency",
                "Regions": [
                    {"Region": region, "RuleReference": rule} for region, rule in zip(REGIONS, pairs, strict=True)
                ],
            },
            **{
                rule: {
                    "RuleType": "failover",
                    "Primary": {"EndpointReference": primary, "HealthCheck": check},
                    "Secondary": {"EndpointReference": secondary},
                }
                for rule, (primary, secondary, check) in pairs.items()
            },
        },
    }
    assert drawn["keyboard"] == drawn["mouse"]


def dug(site: Site, name: str, client: str) -> str:
    """What `dig +subnet` prints for a client of this place."""
    return site.dig(f"{name}.{ZONE}", "A", f"+subnet={CLIENTS[client][0]}", "+short").strip()


@pytest.mark.parametrize("name", ["www", "shop", "typed", "again"])
def test_what_was_drawn_answers(site: Site, drawn: dict[str, Any], name: str) -> None:
    """
    R-VIS-1, R-VIS-10, R-VIS-12, R-TFI-2, R-TFI-7: each name, to each client what its version says.

    One name was moved to the second version, another there and back.
    """
    answers = {client: dug(site, name, client) for client in ("paris", "toronto", "singapore")}

    paris = "192.0.2.98" if name == "typed" else "192.0.2.99"
    assert answers == {"paris": paris, "toronto": "192.0.2.11", "singapore": "192.0.2.21"}


def test_a_primary_that_is_down_gives_way(site: Site, drawn: dict[str, Any], checks: dict[str, str]) -> None:
    """R-TFR-1, R-TFC-5: the check that was chosen in the editor decides on the wire."""
    site.route53.update_health_check(HealthCheckId=checks["us-east-1"], Inverted=True)

    site.eventually(lambda: dug(site, "www", "toronto") == "192.0.2.12")
    assert dug(site, "www", "singapore") == "192.0.2.21"

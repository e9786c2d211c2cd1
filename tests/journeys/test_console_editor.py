"""The traffic policy editor in a real browser: drawn with the mouse, drawn by keyboard, and asked on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.browser import drive
from tests.journeys.reader import Reader, stages
from tests.journeys.site import Site
from tests.journeys.test_policies import CLIENTS, known_clients

pytestmark = pytest.mark.journey

ZONES = ("drawn.example", "second.example")
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
    for zone in ZONES:
        site.create_zone(zone)
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
    return site.dig(name, "A", f"+subnet={CLIENTS[client][0]}", "+short").strip()


@pytest.mark.parametrize("label", ["www", "typed"])
@pytest.mark.parametrize("zone", ZONES)
def test_what_was_drawn_answers(site: Site, drawn: dict[str, Any], label: str, zone: str) -> None:
    """R-VIS-1, R-VIS-16, R-TFI-2: a name in each of two zones, applied to in one step, to each client its answer."""
    answers = {client: dug(site, f"{label}.{zone}", client) for client in ("paris", "toronto", "singapore")}

    assert answers == {"paris": "192.0.2.99", "toronto": "192.0.2.11", "singapore": "192.0.2.21"}


def test_a_version_is_applied_and_taken_back_while_somebody_asks(
    site: Site, drawn: dict[str, Any], checks: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    R-VIS-10, R-VIS-12..15, R-TFI-5, R-TFI-7: a check is switched off, version 2 applied and rolled back, a resource
    replaced, all in the browser. A client that asks all the while misses no answer, and each name answers by the
    whole of one version and then by the whole of the next.
    """
    names = [f"www.{zone}" for zone in ZONES]
    seen = {"checks": list(checks.values()), "toronto": CLIENTS["toronto"][0], "names": names}
    monkeypatch.setenv("MERIDIAN_SEEN", json.dumps(seen))
    with Reader(site, names, ("paris", "berlin", "toronto", "singapore")) as reader:
        site.eventually(reader.has_more())
        drive(site, "versions.mjs")
        site.eventually(reader.has_more())

    assert reader.wrong == []
    for name in names:
        answers = [each for each in reader.seen if each.name == name]
        # Version 2 has no address of version 1, so every answer says of which of them it is.
        assert stages([each.address.rpartition(".")[0] for each in answers]) == ["192.0.2", "198.51.100", "192.0.2"]
        assert {each.address for each in answers if each.client == "berlin"} == {
            *("192.0.2.11", "192.0.2.12"),  # by latency, before and after; its check was switched off for a while
            "198.51.100.98",
        }
        assert stages([each.address for each in answers if each.client == "toronto"]) == [
            *("192.0.2.11", "192.0.2.12", "192.0.2.11"),
            *("198.51.100.11", "192.0.2.11"),
        ]

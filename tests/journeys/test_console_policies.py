"""The pages of traffic policies in a real browser, each by the rules of accessibility, in both themes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.journeys import policy_shapes
from tests.journeys.browser import drive
from tests.journeys.site import Site, upsert
from tests.journeys.test_policies import known_clients

pytestmark = pytest.mark.journey

ZONE = "shapes.example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(known_clients(tmp_path_factory.mktemp("shapes") / "data")) as running:
        yield running


def test_every_page_of_policies(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    R-VIS-7, R-VIS-11, R-VIS-13..15: lists, editor, maps, simulation, comparison, application, empty and refused.

    Each shows what it is to show, and axe has no serious findings on any, in either theme.
    """
    monkeypatch.setenv("MERIDIAN_SEEN", json.dumps(seen(site)))
    drive(site, "policies.mjs")


def seen(site: Site) -> dict[str, str]:
    """Make policies of all shapes, one of them with two versions and a policy record; their ids."""
    route53 = site.route53
    zone = site.create_zone(ZONE)
    site.change(zone, upsert(f"taken.{ZONE}", "A", "192.0.2.1"))
    config = {"Type": "HTTP", "FullyQualifiedDomainName": "virginia.example.net", "Disabled": True}
    check = route53.create_health_check(CallerReference="shapes", HealthCheckConfig=config)["HealthCheck"]["Id"]
    documents = {
        "web": policy_shapes.seeds(check),
        "large": policy_shapes.large(check),
        "near": policy_shapes.near(),
        "gaps": policy_shapes.gaps(),
        "broken": policy_shapes.seeds(check),
    }
    ids = {
        name: str(route53.create_traffic_policy(Name=name, Document=text, Comment="as drawn")["TrafficPolicy"]["Id"])
        for name, text in documents.items()
    }
    route53.create_traffic_policy_version(
        Id=ids["web"], Document=policy_shapes.seeds(check, germany=True), Comment="Germany too"
    )
    made = route53.create_traffic_policy_instance(
        HostedZoneId=zone, Name=f"www.{ZONE}", TTL=60, TrafficPolicyId=ids["web"], TrafficPolicyVersion=1
    )
    return {**ids, "record": str(made["TrafficPolicyInstance"]["Id"])}

"""The console's pages in a real browser: search, explanations, health, and all pages by the rules of accessibility."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.browser import drive
from tests.journeys.site import Site
from tests.journeys.test_policies import known_clients

pytestmark = pytest.mark.journey

VIEWS = 'vpc-office = {region = "eu-central-1", clients = ["10.1.0.0/16"]}'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = known_clients(tmp_path_factory.mktemp("pages") / "data")
    with Site(
        folder,
        roles="control,edge,checker",
        environ={"MERIDIAN_PRIVATE_TARGETS": "127.0.0.0/8", "MERIDIAN_VIEWS": VIEWS},
    ) as running:
        yield running


def test_search_why_health_and_every_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An address is found wherever it stands, an answer is explained, an override shows on the page and on the wire.

    axe has no serious findings on any page, in either theme.
    """
    monkeypatch.setenv("MERIDIAN_SEEN", json.dumps(seen(site)))
    drive(site, "pages.mjs")


def seen(site: Site) -> dict[str, str]:
    """Make what there is to see; tell the journey what it is called."""
    zone, other = site.create_zone("pages.example"), site.create_zone("other.example")
    change = site.change(
        zone,
        _upsert("www.pages.example", "192.0.2.10"),
        _upsert("near.pages.example", "192.0.2.100"),
    )
    site.in_sync(change)
    site.in_sync(site.change(other, _upsert("also.other.example", "192.0.2.10")))
    route53 = site.route53
    document = {
        "AWSPolicyFormatVersion": "2015-10-01",
        "RecordType": "A",
        "Endpoints": {
            "ohio": {"Type": "value", "Value": "192.0.2.10"},
            "paris": {"Type": "value", "Value": "192.0.2.20"},
        },
        "Rules": {
            "country": {
                "RuleType": "geo",
                "Locations": [
                    {"Country": "FR", "EndpointReference": "paris"},
                    {"IsDefault": True, "EndpointReference": "ohio"},
                ],
            }
        },
        "StartRule": "country",
    }
    policy = route53.create_traffic_policy(Name="by hand", Document=json.dumps(document))["TrafficPolicy"]["Id"]
    route53.create_traffic_policy_instance(
        HostedZoneId=zone, Name="play.pages.example", TTL=60, TrafficPolicyId=policy, TrafficPolicyVersion=1
    )
    collection = route53.create_cidr_collection(Name="offices", CallerReference="pages")["Collection"]["Id"]
    blocks = [{"LocationName": "paris", "Action": "PUT", "CidrList": ["198.51.100.0/24"]}]
    route53.change_cidr_collection(Id=collection, Changes=blocks)
    office = {"VPCRegion": "eu-central-1", "VPCId": "vpc-office"}
    hidden = route53.create_hosted_zone(Name="corp.example", CallerReference="pages", VPC=office)["HostedZone"]["Id"]
    hidden = hidden.removeprefix("/hostedzone/")
    return {"zone": zone, "hidden": hidden, "policy": policy, "collection": collection, "port": str(site.api[1])}


def _upsert(name: str, address: str) -> dict[str, Any]:
    record_set = {"Name": name, "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": address}]}
    return {"Action": "UPSERT", "ResourceRecordSet": record_set}

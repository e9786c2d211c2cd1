"""Private zones over the API and on the wire: who sees what, and from when on (R-PVT-6, R-PVT-13)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.journeys.site import Site, upsert

pytestmark = pytest.mark.journey

VIEWS = """
vpc-office = {region = "eu-central-1", clients = ["127.0.0.2/32"]}
vpc-plant = {region = "us-west-2", clients = ["127.0.0.3/32"]}
"""
OFFICE = {"VPCRegion": "eu-central-1", "VPCId": "vpc-office"}
PLANT = {"VPCRegion": "us-west-2", "VPCId": "vpc-plant"}
NOBODY, IN_OFFICE, IN_PLANT = "127.0.0.1", "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(Path(tmp_path_factory.mktemp("private")), environ={"MERIDIAN_VIEWS": VIEWS}) as running:
        yield running


def seen(site: Site, source: str, name: str = "www.corp.example", rtype: str = "A") -> set[str] | str:
    """What a client with this address is answered: data, or the RCODE where there are none."""
    host, port = site.dns
    reply = dns.query.udp(dns.message.make_query(name, rtype), host, port=port, source=source, timeout=5)
    data = {record.to_text() for rrset in reply.answer for record in rrset}
    return data or dns.rcode.to_text(reply.rcode())


def changed(site: Site, reply: dict[str, Any]) -> None:
    site.in_sync(reply["ChangeInfo"]["Id"])


def test_a_private_zone_is_seen_from_its_views_alone(site: Site) -> None:
    """R-PVT-1 to R-PVT-6: each association is in sync when the name servers keep to it."""
    route53 = site.route53
    public = site.create_zone("corp.example")
    site.in_sync(site.change(public, upsert("www.corp.example", "A", "192.0.2.1")))
    made = route53.create_hosted_zone(Name="corp.example", CallerReference="private", VPC=OFFICE)
    private = made["HostedZone"]["Id"]
    groups = [
        upsert("geo.corp.example", "A", "10.0.1.1", SetIdentifier="de", GeoLocation={"CountryCode": "DE"}),
        upsert("geo.corp.example", "A", "10.0.1.2", SetIdentifier="us", GeoLocation={"CountryCode": "US"}),
    ]
    site.in_sync(site.change(private, upsert("www.corp.example", "A", "10.0.0.1"), *groups))
    assert [seen(site, source) for source in (NOBODY, IN_OFFICE, IN_PLANT)] == [
        {"192.0.2.1"},
        {"10.0.0.1"},
        {"192.0.2.1"},
    ]

    changed(site, route53.associate_vpc_with_hosted_zone(HostedZoneId=private, VPC=PLANT))
    assert [seen(site, source) for source in (NOBODY, IN_OFFICE, IN_PLANT)] == [
        {"192.0.2.1"},
        {"10.0.0.1"},
        {"10.0.0.1"},
    ]
    # R-GEO-13: each where its view is.
    assert [seen(site, source, "geo.corp.example") for source in (NOBODY, IN_OFFICE, IN_PLANT)] == [
        "NXDOMAIN",
        {"10.0.1.1"},
        {"10.0.1.2"},
    ]
    assert route53.get_hosted_zone(Id=private)["VPCs"] == [OFFICE, PLANT]

    changed(site, route53.disassociate_vpc_from_hosted_zone(HostedZoneId=private, VPC=OFFICE))
    assert [seen(site, source) for source in (NOBODY, IN_OFFICE, IN_PLANT)] == [
        {"192.0.2.1"},
        {"192.0.2.1"},
        {"10.0.0.1"},
    ]
    with pytest.raises(route53.exceptions.LastVPCAssociation):
        route53.disassociate_vpc_from_hosted_zone(HostedZoneId=private, VPC=PLANT)
    told = site.meridian("explain", "www.corp.example", "A", "--client", IN_PLANT)
    assert "seen from vpc-plant" in told.stdout, told.stdout + told.stderr


def test_it_is_so_after_a_start_without_control(site: Site) -> None:
    """R-PVT-13: the edge knows the views and its private zones from its own disk."""
    before = [seen(site, source) for source in (NOBODY, IN_OFFICE, IN_PLANT)]
    site.stop()
    edge = site.in_role("edge")
    with edge:
        after = [seen(edge, source) for source in (NOBODY, IN_OFFICE, IN_PLANT)]
    site.start()

    assert after == before == [{"192.0.2.1"}, {"192.0.2.1"}, {"10.0.0.1"}]

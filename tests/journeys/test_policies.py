"""The seeds' examples: every routing policy through boto3 and down to the wire, with client subnets."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import dns.edns
import dns.message
import dns.query
import pytest

from meridian.place import install, table
from tests.journeys.site import Site, alias, create

pytestmark = pytest.mark.journey

# Who asks, from where: a subnet, continent, country, subdivision, and coordinates in hundredths of a degree.
CLIENTS: dict[str, tuple[str, str, str, str, tuple[int, int]]] = {
    "berlin": ("192.0.2.0/26", "EU", "DE", "", (5252, 1340)),
    "paris": ("192.0.2.64/26", "EU", "FR", "", (4886, 235)),
    "london": ("192.0.2.128/26", "EU", "GB", "", (5151, -13)),
    "toronto": ("198.51.100.0/26", "NA", "CA", "", (4365, -7938)),
    "mexico city": ("198.51.100.64/26", "NA", "MX", "", (1943, -9913)),
    "austin": ("198.51.100.128/26", "NA", "US", "TX", (3027, -9774)),
    "singapore": ("203.0.113.0/26", "AS", "SG", "", (135, 10382)),
}
ZONE = "policies.example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(known_clients(tmp_path_factory.mktemp("policies") / "data")) as running:
        yield running


def known_clients(folder: Path) -> Path:
    """Make this a data folder whose geolocation data knows the clients, and nobody else."""
    places = [
        (ip_network(network), table.Place(continent, country, subdivision, point))
        for network, continent, country, subdivision, point in CLIENTS.values()
    ]
    about = table.About(source="the tests' own", date="2026-11-20", attribution="none")
    folder.mkdir(parents=True)
    install.put(folder / "place", table.make(about, places), force=True)
    return folder


@pytest.fixture(scope="module")
def zone(site: Site) -> str:
    return site.create_zone(ZONE)


def ask(site: Site, name: str, client: str | None, rtype: str = "A") -> tuple[set[str], int | None]:
    """The values that a client of this place gets, and the scope of the answer."""
    options: list[dns.edns.Option] = []
    if client is not None:
        network = ip_network(CLIENTS[client][0] if client in CLIENTS else client)
        options.append(dns.edns.ECSOption(str(network.network_address), network.prefixlen))
    query = dns.message.make_query(f"{name}.{ZONE}", rtype, use_edns=0, options=options)
    reply = dns.query.udp(query, site.dns[0], port=site.dns[1], timeout=5)
    scopes = [option.scopelen for option in reply.options if isinstance(option, dns.edns.ECSOption)]
    return {item.to_text() for rrset in reply.answer for item in rrset}, scopes[0] if scopes else None


def group(name: str, field: str, members: dict[str, Any], rtype: str = "A") -> list[dict[str, Any]]:
    """A CREATE for each address of a group, with its policy's field."""
    return [
        create(f"{name}.{ZONE}", rtype, address, SetIdentifier=address, **{field: value})
        for address, value in members.items()
    ]


def test_europe_goes_to_frankfurt_and_everyone_else_elsewhere(site: Site, zone: str) -> None:
    """Geolocation by continent with a default (S-GEO-2, S-GEO-10, R-GEO-6)."""
    members = {"192.0.2.1": {"ContinentCode": "EU"}, "192.0.2.2": {"CountryCode": "*"}}
    site.in_sync(site.change(zone, *group("europe", "GeoLocation", members)))

    assert ask(site, "europe", "berlin")[0] == {"192.0.2.1"}
    assert ask(site, "europe", "toronto")[0] == {"192.0.2.2"}
    assert ask(site, "europe", "192.88.99.0/24")[0] == {"192.0.2.2"}
    assert ask(site, "europe", None)[0] == {"192.0.2.2"}


def test_the_smallest_place_wins_and_no_place_gets_no_answer(site: Site, zone: str) -> None:
    """North America against Canada; a client that no record holds gets NOERROR and nothing (R-TV-12, R-GEO-9)."""
    members = {"192.0.2.1": {"ContinentCode": "NA"}, "192.0.2.2": {"CountryCode": "CA"}}
    site.in_sync(site.change(zone, *group("rights", "GeoLocation", members)))

    assert ask(site, "rights", "toronto")[0] == {"192.0.2.2"}
    assert ask(site, "rights", "mexico city")[0] == {"192.0.2.1"}
    assert ask(site, "rights", "paris")[0] == set()
    assert "status: NOERROR" in site.dig(f"rights.{ZONE}", "A", "+subnet=192.0.2.64/26")


def test_french_and_german_versions(site: Site, zone: str) -> None:
    """Localised content by country, also for CNAME (S-OVR-11, R-GEO-15)."""
    members = {"fr.example.net.": {"CountryCode": "FR"}, "de.example.net.": {"CountryCode": "DE"}}
    site.in_sync(site.change(zone, *group("language", "GeoLocation", members, "CNAME")))

    assert ask(site, "language", "paris")[0] == {"fr.example.net."}
    assert ask(site, "language", "berlin")[0] == {"de.example.net."}


def test_london_between_oregon_and_singapore(site: Site, zone: str) -> None:
    """Latency: the region that is quicker for the client (S-LAT-4, R-LAT-6)."""
    members = {"192.0.2.1": "us-west-2", "192.0.2.2": "ap-southeast-1"}
    site.in_sync(site.change(zone, *group("latency", "Region", members)))

    assert ask(site, "latency", "london")[0] == {"192.0.2.1"}
    assert ask(site, "latency", "singapore")[0] == {"192.0.2.2"}


def test_bias_moves_the_border(site: Site, zone: str) -> None:
    """Geoproximity: Paris is nearer to London than to Frankfurt, until Frankfurt reaches farther (S-OVR-13)."""
    near = {"192.0.2.1": {"AWSRegion": "eu-west-2"}, "192.0.2.2": {"AWSRegion": "eu-central-1"}}
    far = {"192.0.2.1": {"AWSRegion": "eu-west-2"}, "192.0.2.2": {"AWSRegion": "eu-central-1", "Bias": 50}}
    site.in_sync(
        site.change(zone, *group("near", "GeoProximityLocation", near), *group("far", "GeoProximityLocation", far))
    )

    assert ask(site, "near", "paris")[0] == {"192.0.2.1"}
    assert ask(site, "far", "paris")[0] == {"192.0.2.2"}
    assert ask(site, "far", "london")[0] == {"192.0.2.1"}


def test_blocks_of_a_collection_decide_and_follow_its_changes(site: Site, zone: str) -> None:
    """IP-based: the location of the client's block, else the default; a change of the collection moves it (R-CID-5)."""
    route53 = site.route53
    collection = route53.create_cidr_collection(Name="offices", CallerReference="1")["Collection"]["Id"]

    def put(cidr: str, location: str, action: str = "PUT") -> dict[str, Any]:
        return {"LocationName": location, "Action": action, "CidrList": [cidr]}

    changed = route53.change_cidr_collection(Id=collection, Changes=[put("203.0.113.0/24", "oslo")])
    site.in_sync(changed["Id"])
    members = {
        "192.0.2.1": {"CollectionId": collection, "LocationName": "oslo"},
        "192.0.2.2": {"CollectionId": collection, "LocationName": "*"},
    }
    site.in_sync(site.change(zone, *group("block", "CidrRoutingConfig", members)))

    assert ask(site, "block", "203.0.113.0/24") == ({"192.0.2.1"}, 24)
    assert ask(site, "block", "198.51.100.0/24")[0] == {"192.0.2.2"}
    moved = [put("203.0.113.0/24", "oslo", "DELETE_IF_EXISTS"), put("198.51.100.0/24", "oslo")]
    site.in_sync(route53.change_cidr_collection(Id=collection, Changes=moved)["Id"])
    assert ask(site, "block", "198.51.100.0/24")[0] == {"192.0.2.1"}
    assert ask(site, "block", "203.0.113.0/24")[0] == {"192.0.2.2"}


def test_the_scope_says_how_much_of_the_subnet_mattered(site: Site, zone: str) -> None:
    """Scope 0 where the place did not matter, at most 24 where it did (R-ECS-4, R-ECS-5, R-TV-35)."""
    weights = {"192.0.2.1": 1, "192.0.2.2": 1}
    site.in_sync(site.change(zone, *group("weighted", "Weight", weights)))

    assert ask(site, "weighted", "berlin")[1] == 0
    assert ask(site, "europe", "berlin")[1] == 24
    assert ask(site, "europe", None)[1] is None


def test_one_country_to_an_endpoint_and_the_rest_by_latency_to_failover_pairs(site: Site, zone: str) -> None:
    """The seeds' tree: geolocation, then latency, then failover, by aliases (S-TFL-8, R-TREE-13, R-TV-34)."""
    leaves = {"east": "192.0.2.11", "east-spare": "192.0.2.12", "west": "192.0.2.21", "west-spare": "192.0.2.22"}
    site.change(zone, *(create(f"{name}.{ZONE}", "A", address) for name, address in leaves.items()))
    for side in ("east", "west"):
        site.change(
            zone,
            alias(
                f"pair-{side}.{ZONE}", "A", zone, f"{side}.{ZONE}", healthy=True,
                SetIdentifier="p", Failover="PRIMARY",
            ),
            alias(
                f"pair-{side}.{ZONE}", "A", zone, f"{side}-spare.{ZONE}", healthy=True,
                SetIdentifier="s", Failover="SECONDARY",
            ),
        )  # fmt: skip
    site.change(
        zone,
        alias(f"rest.{ZONE}", "A", zone, f"pair-east.{ZONE}", healthy=True, SetIdentifier="e", Region="us-east-1"),
        alias(f"rest.{ZONE}", "A", zone, f"pair-west.{ZONE}", healthy=True, SetIdentifier="w", Region="us-west-1"),
    )
    site.in_sync(
        site.change(
            zone,
            create(f"tree.{ZONE}", "A", "192.0.2.99", SetIdentifier="fr", GeoLocation={"CountryCode": "FR"}),
            alias(
                f"tree.{ZONE}", "A", zone, f"rest.{ZONE}", healthy=True,
                SetIdentifier="rest", GeoLocation={"CountryCode": "*"},
            ),
        )
    )  # fmt: skip

    seen = {client: ask(site, "tree", client)[0] for client in ("paris", "london", "toronto", "singapore")}

    assert seen == {
        "paris": {"192.0.2.99"},
        "london": {"192.0.2.11"},
        "toronto": {"192.0.2.11"},
        "singapore": {"192.0.2.21"},
    }

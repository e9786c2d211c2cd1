from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from meridian.place import install, table
from meridian.place.atlas import Atlas, samples
from meridian.place.table import About, Place
from meridian.settings import Settings

NETWORKS = {
    "10.0.0.0/24": Place("NA", "US", "TX", (3000, -9700)),
    "10.0.1.0/24": Place("EU", "DE", "", (5200, 1300)),
    "10.0.2.0/23": Place("EU", "DE", "", (5300, 1000)),
    "10.0.4.0/22": Place("NA", "US", "CA", (3700, -12200)),
    "10.0.8.0/22": Place("EU"),
    "255.0.0.0/8": Place("OC", "AU"),
}


def geo(networks: Mapping[str, Place] = NETWORKS) -> table.Table:
    return table.make(About("a test"), [(ip_network(network), place) for network, place in networks.items()])


@pytest.mark.parametrize(
    ("country", "subdivision", "network"),
    [
        ("DE", "", "10.0.2.0/23"),
        ("US", "", "10.0.4.0/22"),
        ("US", "TX", "10.0.0.0/24"),
        ("US", "CA", "10.0.4.0/22"),
        ("AU", "", "255.0.0.0/8"),
    ],
)
def test_the_largest_block_stands_for_a_place(country: str, subdivision: str, network: str) -> None:
    """A country is stood for by the largest block in any of its parts; what has no country by none."""
    found = samples(geo())

    assert str(found[country, subdivision][0]) == network
    assert len(found) == 5


def test_a_range_that_is_no_network_gives_the_largest_inside() -> None:
    """Neighbouring networks of one place are one range; what stands for it begins on its own boundary."""
    place = Place("EU", "FR")
    found = samples(geo({"10.0.1.0/24": place, "10.0.2.0/24": place, "10.0.3.0/24": place}))

    assert str(found["FR", ""][0]) == "10.0.2.0/23"


def test_what_stands_for_a_place_is_there() -> None:
    """Every network of an answer is where it says, by the table that the engine has."""
    made = geo()

    for (country, subdivision), (network, _) in samples(made).items():
        for address in (network.network_address, ip_address(int(network.network_address) + network.num_addresses - 1)):
            found = made.find(address)[0]
            assert found.country == country
            assert subdivision in ("", found.subdivision)


def test_clients_follow_the_data_in_use(tmp_path: Path) -> None:
    """None without data; those of the table as soon as one is installed, and of the next one after that."""
    atlas = Atlas(Settings(data_dir=str(tmp_path)))
    assert atlas.clients() == []
    install.put(_folder(tmp_path), geo(), force=True)
    assert _client(atlas, "DE") == {
        "country": "DE",
        "subdivision": None,
        "network": "10.0.2.0/23",
        "latitude": 53.0,
        "longitude": 10.0,
    }
    install.put(_folder(tmp_path), geo({"10.0.0.0/8": Place("EU", "DE")}), force=True)
    assert (_client(atlas, "DE")["network"], _client(atlas, "DE")["latitude"]) == ("10.0.0.0/8", None)


def test_damaged_data_gives_no_clients(tmp_path: Path) -> None:
    """The rest of the atlas is shown all the same."""
    (_folder(tmp_path) / install.FILE).write_bytes(b"no table")
    atlas = Atlas(Settings(data_dir=str(tmp_path)))

    assert (atlas.clients(), len(atlas.show()["continents"])) == ([], 7)


def test_places_of_the_operators_own_are_among_them(tmp_path: Path) -> None:
    """R-REG-1, R-GPX-5, R-GPX-10, R-GEO-14."""
    own = {"on-premises-berlin": {"latitude": 52.52, "longitude": 13.4, "country": "DE", "city": "Berlin"}}
    shown = Atlas(Settings(data_dir=str(tmp_path), regions=own, geoproximity_negative_bias="reciprocal")).show()
    by_id = {region["id"]: region for region in shown["regions"]}

    assert len(by_id) == 40
    assert by_id["on-premises-berlin"] == {
        "id": "on-premises-berlin",
        "city": "Berlin",
        "country": "DE",
        "latitude": 52.52,
        "longitude": 13.4,
    }
    assert "us-west-2-den-1" in {zone["id"] for zone in shown["local_zones"]}
    assert shown["negative_bias"] == "reciprocal"
    countries = {country["code"]: country for country in shown["countries"]}
    assert (countries["RU"]["continent"], countries["TF"]["continent"]) == ("EU", "AN")
    assert {"code": "TX", "name": "Texas"} in countries["US"]["subdivisions"]


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir(exist_ok=True)
    return folder


def _client(atlas: Atlas, country: str) -> dict[str, Any]:
    found: dict[str, Any] = next(client for client in atlas.clients() if client["country"] == country)
    return found

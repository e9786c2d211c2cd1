"""Whom the setting `resolver_subnets` names."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from meridian.connect.subnets import Subnet, read
from meridian.errors import SettingsError
from meridian.settings import Settings

CASES = [
    ("continent/EU=192.0.2.0/24", ("EU", "", ""), "192.0.2.0/24"),
    ("country/DE=2001:db8::/48", ("", "DE", ""), "2001:db8::/48"),
    ("country/US-TX=192.0.2.0/24", ("", "US", "TX"), "192.0.2.0/24"),
    ("192.0.2.0/24", ("", "", ""), "192.0.2.0/24"),
]


@pytest.mark.parametrize(("text", "area", "block"), CASES)
def test_areas_and_subnets(text: str, area: tuple[str, str, str], block: str) -> None:
    """An area before the subnet, or the subnet alone."""
    assert read([text]) == (Subnet(ip_network(block), area),)


def test_the_defaults_stand_for_each_inhabited_continent() -> None:
    """One subnet each."""
    areas = [subnet.area[0] for subnet in read(Settings().resolver_subnets)]
    assert areas == ["AF", "AS", "EU", "NA", "OC", "SA"]


@pytest.mark.parametrize(
    "text",
    ["", "EU=192.0.2.0/24", "continent/XX=192.0.2.0/24", "192.0.2.1/24", "2001:db8::/57", "192.0.2.0/25", "0.0.0.0/0"],
)
def test_nonsense_names_the_setting(text: str) -> None:
    """The error shows what was written and what could be."""
    with pytest.raises(SettingsError, match="resolver_subnets: '"):
        read([text])

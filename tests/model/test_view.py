from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from meridian.errors import SettingsError
from meridian.model.view import View, views
from meridian.settings import Settings

OFFICE = {"region": "eu-central-1", "clients": ["10.1.0.0/16", "2001:db8::/64"]}


def test_views_are_read() -> None:
    """R-PVT-13: id, region, the networks of its clients, and whose it is."""
    own = {"region": "home-1", "clients": ["192.0.2.7/32"], "account": "111122223333"}
    settings = Settings(views={"vpc-office": OFFICE, "vpc-home": own}, regions={"home-1": {}})

    assert views(settings) == {
        "vpc-office": View("vpc-office", "eu-central-1", (ip_network("10.1.0.0/16"), ip_network("2001:db8::/64"))),
        "vpc-home": View("vpc-home", "home-1", (ip_network("192.0.2.7/32"),), "111122223333"),
    }
    assert views(Settings()) == {}


# Views, and what is said of them.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"office": OFFICE}, "a view's id is vpc-"),
    ({"vpc-a": {"region": "eu-central-1"}}, "give region and clients"),
    ({"vpc-a": 1}, "give region and clients"),
    ({"vpc-a": {**OFFICE, "colour": "red"}}, "there is no 'colour'"),
    ({"vpc-a": {**OFFICE, "region": "moon-1"}}, "'moon-1' is no region"),
    ({"vpc-a": {**OFFICE, "account": "1"}}, "'1' is no account"),
    ({"vpc-a": {**OFFICE, "clients": []}}, "none given"),
    ({"vpc-a": {**OFFICE, "clients": ["10.0.0.1/8"]}}, "has host bits set"),
    ({"vpc-a": {**OFFICE, "clients": 7}}, "not iterable"),
    ({"vpc-a": {**OFFICE, "clients": ["2001:db8::/65"]}}, "of IPv6 up to /64"),
    ({"vpc-a": OFFICE, "vpc-b": OFFICE}, "10.1.0.0/16 belongs to vpc-a already"),
]


@pytest.mark.parametrize(("given", "text"), REFUSED)
def test_views_that_cannot_be(given: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        views(Settings(views=given))

    assert text in str(refused.value)
    assert "views." in str(refused.value)

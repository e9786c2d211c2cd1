from __future__ import annotations

from ipaddress import ip_network

import msgspec

from meridian.model.view import View
from meridian.place.coordinates import BUILT_IN
from meridian.place.views import encode


def test_a_view_is_where_its_region_is() -> None:
    """R-GEO-13: region to continent, country and, in the United States, state."""
    views = [
        View("vpc-b", "us-west-2", (ip_network("10.2.0.0/16"),)),
        View("vpc-a", "eu-central-1", (ip_network("10.1.0.0/16"), ip_network("2001:db8::/48"))),
    ]
    found = msgspec.msgpack.decode(encode(views, BUILT_IN.regions))
    germany, oregon = found["views"]

    assert (germany["id"], germany["continent"], germany["country"], germany["subdivision"]) == (
        "vpc-a",
        "EU",
        "DE",
        "",
    )
    assert (oregon["id"], oregon["continent"], oregon["country"], oregon["subdivision"]) == ("vpc-b", "NA", "US", "OR")
    assert (germany["latitude"], germany["longitude"]) == BUILT_IN.regions["eu-central-1"].point
    assert found["blocks"] == [
        [bytes([10, 1, 0, 0]), 16, 0],
        [ip_network("2001:db8::/48").network_address.packed, 48, 0],
        [bytes([10, 2, 0, 0]), 16, 1],
    ]


def test_no_views_are_no_table() -> None:
    assert encode([], BUILT_IN.regions) == b""

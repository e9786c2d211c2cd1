"""Network views as the engine reads them: engine/core/src/place/views.rs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network

import msgspec

from meridian.model.view import View
from meridian.place.coordinates import Region
from meridian.place.locations import continent_of

FORMAT = 1

# The states of the built-in regions of the United States (R-GEO-13); their places are in regions.csv.
_STATES = {
    "us-east-1": "VA", "us-east-2": "OH", "us-west-1": "CA", "us-west-2": "OR",
    "us-gov-east-1": "OH", "us-gov-west-1": "OR",
}  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    """A view and where its clients are taken to be; coordinates in hundredths of a degree."""

    id: str
    continent: str
    country: str
    subdivision: str
    latitude: int
    longitude: int


class _Views(msgspec.Struct, frozen=True):
    """Blocks are address octets, prefix length, and the view's place in `views`."""

    format: int
    views: list[Place]
    blocks: list[tuple[bytes, int, int]]


def encode(views: Iterable[View], regions: Mapping[str, Region]) -> bytes:
    """
    Write the table of views; no octets where there is none.

    Args:
        regions: Where regions are, by id: all that the views name.
    """
    ordered = sorted(views, key=lambda view: view.id)
    return write([_place(view, regions[view.region]) for view in ordered], [view.clients for view in ordered])


def write(places: list[Place], clients: Iterable[Iterable[IPv4Network | IPv6Network]]) -> bytes:
    """Write views by their places, and the networks of the clients of each."""
    blocks = [
        (network.network_address.packed, network.prefixlen, number)
        for number, networks in enumerate(clients)
        for network in networks
    ]
    return msgspec.msgpack.encode(_Views(FORMAT, places, blocks)) if places else b""


def _place(view: View, region: Region) -> Place:
    latitude, longitude = region.point
    state = _STATES.get(region.id, "") if region.country == "US" else ""
    return Place(view.id, continent_of(region.country), region.country, state, latitude, longitude)

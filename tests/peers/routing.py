"""
Names with routing policies and the networks that clients come from, in no server's own words.

Each server that knows policies writes them its own way (`Server.policies` says which). Where a
server decides by place, it is given the same networks: in our tables, or in one .mmdb file.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

import msgspec

from meridian.place.coordinates import Point
from tests.place import mmdb_file

TTL = 300  # seconds, of every answer by policy

# What .mmdb files call themselves; servers look for coordinates only in one of cities.
_KIND = "GeoLite2-City"


class Weighted(msgspec.Struct, frozen=True, tag=True):
    """One address of several, in proportion to weights."""

    arms: tuple[tuple[str, int], ...]


class Failover(msgspec.Struct, frozen=True, tag=True):
    """The first address while it is healthy, which it is, and else the second."""

    primary: str
    secondary: str


class Geolocation(msgspec.Struct, frozen=True, tag=True):
    """An address for each country, by its code, and one for clients of none of them."""

    countries: Mapping[str, str]
    default: str


class Nearest(msgspec.Struct, frozen=True, tag=True):
    """An address for each region, by its id; the region nearest to the client answers, in time or distance."""

    regions: Mapping[str, str]


class Tree(msgspec.Struct, frozen=True, tag=True):
    """
    Three levels: by continent, then the nearest region, then by weight.

    Attributes:
        continents: The regions that may answer each continent, by its code.
        pools: Each region's addresses with weights. The first address stands for the region.
        default: The region for clients of no continent.
    """

    continents: Mapping[str, tuple[str, ...]]
    pools: Mapping[str, Weighted]
    default: str


Policy = Weighted | Failover | Geolocation | Nearest | Tree


class Network(msgspec.Struct, frozen=True):
    """A network, written as `198.51.100.0/24`, and where it is."""

    network: str
    country: str
    continent: str
    point: Point


class Routing(msgspec.Struct, frozen=True):
    """
    Everything that decides by policy.

    Attributes:
        policies: By owner name, with its final dot. All are of type A.
        networks: Where clients are, in any order.
        answers: Where answers are, for servers that measure the way to them.
        regions: Regions that clients can be near to, by id.
        winners: By country, the region that answers it in `Nearest`, for servers that are told so.
    """

    policies: Mapping[str, Policy] = {}
    networks: tuple[Network, ...] = ()
    answers: tuple[Network, ...] = ()
    regions: Mapping[str, Point] = {}
    winners: Mapping[str, str] = {}

    def of(self, kind: type) -> dict[str, Policy]:
        """The names with one kind of policy."""
        return {name: policy for name, policy in self.policies.items() if isinstance(policy, kind)}


NOTHING = Routing()


def write_mmdb(routing: Routing, file: Path) -> Path:
    """Write where networks and answers are as a database of cities."""
    networks = sorted((*routing.networks, *routing.answers), key=lambda each: ip_network(each.network))
    places = {(each.country, each.continent, each.point): _city(each) for each in networks}
    return mmdb_file.write(
        file,
        {each.network: places[each.country, each.continent, each.point] for each in networks},
        kind=_KIND,
        repeats=True,
    )


def _city(place: Network) -> dict[str, object]:
    latitude, longitude = place.point
    return {
        "city": {"names": {"en": place.country}},
        "continent": {"code": place.continent},
        "country": {"iso_code": place.country},
        "location": {"accuracy_radius": 10, "latitude": latitude / 100, "longitude": longitude / 100},
    }

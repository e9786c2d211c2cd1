"""
What the servers are asked: each workload is one entry of `WORKLOADS`.

All ask about one site: a zone of plain names, and names in it that routing policies answer for. A
workload is questions with every answer that is right. Add one by writing a function and naming it in
the table.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from ipaddress import IPv4Address, ip_network
from typing import NamedTuple

import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from bench.loadgen import Question
from meridian.model.place import COUNTRIES
from meridian.place import prior
from meridian.place.coordinates import Point, distance_km, hundredths, regions
from meridian.place.data import rows
from meridian.place.locations import continent_of
from tests.peers.routing import TTL, Failover, Geolocation, Nearest, Network, Routing, Tree, Weighted

APEX = "bench.test."
NAMES = 10_000
QUESTIONS = 20_000
_SOA = f"{APEX} 3600 IN SOA ns1.{APEX} hostmaster.{APEX} 1 7200 900 1209600 300\n"
_NS = "".join(
    f"{APEX} 3600 IN NS ns{i}.{APEX}\nns{i}.{APEX} 3600 IN A 192.0.2.{i}\n" for i in (1, 2)
)  # the servers' own names and addresses

CHANCE_NAMES = 1_000  # names that are weighted, and names with failover
PLACE_NAMES = 10  # names of each policy that answers by place
PLACES = 200  # countries
NETWORKS = 20_000  # of clients, a /20 each
_WEIGHTS = (10, 20, 30, 40)
_ELSEWHERE = 0.05  # share of the questions by country whose client is in no network
_CLEAR = 1.05  # a second region must be farther by this factor for the first to count as nearest

# The regions that may answer each continent in the tree; together they are the regions of `nearest`.
_NEAR = {
    "AF": ("af-south-1", "eu-south-1", "me-south-1"),
    "AS": ("ap-northeast-1", "ap-south-1", "ap-southeast-1", "me-south-1"),
    "EU": ("eu-central-1", "eu-north-1", "eu-south-1", "eu-west-1"),
    "NA": ("ca-central-1", "mx-central-1", "us-east-1", "us-west-2"),
    "OC": ("ap-southeast-1", "ap-southeast-2", "us-west-2"),
    "SA": ("mx-central-1", "sa-east-1", "us-east-1"),
}
_DEFAULT_REGION = "us-east-1"
_REGIONS = sorted({region for near in _NEAR.values() for region in near})


class Site(NamedTuple):
    """Zones by apex, as master files, and the names in the first that policies answer for."""

    zones: dict[str, str]
    routing: Routing


class Workload(NamedTuple):
    """
    Questions about the site, in the order in which they are asked, again and again.

    Attributes:
        policy: The kind of policy that a server must know; None for plain names.
    """

    policy: type | None
    questions: list[Question]


@cache
def site(seed: int = 1) -> Site:
    """10,000 names with one address each, and some thousand with policies."""
    hosts = "".join(f"{name} {TTL} IN A {address}\n" for name, address in _hosts())
    return Site({APEX: _SOA + _NS + hosts}, _routing(random.Random(seed)))


# ---------- the site's policies ----------


def _hosts() -> list[tuple[str, str]]:
    return [(f"host{i}.{APEX}", _address(10, i)) for i in range(NAMES)]


def _address(first: int, index: int) -> str:
    return str(IPv4Address(first << 24 | index))


def _routing(draw: random.Random) -> Routing:
    points = {region: regions()[region].point for region in _REGIONS}
    countries = _countries()
    return Routing(
        policies={name: policy for name, policy in _policies(sorted(countries))},
        networks=tuple(_networks(draw, countries)),
        answers=tuple(
            Network(f"11.{at}.0.0/16", regions()[region].country, continent_of(regions()[region].country), point)
            for at, (region, point) in enumerate(points.items())
        ),
        regions=points,
        winners={code: winner for code, point in countries.items() if (winner := _winner(code, point, _REGIONS))},
    )


def _countries() -> dict[str, Point]:
    """The countries that clients are in, and where in them."""
    coordinates = {
        row["country"]: (hundredths(row["lat"], 90, row["country"]), hundredths(row["lon"], 180, row["country"]))
        for row in rows("country-coordinates.csv")
    }
    known = [code for code in COUNTRIES if code in coordinates and continent_of(code) in _NEAR]
    return {code: coordinates[code] for code in sorted(known)[:PLACES]}


def _networks(draw: random.Random, countries: dict[str, Point]) -> Iterator[Network]:
    """As many for each country, all over the addresses from 16.0.0.0 on, none next to each other."""
    blocks = draw.sample(range(16 << 11, 200 << 11), NETWORKS)
    codes = list(countries)
    for at, block in enumerate(blocks):
        code = codes[at % len(codes)]
        yield Network(f"{IPv4Address(block << 13)}/20", code, continent_of(code), countries[code])


def _winner(country: str, client: Point, among: Iterable[str]) -> str | None:
    """The region nearest in distance, in latency and on a flat map alike; None where these do not clearly agree."""
    guess, own = prior.default(), {region: regions()[region] for region in among}
    orders = (
        sorted((distance_km(client, region.point), id) for id, region in own.items()),
        sorted((guess.latency_ms(country, client, region), id) for id, region in own.items()),
        sorted((math.dist(client, region.point), id) for id, region in own.items()),  # as PowerDNS has it
    )
    clear = all(order[1][0] > order[0][0] * _CLEAR for order in orders)
    first = {order[0][1] for order in orders}
    return first.pop() if clear and len(first) == 1 else None


def _policies(countries: list[str]) -> Iterator[tuple[str, Weighted | Failover | Geolocation | Nearest | Tree]]:
    for i in range(CHANCE_NAMES):
        yield f"weighted{i}.{APEX}", _pool(12, i)
        yield f"failover{i}.{APEX}", Failover(_address(13, 2 * i), _address(13, 2 * i + 1))
    for i in range(PLACE_NAMES):
        own = {code: _address(14, i << 16 | at + 1) for at, code in enumerate(countries)}
        yield f"geo{i}.{APEX}", Geolocation(own, _address(14, i << 16))
        yield f"nearest{i}.{APEX}", Nearest({r: _address(11, at << 16 | i) for at, r in enumerate(_REGIONS)})
        pools = {region: _pool(11, at << 14 | 1 << 13 | i) for at, region in enumerate(_REGIONS)}
        yield f"tree{i}.{APEX}", Tree(_NEAR, pools, _DEFAULT_REGION)


def _pool(first: int, index: int) -> Weighted:
    return Weighted(tuple((_address(first, 4 * index + at), weight) for at, weight in enumerate(_WEIGHTS)))


# ---------- workloads ----------


def static(site: Site, seed: int) -> Workload:
    """Plain names in random order."""
    draw, hosts = random.Random(seed), _hosts()
    return Workload(None, [_found(name, [address]) for name, address in draw.choices(hosts, k=QUESTIONS)])


def nxdomain(site: Site, seed: int) -> Workload:
    """Names that do not exist."""
    draw = random.Random(seed)
    return Workload(None, [_missing(f"no{draw.randrange(10**6)}.{APEX}") for _ in range(QUESTIONS)])


def weighted(site: Site, seed: int) -> Workload:
    """Names with four addresses and weights; each of them is right."""
    draw, names = random.Random(seed), sorted(site.routing.of(Weighted).items())
    pools = draw.choices(names, k=QUESTIONS)
    return Workload(Weighted, [_found(name, _addresses(pool)) for name, pool in pools if isinstance(pool, Weighted)])


def failover(site: Site, seed: int) -> Workload:
    """Pairs of which the first is healthy."""
    draw, names = random.Random(seed), sorted(site.routing.of(Failover).items())
    pairs = draw.choices(names, k=QUESTIONS)
    return Workload(Failover, [_found(name, [pair.primary]) for name, pair in pairs if isinstance(pair, Failover)])


def geolocation(site: Site, seed: int) -> Workload:
    """Names with an address for each of 200 countries; clients of all of them, by client subnet."""
    draw, names = random.Random(seed), sorted(site.routing.of(Geolocation).items())
    questions = []
    for name, policy in draw.choices(names, k=QUESTIONS):
        assert isinstance(policy, Geolocation)
        client = None if draw.random() < _ELSEWHERE else draw.choice(site.routing.networks)
        subnet = f"15.{draw.randrange(256)}.{draw.randrange(256)}.0" if client is None else _subnet(draw, client)
        address = policy.default if client is None else policy.countries[client.country]
        questions.append(_found(name, [address], subnet))
    return Workload(Geolocation, questions)


def nearest(site: Site, seed: int) -> Workload:
    """Names with an address for each region; clients of countries whose nearest region is beyond doubt."""
    draw, names = random.Random(seed), sorted(site.routing.of(Nearest).items())
    clients = [each for each in site.routing.networks if each.country in site.routing.winners]
    questions = []
    for name, policy in draw.choices(names, k=QUESTIONS):
        assert isinstance(policy, Nearest)
        client = draw.choice(clients)
        address = policy.regions[site.routing.winners[client.country]]
        questions.append(_found(name, [address], _subnet(draw, client)))
    return Workload(Nearest, questions)


def tree(site: Site, seed: int) -> Workload:
    """By continent, then the nearest of its regions, then one of four by weight."""
    draw, names = random.Random(seed), sorted(site.routing.of(Tree).items())
    places = {each.country: each for each in site.routing.networks}
    winners = {code: _winner(code, each.point, _NEAR[each.continent]) for code, each in places.items()}
    clients = [each for each in site.routing.networks if winners[each.country]]
    questions = []
    for name, policy in draw.choices(names, k=QUESTIONS):
        assert isinstance(policy, Tree)
        client = draw.choice(clients)
        region = winners[client.country]
        assert region is not None
        questions.append(_found(name, _addresses(policy.pools[region]), _subnet(draw, client)))
    return Workload(Tree, questions)


WORKLOADS: dict[str, Callable[[Site, int], Workload]] = {
    "static": static,
    "nxdomain": nxdomain,
    "weighted": weighted,
    "failover": failover,
    "geolocation": geolocation,
    "nearest": nearest,
    "tree": tree,
}


def _addresses(pool: Weighted) -> list[str]:
    return [address for address, _ in pool.arms]


def _subnet(draw: random.Random, client: Network) -> str:
    """A random /24 of a network."""
    network = ip_network(client.network)
    return str(IPv4Address(int(network.network_address) | draw.randrange(1 << 24 - network.prefixlen) << 8))


def _found(name: str, addresses: Iterable[str], subnet: str | None = None) -> Question:
    owner = dns.name.from_text(name)
    answers = tuple((dns.rrset.from_text(owner, TTL, "IN", "A", address),) for address in addresses)
    return Question(owner, dns.rdatatype.A, dns.rcode.NOERROR, answers, subnet)


def _missing(name: str) -> Question:
    return Question(dns.name.from_text(name), dns.rdatatype.A, dns.rcode.NXDOMAIN, ((),))

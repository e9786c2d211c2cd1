"""Names with policies as groups of a zone image, and the tables of places that they need."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, ip_network
from itertools import count

import dns.name

from meridian.compile.image import Arm, Group, Records, ToGroup
from meridian.model.name import Name, from_wire
from meridian.model.record import TYPES
from meridian.place import latency, prior
from meridian.place.coordinates import regions
from meridian.place.latency import Estimate, Level, Measured
from meridian.place.ranges import Network as PrefixNetwork
from meridian.place.table import About, Place, make
from tests.peers.routing import TTL, Failover, Geolocation, Nearest, Network, Policy, Routing, Tree, Weighted

A = TYPES["A"]
BUILT = 1_780_666_922  # when the latencies were measured


def groups(routing: Routing) -> dict[Name, Group]:
    """
    Every group of type A, by its owner name.

    Arms with addresses have a health check each; aliases are as healthy as what they lead to.
    """
    slots = count(1)
    return {
        from_wire(owner.to_wire() or b""): group
        for name, policy in routing.policies.items()
        for owner, group in _named(dns.name.from_text(name), policy, slots)
    }


def _named(owner: dns.name.Name, policy: Policy, slots: Iterator[int]) -> Iterator[tuple[dns.name.Name, Group]]:
    match policy:
        case Weighted():
            yield owner, _weighted(policy, slots)
        case Failover():
            pair = (policy.primary, policy.secondary)
            yield owner, Group("failover", [_arm(a, slots, id=a, secondary=a != policy.primary) for a in pair])
        case Geolocation():
            arms = [_arm(address, slots, id=code, country=code) for code, address in policy.countries.items()]
            yield owner, Group("geo", [_arm(policy.default, slots, id="*", country="*"), *arms])
        case Nearest():
            arms = [_arm(address, slots, id=region, region=region) for region, address in policy.regions.items()]
            yield owner, Group("latency", arms)
        case Tree():
            yield from _tree(owner, policy, slots)


def _tree(owner: dns.name.Name, policy: Tree, slots: Iterator[int]) -> Iterator[tuple[dns.name.Name, Group]]:
    first = [_alias(owner, code.lower(), id=code, continent=code) for code in policy.continents]
    yield owner, Group("geo", [_alias(owner, policy.default, id="*", country="*"), *first])
    for code, own in policy.continents.items():
        arms = [_alias(owner, region, id=region, region=region) for region in sorted(own)]
        yield _below(owner, code.lower()), Group("latency", arms)
    for region, pool in policy.pools.items():
        yield _below(owner, region), _weighted(pool, slots)


def _weighted(policy: Weighted, slots: Iterator[int]) -> Group:
    arms = [_arm(address, slots, id=f"{at}", weight=weight) for at, (address, weight) in enumerate(policy.arms)]
    return Group("weighted", arms)


def _arm(
    address: str,
    slots: Iterator[int],
    *,
    id: str,
    weight: int = 0,
    secondary: bool = False,
    country: str = "",
    region: str = "",
) -> Arm:
    records = Records(TTL, [IPv4Address(address).packed])
    return Arm(records, id, health=next(slots), weight=weight, secondary=secondary, country=country, region=region)


def _alias(
    owner: dns.name.Name, label: str, *, id: str, continent: str = "", country: str = "", region: str = ""
) -> Arm:
    target = ToGroup(_below(owner, label).to_wire() or b"", A)
    return Arm(target, id, evaluate_target=True, continent=continent, country=country, region=region)


def _below(owner: dns.name.Name, label: str) -> dns.name.Name:
    return dns.name.Name((label.encode(), *owner.labels))


def geo_table(routing: Routing) -> bytes:
    """Where the networks are, for `Engine.set_place("geo", …)`."""
    ordered = sorted((ip_network(each.network), each) for each in routing.networks)
    return make(About("made for a bench"), ((net, _place(each)) for net, each in ordered)).encode()


def latency_table(routing: Routing) -> bytes:
    """
    Latencies for `Engine.set_place("latency", …)`: the prior, and measurements that agree with it.

    Half of the countries are measured, and the first /24 of every other network.
    """
    guess, known = prior.default(), {region: regions()[region] for region in routing.regions}

    def measured(where: Network, level: Level) -> dict[str, Estimate]:
        return {
            id: Estimate(guess.latency_ms(where.country, where.point, region), 40.0, 3.0, level)
            for id, region in known.items()
        }

    countries = {each.country: each for each in routing.networks}
    halved = [countries[code] for code in sorted(countries)[::2]]
    sites: dict[PrefixNetwork, dict[str, Estimate]] = {
        ip_network(f"{each.network.partition('/')[0]}/24"): measured(each, Level.SITE) for each in routing.networks[::2]
    }
    by_country = {(each.country, ""): measured(each, Level.COUNTRY) for each in halved}
    return latency.encode(known, guess, Measured(BUILT, sites, {}, by_country, 0, {}))


def _place(network: Network) -> Place:
    return Place(network.continent, network.country, "", network.point)

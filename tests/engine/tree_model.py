"""
Which answers a tree of groups can give, and how likely each is: docs/behaviour/routing.md §2–§13 in plain Python.

Written from the rules alone, for tests alone. It shares no line with the engine and none with the
control plane, and prefers being obviously the rule to being quick.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
# Latitude and longitude in degrees.
Point = tuple[float, float]


@dataclass(frozen=True)
class Arm:
    """One record set: its identifier, its values or the name it is an alias of, and what its policy goes by."""

    id: str
    values: tuple[str, ...] = ()
    alias: str | None = None
    evaluate_target: bool = False
    check: int = 0  # 0 for none
    weight: int = 0
    secondary: bool = False
    area: tuple[str, str, str] = ("", "", "")  # continent, country, subdivision
    point: Point = (0.0, 0.0)
    bias: int = 0
    region: str = ""
    location: str = ""


@dataclass(frozen=True)
class Group:
    """All record sets of a name; `policy` as the image calls it."""

    policy: str
    arms: tuple[Arm, ...]
    collection: str = ""


@dataclass(frozen=True)
class Place:
    """What is known of the clients of a network."""

    continent: str = ""
    country: str = ""
    subdivision: str = ""
    point: Point | None = None


@dataclass(frozen=True)
class World:
    """Where clients are, which blocks collections have, how far regions are."""

    places: Mapping[Network, Place]
    blocks: Mapping[str, Mapping[Network, str]]
    regions: Mapping[str, Point]
    measured: Mapping[tuple[Network, str], float]
    base_ms: float
    ms_per_km: float


# The values that answer, and how many of them: fewer than all where a multivalue answer samples (R-MVA-3).
Answer = tuple[frozenset[str], int]
NO_DATA: Answer = (frozenset(), 0)
Chances = Mapping[Answer, float]


def client_of(resolver: str, subnet: str | None) -> Network:
    """The client subnet if it has a prefix, else the resolver's address (R-ECS-1, R-ECS-3)."""
    if subnet is not None and not subnet.endswith("/0"):
        return ip_network(subnet)
    address = ip_address(resolver)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return ip_network(address)


@dataclass
class Model:
    """One question's world: the zone's groups, the client, the unhealthy checks."""

    world: World
    groups: Mapping[str, Group]
    client: Network
    unhealthy: frozenset[int]
    reciprocal_bias: bool = False
    edge: Point | None = None
    _healthy: dict[str, bool] = field(default_factory=dict)

    # --- §13: the decision procedure ---

    def answers(self, name: str) -> Chances:
        """Each possible answer for a name with its probability; R-TREE's procedure, all draws at once."""
        group = self.groups.get(name)
        if group is None or not self.pick(group, group.arms):
            return {NO_DATA: 1.0}  # R-ALI-13; R-GEO-9, R-CID-5, R-TREE-8
        if group.policy == "multivalue":
            members = [arm for arm in group.arms if self.healthy(arm)] or group.arms
            return {(frozenset(value for arm in members for value in arm.values), min(8, len(members))): 1.0}
        chances: defaultdict[Answer, float] = defaultdict(float)
        for arm, chance in self.choice(group).items():
            for answer, share in self.emit(arm).items():
                chances[answer] += chance * share
        return dict(chances)

    def choice(self, group: Group) -> dict[Arm, float]:
        """How likely each record set is chosen: healthy ones first, then any (R-SEL-3, R-SEL-4, R-TREE-14)."""
        return self._pick_healthy(group, group.arms) or self.pick(group, group.arms)

    def _pick_healthy(self, group: Group, candidates: tuple[Arm, ...]) -> dict[Arm, float]:
        chances: defaultdict[Arm, float] = defaultdict(float)
        for arm, chance in self.pick(group, candidates).items():
            if self.healthy(arm):
                chances[arm] += chance
                continue
            rest = tuple(other for other in candidates if other != arm)
            for other, share in self._pick_healthy(group, rest).items():
                chances[other] += chance * share
        return dict(chances)

    def emit(self, arm: Arm) -> Chances:
        """What a chosen record set comes to."""
        if arm.alias is not None:
            return self.answers(arm.alias)
        return {(frozenset(arm.values), len(set(arm.values))): 1.0}

    # --- §12: health ---

    def healthy(self, arm: Arm) -> bool:
        """R-HLT-1: its own check, and its target where that counts."""
        if arm.check in self.unhealthy:
            return False
        return not (arm.alias is not None and arm.evaluate_target) or self.target_healthy(arm.alias)

    def target_healthy(self, name: str) -> bool:
        """R-TREE-2, R-TREE-9: at least one member is, whomever it is for; a missing group has none."""
        if name not in self._healthy:
            group = self.groups.get(name)
            self._healthy[name] = group is not None and any(self.healthy(arm) for arm in group.arms)
        return self._healthy[name]

    # --- §4–§11: the policies ---

    def pick(self, group: Group, candidates: tuple[Arm, ...]) -> dict[Arm, float]:
        """How likely the policy picks each candidate; empty if none applies."""
        match group.policy:
            case "weighted":
                weighing = {arm: arm.weight for arm in candidates if arm.weight > 0}
                total = sum(weighing.values())
                return {arm: weight / total for arm, weight in weighing.items()} or evenly(candidates)
            case "failover":
                return evenly(sorted(candidates, key=lambda arm: arm.secondary)[:1])
            case "geo":
                return evenly(self.smallest_area(candidates))
            case "geoproximity":
                return self.nearest({arm: self.biased_km(arm) for arm in candidates})
            case "latency":
                return self.nearest({arm: self.latency_ms(arm.region) for arm in candidates})
            case "cidr":
                return evenly(self.located(group.collection, candidates))
        return evenly(candidates)  # simple has one; multivalue only asks whether there is any

    def smallest_area(self, candidates: tuple[Arm, ...]) -> list[Arm]:
        """R-GEO-6, R-GEO-7, R-GEO-11: subdivision, country, continent, default."""
        place = self.place()
        areas = [("", place.country, place.subdivision)] if place.subdivision else []
        areas += [("", place.country, "")] if place.country else []
        areas += [(place.continent, "", "")] if place.continent else []
        areas += [("", "*", "")]
        return [arm for area in areas for arm in candidates if arm.area == area][:1]

    def located(self, collection: str, candidates: tuple[Arm, ...]) -> list[Arm]:
        """R-CID-5, R-CID-6: the longest block that holds all of the client's prefix, then `*`."""
        blocks = self.world.blocks.get(collection, {})
        around = [block for block in blocks if holds(block, self.client)]
        matched = blocks[max(around, key=lambda block: block.prefixlen)] if around else None
        return [arm for location in (matched, "*") for arm in candidates if arm.location == location][:1]

    def nearest(self, distances: Mapping[Arm, float | None]) -> dict[Arm, float]:
        """The least; of equals the first region (R-LAT-10), then set identifier (R-GPX-12); all unknown: evenly."""
        known = [(distance, arm.region, arm.id, arm) for arm, distance in distances.items() if distance is not None]
        return evenly([min(known, key=lambda each: each[:3])[3]]) if known else evenly(distances)

    def biased_km(self, arm: Arm) -> float | None:
        """R-GPX-4, R-GPX-5, R-GPX-13."""
        here = self.place().point or self.edge
        if here is None:
            return None
        km, share = great_circle_km(here, arm.point), arm.bias / 100
        return km / (1 + share) if share < 0 and self.reciprocal_bias else km * (1 - share)

    def latency_ms(self, region: str) -> float | None:
        """R-LAT-2, R-LAT-8: measured for the longest network around the client, else from the distance."""
        measured = {
            network: ms
            for (network, measured_region), ms in self.world.measured.items()
            if measured_region == region and has(network, self.client)
        }
        if measured:
            return measured[max(measured, key=lambda network: network.prefixlen)]
        here, there = self.place().point, self.world.regions.get(region)
        if here is None or there is None:
            return None
        return self.world.base_ms + self.world.ms_per_km * great_circle_km(here, there)

    def place(self) -> Place:
        """Where the client is."""
        around = [place for network, place in self.world.places.items() if has(network, self.client)]
        return around[0] if around else Place()


def evenly(arms: Iterable[Arm]) -> dict[Arm, float]:
    """Each as likely as the other."""
    listed = list(arms)
    return {arm: 1 / len(listed) for arm in listed}


def has(network: Network, client: Network) -> bool:
    """Whether the client's first address is in a network."""
    return network.version == client.version and client.network_address in network


def holds(block: Network, client: Network) -> bool:
    """Whether the whole of the client's prefix is in a block."""
    return has(block, client) and block.prefixlen <= client.prefixlen


def great_circle_km(a: Point, b: Point) -> float:
    """R-GPX-11, by the haversine formula."""
    (latitude_a, longitude_a), (latitude_b, longitude_b) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    half = math.sin((latitude_b - latitude_a) / 2) ** 2
    half += math.cos(latitude_a) * math.cos(latitude_b) * math.sin((longitude_b - longitude_a) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(min(half, 1.0)))

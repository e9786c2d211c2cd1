"""Random trees of groups in a small world of places, for the model and for the engine."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from random import Random

from meridian._engine import Engine
from meridian.compile import image
from meridian.model.name import parse
from tests.engine import table, zone
from tests.engine.tree_model import Arm, Group, Place, Point, World

MOST_GROUPS, MOST_ARMS, CHECKS = 5, 4, 8
V6 = zone.address("2001:db8::")[:12]

CITIES: list[Point] = [
    (48.86, 2.35), (50.11, 8.68), (51.51, -0.13), (40.71, -74.01), (32.78, -96.8), (37.77, -122.42), (45.5, -73.57),
    (-23.55, -46.63), (-33.87, 151.21), (1.35, 103.82), (35.68, 139.69), (6.52, 3.38),
]  # fmt: skip
REGIONS: dict[str, Point] = {
    "ap-southeast-1": (1.34, 103.7),
    "eu-central-1": (50.12, 8.64),
    "sa-east-1": (-23.5, -46.6),
    "us-east-1": (38.95, -77.45),
    "us-west-2": (45.84, -119.7),
}
# Networks of places are at most /24, measured ones /24 or /20: so no scope is cut short by its cap.
PLACES = {
    "198.51.100.0/24": Place("NA", "US", "TX", (32.78, -96.8)),
    "198.51.101.0/24": Place("NA", "US", "CA", (37.77, -122.42)),
    "198.51.102.0/23": Place("NA", "US", "", (39.0, -98.0)),
    "198.51.104.0/22": Place("NA", "CA", "", (45.5, -73.57)),
    "203.0.112.0/22": Place("EU", "FR", "", (48.86, 2.35)),
    "192.0.2.0/24": Place("EU", "DE", "", (50.11, 8.68)),
    "198.18.0.0/16": Place("AN"),
    "198.19.0.0/16": Place("EU", "GB"),
    "10.0.0.0/12": Place("", "", "", (35.68, 139.69)),
    "2001:db8::/32": Place("EU", "FR", "", (48.86, 2.35)),
    "2001:db9:8::/48": Place("OC", "AU", "", (-33.87, 151.21)),
}
BLOCKS = {
    "c-1": {"10.0.0.0/8": "isp", "10.32.0.0/16": "site", "10.32.64.0/20": "lab", "2001:db8::/40": "isp"},
    "c-2": {"198.51.96.0/20": "isp", "198.51.100.0/22": "lab", "198.51.101.0/24": "site", "2001:db8:7::/48": "isp"},
}
MEASURED = {
    ("203.0.113.0/24", "us-west-2"): 20.0,
    ("203.0.113.0/24", "ap-southeast-1"): 20.0,
    ("203.0.112.0/20", "us-east-1"): 35.5,
    ("203.0.112.0/20", "us-west-2"): 90.0,
    ("203.0.112.0/20", "sa-east-1"): 35.5,
    ("198.19.7.0/24", "eu-central-1"): 61.0,
    ("198.51.100.0/24", "sa-east-1"): 4.4,
    ("198.51.100.0/24", "eu-central-1"): 4.4,
    ("198.51.96.0/20", "us-east-1"): 4.4,
    ("2001:db8:7::/48", "us-east-1"): 3.2,
}
AREAS = [
    ("", "US", "TX"), ("", "US", "CA"), ("", "US", ""), ("", "CA", ""), ("", "FR", ""), ("", "DE", ""),
    ("NA", "", ""), ("EU", "", ""), ("AN", "", ""), ("", "*", ""),
]  # fmt: skip
WORLD = World(
    {ip_network(network): place for network, place in PLACES.items()},
    {collection: {ip_network(block): at for block, at in blocks.items()} for collection, blocks in BLOCKS.items()},
    REGIONS,
    {(ip_network(network), region): ms for (network, region), ms in MEASURED.items()},
    base_ms=5.0,
    ms_per_km=0.02,
)
# Each inside or beside something that the world knows.
ADDRESSES = [
    "198.51.100.7", "198.51.101.9", "198.51.102.1", "198.51.103.255", "198.51.104.1", "203.0.113.77", "203.0.112.8",
    "203.0.114.1", "203.0.120.3", "192.0.2.53", "192.0.3.1", "198.18.9.9", "198.19.7.7", "198.19.8.8", "10.1.1.1",
    "10.32.1.1", "10.32.65.200", "10.200.0.1", "9.255.255.255", "224.0.0.1", "2001:db8::1", "2001:db8:7::1",
    "2001:db8:100::1", "2001:db9:8::1", "2001:db9:9::1", "2002::1", "::ffff:198.51.100.7",
]  # fmt: skip


def places() -> list[tuple[str, bytes]]:
    """The tables of the world, for `Engine.set_place`."""
    rows = [
        table.Place(network, place.continent, place.country, place.subdivision, *(place.point or (None, 0)))
        for network, place in PLACES.items()
    ]
    collections = [
        table.Cidr(id, {at: [block for block in blocks if blocks[block] == at] for at in blocks.values()})
        for id, blocks in BLOCKS.items()
    ]
    latency = table.Latency(
        WORLD.base_ms,
        WORLD.ms_per_km,
        [table.Region(id, *point) for id, point in REGIONS.items()],
        [table.Measured(network, region, ms) for (network, region), ms in MEASURED.items()],
    )
    return table.places(rows, collections, latency)


def tree(random: Random) -> dict[str, Group]:
    """Groups by name, the root first; aliases lead on to later ones, sometimes to one that is not there."""
    count = random.randint(1, MOST_GROUPS)
    names = [f"g{at}.example.com." for at in range(count)]
    return {name: _group(random, at, names[at + 1 :]) for at, name in enumerate(names)}


def _group(random: Random, number: int, later: list[str]) -> Group:
    policy = random.choice(list(_MARKS))
    marks = _MARKS[policy](random)
    arms = (_arm(random, f"{number}{at}", policy, later, mark) for at, mark in enumerate(marks))
    return Group(
        policy, tuple(arms), random.choice(["c-1", "c-1", "c-1", "c-2", "c-2", "c-3"]) if policy == "cidr" else ""
    )


def _arm(random: Random, id: str, policy: str, later: list[str], mark: dict[str, object]) -> Arm:
    check = 0 if policy == "simple" or random.random() < 0.2 else random.randint(1, CHECKS)
    if policy != "multivalue" and random.random() < 0.65:
        alias = random.choice(later) if later and random.random() < 0.97 else "missing.example.com."
        if later or random.random() < 0.05:
            check = 0 if random.random() < 0.6 else check
            return Arm(id, alias=alias, evaluate_target=random.random() < 0.7, check=check, **mark)  # type: ignore[arg-type]
    count = 1 if policy == "multivalue" else random.choice([1, 1, 2])
    values = tuple(f"192.0.{id[0]}.{10 * int(id[1:]) + each}" for each in range(count))
    return Arm(id, values, check=check, **mark)  # type: ignore[arg-type]


def _several(random: Random, choices: list[object], field: str, most: int = MOST_ARMS) -> list[dict[str, object]]:
    """Arms that differ in a field."""
    return [{field: each} for each in random.sample(choices, random.randint(1, min(most, len(choices))))]


def _weights(random: Random) -> list[dict[str, object]]:
    return [{"weight": random.choice([0, 0, 1, 3, 255])} for _ in range(random.randint(1, MOST_ARMS))]


def _roles(random: Random) -> list[dict[str, object]]:
    return random.choice([[{"secondary": False}, {"secondary": True}], [{"secondary": False}], [{"secondary": True}]])


def _points(random: Random) -> list[dict[str, object]]:
    biases = [-99, -50, -10, 0, 0, 0, 25, 60, 99]
    return [{"bias": random.choice(biases), **mark} for mark in _several(random, list(CITIES), "point")]


_MARKS: dict[str, Callable[[Random], list[dict[str, object]]]] = {
    "simple": lambda _: [{}],
    "weighted": _weights,
    "failover": _roles,
    "geo": lambda random: _several(random, list(AREAS), "area"),
    "geoproximity": _points,
    "latency": lambda random: _several(random, [*REGIONS, "region-unknown"], "region"),
    "multivalue": lambda random: [{}] * random.choice([1, 2, 3, 4, 11]),
    "cidr": lambda random: _several(random, ["isp", "site", "lab", "*"], "location"),
}


def client(random: Random) -> tuple[str, str | None]:
    """A resolver, and perhaps a client subnet."""
    resolver, address = random.choice(ADDRESSES), random.choice(ADDRESSES[:-1])
    longest = 32 if "." in address else 64
    length = random.choice([0, longest, longest * 3 // 4, random.randint(longest // 4, longest)])
    subnet = str(ip_network(f"{address}/{length}", strict=False))
    return resolver, subnet if random.random() < 0.6 else None


def near(random: Random, subnet: str, scope: int) -> str:
    """One address of the block that a scope makes of a client subnet, as a subnet of its own."""
    block = ip_network(f"{subnet.split('/')[0]}/{scope}", strict=False)
    host = random.getrandbits(block.max_prefixlen) & int(block.hostmask)
    address = ip_address(int(block.network_address) | host)
    return f"{address}/{32 if block.version == 4 else 64}" if block.version == 4 else _v6_site(int(address))


def _v6_site(address: int) -> str:
    return f"{ip_address(address >> 64 << 64)}/64"


def unhealthy(random: Random) -> frozenset[int]:
    """Checks that fail: few, some or nearly all."""
    share = random.choice([0.0, 0.3, 0.7, 0.95])
    return frozenset(check for check in range(1, CHECKS + 1) if random.random() < share)


def publish(engine: Engine, version: int, groups: dict[str, Group]) -> None:
    """Serve a tree as type A of a zone of one shard."""
    written = {name: image_group(group) for name, group in groups.items()}
    assert engine.publish(zone.head(version, [version]), zone.shards(version, 1, written))


def image_group(group: Group, rtype: int = 1) -> image.Group:
    """A group of a tree as the image has it, for A; or for AAAA, with the addresses in 2001:db8::/96."""
    return image.Group(group.policy, [_image_arm(arm, rtype) for arm in group.arms], group.collection)


def as_v4(address: bytes) -> bytes:
    """The address that a tree writes, of one that was answered for A or AAAA."""
    return address[-4:]


def _image_arm(arm: Arm, rtype: int) -> image.Arm:
    values = [zone.address(value) for value in arm.values]
    if rtype == 28:
        values = [V6 + value for value in values]
    latitude, longitude = (table.hundredths(degrees) for degrees in arm.point)
    continent, country, subdivision = arm.area
    return image.Arm(
        image.Records(60, values) if arm.alias is None else image.ToGroup(parse(arm.alias).wire, rtype),
        id=arm.id,
        health=arm.check,
        evaluate_target=arm.evaluate_target,
        weight=arm.weight,
        secondary=arm.secondary,
        continent=continent,
        country=country,
        subdivision=subdivision,
        latitude=latitude,
        longitude=longitude,
        bias=arm.bias,
        region=arm.region,
        location=arm.location,
    )

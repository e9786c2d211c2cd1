"""The tables of `tests/conformance` and `tests/vectors/decisions`; conformance's README says what keys mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import msgspec

from meridian._engine import Engine
from meridian.compile import image
from meridian.model.name import from_wire
from meridian.place import cidr, latency, table, views
from meridian.place.coordinates import Region as PlacedRegion
from meridian.place.prior import Prior

TESTS = Path(__file__).parent.parent

# Owner in lower-case wire form, type, TTL, RDATA octets.
Record = tuple[bytes, int, int, bytes]


class Arm(msgspec.Struct, forbid_unknown_fields=True):
    id: str = ""
    weight: int = 0
    secondary: bool = False
    continent: str = ""
    country: str = ""
    subdivision: str = ""
    latitude: float = 0
    longitude: float = 0
    bias: int = 0
    region: str = ""
    location: str = ""
    health: int = 0
    evaluate_target: bool = False
    ttl: int = 60
    values: list[str] | None = None
    alias: str | None = None
    hidden: str | None = None
    outside: str | None = None


class Group(msgspec.Struct, forbid_unknown_fields=True):
    owner: str
    type: str
    kind: str
    arms: list[Arm]
    collection: str = ""
    id: str = ""


class Zone(msgspec.Struct, forbid_unknown_fields=True):
    apex: str
    records: str
    rank: int = 0
    views: list[str] = []
    group: list[Group] = []
    hidden: list[Group] = []


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reciprocal_bias: bool = False
    coordinates: tuple[float, float] | None = None
    cookie_secrets: tuple[str, ...] = ()
    cookies_required: bool = False
    identity: str = ""
    version: str = ""
    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    udp_payload_without_cookie: int = 0


class Place(msgspec.Struct, forbid_unknown_fields=True):
    network: str
    continent: str = ""
    country: str = ""
    subdivision: str = ""
    latitude: float | None = None
    longitude: float = 0


class Cidr(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    blocks: dict[str, list[str]]


class Region(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    latitude: float
    longitude: float


class Measured(msgspec.Struct, forbid_unknown_fields=True):
    network: str
    region: str
    ms: float


class Latency(msgspec.Struct, forbid_unknown_fields=True):
    base_ms: float
    ms_per_km: float
    regions: list[Region]
    measured: list[Measured] = []


class View(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    clients: list[str]
    latitude: float
    longitude: float
    continent: str = ""
    country: str = ""
    subdivision: str = ""


class Edns(msgspec.Struct, forbid_unknown_fields=True):
    payload: int = 1232
    version: int = 0
    do: bool = False
    options: list[tuple[int, str]] = []


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    of: list[str]
    size: int


class Case(msgspec.Struct, forbid_unknown_fields=True):
    what: str
    ask: str | None = None
    packet: str | None = None
    rd: bool = False
    cd: bool = False
    edns: Edns | None = None
    client: str = "192.0.2.53"
    subnet: str | None = None
    scope: int = 0
    transport: str = "udp"
    unhealthy: list[int] = []
    silent: bool = False
    question: bool = True
    rcode: str = "NOERROR"
    opcode: int = 0
    flags: tuple[str, ...] = ("aa",)
    answer: list[str] | str = []
    one_of: list[list[str]] | None = None
    sample: Sample | None = None
    authority: list[str] | str = []
    additional: list[str] | str = []
    ede: int | None = None
    ede_text: str = ""
    options: list[tuple[int, str]] = []
    size: int = 65_535
    now: int = 0
    padded: bool = False
    probability: dict[str, float] = {}
    excluded: dict[str, str] | None = None
    last_resort: bool | None = None

    def octets(self) -> bytes:
        """The query's octets."""
        if self.packet is not None:
            return bytes.fromhex(self.packet)
        assert self.ask is not None
        name, rdtype, *rdclass = self.ask.split()
        query = dns.message.Message(id=0x1234)
        query.flags = dns.flags.RD * self.rd | dns.flags.CD * self.cd
        its_class = dns.rdataclass.from_text(rdclass[0] if rdclass else "IN")
        query.question = [dns.rrset.RRset(dns.name.from_text(name), its_class, dns.rdatatype.from_text(rdtype))]
        edns = self.effective_edns
        if edns:
            options: list[dns.edns.Option] = [
                dns.edns.GenericOption(dns.edns.OptionType.make(code), data)
                for code, data in octets_of(edns.options) + self.subnet_option(scope=0)
            ]
            query.use_edns(edns.version, dns.flags.DO * edns.do, edns.payload, options=options)
        return query.to_wire()

    @property
    def effective_edns(self) -> Edns | None:
        """EDNS of the query: a client subnet brings it along."""
        return self.edns or (Edns() if self.subnet else None)

    def subnet_option(self, scope: int) -> list[tuple[int, bytes]]:
        """The client subnet as an option with this scope (RFC 7871 §6), if there is one."""
        if self.subnet is None:
            return []
        address, length = self.subnet.split("/")
        packed = ip_address(address).packed
        family = 1 if len(packed) == 4 else 2
        return [(8, bytes([0, family, int(length), scope]) + packed[: (int(length) + 7) // 8])]

    @property
    def prefix(self) -> tuple[str, int] | None:
        """The client subnet as `Engine.explain` takes it."""
        if self.subnet is None:
            return None
        address, length = self.subnet.split("/")
        return address, int(length)


class Table(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    zone: list[Zone]
    case: list[Case]
    section: str = ""
    sets: dict[str, list[str]] = {}
    settings: Settings = Settings()
    place: list[Place] = []
    cidr: list[Cidr] = []
    latency: Latency | None = None
    view: list[View] = []

    def records(self, lines: list[str] | str) -> list[Record]:
        """The records of a section, sorted: given as lines, or as the name of a set."""
        return sorted(map(record, self.sets[lines] if isinstance(lines, str) else lines))

    def serve(self, shards: int) -> Engine:
        """An engine that serves the table's zones, each in `shards` shards, with its places in force."""
        coordinates = self.settings.coordinates
        engine = Engine(
            reciprocal_bias=self.settings.reciprocal_bias,
            coordinates=coordinates and (hundredths(coordinates[0]), hundredths(coordinates[1])),
            cookie_secrets=[bytes.fromhex(secret) for secret in self.settings.cookie_secrets],
            cookies_required=self.settings.cookies_required,
            identity=self.settings.identity,
            version=self.settings.version,
            allow=None if self.settings.allow is None else blocks(self.settings.allow),
            deny=blocks(self.settings.deny),
            udp_payload_without_cookie=self.settings.udp_payload_without_cookie,
        )
        for kind, octets in places(self.place, self.cidr, self.latency):
            engine.set_place(kind, octets)
        engine.set_place("views", _views(self.view))
        for number, zone in enumerate(self.zone):
            assert engine.publish(*images(zone, f"Z{number}", shards))
        return engine


def blocks(networks: Sequence[str]) -> list[tuple[str, int]]:
    """Networks as address and prefix length."""
    return [(address, int(length)) for address, length in (network.split("/") for network in networks)]


def load(folder: str) -> dict[str, Table]:
    """All tables of a folder below `tests`, by file name without its ending."""
    paths = sorted((TESTS / folder).glob("*.toml"))
    return {path.stem: msgspec.toml.decode(path.read_bytes(), type=Table) for path in paths}


def hundredths(degrees: float) -> int:
    """Degrees, of at most two decimals, as hundredths."""
    assert abs(round(degrees * 100) - degrees * 100) < 1e-6
    return round(degrees * 100)


def places(rows: list[Place], collections: list[Cidr], latencies: Latency | None) -> list[tuple[str, bytes]]:
    """The tables for `Engine.set_place`, by kind, from the control plane's writers."""
    found = [("geo", _geo(rows))]
    for collection in collections:
        blocks = [(block, location) for location, blocks in collection.blocks.items() for block in blocks]
        found.append((f"cidr/{collection.id}", cidr.encode(blocks)))
    if latencies:
        found.append(("latency", _latency(latencies)))
    return found


def _views(rows: list[View]) -> bytes:
    places = [
        views.Place(
            row.id, row.continent, row.country, row.subdivision, hundredths(row.latitude), hundredths(row.longitude)
        )
        for row in rows
    ]
    return views.write(places, [[ip_network(client) for client in row.clients] for row in rows])


def _geo(rows: list[Place]) -> bytes:
    networks = [(ip_network(row.network), _place(row)) for row in rows]
    networks.sort(key=lambda pair: (pair[0].version, int(pair[0].network_address)))
    return table.make(table.About("a table of cases", "2026-06-05"), networks).encode()


def _place(row: Place) -> table.Place:
    point = None if row.latitude is None else (hundredths(row.latitude), hundredths(row.longitude))
    return table.Place(row.continent, row.country, row.subdivision, point)


def _latency(latencies: Latency) -> bytes:
    regions = {
        region.id: PlacedRegion(region.id, (hundredths(region.latitude), hundredths(region.longitude)))
        for region in latencies.regions
    }
    by_level: dict[latency.Level, dict[IPv4Network | IPv6Network, dict[str, latency.Estimate]]]
    by_level = {latency.Level.SITE: {}, latency.Level.NETWORK: {}}
    for row in latencies.measured:
        network = ip_network(row.network)
        level = {24: latency.Level.SITE, 48: latency.Level.SITE}.get(network.prefixlen, latency.Level.NETWORK)
        by_level[level].setdefault(network, {})[row.region] = latency.Estimate(row.ms, 10, 1, level)
    measured = latency.Measured(0, by_level[latency.Level.SITE], by_level[latency.Level.NETWORK], {}, 0, {})
    return latency.encode(regions, Prior(latencies.base_ms, latencies.ms_per_km, {}, {}), measured)


def octets_of(options: list[tuple[int, str]]) -> list[tuple[int, bytes]]:
    """EDNS options with their data as octets."""
    return [(code, bytes.fromhex(data)) for code, data in options]


def record(line: str) -> Record:
    """Read `owner TTL TYPE RDATA`."""
    owner, ttl, rdtype, rdata = line.split(maxsplit=3)
    return wire(owner).lower(), int(dns.rdatatype.from_text(rdtype)), int(ttl), _rdata(rdtype, rdata)


def wire(name: str) -> bytes:
    """An absolute name in wire form, in the letter case given."""
    return octets(dns.name.from_text(name, origin=None))


def octets(value: dns.name.Name | dns.rdata.Rdata) -> bytes:
    """The wire form of what dnspython holds, uncompressed, letter case kept."""
    wire = value.to_wire()
    assert wire is not None
    return wire


def images(zone: Zone, zone_id: str, shards: int) -> tuple[bytes, list[bytes]]:
    """A zone as head and shards, version 1, in the structures of the image but by no code of the compiler's."""
    apex = wire(zone.apex)
    names: dict[bytes, dict[int, image.Group]] = defaultdict(dict)
    for (owner, rtype), target in _record_sets(zone.records).items():
        names[owner][rtype] = image.Group("simple", [image.Arm(target)])
    soa, ns = (names[apex][rtype].arms[0].target for rtype in (6, 2))
    assert isinstance(soa, image.Records)
    assert isinstance(ns, image.Records)
    for group in zone.group:
        rtype = int(dns.rdatatype.from_text(group.type))
        names[wire(group.owner)][rtype] = image.Group(group.kind, _arms(zone, group), group.collection)
    for owner in list(names):
        for above in from_wire(owner).between(from_wire(apex)):
            names[above.wire]  # An empty non-terminal, if nothing else stands there.
    head = image.Head(
        format=image.FORMAT,
        zone_id=zone_id,
        version=1,
        apex=apex,
        rank=zone.rank,
        soa=soa,
        ns=ns,
        shard_versions=[1] * shards,
        view=zone.views[0] if zone.views else None,
        views=zone.views,
    )
    return image.encode(head), [image.encode(_shard(zone, zone_id, index, shards, names)) for index in range(shards)]


def _shard(zone: Zone, zone_id: str, index: int, count: int, names: dict[bytes, dict[int, image.Group]]) -> image.Shard:
    def is_here(owner: bytes) -> bool:
        return from_wire(owner).slot * count // 4096 == index

    return image.Shard(
        format=image.FORMAT,
        zone_id=zone_id,
        index=index,
        count=count,
        version=1,
        names={owner: groups for owner, groups in names.items() if is_here(owner)},
        groups={
            group.id: image.HiddenGroup(
                group.kind, _arms(zone, group), group.collection, type=int(dns.rdatatype.from_text(group.type))
            )
            for group in zone.hidden
            if is_here(wire(group.owner))
        },
    )


def _record_sets(lines: str) -> dict[tuple[bytes, int], image.Records]:
    found: dict[tuple[bytes, int], image.Records] = {}
    for owner, rtype, ttl, rdata in (record(line) for line in lines.splitlines() if line.strip()):
        found.setdefault((owner, rtype), image.Records(ttl, [])).rdata.append(rdata)
    return found


def _arms(zone: Zone, group: Group) -> list[image.Arm]:
    return [
        image.Arm(
            target=_target(zone, group, arm),
            id=arm.id,
            health=arm.health,
            evaluate_target=arm.evaluate_target,
            weight=arm.weight,
            secondary=arm.secondary,
            continent=arm.continent,
            country=arm.country,
            subdivision=arm.subdivision,
            latitude=hundredths(arm.latitude),
            longitude=hundredths(arm.longitude),
            bias=arm.bias,
            region=arm.region,
            location=arm.location,
        )
        for arm in group.arms
    ]


def _target(zone: Zone, group: Group, arm: Arm) -> image.Target:
    if arm.values is not None:
        return image.Records(arm.ttl, [_rdata(group.type, value) for value in arm.values])
    rtype = int(dns.rdatatype.from_text(group.type))
    if arm.alias:
        return image.ToGroup(wire(arm.alias), rtype)
    if arm.hidden:
        placed = [hidden.owner for hidden in zone.hidden if hidden.id == arm.hidden]
        return image.ToHidden(arm.hidden, wire(placed[0] if placed else zone.apex))
    assert arm.outside
    return image.ToOutside(wire(arm.outside), rtype)


def _rdata(rdtype: str, text: str) -> bytes:
    number = dns.rdatatype.from_text(rdtype)
    return octets(dns.rdata.from_text(dns.rdataclass.IN, number, text, origin=None, relativize=False))

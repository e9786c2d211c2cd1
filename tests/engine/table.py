"""The tables of `tests/vectors/answers` and `tests/vectors/decisions`; their README says what each key means."""

from __future__ import annotations

from collections import defaultdict
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

VECTORS = Path(__file__).parent.parent / "vectors"

# Owner in lower-case wire form, type, TTL, RDATA octets.
Record = tuple[bytes, int, int, bytes]


class Arm(msgspec.Struct, forbid_unknown_fields=True):
    id: str = ""
    weight: int = 0
    secondary: bool = False
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
    id: str = ""


class Zone(msgspec.Struct, forbid_unknown_fields=True):
    apex: str
    records: str
    rank: int = 0
    view: str | None = None
    group: list[Group] = []
    hidden: list[Group] = []


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
    options: list[tuple[int, str]] = []
    size: int = 65_535
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
        if self.edns:
            options: list[dns.edns.Option] = [
                dns.edns.GenericOption(dns.edns.OptionType.make(code), data)
                for code, data in octets_of(self.edns.options)
            ]
            query.use_edns(self.edns.version, dns.flags.DO * self.edns.do, self.edns.payload, options=options)
        return query.to_wire()


class Table(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    zone: list[Zone]
    case: list[Case]
    sets: dict[str, list[str]] = {}

    def records(self, lines: list[str] | str) -> list[Record]:
        """The records of a section, sorted: given as lines, or as the name of a set."""
        return sorted(map(record, self.sets[lines] if isinstance(lines, str) else lines))

    def serve(self, shards: int) -> Engine:
        """An engine that serves the table's zones, each in `shards` shards."""
        engine = Engine()
        for number, zone in enumerate(self.zone):
            assert engine.publish(*images(zone, f"Z{number}", shards))
        return engine


def load(folder: str) -> dict[str, Table]:
    """All tables of a folder, by file name without its ending."""
    paths = sorted((VECTORS / folder).glob("*.toml"))
    return {path.stem: msgspec.toml.decode(path.read_bytes(), type=Table) for path in paths}


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
        names[wire(group.owner)][rtype] = image.Group(group.kind, _arms(zone, group))
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
        view=zone.view,
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
            group.id: image.HiddenGroup(group.kind, _arms(zone, group), type=int(dns.rdatatype.from_text(group.type)))
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

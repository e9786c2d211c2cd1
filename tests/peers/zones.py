"""
Zones made from a seed, for servers to disagree about, and questions to ask them.

A zone is made of families: hosts, services, texts, chains and loops of CNAMEs, wildcards,
delegations, what is tangled in them, empty non-terminals, odd names. Each draw of a family adds a
few record sets under a label of its own, so any number of them makes a valid zone: no CNAME beside
other data, one TTL a record set, no NS at a wildcard. The same seed makes the same zone and the
same questions.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import dns.exception
import dns.name
from dns.name import Name
from dns.rdatatype import RdataType

APEX = dns.name.from_text("seeded.test.")

# First label of name servers that a delegation names and the zone has no address for.
MISSING_SERVER = "nowhere"

# Types asked of any name: all that a hosted zone holds, and three that it does not.
_TYPE_NAMES = """
A NS CNAME SOA PTR MX TXT AAAA SRV NAPTR DS SSHFP TLSA SVCB HTTPS SPF CAA DNSKEY LOC TYPE65280
"""
TYPES = tuple(RdataType.make(text) for text in _TYPE_NAMES.split())

_ODD_LABELS = (
    b"a b", b"dot.inside", b'quo"te', b"at@sign", b"semi;colon", b"par(en)", b"dollar$", b"back\\slash",
    b"\x00", b"\xff\xfe", b"\x7f", b"UPPER", b"MiXeD", b"_under", b"-dash-", b"0", b"st*r", b"*x", b"x*", b"**",
    b"l" * 63, b"\xc3\xa9t\xc3\xa9",
)  # fmt: skip
_OUTSIDE = tuple(
    dns.name.from_text(text)
    for text in (".", "test.", "other.test.", "notseeded.test.", "www.outside.example.", "test.seeded.")
)


class Record(NamedTuple):
    """One line of a master file; `data` in presentation form with absolute names."""

    owner: Name
    ttl: int
    type: str
    data: str


class Zone(NamedTuple):
    """An apex, and every record of the zone, SOA first."""

    apex: Name
    records: tuple[Record, ...]


class Question(NamedTuple):
    """A name, in the case in which it is sent, and a type."""

    name: Name
    type: RdataType

    def __str__(self) -> str:
        return f"{self.name} {self.type.name if self.type in RdataType else f'TYPE{int(self.type)}'}"


class _Maker:
    """A zone in the making."""

    def __init__(self, seed: int, apex: Name) -> None:
        self.draw = random.Random(seed)
        self.apex = apex
        self.records: list[Record] = []
        self.hosts: list[Name] = []
        self.branches: list[Name] = []
        self.cuts: list[Name] = []
        self.starred: set[Name] = set()  # branches with a wildcard of their own
        self._labels = 0

    def add(self, owner: Name, rdatatype: str, *data: str) -> None:
        """Add a record set under a TTL of its own."""
        ttl = self.draw.choice((0, 30, 60, 300, 3600, 86400))
        self.records.extend(Record(owner, ttl, rdatatype, each) for each in dict.fromkeys(data))

    def label(self) -> bytes:
        """A label that no other has been given, its case mixed now and then."""
        self._labels += 1
        text = f"{self.draw.choice(('n', 'web', 'db-', 'Cache', 'x'))}{self._labels}"
        return text.encode()

    def name(self) -> Name:
        """A name that no other has been given: at the apex or in a branch, under an empty non-terminal or not."""
        name = _below(self.draw.choice((self.apex, self.draw.choice(self.branches))), self.label())
        while self.draw.random() < 0.15 and len(name) < 8:
            name = _below(name, self.label())
        return name

    def host(self) -> str:
        """A name with an address in this zone, or outside it one time in five."""
        if self.draw.random() < 0.2:
            return f"host{self.draw.randrange(50)}.elsewhere.test."
        return self.draw.choice(self.hosts).to_text()

    def addresses(self) -> list[str]:
        """One to four IPv4 addresses."""
        return [f"10.{self._octet()}.{self._octet()}.{self._octet()}" for _ in range(self.draw.randint(1, 4))]

    def addresses_6(self) -> list[str]:
        """One or two IPv6 addresses."""
        return [f"2001:db8::{self.draw.randrange(1, 1 << 16):x}" for _ in range(self.draw.randint(1, 2))]

    def hex(self, octets: int) -> str:
        """So many random octets in hexadecimal."""
        return self.draw.randbytes(octets).hex()

    def _octet(self) -> int:
        return self.draw.randrange(256)


def generate(seed: int, count: int = 100_000, apex: Name = APEX, branches: int = 200) -> Zone:
    """
    Make a zone of at least `count` records, by a few at most.

    Args:
        branches: Names under which most others stand; with few of them, families meet more often.
    """
    make = _Maker(seed, apex)
    _apex(make)
    for index in range(branches):
        make.branches.append(_below(make.draw.choice([apex, *make.branches]), b"b%d" % index))
    for _ in range(20):
        _host(make)
    families = list(_FAMILIES)
    weights = list(_FAMILIES.values())
    while len(make.records) < count:
        make.draw.choices(families, weights)[0](make)
    return Zone(apex, tuple(make.records))


def write(zone: Zone, file: Path) -> None:
    """Write a master file: absolute owners, one record a line, no directives (RFC 1035 §5.1)."""
    with file.open("w") as out:
        out.writelines(f"{owner} {ttl} IN {rdatatype} {data}\n" for owner, ttl, rdatatype, data in zone.records)


def questions(zone: Zone, seed: int, count: int) -> list[Question]:
    """Sample questions: existing names, names that do not exist, wildcards, delegations, names out of the zone."""
    draw = random.Random(seed)
    kinds = list(_QUESTIONS)
    weights = list(_QUESTIONS.values())
    grounds = _Grounds(zone)
    asked: list[Question] = []
    while len(asked) < count:
        try:
            name, rdatatype = draw.choices(kinds, weights)[0](draw, grounds)
        except dns.exception.DNSException:  # the name would be too long
            continue
        asked.append(Question(_mixed_case(draw, name) if draw.random() < 0.3 else name, rdatatype))
    return asked


# ---------- families ----------


def _apex(make: _Maker) -> None:
    apex = make.apex
    make.records.append(
        Record(apex, 900, "SOA", f"ns1.{apex} hostmaster.{apex} 1 7200 900 1209600 300")
    )  # negative TTL 300: the minimum is smaller than the SOA's own TTL
    make.add(apex, "NS", f"ns1.{apex}", f"ns2.{apex}", "ns.elsewhere.test.")
    make.add(_below(apex, b"ns1"), "A", "192.0.2.1")
    make.add(_below(apex, b"ns1"), "AAAA", "2001:db8::1")
    make.add(_below(apex, b"ns2"), "A", "192.0.2.2")
    make.add(apex, "MX", f"10 mail.{apex}", "20 mail.elsewhere.test.")
    make.add(_below(apex, b"mail"), "A", "192.0.2.3")
    make.add(apex, "TXT", '"v=spf1 -all"')


def _host(make: _Maker) -> None:
    name = make.name()
    make.add(name, "A", *make.addresses())
    if make.draw.random() < 0.4:
        make.add(name, "AAAA", *make.addresses_6())
    make.hosts.append(name)


def _mail(make: _Maker) -> None:
    preferences = range(10, 10 * make.draw.randint(2, 5), 10)
    make.add(make.name(), "MX", *(f"{preference} {make.host()}" for preference in preferences))


def _service(make: _Maker) -> None:
    name = make.name()
    service = _below(_below(name, b"_tcp"), b"_sip")
    make.add(service, "SRV", *(f"{priority} 5 5060 {make.host()}" for priority in (10, 20)))
    make.add(_below(_below(name, b"_tcp"), b"_443"), "TLSA", f"3 1 1 {make.hex(32)}")
    make.add(name, "NAPTR", '100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .', f'100 20 "s" "" "" {service}')
    make.add(name, "SSHFP", f"4 2 {make.hex(32)}", f"1 1 {make.hex(20)}")
    make.add(name, "CAA", '0 issue "ca.example.net"', '128 iodef "mailto:security@example.net"')


def _binding(make: _Maker) -> None:
    name = make.name()
    make.add(name, "HTTPS", f'1 {make.host()} alpn="h2,h3" port=8443', "2 . ipv4hint=192.0.2.9 ipv6hint=2001:db8::9")
    make.add(make.name(), "HTTPS", f"0 {make.host()}")
    make.add(_below(name, b"_dns"), "SVCB", f'1 {make.host()} mandatory=alpn alpn="dot" key65000="x y"')


def _text(make: _Maker) -> None:
    """Texts of one string or many; one in four is too long for an answer over UDP."""
    name = make.name()
    if make.draw.random() < 0.25:
        make.add(name, "TXT", " ".join(_long_string(make) for _ in range(make.draw.randint(4, 12))))
    else:
        make.add(name, "TXT", *(_string(make) for _ in range(make.draw.randint(1, 3))))
    if make.draw.random() < 0.2:
        make.add(name, "SPF", '"v=spf1 mx -all"')


def _string(make: _Maker) -> str:
    """A character-string, or two, with everything in it that needs an escape now and then."""
    plain = f'"token={make.hex(16)}"'
    return make.draw.choice((plain, f'{plain} ""', '"semi; quote \\" back\\\\slash \\000\\009\\127\\255"'))


def _long_string(make: _Maker) -> str:
    """A character-string of about 200 octets."""
    return f'"{make.hex(make.draw.randint(80, 127))}"'


def _pointer(make: _Maker) -> None:
    make.add(make.name(), "PTR", make.host())


def _chain(make: _Maker) -> None:
    """CNAMEs one after the other; the last leads into the zone, out of it, or to a name that is not there."""
    names = [make.name() for _ in range(make.draw.choice((1, 1, 2, 3, 5, 8)))]
    ends = [make.host(), make.host(), f"missing{make.draw.randrange(1000)}.{make.apex}", "www.elsewhere.test."]
    ends += [make.draw.choice(make.branches).to_text(), make.apex.to_text(), f"x.y.{make.draw.choice(make.hosts)}"]
    if make.cuts:
        ends += [f"www.{make.draw.choice(make.cuts)}"]
    targets = [*(name.to_text() for name in names[1:]), make.draw.choice(ends)]
    for name, target in zip(names, targets, strict=True):
        make.add(name, "CNAME", target)


def _loop(make: _Maker) -> None:
    names = [make.name() for _ in range(make.draw.randint(1, 3))]
    for name, target in zip(names, names[1:] + names[:1], strict=True):
        make.add(name, "CNAME", target.to_text())


def _wildcard(make: _Maker) -> None:
    """A wildcard, and sometimes names beside it and below it that close it off (RFC 4592 §2.2)."""
    base = make.name()
    if make.draw.random() < 0.3:
        base = make.draw.choice(make.branches)
        if base in make.starred:
            return
        make.starred.add(base)
    star = _below(base, b"*")
    make.add(star, "A", *make.addresses())
    if make.draw.random() < 0.5:
        make.add(star, "MX", f"10 {make.host()}")
    if make.draw.random() < 0.5:
        make.add(_below(base, make.label()), "TXT", '"beside the wildcard"')
    if make.draw.random() < 0.5:
        make.add(_below(_below(base, make.label()), b"leaf"), "A", *make.addresses())
    if make.draw.random() < 0.3:
        make.add(_below(_below(base, make.label()), b"*"), "AAAA", *make.addresses_6())
    if make.draw.random() < 0.2:
        make.add(_below(star, make.label()), "A", *make.addresses())
    if make.draw.random() < 0.2:
        _cut(make, _below(base, make.label()))


def _wildcard_cname(make: _Maker) -> None:
    """A wildcard that is an alias: into the zone, out of it, or to a name that it covers itself."""
    base = make.name()
    own = _below(_below(base, make.label()), b"y")
    make.add(_below(base, b"*"), "CNAME", make.draw.choice((make.host(), "*.elsewhere.test.", f"own.{base}")))
    if make.draw.random() < 0.5:
        make.add(own, "A", *make.addresses())


def _asterisk(make: _Maker) -> None:
    """An asterisk label that has no data itself: an empty non-terminal that is a source of synthesis all the same."""
    make.add(_below(_below(make.name(), b"*"), make.label()), "A", *make.addresses())


def _delegation(make: _Maker) -> None:
    _cut(make, make.name())


def _cut(make: _Maker, cut: Name) -> None:
    """A zone cut: name servers inside with glue, beside it, outside, or without glue; things below it sometimes."""
    make.cuts.append(cut)
    inside = [_below(cut, b"ns1"), _below(_below(cut, b"b"), b"ns2")]
    style = make.draw.choice(("inside", "inside", "beside", "outside", "self", "missing", "mixed"))
    servers = {
        "inside": inside,
        "beside": [make.draw.choice(make.hosts)],
        "outside": [dns.name.from_text("ns1.elsewhere.test."), dns.name.from_text("ns2.elsewhere.test.")],
        "self": [cut],
        "missing": [_below(cut, MISSING_SERVER.encode())],
        "mixed": [inside[0], dns.name.from_text("ns1.elsewhere.test."), make.draw.choice(make.hosts)],
    }[style]
    make.add(cut, "NS", *(server.to_text() for server in servers))
    for server in servers:
        if server.is_subdomain(cut) and style != "missing":
            make.add(server, "A", *make.addresses())
            make.add(server, "AAAA", *make.addresses_6())
    if make.draw.random() < 0.4:
        make.add(cut, "DS", f"{make.draw.randrange(65536)} 13 2 {make.hex(32)}")
    if make.draw.random() < 0.4:
        _occluded(make, cut)


def _occluded(make: _Maker, cut: Name) -> None:
    """Records below a cut that are nobody's glue; the zone holds them and must not answer with them."""
    make.add(_below(cut, b"hidden"), "A", *make.addresses())
    make.add(_below(cut, b"hidden"), "TXT", '"occluded"')
    make.add(_below(_below(cut, b"deep"), b"hidden"), "MX", f"10 {make.host()}")
    make.add(_below(cut, b"*"), "A", *make.addresses())
    make.add(_below(cut, b"alias"), "CNAME", make.host())
    make.add(_below(cut, b"sub"), "NS", "ns1.elsewhere.test.")
    make.add(cut, "TXT", '"at the cut"')


def _tangled(make: _Maker) -> None:
    """Delegations that need each other's glue, and names that lead below them: by CNAME, by wildcard, by both."""
    base = make.name()
    one, other = _below(base, make.label()), _below(base, make.label())
    make.cuts += [one, other]
    make.add(one, "NS", _below(other, b"ns").to_text(), _below(_below(one, b"x"), b"ns").to_text())
    make.add(other, "NS", _below(one, b"ns").to_text())
    make.add(_below(one, b"ns"), "A", *make.addresses())
    make.add(_below(other, b"ns"), "A", *make.addresses())
    if make.draw.random() < 0.5:
        make.add(_below(_below(one, b"x"), b"ns"), "A", *make.addresses())
    below = f"www.{make.draw.choice((one, other))}"
    make.add(_below(base, make.label()), "CNAME", below)
    make.add(_below(base, make.label()), "CNAME", one.to_text())
    make.add(_below(_below(base, make.label()), b"*"), "CNAME", make.draw.choice((below, f"ns.{other}")))
    make.add(_below(_below(base, make.label()), b"*"), "CNAME", f"nobody.{make.draw.choice(make.branches)}")
    if make.draw.random() < 0.5:
        make.add(_below(base, b"*"), "TXT", '"beside cuts"')


def _hollow(make: _Maker) -> None:
    """Empty non-terminals above each other, above a wildcard, and above a cut."""
    base = make.name()
    for leaf in (b"*", make.label(), b"cut"):
        deep = _below(_below(_below(base, make.label()), make.label()), leaf)
        if leaf == b"cut":
            make.cuts.append(deep)
            make.add(deep, "NS", f"ns1.{deep}")
            make.add(_below(deep, b"ns1"), "A", *make.addresses())
        else:
            make.add(deep, "PTR", make.host())


def _odd(make: _Maker) -> None:
    """A name with characters that need care; the longest name that can be, now and then."""
    parent = make.name()
    name = _below(parent, make.draw.choice(_ODD_LABELS))
    make.add(name, "TXT", '"odd"')
    make.add(_below(_below(parent, make.draw.choice(_ODD_LABELS)), b"below"), "CNAME", name.to_text())
    if make.draw.random() < 0.2:
        make.add(_longest(_below(make.apex, make.label())), "A", *make.addresses())


def _longest(name: Name) -> Name:
    """255 octets on the wire, ending in `name`."""
    while (room := 255 - _octets(name)) > 1:
        name = _below(name, b"a" * min(63, room - 1 if room != 65 else 62))
    return name


def _octets(name: Name) -> int:
    return sum(len(label) + 1 for label in name.labels)


# How often each family is drawn.
_FAMILIES: dict[Callable[[_Maker], None], int] = {
    _host: 40,
    _mail: 4,
    _service: 4,
    _binding: 3,
    _text: 8,
    _pointer: 3,
    _chain: 8,
    _loop: 1,
    _wildcard: 6,
    _wildcard_cname: 3,
    _asterisk: 2,
    _delegation: 10,
    _tangled: 2,
    _hollow: 2,
    _odd: 4,
}


# ---------- questions ----------


class _Grounds:
    """What of a zone questions are sampled from."""

    def __init__(self, zone: Zone) -> None:
        self.apex = zone.apex
        self.types: dict[Name, set[str]] = {}
        for record in zone.records:
            self.types.setdefault(record.owner, set()).add(record.type)
        self.owners = list(self.types)
        self.sets = [(owner, rdatatype) for owner, types in self.types.items() for rdatatype in sorted(types)]
        self.cuts = [owner for owner, types in self.types.items() if "NS" in types and owner != zone.apex]
        self.empty = sorted({above for owner in self.owners for above in self._above(owner)} - set(self.owners))
        self.stars = [owner for owner in self.owners if b"*" in owner.labels]

    def _above(self, owner: Name) -> Iterator[Name]:
        while len(owner) > len(self.apex) + 1:
            owner = owner.parent()
            yield owner


def _existing_set(draw: random.Random, grounds: _Grounds) -> Question:
    owner, rdatatype = draw.choice(grounds.sets)
    return Question(owner, RdataType.make(rdatatype))


def _existing_name(draw: random.Random, grounds: _Grounds) -> Question:
    return Question(draw.choice(grounds.owners), draw.choice(TYPES))


def _sibling(draw: random.Random, grounds: _Grounds) -> Question:
    owner = draw.choice(grounds.owners)
    return Question(_below(owner.parent() if owner != grounds.apex else owner, _random_label(draw)), _common(draw))


def _under_existing(draw: random.Random, grounds: _Grounds) -> Question:
    return Question(_deeper(draw, draw.choice(grounds.owners)), _common(draw))


def _empty_non_terminal(draw: random.Random, grounds: _Grounds) -> Question:
    return Question(draw.choice(grounds.empty), _common(draw))


def _under_empty(draw: random.Random, grounds: _Grounds) -> Question:
    return Question(_deeper(draw, draw.choice(grounds.empty)), _common(draw))


def _by_wildcard(draw: random.Random, grounds: _Grounds) -> Question:
    star = draw.choice(grounds.stars)
    parent = Name(star.labels[star.labels.index(b"*") + 1 :])
    return Question(_deeper(draw, parent), _common(draw))


def _the_wildcard(draw: random.Random, grounds: _Grounds) -> Question:
    return Question(draw.choice(grounds.stars), _common(draw))


def _at_cut(draw: random.Random, grounds: _Grounds) -> Question:
    return Question(draw.choice(grounds.cuts), draw.choice((*TYPES, RdataType.DS, RdataType.DS, RdataType.NS)))


def _under_cut(draw: random.Random, grounds: _Grounds) -> Question:
    return Question(_deeper(draw, draw.choice(grounds.cuts)), draw.choice(TYPES))


def _outside(draw: random.Random, grounds: _Grounds) -> Question:
    name = draw.choice(_OUTSIDE)
    return Question(name if draw.random() < 0.5 else _deeper(draw, name), _common(draw))


# How often each kind of question is drawn.
_QUESTIONS: dict[Callable[[random.Random, _Grounds], Question], int] = {
    _existing_set: 30,
    _existing_name: 10,
    _sibling: 15,
    _under_existing: 12,
    _empty_non_terminal: 6,
    _under_empty: 4,
    _by_wildcard: 10,
    _the_wildcard: 2,
    _at_cut: 5,
    _under_cut: 5,
    _outside: 1,
}


def _common(draw: random.Random) -> RdataType:
    return draw.choice((RdataType.A, RdataType.A, RdataType.A, RdataType.AAAA, *TYPES))


def _deeper(draw: random.Random, name: Name) -> Name:
    for _ in range(draw.choice((1, 1, 2, 3))):
        name = _below(name, _random_label(draw))
    return name


def _random_label(draw: random.Random) -> bytes:
    return draw.choice((b"www", b"zz%d" % draw.randrange(10**6), b"hidden", b"*", b"_tcp", draw.choice(_ODD_LABELS)))


def _mixed_case(draw: random.Random, name: Name) -> Name:
    return Name(bytes(draw.choice((o, _other_case(o))) for o in label) for label in name.labels)


def _other_case(octet: int) -> int:
    return octet ^ 0x20 if chr(octet).isascii() and chr(octet).isalpha() else octet


def _below(name: Name, label: bytes) -> Name:
    return Name((label, *name.labels))

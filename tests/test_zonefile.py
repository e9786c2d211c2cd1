from __future__ import annotations

from pathlib import Path
from typing import Any

import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian import zonefile
from meridian.errors import MeridianError
from meridian.model.name import parse
from meridian.model.record import (
    AliasTarget,
    CidrRoutingConfig,
    Coordinates,
    GeoLocation,
    GeoProximityLocation,
    RecordSet,
)

APEX = parse("example.com")
SOA = "@ 900 IN SOA ns1 host 1 7200 900 1209600 86400\n"


def read(folder: Path, text: str) -> zonefile.ZoneFile:
    file = folder / "zone"
    file.write_text("$TTL 300\n" + text)
    return zonefile.read(file, APEX)


@pytest.mark.parametrize(
    ("line", "name", "rtype", "ttl", "values"),
    [
        ("www A 192.0.2.1", "www.example.com.", "A", 300, ["192.0.2.1"]),
        ("WWW 60 IN A 192.0.2.1", "www.example.com.", "A", 60, ["192.0.2.1"]),
        ("*.w A 192.0.2.1", "\\052.w.example.com.", "A", 300, ["192.0.2.1"]),
        ("a\\.b A 192.0.2.1", "a\\056b.example.com.", "A", 300, ["192.0.2.1"]),
        ("@ MX 10 mail", "example.com.", "MX", 300, ["10 mail.example.com."]),
        ('t TXT "a b" "c;d"', "t.example.com.", "TXT", 300, ['"a b" "c;d"']),
        ('t TXT "\\255\\"\\\\"', "t.example.com.", "TXT", 300, ['"\\377\\"\\\\"']),
        ("w A 192.0.2.1\nw A 192.0.2.2", "w.example.com.", "A", 300, ["192.0.2.1", "192.0.2.2"]),
    ],
)
def test_record(tmp_path: Path, line: str, name: str, rtype: str, ttl: int, values: list[str]) -> None:
    """A line of a master file becomes the record set that the API would take, in the API's own text."""
    (found,) = read(tmp_path, line + "\n").record_sets
    assert (found.name.text, found.type, found.ttl, list(found.values)) == (name, rtype, ttl, values)


def test_order(tmp_path: Path) -> None:
    """Record sets come by slot, those of one name together and NS before DS, so that each batch is possible."""
    found = read(tmp_path, "".join(f"n{n} DS 1 8 2 {'00' * 32}\nn{n} NS ns.other.test.\n" for n in range(50)))
    assert [item.name.slot for item in found.record_sets] == sorted(item.name.slot for item in found.record_sets)
    assert [item.type for item in found.record_sets] == ["NS", "DS"] * 50


def test_signing_is_left_out(tmp_path: Path) -> None:
    """What belongs to a signature that we do not make is left out and counted."""
    found = read(tmp_path, SOA + "@ DNSKEY 257 3 13 AAAA\n@ NSEC www.example.com. SOA\n")
    assert [item.type for item in found.record_sets] == ["SOA"]
    assert found.skipped == {"DNSKEY": 1, "NSEC": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("www A 192.0.2.1\nwww A 192.0.2.300\n", r"zone:3: "),
        ("www BOGUS x\n", r"zone:2: "),
        (
            "l LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m\n",
            r"l\.example\.com\. LOC: a hosted zone cannot",
        ),
        ("$INCLUDE missing.zone\n", "missing.zone"),
    ],
)
def test_error(tmp_path: Path, text: str, message: str) -> None:
    """What is wrong is named by file and line, or by name and type."""
    with pytest.raises(MeridianError, match=message):
        read(tmp_path, text)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(MeridianError, match="nowhere: No such file"):
        zonefile.read(tmp_path / "nowhere", APEX)


def a(name: str, values: int) -> RecordSet:
    return RecordSet(parse(name), "A", ttl=60, values=("192.0.2.111",) * values)


@given(st.lists(st.integers(1, 20), max_size=60), st.integers(1, 9), st.integers(11, 500))
def test_batches(sizes: list[int], most: int, octets: int) -> None:
    """Batches keep everything in order; each is closed by its number or its octets, and by nothing else."""
    record_sets = [a(f"n{number}.example.com", size) for number, size in enumerate(sizes)]
    batches = list(zonefile.batches(record_sets, record_sets=most, octets=octets))
    assert [item for batch in batches for item in batch] == record_sets
    for batch in batches[:-1]:
        assert len(batch) == most or 11 * sum(len(item.values) for item in batch) >= octets
    for batch in batches:
        assert 0 < len(batch) <= most
        assert 11 * sum(len(item.values) for item in batch[:-1]) < octets


@pytest.mark.parametrize("other", ["w A 192.0.2.1", "w CNAME other"])
def test_beside_a_cname(tmp_path: Path, other: str) -> None:
    """A CNAME beside another record is told before anything is sent (RFC 2181 §10.1)."""
    with pytest.raises(MeridianError, match=r"w\.example\.com\. \w+: a CNAME must be alone at its name"):
        read(tmp_path, f"w CNAME target\n{other}\n")


VALUES = {
    "A": ["192.0.2.1", "192.0.2.2"],
    "AAAA": ["2001:db8::1"],
    "CAA": ['0 issue "ca.example.net; x=1"'],
    "CNAME": ["target.example.net."],
    "DS": ["1 8 2 " + "00" * 32],
    "HTTPS": ['1 . alpn="h2,h3"'],
    "MX": ["10 mail.example.com."],
    "NAPTR": ['1 2 "U" "E2U+sip" "!^.*$!sip:x@example.com!" .'],
    "NS": ["ns1.example.net."],
    "PTR": ["host.example.com."],
    "SPF": ['"v=spf1 -all"'],
    "SRV": ["1 2 443 host.example.com."],
    "SSHFP": ["4 2 " + "ab" * 32],
    "SVCB": ["0 other.example.net."],
    "TLSA": ["3 1 1 " + "cd" * 32],
    "TXT": ['"a\\377\\"\\\\" "" "c;d"'],
}


@pytest.mark.parametrize("rtype", VALUES)
def test_round_trip(tmp_path: Path, rtype: str) -> None:
    """What is written is read as the same record set, whatever its type and name."""
    before = [RecordSet(parse("a\\056\\377.\\052.example.com"), rtype, ttl=60, values=tuple(VALUES[rtype]))]
    file = tmp_path / "zone"
    file.write_text("\n".join(zonefile.write(APEX, before)) + "\n")
    (after,) = zonefile.read(file, APEX).record_sets
    assert (after.name, after.type, after.ttl) == (before[0].name, rtype, 60)
    again = tmp_path / "again"
    again.write_text("\n".join(zonefile.write(APEX, [after])) + "\n")
    assert again.read_text() == file.read_text()


WWW = parse("www.example.com")
# One record set of each kind that a master file has no form for (routing.md §1, R-SET-1).
POLICIES = {
    "weighted": RecordSet(WWW, "A", "1", ttl=60, values=("192.0.2.1", "192.0.2.2"), weight=3),
    "latency": RecordSet(WWW, "A", "1", ttl=60, values=("192.0.2.1",), region="eu-west-1", health_check_id="c-1"),
    "geolocation": RecordSet(WWW, "A", "1", ttl=0, values=("192.0.2.1",), geo_location=GeoLocation(None, "US", "CA")),
    "failover": RecordSet(WWW, "TXT", '"q" ;\\', ttl=60, values=('"a\\377" "; c"',), failover="SECONDARY"),
    "multivalue": RecordSet(WWW, "AAAA", "ü", ttl=60, values=("2001:DB8::1",), multi_value_answer=True),
    "cidr": RecordSet(WWW, "A", "1", ttl=60, values=("192.0.2.1",), cidr_routing_config=CidrRoutingConfig("c", "*")),
    "geoproximity": RecordSet(
        WWW,
        "A",
        "1",
        ttl=60,
        values=("192.0.2.1",),
        geo_proximity_location=GeoProximityLocation(coordinates=Coordinates("1.5", "-2"), bias=-9),
    ),
    "alias": RecordSet(WWW, "A", alias=AliasTarget("Z2", "lb.example.net.", True)),
    "weighted alias": RecordSet(WWW, "A", "1", alias=AliasTarget("Z2", "lb.example.net.", False), weight=0),
    "wildcard": RecordSet(parse("*.\\056\\377.example.com"), "A", "1", ttl=1, values=("192.0.2.1",), weight=255),
    "checked": RecordSet(WWW, "A", ttl=60, values=("192.0.2.1",), health_check_id="c-1"),
}


def written(folder: Path, record_sets: list[RecordSet], zone_id: str = "Z1") -> list[RecordSet]:
    """What is read of what is written."""
    file = folder / "zone"
    file.write_text("\n".join(zonefile.write(APEX, record_sets, zone_id)) + "\n")
    return zonefile.read(file, APEX).record_sets


@pytest.mark.parametrize("kind", POLICIES)
def test_a_policy_comes_back(tmp_path: Path, kind: str) -> None:
    """What a master file has no form for stands in a comment, and is read as the same record set."""
    assert written(tmp_path, [POLICIES[kind]]) == [POLICIES[kind]]


def test_others_pass_over_policies(tmp_path: Path) -> None:
    """A program that knows master files alone reads the rest."""
    text = "\n".join(zonefile.write(APEX, [*POLICIES.values(), a("plain.example.com", 1)]))
    zone = dns.zone.from_text(text, "example.com", relativize=False, check_origin=False)
    assert [name.to_text() for name in zone.nodes] == ["plain.example.com."]


def test_aliases_within_the_zone(tmp_path: Path) -> None:
    """An alias within the zone leads to the zone that it is read into; aliases come after what they lead to."""
    chain = [
        RecordSet(parse(f"{n}.example.com"), "A", alias=AliasTarget("Z1", f"{n + 1}.example.com.", False))
        for n in range(9)
    ]
    found = written(tmp_path, [*chain, a("9.example.com", 1), POLICIES["weighted"]])
    assert [each.name.labels[0] for each in found] == [b"9", b"www", *(b"%d" % n for n in range(8, -1, -1))]
    again = list(zonefile.at_home(found, "Z7"))
    assert {each.alias.hosted_zone_id for each in again if each.alias} == {"Z7"}
    assert [each for each in zonefile.at_home(found, "Z1") if each.alias] == chain[::-1]


CLI53 = [
    ('w 60 A 192.0.2.1 ; AWS routing="WEIGHTED" weight=3 identifier="One"', {"weight": 3, "set_identifier": "One"}),
    (
        'w 60 A 192.0.2.1 ; AWS routing="LATENCY" region="us-west-1" identifier="a b"',
        {"region": "us-west-1", "set_identifier": "a b"},
    ),
    (
        'w 60 A 192.0.2.1 ; AWS routing="FAILOVER" failover="PRIMARY" healthCheckId="6bb5" identifier="p"',
        {"failover": "PRIMARY", "health_check_id": "6bb5", "set_identifier": "p"},
    ),
    (
        'w 60 A 192.0.2.1 ; AWS routing="GEOLOCATION" countryCode="US" subdivisionCode="AL" identifier="al"',
        {"geo_location": GeoLocation(None, "US", "AL"), "set_identifier": "al"},
    ),
    (
        'w 60 A 192.0.2.1 ; AWS routing="GEOLOCATION" continentCode="AF" identifier="\\"x\\" \\\\"',
        {"geo_location": GeoLocation("AF"), "set_identifier": '"x" \\'},
    ),
    ('w 60 A 192.0.2.1 ; AWS routing="MULTIVALUE" identifier="m"', {"multi_value_answer": True, "set_identifier": "m"}),
    ("w 60 A 192.0.2.1 ; AWS has this one too", {}),
]


@pytest.mark.parametrize(("line", "members"), CLI53)
def test_cli53(tmp_path: Path, line: str, members: dict[str, Any]) -> None:
    """What cli53 says of a record in a comment is read; other comments that begin like it are comments."""
    (found,) = read(tmp_path, line + "\n").record_sets
    assert found == RecordSet(parse("w.example.com"), "A", ttl=60, values=("192.0.2.1",), **members)


def test_cli53_records_of_one_set(tmp_path: Path) -> None:
    """Records with the same identifier are one record set, with others they are another."""
    line = 'w 60 A {} ; AWS routing="WEIGHTED" weight={} identifier="{}"\n'
    text = line.format("192.0.2.1", 1, "a") + line.format("192.0.2.2", 1, "a") + line.format("192.0.2.3", 2, "b")
    found = {each.set_identifier: (each.weight, each.values) for each in read(tmp_path, text).record_sets}
    assert found == {"a": (1, ("192.0.2.1", "192.0.2.2")), "b": (2, ("192.0.2.3",))}


def test_cli53_alias(tmp_path: Path) -> None:
    """cli53's aliases are read; `$self` stands for the zone, in which targets are relative."""
    text = (
        "alias\t86400\tAWS\tALIAS\tA www $self false\n"
        "@ 86400 AWS ALIAS AAAA lb.example.net. ZLB true\n"
        'geo 86400 AWS ALIAS A www $self false ; AWS routing="GEOLOCATION" countryCode="GB" identifier="UK"\n'
    )
    found = {each.name.text: each for each in read(tmp_path, text).record_sets}
    assert found["alias.example.com."].alias == AliasTarget("$self", "www.example.com.", False)
    assert found["example.com."].alias == AliasTarget("ZLB", "lb.example.net.", True)
    assert found["geo.example.com."].geo_location == GeoLocation(None, "GB")
    assert found["geo.example.com."].alias == AliasTarget("$self", "www.example.com.", False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("; meridian {nonsense}\n", r"zone:2: the comment is no JSON"),
        ('; meridian {"Name": "w.example.com"}\n', r"zone: .*"),
        ("; meridian [1]\nw A 192.0.2.300\n", r"zone:3: "),
        ('w A 192.0.2.1 ; AWS routing="ANYCAST" identifier="a"\n', r'zone:2: routing="ANYCAST" .* none of WEIGHTED'),
        ('w A 192.0.2.1 ; AWS routing="WEIGHTED" weight=\n', r"zone:2: .* cannot be read from here on: weight="),
    ],
)
def test_a_bad_extension(tmp_path: Path, text: str, message: str) -> None:
    """An extension that cannot be read is an error, and no comment that is passed over."""
    with pytest.raises(MeridianError, match=message):
        read(tmp_path, text)


def test_roots_of_policy_records_are_told(tmp_path: Path) -> None:
    """R-TFC-4, R-CHG-13: as a comment, which no import takes for a record set."""
    root = RecordSet(WWW, "A", ttl=60, traffic_policy_instance_id="7f5ad22e")
    text = list(zonefile.write(APEX, [root]))
    assert text[1:] == ["; www.example.com. A traffic policy instance 7f5ad22e"]
    file = tmp_path / "zone"
    file.write_text("\n".join(text) + "\n")
    assert zonefile.read(file, APEX).record_sets == []

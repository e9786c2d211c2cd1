from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian import zonefile
from meridian.errors import MeridianError
from meridian.model.name import parse
from meridian.model.record import AliasTarget, RecordSet

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


@given(st.lists(st.integers(1, 20), max_size=60), st.integers(20, 50), st.integers(220, 500))
def test_batches(sizes: list[int], values: int, characters: int) -> None:
    """Batches keep everything in order, within both limits, and none could have taken the next record set."""
    record_sets = [a(f"n{number}.example.com", size) for number, size in enumerate(sizes)]
    batches = list(zonefile.batches(record_sets, values=values, characters=characters))
    assert [item for batch in batches for item in batch] == record_sets
    counts = [sum(len(item.values) for item in batch) for batch in batches]
    assert all(count <= values and count * 11 <= characters for count in counts)
    for count, following in zip(counts, batches[1:], strict=False):
        more = count + len(following[0].values)
        assert more > values or more * 11 > characters


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


def test_what_has_no_form(tmp_path: Path) -> None:
    """Aliases and policies become comments: the file stays readable and says what is missing."""
    name = parse("www.example.com")
    text = list(
        zonefile.write(
            APEX,
            [
                RecordSet(name, "A", alias=AliasTarget("Z1", "example.com.", False)),
                RecordSet(name, "AAAA", "one", ttl=60, values=("2001:db8::1",), weight=3),
            ],
        )
    )
    assert text[1:] == [
        "; www.example.com. A alias of example.com. in Z1",
        "; www.example.com. AAAA weighted 'one'",
        "; www.example.com. 60 IN AAAA 2001:db8::1",
    ]
    file = tmp_path / "zone"
    file.write_text("\n".join(text) + "\n")
    assert zonefile.read(file, APEX).record_sets == []

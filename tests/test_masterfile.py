"""The quick reader beside dnspython's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dns.exception
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meridian import masterfile, zonefile
from meridian.errors import MeridianError
from meridian.masterfile import Reader
from meridian.model import rdata
from meridian.model.name import Name, parse
from meridian.model.record import TYPES

APEX = parse("example.com")

OWNERS = st.sampled_from(
    [
        "",
        "",
        "",
        "@",
        "www",
        "WWW",
        "a.b",
        "a.b.example.com.",
        "other.test.",
        "*",
        "a\\.b",
        "-_-",
        "in",
        "mx",
        "300",
        "x.",
    ]
)
TTLS = st.sampled_from(["", "", "300", "0", "1h", "2147483647", "2147483648", "60"])
CLASSES = st.sampled_from(["", "IN", "in", "CH"])
DATA = st.sampled_from(
    [
        "A 192.0.2.1", "a 192.0.2.2", "A 192.0.2.300", "A 192.0.2.1 x", "AAAA 2001:DB8::0:1", "AAAA ::ffff:1.2.3.4",
        "NS ns", "NS @", "NS NS.Other.test.", "PTR www.example.com", "MX 10 mail", "MX 010\tmail.x.", "MX 65536 mail",
        "SRV 1 2 3 host", "SRV 1 2 3 .", 'TXT "a b"', 'TXT "a;b" "(c"', "TXT a", 'TXT "a\\"b"', 'TXT "a" ( "b"\n "c" )',
        'TXT "a"; "b"', 'TXT  "a"\t"b" ', 'SPF "v=spf1"', "CAA 0 issue \"ca\"", "A ( 192.0.2.9 )", "A 192.0.2.1 ; note",
        "TXT \"ü\"", "A \\# 4 c0000201", "TYPE1 \\# 4 c0000201", "DS 1 8 2 " + "00" * 32, "A", "",
    ]
)  # fmt: skip
DIRECTIVES = st.sampled_from(
    ["$TTL 77", "$TTL 1d", "$ORIGIN sub", "$ORIGIN example.com.", "$ORIGIN a\\.b.example.com.", "$ORIGIN other.test.",
     "", "; comment", " ; comment", "  ", "$GENERATE 1-3 g$ A 192.0.2.$", "$NONSENSE", "\t",
     "@ SOA ns host 1 2 3 4 555", "; meridians", "c$ A 192.0.2.1"]
)  # fmt: skip
BLANK = st.sampled_from([" ", "\t", "  "])


@st.composite
def record(draw: st.DrawFn) -> str:
    parts = [draw(OWNERS), *draw(st.permutations([draw(TTLS), draw(CLASSES)])), draw(DATA)]
    return draw(BLANK).join([parts[0], *(part for part in parts[1:] if part)])


FILES = st.lists(st.one_of(record(), record(), record(), DIRECTIVES), max_size=12).map("\n".join)
Found = set[tuple[str, str, int, frozenset[str]]]


def of_dnspython(text: str) -> Found | None:
    """What dnspython reads; None where it refuses the file."""
    origin = dns.name.Name((*APEX.labels, b""))
    try:
        zone = dns.zone.from_text(text, origin, relativize=False, check_origin=False, allow_include=True)
    except (dns.exception.DNSException, ValueError):
        return None
    return {
        (
            Name(tuple(label.lower() for label in owner.labels[:-1])).text,
            dns.rdatatype.to_text(rdataset.rdtype),
            rdataset.ttl,
            frozenset(value(dns.rdatatype.to_text(rdataset.rdtype), item) for item in rdataset),
        )
        for owner, node in zone.nodes.items()
        for rdataset in node
    }


def value(type_: str, item: Any) -> str:
    return rdata.decode(type_, item.to_wire())


def of_ours(text: str) -> Found | None:
    try:
        return {
            (found.name, found.type, found.ttl, frozenset(found.values))
            for found in Reader(APEX, Path("zone")).read(text)
        }
    except MeridianError:
        return None


MARKS = st.sampled_from(
    ['; meridian {"Weight": 1}', "; meridian {", '; meridian {"SetIdentifier": []}', "; meridian null", "( ", ")", '"',
     "\\", "\\999", "\0", "\x85", "\u2028", "$INCLUDE /etc/passwd", "$GENERATE 0-99999999 a A 192.0.2.1", "\ud800"]
)  # fmt: skip


@settings(max_examples=600)
@given(st.lists(st.one_of(FILES, MARKS, st.text(max_size=40)), max_size=12), st.sampled_from(["\n", "", " "]))
def test_whatever_is_sent_is_read_or_refused(parts: list[str], between: str) -> None:
    """Any text as a zone file of a stranger: record sets, or an error that names the file; no other file is read."""
    text = between.join(parts)
    try:
        found = zonefile.read_text(text, APEX, Path("sent"), trusted=False)
    except MeridianError as error:
        told = str(error)
    else:
        told = "sent: read"
        assert all(record_set.type in TYPES for record_set in found.record_sets)
    assert told.startswith("sent:")
    assert "root:x:" not in told


@settings(max_examples=600)
@given(FILES)
@example("$TTL 60\n$ORIGIN sub\n@ SOA ns host 1 2 3 4 5")
def test_nothing_is_read_differently(text: str) -> None:
    """Any file is read as dnspython reads it, or refused as it refuses it."""
    assert of_dnspython(text) == of_ours(text)


def test_plain_lines_go_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of plain records asks dnspython for nothing but its directives and its SOA."""
    asked: list[str] = []
    long = Reader._read_long

    def counted(self: Reader, text: str, first: int, last: int) -> None:
        asked.append(text)
        long(self, text, first, last)

    monkeypatch.setattr(Reader, "_read_long", counted)
    lines = [
        f'h{n} A 192.0.2.1\nh{n} 60 IN AAAA ::1\n MX 10 h{n}\n\tTXT "a" "b"\nsrv{n} SRV 1 2 3 h{n}' for n in range(9)
    ]
    text = "$TTL 60\n@ SOA ns host (\n 1 2 3 4 5 )\n" + "\n".join(lines)
    assert len(list(Reader(APEX, Path("zone")).read(text))) == 1 + 9 * 5
    assert asked == ["$TTL 60\n", "@ SOA ns host (\n 1 2 3 4 5 )\n"]


@pytest.mark.parametrize("count", [masterfile._MANY - 3, 3 * masterfile._MANY])
def test_many_values(count: int) -> None:
    """Values keep the order of the file, none comes twice, and the least TTL counts (RFC 2181 §5.2)."""
    lines = [f"w {900 - n} A 192.0.2.{n}" for n in range(count)]
    (found,) = Reader(APEX, Path("zone")).read("\n".join([*lines, *lines[::-1]]))
    assert found.values == tuple(f"192.0.2.{n}" for n in range(count))
    assert found.ttl == 900 - count + 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a 60 A 192.0.2.1\nb 60 A 192.0.2.300\nc 60 A 192.0.2.1", 2),
        ("a 60 A 192.0.2.1\n\nb 60 TXT ( a\n b\n c ) ; d\nc 60 MX x", 6),
        ("a 60 TXT ( a\n b\n", 3),
        ("\n\na A 192.0.2.1", 3),
    ],
)
def test_the_line_of_an_error(text: str, line: int) -> None:
    """An error names the line that it is in."""
    with pytest.raises(MeridianError, match=rf"^zone:{line}: "):
        list(Reader(APEX, Path("zone")).read(text))


def test_an_included_file(tmp_path: Path) -> None:
    """An included file is read, under its own origin; errors in it name it."""
    (tmp_path / "part").write_text("i A 192.0.2.1\n")
    text = f"$TTL 60\n$INCLUDE {tmp_path}/part sub\na A 192.0.2.1\n"
    assert [found.name for found in Reader(APEX, Path("zone")).read(text)] == ["i.sub.example.com.", "a.example.com."]
    (tmp_path / "part").write_text("i A 192.0.2.300\n")
    with pytest.raises(MeridianError, match=r"part:\d: "):
        list(Reader(APEX, Path("zone")).read(text))

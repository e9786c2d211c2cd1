"""Record data: the table of values, and laws."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meridian.model.rdata import BadValue, decode, encode, encode_at_length, from_master, to_master
from meridian.model.record import TYPES

VECTORS = Path(__file__).parents[1] / "vectors" / "rdata"
CASES = [case for file in sorted(VECTORS.glob("*.toml")) for case in tomllib.loads(file.read_text())["case"]]
GOOD = [case for case in CASES if "wire" in case]
BAD = [case for case in CASES if "code" in case]


def ident(case: dict[str, Any]) -> str:
    return f"{case['rule']} {case['type']} {case.get('fact') or case['value'][:40]}"


@pytest.mark.parametrize("case", GOOD, ids=ident)
def test_a_good_value_becomes_its_octets(case: dict[str, Any]) -> None:
    """A value that the type allows is encoded as the table says, and shown as the table says."""
    wire = encode(case["type"], case["value"])

    assert case["wire"] == wire.hex()
    assert case.get("shown", case["value"]) == decode(case["type"], wire)
    assert wire == encode(case["type"], decode(case["type"], wire))


@pytest.mark.parametrize("case", BAD, ids=ident)
def test_a_bad_value_is_refused_in_the_words_of_the_api(case: dict[str, Any]) -> None:
    """A value that the type does not allow is refused with code, explanation and the value itself (R-TYP-18)."""
    with pytest.raises(BadValue) as refused:
        encode(case["type"], case["value"])

    expected = f"FATAL problem: {case['code']} ({case['explanation']}) encountered with '{case['value']}'"
    assert (case["code"], case["explanation"], case["value"]) == (
        refused.value.code,
        refused.value.explanation,
        refused.value.value,
    )
    assert expected == str(refused.value)


def test_every_type_has_good_and_bad_cases() -> None:
    """The table leaves no type out."""
    assert TYPES.keys() == {case["type"] for case in GOOD}
    assert TYPES.keys() - {"NS", "PTR"} == {case["type"] for case in BAD}  # these two share CNAME's code


# --- laws

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20)
NAME = st.lists(LABEL, min_size=1, max_size=6).map(lambda labels: ".".join(labels) + ".")
U8 = st.integers(0, 255)
U16 = st.integers(0, 65535)
WORD = st.text("abcdefghijklmnopqrstuvwxyz !#$%&()*+,-./0123456789:;<=>?@", max_size=60).map(lambda text: f'"{text}"')
HEX = st.binary(min_size=1, max_size=40).map(bytes.hex)


def fields(*parts: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda values: " ".join(map(str, values)))


# Values whose text means the same in the API and in a zone file.
SHARED: dict[str, st.SearchStrategy[str]] = {
    "A": st.ip_addresses(v=4).map(str),
    "AAAA": st.ip_addresses(v=6).map(str),
    "NS": NAME,
    "CNAME": NAME,
    "PTR": NAME,
    "MX": fields(U16, NAME),
    "TXT": st.lists(WORD, min_size=1, max_size=4).map(" ".join),
    "SPF": st.lists(WORD, min_size=1, max_size=4).map(" ".join),
    "SOA": fields(NAME, NAME, st.integers(0, 2**32 - 1), *[st.integers(0, 2**31 - 1)] * 4),
    "SRV": fields(U16, U16, U16, NAME),
    "NAPTR": fields(U16, U16, st.sampled_from(['"S"', '"A"', '""']), WORD, st.just('""'), NAME),
    "DS": fields(U16, U8, st.just(2), st.binary(min_size=32, max_size=32).map(bytes.hex)),
    "TLSA": fields(U8, U8, st.just(0), HEX),
    "SSHFP": fields(U8, st.just(7), HEX),
    "CAA": fields(U8, st.text("abcXYZ019", min_size=1, max_size=15), WORD),
    "SVCB": fields(st.integers(1, 65535), NAME, st.just("alpn=h2,h3"), U16.map(lambda port: f"port={port}")),
    "HTTPS": fields(st.just(0), NAME),
}
TYPE_AND_VALUE = st.sampled_from(sorted(TYPES)).flatmap(lambda type: st.tuples(st.just(type), SHARED[type]))


@given(TYPE_AND_VALUE)
def test_where_the_syntax_is_shared_dnspython_gives_the_same_octets(typed: tuple[str, str]) -> None:
    """No path of ours, short or long, differs from dnspython's for zone files."""
    type, value = typed
    expected = dns.rdata.from_text(
        dns.rdataclass.IN, dns.rdatatype.RdataType(TYPES[type]), value, origin=dns.name.root, relativize=False
    ).to_wire()

    assert expected == encode(type, value)


@given(TYPE_AND_VALUE)
def test_what_is_shown_is_read_back(typed: tuple[str, str]) -> None:
    """Decoding and encoding again gives the same octets."""
    type, value = typed
    wire = encode(type, value)

    assert wire == encode(type, decode(type, wire))


@given(st.lists(st.binary(max_size=255), min_size=1, max_size=3))
def test_any_octets_survive_a_txt_value(strings: list[bytes]) -> None:
    """Every octet can be written in a string (R-TXT-1, R-TXT-2)."""
    wire = b"".join(bytes((len(string),)) + string for string in strings)

    assert wire == encode("TXT", decode("TXT", wire))


@given(st.sampled_from(sorted(TYPES)), st.binary(max_size=80))
def test_whatever_octets_decode_are_encoded_to_octets_that_show_the_same(type: str, octets: bytes) -> None:
    """Octets either are not data of the type, or their text is stable; text that the API refuses stays refused."""
    try:
        text = decode(type, octets)
        again = encode(type, text)
    except ValueError:
        return

    assert text == decode(type, again)


@given(
    st.sampled_from(sorted(TYPES)), st.one_of(st.text(max_size=60), st.text('0123456789. "\\;()=ahklnp@,', max_size=60))
)
def test_no_text_does_harm(type: str, value: str) -> None:
    """Any text is either refused with a BadValue or encoded to octets that lead back to themselves."""
    try:
        wire = encode(type, value)
    except BadValue:
        return

    assert wire == encode(type, decode(type, wire))


def test_names_are_shown_in_lower_case() -> None:
    """Also those in octets from elsewhere, so that one name has one text."""
    assert decode("CNAME", b"\x03WWW\x04Test\x00") == "www.test."


def test_octets_that_are_no_record_data_are_refused() -> None:
    """Decoding says which type the octets do not fit."""
    with pytest.raises(ValueError, match="not A record data"):
        decode("A", b"\x01\x02")


# --- the quick ways

# Text near to what they take: parts of it, put together with and without sense.
PARTS = st.sampled_from(
    ["192.0.2.1", "0", "00", "7", "255", "256", "65535", "65536", "99999", "2001:db8::1", "::", ":", "1:2:3:4:5:6:7::",
     "::ffff:192.0.2.1", "::192.0.2.1", "FE80::A", "%eth0", "a", "A-b_c", "example.com.", "example.com", ".", "..", "@",
     "a" * 63, "a" * 64, "*", "\\052", '"', '""', '"a b"', '"a;(b)"', '"\\"', '"\\101"', '"' + "x" * 255 + '"',
     '"' + "x" * 256 + '"', "ü", "\x7f", "\t", "\x0b", ";", "(", " ", " ", " ", "  "]
)  # fmt: skip
NEAR = st.lists(PARTS, min_size=1, max_size=9).map("".join)
ADDRESS = st.text("0123456789abcdefABCDEF:.", max_size=45)
TEXT = st.one_of(NEAR, ADDRESS, st.sampled_from(sorted(SHARED)).flatmap(SHARED.__getitem__))
QUICK = st.sampled_from(["A", "AAAA", "NS", "CNAME", "PTR", "MX", "SRV", "TXT", "SPF"])


def outcome(do: Callable[[str, str], bytes], type: str, value: str) -> bytes | str:
    try:
        return do(type, value)
    except BadValue as bad:
        return str(bad)


@settings(max_examples=1000)
@given(QUICK, TEXT)
def test_the_quick_way_cannot_be_told_from_the_long_one(type: str, value: str) -> None:
    """Whatever the text, it is encoded to the same octets, or refused in the same words."""
    assert outcome(encode_at_length, type, value) == outcome(encode, type, value)


@settings(max_examples=1000)
@given(QUICK, TEXT)
def test_a_master_file_is_read_quickly_as_dnspython_reads_it(type: str, text: str) -> None:
    """Record data that the quick way takes is what dnspython makes of it."""
    text = text.strip(" \t")
    quick = from_master(type, text, "sub.example.com.")
    if quick is None:
        return
    origin = dns.name.from_text("sub.example.com.")
    parsed = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.RdataType(TYPES[type]), text, origin, False)
    wire = parsed.to_wire()

    assert wire is not None
    assert decode(type, wire) == quick


@pytest.mark.parametrize("type", ["A", "AAAA", "NS", "CNAME", "PTR", "MX", "SRV", "TXT", "SPF"])
@given(st.data())
def test_common_values_go_the_quick_way(type: str, data: st.DataObject) -> None:
    """What zones are full of needs no dnspython."""
    text = data.draw(SHARED[type])

    assert from_master(type, text, "example.com.") is not None


@given(TYPE_AND_VALUE)
def test_what_is_written_for_a_master_file_is_read_back(typed: tuple[str, str]) -> None:
    """dnspython reads our text for a master file as the octets of the value."""
    type, value = typed
    number = dns.rdatatype.RdataType(TYPES[type])
    read = dns.rdata.from_text(dns.rdataclass.IN, number, to_master(type, value), dns.name.root, False)

    assert encode(type, value) == read.to_wire()


@pytest.mark.parametrize(
    ("type", "value", "text"),
    [
        ("CNAME", "a.example.com", "a.example.com."),
        ("MX", "10 a", "10 a."),
        ("TXT", '"a\\377"', '"a\\255"'),
        ("TXT", '"a."', '"a."'),
    ],
)
def test_a_master_file_means_the_same(type: str, value: str, text: str) -> None:
    """Names are absolute and escapes are decimal there (RFC 1035 §5.1)."""
    assert text == to_master(type, value)

"""Domain names: text, wire form, sort order, place in a zone."""

import tomllib
from pathlib import Path
from typing import Any

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.model.name import ROOT, BadName, Name, NameTooLong, from_wire, parse, plain, simple_wire

VECTORS = Path(__file__).parents[1] / "vectors" / "names"
SLOTS = tomllib.loads((VECTORS / "slots.toml").read_text())["name"]
TEXTS = tomllib.loads((VECTORS / "text.toml").read_text())["case"]

LABEL = st.binary(min_size=1, max_size=63)
NAME = (
    st.lists(LABEL, max_size=8)
    .filter(lambda labels: sum(map(len, labels)) + len(labels) < 255)
    .map(lambda labels: Name(tuple(label.lower() for label in labels)))
)


@pytest.mark.parametrize("case", [case for case in TEXTS if "shown" in case], ids=lambda case: case["fact"])
def test_a_name_is_shown_in_one_way(case: dict[str, Any]) -> None:
    """However a name is given, it is shown as the table says, and read back as the same name."""
    name = parse(case["text"])

    assert case["shown"] == name.text
    assert case.get("plain", case["shown"]) == plain(name)
    assert name == parse(name.text) == parse(plain(name))


@pytest.mark.parametrize("case", [case for case in TEXTS if "code" in case], ids=lambda case: case["fact"])
def test_what_is_no_name_is_refused(case: dict[str, Any]) -> None:
    """Text that is no name is refused in the API's words (R-NAM-9)."""
    with pytest.raises(BadName) as refused:
        parse(case["text"])

    assert (case["code"], case["explanation"]) == (refused.value.code, refused.value.explanation)


@pytest.mark.parametrize("dot", ["", "."])
@pytest.mark.parametrize("last", [61, 62])
def test_the_longest_name(last: int, dot: str) -> None:
    """A name has at most 255 octets in wire form, however it is written (RFC 1035 §2.3.4)."""
    text = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * last]) + dot
    assert (simple_wire(text) is None) == (last == 62)
    if last == 62:
        with pytest.raises(NameTooLong):
            parse(text)
    else:
        assert parse(text).wire == simple_wire(text)
        assert len(parse(text).wire) == 255


@given(NAME)
def test_text_and_wire_lead_back_to_the_name(name: Name) -> None:
    """Every name of any octets can be written, escaped and plain, and sent."""
    assert name == parse(name.text)
    assert name == parse(plain(name))
    assert name == from_wire(name.wire)


@given(NAME)
def test_a_name_read_is_as_one_made(name: Name) -> None:
    """A name read from wire form, in whatever case, has the wire form, the text and the slot of the same one made."""
    read = from_wire(name.wire.upper())
    assert (read.wire, read.text, read.slot, read.sort_key) == (name.wire, name.text, name.slot, name.sort_key)


@given(NAME)
def test_the_wire_form_is_dnspythons(name: Name) -> None:
    """The octets are those of RFC 1035 §3.1."""
    assert dns.name.Name((*name.labels, b"")).to_wire() == name.wire


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_a_bad_name(text: str) -> None:
    """Nothing but BadName comes out of text that is no name."""
    try:
        name = parse(text)
    except BadName:
        return

    assert name == parse(name.text)
    assert len(name.wire) <= 255
    assert all(1 <= len(label) <= 63 for label in name.labels)


@given(NAME)
def test_only_plain_characters_are_shown_as_themselves(name: Name) -> None:
    """Every octet but a-z, 0-9, - and _ is shown in octal (R-NAM-5)."""
    assert set(name.text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.\\")


@given(NAME, NAME)
def test_below_means_ending_in(name: Name, other: Name) -> None:
    """A name is at or below another if it ends in that one's labels; names are below the root."""
    joined = Name(name.labels + other.labels)

    assert joined.is_at_or_below(other)
    assert name.is_at_or_below(ROOT)
    assert not other.is_at_or_below(Name((b"x", *other.labels)))


def test_names_between_a_name_and_its_apex_are_its_possible_empty_non_terminals() -> None:
    """They come nearest first, without either end."""
    found = parse("a.b.c.example.com").between(parse("example.com"))

    assert [parse("b.c.example.com."), parse("c.example.com.")] == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [("*.example.com", True), ("*", True), (r"\052.example.com", True), ("a*.example.com", False), ("a.*.com", False)],
)
def test_a_wildcard_is_a_star_as_the_whole_leftmost_label(text: str, expected: bool) -> None:
    """Elsewhere a star is a star (R-WLD-1)."""
    assert expected == parse(text).is_wildcard


def test_names_sort_by_their_reversed_labels_with_a_final_dot() -> None:
    """Labels with characters below the dot come before the shorter label (R-LST-1)."""
    expected = ["example.com.", "foo-bar.example.com.", "foo.example.com.", "a.foo.example.com.", "foo0.example.com."]

    assert expected == sorted(expected[::-1], key=lambda text: parse(text).sort_key)


# --- the place in a zone


def slot(wire: bytes) -> int:
    """The documented computation, on numbers of any size, over the wire form."""
    labels: list[bytes] = []
    while wire[0]:
        labels, wire = [wire[: wire[0] + 1], *labels], wire[wire[0] + 1 :]
    value = 14695981039346656037
    for label in labels:
        words = [label[at : at + 8].ljust(8, b"\0") for at in range(0, len(label), 8)]
        for word in words:
            value = (value ^ sum(octet * 256**place for place, octet in enumerate(word))) * 11400714819323198485 % 2**64
            value = value ^ (value // 2**32)
    value = value ^ (value // 2**32)
    return value * 11400714819323198485 % 2**64 // 2**52


@pytest.mark.parametrize("row", SLOTS, ids=lambda row: row["text"][:40])
def test_the_table_of_slots_holds(row: dict[str, Any]) -> None:
    """The table that the engine reads as well."""
    name = parse(row["text"])

    assert row["wire"] == name.wire.hex()
    assert row["sort_key"] == name.sort_key
    assert row["slot"] == name.slot == slot(bytes.fromhex(row["wire"]))


@given(NAME)
def test_a_slot_is_computed_as_documented(name: Name) -> None:
    """Any name has the slot of a computation written apart from ours."""
    assert slot(name.wire) == name.slot
    assert 0 <= name.slot <= 4095


def test_slots_spread_names_evenly() -> None:
    """Of 16 shards each gets its share of 16,000 names with consecutive numbers, within a fifth."""
    counts = [0] * 16
    for number in range(16_000):
        counts[parse(f"host-{number}.example.com").slot >> 8] += 1

    assert all(800 <= count <= 1200 for count in counts)

from __future__ import annotations

import itertools
from ipaddress import IPv4Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.place.ranges import BITS, OutOfOrder, Ranges, overlay, span

Model = dict[int, tuple[int, int]]  # first key: key after the last, number


@st.composite
def spans(draw: st.DrawFn, version: int) -> list[tuple[int, int, int]]:
    """Ranges that ascend and do not overlap, many of them next to each other or at the family's ends."""
    last = (1 << BITS[version]) - 1
    key = st.one_of(st.integers(0, last), st.integers(0, 3), st.integers(last - 3, last), st.integers(0, 40))
    edges = sorted(draw(st.sets(key, max_size=24)))
    found = []
    for first, after in itertools.pairwise(edges):
        if draw(st.booleans()):
            found.append((first, after, draw(st.integers(0, 3))))
    return found


def make(version: int, written: list[tuple[int, int, int]]) -> Ranges:
    ranges = Ranges(version)
    for first, after, number in written:
        assert ranges.append(first, after, number)
    return ranges.close()


def scan(written: list[tuple[int, int, int]], key: int) -> int:
    return next((number for first, after, number in written if first <= key < after), 0)


def scan_length(version: int, written: list[tuple[int, int, int]], key: int) -> int:
    """The shortest prefix of a key in which all keys have its number, tried from 0 up."""
    edges = {edge for first, after, _ in written for edge in (first, after)}
    for length in range(BITS[version] + 1):
        size = 1 << (BITS[version] - length)
        first = key // size * size
        inside = {first} | {edge for edge in edges if first <= edge < first + size}
        if {scan(written, each) for each in inside} == {scan(written, key)}:
            return length
    raise AssertionError


@pytest.mark.parametrize("version", [4, 6])
@given(data=st.data())
def test_finding_equals_a_linear_scan(version: int, data: st.DataObject) -> None:
    """Each key has the number of the range it is in, and the largest block around it with that number alone."""
    written = data.draw(spans(version))
    ranges = make(version, written)
    last = (1 << BITS[version]) - 1
    edges = {key for first, after, _ in written for key in (first, after - 1, after)} | {0, last}
    for key in (*edges, data.draw(st.integers(0, last))):
        if key <= last:
            assert (scan(written, key), scan_length(version, written, key)) == ranges.find(key)


@pytest.mark.parametrize("version", [4, 6])
@given(data=st.data())
def test_sections_read_back(version: int, data: st.DataObject) -> None:
    """What is packed is what is read; equal neighbours are one range and the first begins at 0."""
    ranges = make(version, data.draw(spans(version)))
    read = Ranges.read(version, ranges.sections())
    listed = list(read)

    assert list(ranges) == listed
    assert listed[0][0] == 0
    assert all(one[0] < other[0] and one[1] != other[1] for one, other in itertools.pairwise(listed))


@pytest.mark.parametrize("version", [4, 6])
@given(data=st.data())
def test_an_overlay_asks_the_upper_first(version: int, data: st.DataObject) -> None:
    """At each key the upper's number stands, or the lower's where the upper has none."""
    upper, lower = data.draw(spans(version)), data.draw(spans(version))
    both = overlay(make(version, upper), make(version, lower))
    last = (1 << BITS[version]) - 1

    for key in {key for first, after, _ in upper + lower for key in (first, after - 1, after)} | {0, last}:
        if key <= last:
            assert (scan(upper, key) or scan(lower, key)) == both.find(key)[0]


ORDERS = [
    (["10.0.0.0/8", "10.0.0.0/8"], False),
    (["10.0.0.0/8", "10.255.0.0/16"], False),
    (["10.0.0.0/8", "9.0.0.0/8"], False),
    (["10.0.0.0/8", "11.0.0.0/8"], True),
    (["2001:db8::1/128", "2001:db8::2/128"], True),  # one /64: the first counts
    (["2001:db8::/64", "2001:db8:0:0:8000::/65"], True),
    (["2001:db8::/63", "2001:db8:0:1:8000::/65"], True),
    (["2001:db8::/62", "2001:db8:0:1:8000::/65"], False),
]


@pytest.mark.parametrize(("networks", "good"), ORDERS)
def test_networks_must_ascend(networks: list[str], good: bool) -> None:
    """A network that begins before the end of an earlier one is refused by name."""
    parsed = [ip_network(text) for text in networks]
    ranges = Ranges(parsed[0].version)
    ranges.append_network(parsed[0], 1)
    if good:
        ranges.append_network(parsed[1], 2)
    else:
        with pytest.raises(OutOfOrder, match=networks[1]):
            ranges.append_network(parsed[1], 2)


def test_a_span_counts_the_upper_64_bits() -> None:
    """IPv4 keys are whole addresses; networks longer than /64 count as their /64."""
    cases = {
        "0.0.0.0/0": (0, 1 << 32),
        "255.255.255.255/32": ((1 << 32) - 1, 1 << 32),
        "::/0": (0, 1 << 64),
        "2001:db8::/32": (0x2001_0DB8 << 32, 0x2001_0DB9 << 32),
        "2001:db8::7/128": (0x2001_0DB8 << 32, (0x2001_0DB8 << 32) + 1),
    }

    assert cases == {text: span(ip_network(text)) for text in cases}
    assert isinstance(ip_network("0.0.0.0/0"), IPv4Network)

"""
Ranges of addresses with a number each, packed as the engine searches them.

Starts are kept in halves: all with the same upper half form a block, which keeps that half once.
IPv4 has keys of 32 bits; of IPv6 the upper 64 count. `engine/core/src/place/ranges.rs` is the same
structure on the other side.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from heapq import merge
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from meridian.errors import MeridianError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOTHING = 0  # the number of what is not known
BITS = {4: 32, 6: 64}  # of a key, by IP version


class OutOfOrder(MeridianError):
    """Networks must come in ascending order and may not overlap."""

    def __init__(self, network: Network) -> None:
        super().__init__(f"{network} comes after an address behind it; networks must ascend and may not overlap")


def span(network: Network) -> tuple[int, int]:
    """First key of a network and the key after its last. An IPv6 network longer than /64 counts as its /64."""
    bits = BITS[network.version]
    first = int(network.network_address) >> (0 if network.version == 4 else 64)
    return first, first + (1 << max(bits - network.prefixlen, 0))


class Ranges:
    """The ranges of one family, in order; everything not appended has number 0."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.half = BITS[version] // 2
        self.heads = array("H" if version == 4 else "I")
        self.first = array("I")
        self.lows = array("H" if version == 4 else "I")
        self.values = array("I")
        self._next = 0  # the key after the last one spoken for

    def __len__(self) -> int:
        return len(self.lows)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Each range's first key and number."""
        ends = (*self.first[1:], len(self.lows))
        for head, begin, end in zip(self.heads, self.first, ends, strict=True):
            upper = head << self.half
            for at in range(begin, end):
                yield upper | self.lows[at], self.values[at]

    def append(self, first: int, after: int, value: int) -> bool:
        """Give keys from `first` up to but without `after` a number. False: they come too late, nothing done."""
        if first < self._next:
            return False
        if first == after:
            return True
        if first > self._next:
            self._begin(self._next, NOTHING)
        self._begin(first, value)
        self._next = after
        return True

    def append_network(self, network: Network, value: int) -> None:
        """
        Give a network's addresses a number. Of networks that share a /64 of IPv6 the first counts.

        Raises:
            OutOfOrder: It begins before the end of one given before.
        """
        first, after = span(network)
        if not self.append(first, after, value) and not (network.prefixlen > 64 and after == self._next):
            raise OutOfOrder(network)

    def close(self) -> Ranges:
        """Say that nothing is to come; the rest has number 0."""
        if self._next < 1 << BITS[self.version]:
            self._begin(self._next, NOTHING)
            self._next = 1 << BITS[self.version]
        return self

    def _begin(self, start: int, value: int) -> None:
        if self.values and self.values[-1] == value:
            return
        head = start >> self.half
        if not self.heads or self.heads[-1] != head:
            self.heads.append(head)
            self.first.append(len(self.lows))
        self.lows.append(start & ((1 << self.half) - 1))
        self.values.append(value)

    def find(self, key: int) -> tuple[int, int]:
        """The number at a key, and the length of the largest block around it inside its range."""
        head = key >> self.half
        block = bisect_right(self.heads, head) - 1
        begin, end = self.first[block], self._end(block)
        if self.heads[block] == head:
            end = bisect_right(self.lows, key & ((1 << self.half) - 1), begin, end)
        before = self._start(end - 1) - 1
        after = self._start(end) if end < len(self.lows) else -1
        bits = BITS[self.version]
        lengths = (bits - (key ^ other).bit_length() + 1 for other in (before, after) if other >= 0)
        return self.values[end - 1], max(lengths, default=0)

    def _end(self, block: int) -> int:
        return self.first[block + 1] if block + 1 < len(self.first) else len(self.lows)

    def _start(self, at: int) -> int:
        return self.heads[bisect_right(self.first, at) - 1] << self.half | self.lows[at]

    def sections(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Heads, first, lows and values as octets, little-endian."""
        return pack(self.heads), pack(self.first), pack(self.lows), pack(self.values)

    @classmethod
    def read(cls, version: int, sections: tuple[bytes, bytes, bytes, bytes]) -> Ranges:
        """The ranges that `sections` gave."""
        ranges = cls(version)
        for own, octets in zip((ranges.heads, ranges.first, ranges.lows, ranges.values), sections, strict=True):
            own.frombytes(octets)
            _little_endian(own)
        ranges._next = 1 << BITS[version]
        return ranges


def overlay(upper: Ranges, lower: Ranges) -> Ranges:
    """The upper ranges, and the lower ones wherever the upper know nothing."""
    if not any(upper.values):
        return lower
    if not any(lower.values):
        return upper
    changes = merge(((start, 0, value) for start, value in upper), ((start, 1, value) for start, value in lower))
    result, now, since = Ranges(upper.version), [NOTHING, NOTHING], 0
    for start, which, value in changes:
        result.append(since, start, now[0] or now[1])
        now[which], since = value, start
    result.append(since, 1 << BITS[upper.version], now[0] or now[1])
    return result


def pack(numbers: array[int]) -> bytes:
    """Numbers as octets, little-endian."""
    return _little_endian(array(numbers.typecode, numbers)).tobytes() if sys.byteorder == "big" else numbers.tobytes()


def _little_endian(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers

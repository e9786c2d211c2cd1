"""
A writer of small .mmdb files (MaxMind DB format 2.0), for tests only.

It knows what databases of the two layouts are made of: maps, lists, texts, numbers, all record
sizes, trees of IPv4, of IPv6, and of both with the usual repeats of the IPv4 part.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import Any

MARKER = b"\xab\xcd\xefMaxMind.com"
# Where IPv6 trees repeat the IPv4 part: mapped addresses and 6to4.
REPEATS = (("::ffff:0:0", 96), ("2002::", 16))

# Metadata whose numbers are not of 32 bits: type 5 has 16, type 9 has 64.
NUMBERS = {
    "binary_format_major_version": 5,
    "binary_format_minor_version": 5,
    "build_epoch": 9,
    "ip_version": 5,
    "record_size": 5,
}

Node = list[Any]  # two records, each None, another node, or a number of data


def write(
    file: Path,
    networks: Mapping[str, Any],
    *,
    ip_version: int = 6,
    record_size: int = 28,
    kind: str = "test",
    epoch: int = 1_780_666_922,
    repeats: bool = False,
) -> Path:
    """Write a database of these networks and records; IPv4 networks of an IPv6 tree stand below ::/96."""
    root: Node = [None, None]
    records: list[Any] = []
    for text, record in networks.items():
        network = ip_network(text)
        below = 96 if isinstance(network, IPv4Network) and ip_version == 6 else 0
        if record not in records:
            records.append(record)
        _insert(root, int(network.network_address), network.max_prefixlen, network.prefixlen, below, record, records)
    if repeats:
        _repeat(root)
    file.write_bytes(_encode(root, records, ip_version, record_size, kind, epoch))
    return file


def _insert(root: Node, bits: int, width: int, length: int, below: int, record: Any, records: list[Any]) -> None:
    path = [0] * below + [bits >> (width - 1 - at) & 1 for at in range(length)]
    node = root
    for bit in path[:-1]:
        if node[bit] is None:
            node[bit] = [None, None]
        node = node[bit]
    node[path[-1]] = records.index(record)


def _repeat(root: Node) -> None:
    v4 = root
    for _ in range(96):
        v4 = v4[0]
    for text, length in REPEATS:
        bits = int(ip_network(f"{text}/{length}").network_address)
        path = [bits >> (127 - at) & 1 for at in range(length)]
        node = root
        for bit in path[:-1]:
            if node[bit] is None:
                node[bit] = [None, None]
            node = node[bit]
        node[path[-1]] = v4


def _encode(root: Node, records: Sequence[Any], ip_version: int, record_size: int, kind: str, epoch: int) -> bytes:
    nodes: list[Node] = []
    numbers: dict[int, int] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in numbers:
            continue
        numbers[id(node)] = len(nodes)
        nodes.append(node)
        waiting += [child for child in node if isinstance(child, list)]
    data, offsets = b"", []
    for record in records:
        offsets.append(len(data))
        data += _value(record)

    def pointer(child: Any) -> int:
        if child is None:
            return len(nodes)
        return numbers[id(child)] if isinstance(child, list) else len(nodes) + 16 + offsets[child]

    tree = b"".join(_node(pointer(left), pointer(right), record_size) for left, right in nodes)
    metadata = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": epoch,
        "database_type": kind,
        "description": {"en": "made by a test"},
        "ip_version": ip_version,
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": record_size,
    }
    return tree + bytes(16) + data + MARKER + _value(metadata)


def _node(left: int, right: int, size: int) -> bytes:
    if size == 28:
        middle = (left >> 24) << 4 | right >> 24
        return (left & 0xFFFFFF).to_bytes(3, "big") + bytes([middle]) + (right & 0xFFFFFF).to_bytes(3, "big")
    return left.to_bytes(size // 8, "big") + right.to_bytes(size // 8, "big")


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        octets = value.encode()
        return _control(2, len(octets)) + octets
    if isinstance(value, float):
        return _control(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        return _number(value, 6)
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(_value, value))
    items = (
        _value(key) + (_number(item, NUMBERS[key]) if key in NUMBERS else _value(item)) for key, item in value.items()
    )
    return _control(7, len(value)) + b"".join(items)


def _number(value: int, kind: int) -> bytes:
    octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return _control(kind, len(octets)) + octets


def _control(kind: int, size: int) -> bytes:
    assert size < 285
    low, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return (bytes([kind << 5 | low]) if kind < 8 else bytes([low, kind - 7])) + more

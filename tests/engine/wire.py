"""Many questions over UDP, as quickly as Python can: for tests that count answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence

import dns.edns
import dns.message

from meridian._engine import Engine

_WINDOW = 64  # questions under way: their replies fit the socket's buffer many times over
_PATIENCE = 10.0  # seconds


def listen(engine: Engine, threads: int = 1) -> tuple[str, int]:
    """Open a UDP socket on loopback; give its address. `Engine.stop` closes it."""
    (url,) = engine.listen(["127.0.0.1:0"], [], threads=threads)
    host, port = url.removeprefix("udp://").rsplit(":", 1)
    return host, int(port)


def query(name: str, rtype: str = "A", subnet: str | None = None) -> bytes:
    """A question with EDNS, and with a client subnet if one is given; its id is 0."""
    options: list[dns.edns.Option] = []
    if subnet is not None:
        address, length = subnet.split("/")
        options.append(dns.edns.ECSOption(address, int(length)))
    message = dns.message.make_query(name, rtype, use_edns=0, payload=1232, options=options)
    message.id = 0
    return message.to_wire()


def ask(address: tuple[str, int], packets: Sequence[bytes]) -> Iterator[bytes]:
    """
    Ask these questions and give each one's reply, in their order.

    Args:
        packets: Their ids are replaced.

    Raises:
        TimeoutError: A reply is missing.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(_PATIENCE)
        client.connect(address)
        for start in range(0, len(packets), _WINDOW):
            yield from _window(client, packets[start : start + _WINDOW])


def _window(client: socket.socket, packets: Sequence[bytes]) -> list[bytes]:
    for at, packet in enumerate(packets):
        client.send(at.to_bytes(2, "big") + packet[2:])
    replies: dict[int, bytes] = {}
    while len(replies) < len(packets):
        reply = client.recv(4096)
        replies[int.from_bytes(reply[:2], "big")] = reply
    return [replies[at] for at in range(len(packets))]


def addresses(reply: bytes) -> frozenset[str]:
    """The addresses of the answer section, of a reply to one question for type A; there must be no other records."""
    at = 12
    while reply[at]:
        at += 1 + reply[at]
    at += 5
    found = []
    for _ in range(int.from_bytes(reply[6:8], "big")):
        assert reply[at] >= 0xC0, "an owner that is not compressed"
        assert reply[at + 2 : at + 4] == b"\0\1"
        assert reply[at + 10 : at + 12] == b"\0\4"
        found.append(socket.inet_ntoa(reply[at + 12 : at + 16]))
        at += 16
    assert len(set(found)) == len(found)
    return frozenset(found)


def scope(reply: bytes) -> int:
    """The scope of the client-subnet option in OPT, which is the last record; 0 without one."""
    data = reply[reply.rindex(b"\0\0\x29\x04\xd0") + 11 :]
    return data[7] if data else 0

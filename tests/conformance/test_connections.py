"""What only a connection can show: RFC 7766 and RFC 9210, with RFC 7828 as it goes on."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest

from meridian._engine import Engine
from tests.conformance.streams import Stream
from tests.engine.table import load

Address = tuple[str, int]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Address, Address]]:
    """UDP and TCP address of a server with the zones of `rfc2181_sizes.toml`, small sets and large ones."""
    engine: Engine = load("conformance")["rfc2181_sizes"].serve(1)
    urls = engine.listen(["127.0.0.1:0"], ["127.0.0.1:0"], threads=1)
    udp, tcp = (url.split("//")[1].rsplit(":", 1) for url in urls)
    yield (udp[0], int(udp[1])), (tcp[0], int(tcp[1]))
    engine.stop()


def _query(name: str, number: int = 1, *options: dns.edns.Option) -> bytes:
    query = dns.message.make_query(name, "TXT", use_edns=0, payload=1232, options=list(options))
    query.id = number
    return query.to_wire()


def test_pipelined(server: tuple[Address, Address]) -> None:
    """A hundred queries in one piece get a hundred replies (RFC 7766 §6.2.1.1)."""
    with Stream(server[1]) as stream:
        stream.send(*(_query("example.com.", number) for number in range(100)))
        assert {int.from_bytes(stream.receive()[:2], "big") for _ in range(100)} == set(range(100))


def test_octet_by_octet(server: tuple[Address, Address]) -> None:
    """A query may come in pieces, its length too (RFC 7766 §8)."""
    packet = _query("example.com.", 7)
    with Stream(server[1]) as stream:
        for octet in len(packet).to_bytes(2, "big") + packet:
            stream.send_octets(bytes([octet]))
        assert stream.receive()[:2] == b"\0\7"


def test_used_again(server: tuple[Address, Address]) -> None:
    """A connection is there for the next query when one has been answered (RFC 7766 §6.2.1)."""
    with Stream(server[1]) as stream:
        for number in range(3):
            stream.send(_query("example.com.", number))
            assert stream.receive()[:2] == number.to_bytes(2, "big")


def test_half_closed(server: tuple[Address, Address]) -> None:
    """Who has said its last word still gets its replies, and then the end (RFC 7766 §6.2.4)."""
    with Stream(server[1]) as stream:
        stream.send(_query("example.com.", 1), _query("example.com.", 2))
        stream.end()
        assert [stream.receive()[:2], stream.receive()[:2]] == [b"\0\1", b"\0\2"]
        with pytest.raises(EOFError):
            stream.receive()


def test_a_runt_ends_the_connection(server: tuple[Address, Address]) -> None:
    """A length too small for a header is no DNS, and the connection is closed (RFC 7766 §8)."""
    with Stream(server[1]) as stream:
        stream.send_octets(b"\0\3abc")
        with pytest.raises(EOFError):
            stream.receive()


def test_a_mistake_ends_nothing(server: tuple[Address, Address]) -> None:
    """A query that is FORMERR leaves the connection to the next (RFC 7766 §6.2.1)."""
    with Stream(server[1]) as stream:
        stream.send(bytes.fromhex("1234 0000 0002 0000 0000 0000"), _query("example.com.", 2))
        assert dns.message.from_wire(stream.receive()).rcode() == dns.rcode.FORMERR
        assert stream.receive()[:2] == b"\0\2"


def test_truncated_then_whole(server: tuple[Address, Address]) -> None:
    """What is truncated over UDP is whole over TCP (RFC 7766 §5, RFC 9210 §3.1)."""
    table = load("conformance")["rfc2181_sizes"]
    case = next(case for case in table.case if "tc" in case.flags and case.packet is None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(20)
        udp.connect(server[0])
        udp.send(case.octets())
        assert dns.message.from_wire(udp.recv(65_535), ignore_trailing=True).flags & dns.flags.TC
    with Stream(server[1]) as stream:
        stream.send(case.octets())
        whole = dns.message.from_wire(stream.receive())
    assert not whole.flags & dns.flags.TC
    assert whole.answer


def test_many_connections_of_one_client(server: tuple[Address, Address]) -> None:
    """A client may have several connections at once; each is answered (RFC 9210 §4.2, RFC 7766 §6.2.2)."""
    streams = [Stream(server[1]) for _ in range(10)]
    try:
        for number, stream in enumerate(streams):
            stream.send(_query("example.com.", number))
        assert [stream.receive()[1] for stream in reversed(streams)] == list(reversed(range(10)))
    finally:
        for stream in streams:
            stream.__exit__(None, None, None)


def test_told_how_long_it_may_be_idle(server: tuple[Address, Address]) -> None:
    """Each query on a connection that asks is told the limit in force, 10 s: 100 units (RFC 7828 §3.3.2)."""
    keepalive = dns.edns.GenericOption(dns.edns.OptionType.make(11), b"")
    with Stream(server[1]) as stream:
        stream.send(
            _query("example.com.", 1, keepalive), _query("example.com.", 2), _query("example.com.", 3, keepalive)
        )
        told = [dns.message.from_wire(stream.receive()).options for _ in range(3)]
    assert [[(int(option.otype), option.to_wire()) for option in options] for options in told] == [
        [(11, b"\0\x64")], [], [(11, b"\0\x64")],
    ]  # fmt: skip

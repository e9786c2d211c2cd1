"""What hostile clients get, through real sockets: the rate limit, networks that are refused, TCP's limits, drops."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest

from meridian import _engine
from meridian.edge.engine import listen, new_engine
from meridian.settings import Settings
from tests.conformance.streams import Stream
from tests.engine.zone import head, plain, shards

_PATIENCE = 20.0  # seconds; reached only when a test fails
_SECRET = "e5e973e5a6b2a43f48e7dc849e37bfcf"
_WWW = {"www.example.com.": plain("192.0.2.1")}

_NETWORKS = itertools.count()

Address = tuple[str, int]
Serve = Callable[[Settings], "Server"]


class Server(NamedTuple):
    engine: _engine.Engine
    udp: Address
    tcp: Address

    def counted(self, *names: str) -> list[int]:
        counters = self.engine.counters()
        return [counters[name] for name in names]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves www.example.com. with these settings, on one UDP thread."""
    engines = []

    def start(settings: Settings) -> Server:
        engine = new_engine(settings)
        engines.append(engine)
        assert engine.publish(head(1, [1]), shards(1, 1, _WWW))
        udp, tcp = (url.split("//")[1].rsplit(":", 1) for url in listen(engine, "127.0.0.1:0", settings))
        return Server(engine, (udp[0], int(udp[1])), (tcp[0], int(tcp[1])))

    yield start
    for engine in engines:
        engine.stop()


def _settings(**given: object) -> Settings:
    return Settings(dns_threads=1, **given)  # type: ignore[arg-type]


def _query(name: str = "www.example.com.", *options: dns.edns.Option) -> bytes:
    return dns.message.make_query(name, "A", use_edns=0, payload=1232, options=list(options)).to_wire()


class Replies(NamedTuple):
    """How many replies a flood got, and how long it took in seconds."""

    whole: int
    truncated: int
    seconds: float
    largest: int


def _flood(server: Server, source: str, packet: bytes, count: int) -> Replies:
    """Ask so many times from one address; the reply to what a new network asks last says that no more will come."""
    whole = truncated = largest = 0
    started = time.monotonic()
    with _client(source) as client, _client(f"127.100.{next(_NETWORKS)}.1") as last:
        for _ in range(count):
            client.sendto(packet, server.udp)
        last.sendto(dns.message.make_query("last.example.", "A").to_wire(), server.udp)
        last.recv(4096)
        seconds = time.monotonic() - started
        client.setblocking(False)
        try:
            while True:
                reply = client.recv(4096)
                is_truncated = bool(dns.message.from_wire(reply).flags & dns.flags.TC)
                truncated += is_truncated
                whole += not is_truncated
                largest = max(largest, len(reply)) if is_truncated else largest
        except BlockingIOError:
            return Replies(whole, truncated, seconds, largest)


def _client(source: str) -> socket.socket:
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(_PATIENCE)
    client.bind((source, 0))
    return client


class TestRateLimit:
    """Response rate limiting over UDP."""

    def test_a_network_gets_its_rate_and_others_theirs(self, serve: Serve) -> None:
        """A flood gets the burst and what the rate earns meanwhile, and half of the rest truncated; all is counted."""
        server = serve(_settings(rate_limit=5, rate_limit_burst=20))
        flood = _flood(server, "127.0.1.1", _query(), 200)
        neighbour = _flood(server, "127.0.1.200", _query(), 50)
        other = _flood(server, "127.0.2.1", _query(), 20)

        earned = 5 * (flood.seconds + neighbour.seconds)
        assert 20 <= flood.whole + neighbour.whole <= 20 + earned
        limited = 250 - flood.whole - neighbour.whole
        assert limited / 4 < flood.truncated + neighbour.truncated < limited * 3 / 4
        assert (other.whole, other.truncated) == (20, 0)
        assert server.counted("rate_limited", "rate_slipped") == [limited, flood.truncated + neighbour.truncated]

    def test_what_slips_is_no_larger_than_the_question(self, serve: Serve) -> None:
        """A truncated reply has the question and EDNS alone, so that nothing is gained by forging an address."""
        server = serve(_settings(rate_limit=1, rate_limit_slip=1))
        flood = _flood(server, "127.0.1.1", _query(), 20)
        assert flood.truncated >= 15
        assert flood.largest <= len(_query())

    def test_kinds_have_rates_of_their_own(self, serve: Serve) -> None:
        """A flood for names that do not exist leaves the answers of a name that does."""
        server = serve(_settings(rate_limit=5, rate_limit_slip=0))
        assert _flood(server, "127.0.1.1", _query("nobody.example.com."), 100).whole < 100
        assert _flood(server, "127.0.1.1", _query(), 5)[:2] == (5, 0)

    def test_over_tcp_there_is_none(self, serve: Serve) -> None:
        """Over TCP, where a client that got a truncated reply comes again, addresses are not forged."""
        server = serve(_settings(rate_limit=1))
        with Stream(server.tcp) as stream:
            stream.send(*[_query()] * 100)
            replies = [dns.message.from_wire(stream.receive()) for _ in range(100)]
        assert all(reply.answer for reply in replies)
        assert server.counted("rate_limited") == [0]

    def test_who_shows_our_cookie_is_exempt(self, serve: Serve) -> None:
        """A good cookie frees its client, and takes nothing from others of its network; a forged one does not."""
        server = serve(_settings(rate_limit=1, rate_limit_burst=10, cookie_secrets=(_SECRET,)))
        with _client("127.0.1.1") as client:
            client.sendto(_query("www.example.com.", _cookie(b"clients.")), server.udp)
            ours = dns.message.from_wire(client.recv(4096)).options[0].to_wire()
        assert ours is not None
        assert _flood(server, "127.0.1.1", _query("www.example.com.", _cookie(ours)), 100)[:2] == (100, 0)
        assert server.counted("rate_limited") == [0]
        assert _flood(server, "127.0.1.2", _query(), 9)[:2] == (9, 0)

        forged = ours[:-1] + bytes([ours[-1] ^ 1])
        assert _flood(server, "127.0.1.1", _query("www.example.com.", _cookie(forged)), 100).whole < 50
        assert _flood(server, "127.0.1.1", _query("www.example.com.", _cookie(ours)), 100)[:2] == (100, 0)

    def test_what_slips_carries_the_cookie_to_come_again_with(self, serve: Serve) -> None:
        """A client that is limited learns the cookie with which its next question is exempt (RFC 7873 §5.2.3)."""
        server = serve(_settings(rate_limit=1, rate_limit_slip=1, cookie_secrets=(_SECRET,)))
        with _client("127.0.1.1") as client:
            for _ in range(2):
                client.sendto(_query("www.example.com.", _cookie(b"clients.")), server.udp)
                reply = dns.message.from_wire(client.recv(4096))
            assert reply.flags & dns.flags.TC
            ours = reply.options[0].to_wire()
        assert ours is not None
        assert len(ours) == 24
        assert _flood(server, "127.0.1.1", _query("www.example.com.", _cookie(ours)), 20)[:2] == (20, 0)

    def test_some_networks_are_exempt(self, serve: Serve) -> None:
        """Networks that the operator knows are never limited."""
        server = serve(_settings(rate_limit=1, rate_limit_exempt=("127.0.1.0/25",)))
        assert _flood(server, "127.0.1.127", _query(), 50)[:2] == (50, 0)
        assert _flood(server, "127.0.1.128", _query(), 50).whole < 50

    def test_it_is_off_by_default(self, serve: Serve) -> None:
        """Without a rate nobody is limited."""
        server = serve(_settings())
        assert _flood(server, "127.0.1.1", _query(), 200)[:2] == (200, 0)

    def test_threads_share_it(self, serve: Serve) -> None:
        """With two threads an address gives no more than with one."""
        server = serve(Settings(dns_threads=2, rate_limit=1, rate_limit_burst=10, rate_limit_slip=0))
        started = time.monotonic()
        for _ in range(100):
            with _client("127.0.1.1") as client:
                client.sendto(_query(), server.udp)
        while server.counted("queries_udp") != [100] and time.monotonic() - started < _PATIENCE:
            time.sleep(0.01)
        server.engine.stop()  # so that all is counted
        [limited] = server.counted("rate_limited")
        assert 8 <= 100 - limited <= 10 + (time.monotonic() - started)


def _cookie(data: bytes) -> dns.edns.Option:
    return dns.edns.GenericOption(dns.edns.OptionType.COOKIE, data)


class TestNetworks:
    """Networks whose questions are answered."""

    def test_those_denied_are_refused(self, serve: Serve) -> None:
        """Over UDP and TCP alike, with Extended DNS Error 18; others are answered, and each refusal is counted."""
        server = serve(_settings(query_deny=("127.0.1.0/24",), query_allow=("127.0.0.0/8",)))
        replies = []
        for source in ("127.0.1.1", "127.0.2.1"):
            with _client(source) as client:
                client.sendto(_query(), server.udp)
                replies.append(dns.message.from_wire(client.recv(4096)))
        refused, answered = replies
        assert (refused.rcode(), refused.answer, len(answered.answer)) == (dns.rcode.REFUSED, [], 1)
        assert [int(getattr(option, "code", -1)) for option in refused.options] == [18]
        with Stream(server.tcp, source="127.0.1.1") as stream:
            stream.send(_query())
            assert dns.message.from_wire(stream.receive()).rcode() == dns.rcode.REFUSED
        assert server.counted("prohibited", "refused", "answers") == [2, 2, 1]


class TestTcp:
    """TCP's limits, as the operator sets them."""

    def test_connections_of_one_client(self, serve: Serve) -> None:
        """A client's connections beyond its limit are closed at once; another client has its own."""
        server = serve(_settings(tcp_connections_per_client=2))
        with Stream(server.tcp) as one, Stream(server.tcp) as two, Stream(server.tcp) as three:
            for stream in (one, two):
                stream.send(_query())
                stream.receive()
            with pytest.raises((EOFError, ConnectionError)):
                three.receive()
            with Stream(server.tcp, source="127.0.0.2") as other:
                other.send(_query())
                other.receive()
        assert server.counted("tcp_limited") == [1]

    def test_the_idlest_makes_room(self, serve: Serve) -> None:
        """With all connections taken, the one that has been idle longest is closed for a new one."""
        server = serve(_settings(tcp_connections=2))
        with Stream(server.tcp) as idle, Stream(server.tcp) as busy:
            for stream in (idle, busy):
                stream.send(_query())
                stream.receive()
            with Stream(server.tcp) as new:
                for stream in (new, busy):
                    stream.send(_query())
                    stream.receive()
            with pytest.raises((EOFError, ConnectionError)):
                idle.receive()

    def test_idle_connections_end(self, serve: Serve) -> None:
        """A connection that asks nothing is closed after the idle time."""
        server = serve(_settings(tcp_idle=0.3))
        with Stream(server.tcp) as stream:
            stream.send(_query())
            stream.receive()
            with pytest.raises(EOFError):
                stream.receive()


class TestDrops:
    """Datagrams that get no reply."""

    def test_what_is_reflected(self, serve: Serve) -> None:
        """A response gets no reply, so that two servers never talk to each other; it is counted."""
        server = serve(_settings())
        response = bytearray(_query())
        response[2] |= 0x80
        assert _flood(server, "127.0.1.1", bytes(response), 5)[:2] == (0, 0)
        assert server.counted("dropped_responses", "dropped_ports") == [5, 0]

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root may forge a source port")
    def test_source_port_zero(self, serve: Serve) -> None:
        """A datagram from port 0 is forged: it gets no reply, and is counted."""
        server = serve(_settings())
        packet = _query()
        datagram = struct.pack("!HHHH", 0, server.udp[1], 8 + len(packet), 0) + packet
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
            raw.sendto(datagram, (server.udp[0], 0))
        assert _flood(server, "127.0.1.1", _query(), 1)[:2] == (1, 0)
        assert server.counted("dropped_ports", "queries_udp") == [1, 2]

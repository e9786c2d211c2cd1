"""AF_XDP between two network namespaces: the same answers as through sockets, and all else to the kernel."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.engine import veth

ROOT = Path(__file__).parents[2]
ETH_P_ALL = 3
PATIENCE = 20.0  # seconds; reached only when a test fails

TAKEN, BESIDE = "192.0.2.53", "192.0.2.54"  # by AF_XDP, and by sockets alone
TAKEN_V6, BESIDE_V6 = "2001:db8::53", "2001:db8::54"
LISTEN = (f"{TAKEN}:53", f"{BESIDE}:53", f"[{TAKEN_V6}]:53", f"[{BESIDE_V6}]:53", f"{TAKEN}:5300")
XDP = (f"{TAKEN}:53", f"[{TAKEN_V6}]:53")

_reason = veth.why_not()
pytestmark = pytest.mark.skipif(_reason is not None, reason=_reason or "")


class Server(NamedTuple):
    """A server's process in its namespace, and the pair that it stands in."""

    process: subprocess.Popen[str]
    pair: veth.Pair
    url: str

    def frames(self) -> int:
        """How many frames have come by AF_XDP."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(json.loads(self.process.stdout.readline())["frames_xdp"])


RIGHTS = {"bpf", "net_admin", "net_raw", "ipc_lock"}


def command(
    pair: veth.Pair,
    mode: str,
    *,
    interface: str = veth.INTERFACE,
    taken: tuple[str, ...] = XDP,
    rights: set[str] | None = None,
) -> list[str]:
    """The server's command; `rights` are all that it shall have, None for all there are."""
    kept = ",".join(["-all", "+dac_override", "+net_bind_service", *(f"+{right}" for right in rights or ())])
    dropped = [] if rights is None else ["setpriv", f"--bounding-set={kept}"]
    serve = [sys.executable, "-m", "tests.engine.xdp_server", interface, mode, ",".join(LISTEN), ",".join(taken)]
    return ["ip", "netns", "exec", pair.server, *dropped, *serve]


@contextlib.contextmanager
def serving(pair: veth.Pair, mode: str, taken: tuple[str, ...] = XDP) -> Iterator[Server]:
    pipes = subprocess.PIPE
    with subprocess.Popen(command(pair, mode, taken=taken), cwd=ROOT, stdin=pipes, stdout=pipes, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(process, pair, process.stdout.readline().strip())
        finally:
            process.kill()


ADDRESSES = (f"{TAKEN}/24", f"{BESIDE}/24", f"{TAKEN_V6}/64", f"{BESIDE_V6}/64")


@pytest.fixture(scope="module")
def pair() -> Iterator[veth.Pair]:
    """A pair where no server stands yet."""
    with veth.pair(*ADDRESSES) as made:
        yield made


@pytest.fixture(scope="module", params=["native", "generic"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with veth.pair(*ADDRESSES) as made, serving(made, request.param) as started:
        yield started


def udp(namespace: str, address: str, port: int = 53) -> socket.socket:
    """A socket of the client that hears of this server alone."""
    with veth.inside(namespace):
        opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    opened.settimeout(PATIENCE)
    opened.connect((address, port))
    return opened


def ask(namespace: str, address: str, packet: bytes, port: int = 53) -> bytes:
    with udp(namespace, address, port) as client:
        client.send(packet)
        return client.recv(65535)


def query(name: str, rdtype: str = "A", **options: object) -> bytes:
    return dns.message.make_query(name, rdtype, id=4242, **options).to_wire()  # type: ignore[arg-type]


QUESTIONS = {
    "answer": query("www.example.com."),
    "wildcard": query("a.wild.example.com."),
    "mixed case": query("wWw.eXample.com."),
    "no such type": query("www.example.com.", "AAAA"),
    "no such name": query("none.example.com."),
    "no such zone": query("www.example.net."),
    "SOA": query("example.com.", "SOA"),
    "EDNS": query("www.example.com.", use_edns=0, payload=1232),
    "client subnet": query("www.example.com.", use_edns=0, options=[dns.edns.ECSOption("198.51.100.0", 24)]),
    "EDNS version 1": query("www.example.com.", use_edns=1),
    "too long": query("large.example.com."),
    "too long, EDNS": query("large.example.com.", use_edns=0, payload=1232),
    "zone transfer": query("example.com.", "AXFR"),
    "opcode 7": query("www.example.com.")[:2] + b"\x38" + query("www.example.com.")[3:],
    "no question": query("www.example.com.")[:12],
    "a label cut off": query("www.example.com.")[:20],
}


class TestAnswers:
    """What is asked past the kernel is answered as through sockets."""

    @pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
    @pytest.mark.parametrize(("taken", "beside"), [(TAKEN, BESIDE), (TAKEN_V6, BESIDE_V6)], ids=["IPv4", "IPv6"])
    def test_equal(self, server: Server, taken: str, beside: str, question: bytes) -> None:
        """Answers are those of the sockets, octet for octet, and came the other way."""
        before = server.frames()
        past = ask(server.pair.client, taken, question)
        between = server.frames()
        through = ask(server.pair.client, beside, question)

        assert past == through
        assert (between, server.frames()) == (before + 1, before + 1)

    def test_mode(self, server: Server) -> None:
        """The server and the kernel agree on the mode."""
        program = server.pair.program()

        assert program is not None
        mode = {1: "native", 2: "generic"}[program["mode"]]
        assert server.url == f"xdp://{veth.INTERFACE} ({mode}, queues: 1)"

    def test_mtu(self, server: Server) -> None:
        """A reply larger than the interface takes is truncated, where a socket sends fragments (RFC 9715 §3.1)."""
        question = query("large.example.com.", use_edns=0, payload=4096)

        past = dns.message.from_wire(ask(server.pair.client, TAKEN, question))
        through = dns.message.from_wire(ask(server.pair.client, BESIDE, question))

        assert past.flags & dns.flags.TC
        assert not past.answer
        assert len(through.answer[0]) == 200

    def test_many(self, server: Server) -> None:
        """More queries than there are frames, all answered: each frame comes back into use."""
        packet = query("www.example.com.")
        before = server.frames()
        with udp(server.pair.client, TAKEN) as client:
            for _ in range(5000):
                client.send(packet)
                assert client.recv(512)[:2] == packet[:2]

        assert server.frames() == before + 5000


def internet_sum(octets: bytes) -> int:
    """RFC 1071."""
    padded = octets + bytes(len(octets) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(ethertype: int, packet: bytes, *, to: str = veth.SERVER_MAC, tag: int | None = None) -> bytes:
    macs = bytes.fromhex((to + veth.CLIENT_MAC).replace(":", ""))
    tagged = b"" if tag is None else struct.pack("!HH", 0x8100, tag)
    return macs + tagged + struct.pack("!H", ethertype) + packet


def ipv4(payload: bytes, *, options: bytes = b"", fragment: int = 0) -> bytes:
    words = 5 + len(options) // 4
    start = struct.pack("!BBHHHBB", 0x40 | words, 0, 4 * words + len(payload), 7, fragment, 64, 17)
    addresses = socket.inet_aton(veth.CLIENT) + socket.inet_aton(TAKEN)
    header_sum = internet_sum(start + bytes(2) + addresses + options)
    return start + struct.pack("!H", header_sum) + addresses + options + payload


def ipv6(payload: bytes, next_header: int = 17) -> bytes:
    addresses = socket.inet_pton(socket.AF_INET6, veth.CLIENT_V6) + socket.inet_pton(socket.AF_INET6, TAKEN_V6)
    return struct.pack("!IHBB", 6 << 28, len(payload), next_header, 64) + addresses + payload


def datagram(port: int, payload: bytes, *, checksum: int = 0, destination: int = 53) -> bytes:
    return struct.pack("!HHHH", port, destination, 8 + len(payload), checksum) + payload


def datagram_v6(port: int, payload: bytes) -> bytes:
    addresses = socket.inet_pton(socket.AF_INET6, veth.CLIENT_V6) + socket.inet_pton(socket.AF_INET6, TAKEN_V6)
    plain = datagram(port, payload)
    pseudo = addresses + struct.pack("!II", len(plain), 17)
    return datagram(port, payload, checksum=internet_sum(pseudo + plain) or 0xFFFF)


def with_options(port: int, payload: bytes) -> list[bytes]:
    return [ethernet(0x0800, ipv4(datagram(port, payload), options=b"\x01" * 4))]


def in_fragments(port: int, payload: bytes) -> list[bytes]:
    whole = datagram(port, payload)
    return [ethernet(0x0800, ipv4(whole[:16], fragment=0x2000)), ethernet(0x0800, ipv4(whole[16:], fragment=2))]


def with_extension(port: int, payload: bytes) -> list[bytes]:
    hop_by_hop = b"\x11\0\x01\x04\0\0\0\0"
    return [ethernet(0x86DD, ipv6(hop_by_hop + datagram_v6(port, payload), next_header=0))]


def plainly(port: int, payload: bytes) -> list[bytes]:
    return [ethernet(0x0800, ipv4(datagram(port, payload)))]


class TestKernel:
    """What is not taken goes to the kernel, and is answered through sockets."""

    @pytest.mark.parametrize(
        ("make", "address", "frames"),
        [
            (plainly, TAKEN, 1),  # that what is told from it below would be taken
            (with_options, TAKEN, 0),
            (in_fragments, TAKEN, 0),
            (with_extension, TAKEN_V6, 0),
        ],
        ids=lambda value: getattr(value, "__name__", None),
    )
    def test_frames(self, server: Server, make: object, address: str, frames: int) -> None:
        """IPv4 options, fragments and IPv6 extension headers."""
        assert callable(make)
        before = server.frames()
        with udp(server.pair.client, address) as client, veth.raw(server.pair.client) as sender:
            for frame in make(client.getsockname()[1], query("www.example.com.")):
                sender.send(frame)
            reply = dns.message.from_wire(client.recv(512))

        assert reply.answer[0][0].to_text() == "192.0.2.1"
        assert server.frames() == before + frames

    def test_vlan(self, server: Server) -> None:
        """A VLAN tag: the kernel gets the frame, whether or not it has the VLAN."""
        before = server.frames()
        packet = ipv4(datagram(4242, query("www.example.com.")))
        with (
            veth.raw(server.pair.server, veth.INTERFACE, ethertype=ETH_P_ALL) as listener,
            veth.raw(server.pair.client) as sender,
        ):
            listener.settimeout(PATIENCE)
            sender.send(ethernet(0x0800, packet, tag=7))
            while packet not in listener.recv(2000):
                pass

        assert server.frames() == before

    def test_other_port(self, server: Server) -> None:
        """Another port of the same address."""
        before = server.frames()
        reply = dns.message.from_wire(ask(server.pair.client, TAKEN, query("www.example.com."), port=5300))

        assert (reply.rcode(), server.frames()) == (dns.rcode.NOERROR, before)

    @pytest.mark.parametrize("address", [TAKEN, TAKEN_V6])
    def test_tcp(self, server: Server, address: str) -> None:
        """TCP to the same address and port, with an answer too long for UDP."""
        before = server.frames()
        question = dns.message.make_query("large.example.com.", "A")
        with veth.inside(server.pair.client):
            reply = dns.query.tcp(question, address, timeout=PATIENCE)

        assert (len(reply.answer[0]), server.frames()) == (200, before)

    def test_ping(self, server: Server) -> None:
        """ICMP, ARP and neighbour discovery."""
        with (
            veth.inside(server.pair.client),
            socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ping,
        ):
            ping.settimeout(PATIENCE)
            echo = struct.pack("!BBHHH", 8, 0, 0, 7, 7)
            ping.sendto(echo[:2] + struct.pack("!H", internet_sum(echo)) + echo[4:], (TAKEN, 0))

            assert ping.recv(100)[20] == 0  # echo reply

    def test_damaged(self, server: Server) -> None:
        """A frame with a wrong checksum is taken and gets no reply; one that is right gets the next."""
        with udp(server.pair.client, TAKEN) as client, veth.raw(server.pair.client) as sender:
            port = client.getsockname()[1]
            wrong = datagram(port, query("none.example.com."), checksum=0x1234)
            sender.send(ethernet(0x0800, ipv4(wrong)))
            sender.send(ethernet(0x0800, ipv4(datagram(port, query("www.example.com.")))))

            assert dns.message.from_wire(client.recv(512)).answer

    def test_other_station(self, server: Server) -> None:
        """A frame to another MAC address gets no reply, although the IP address is ours."""
        before = server.frames()
        with udp(server.pair.client, TAKEN) as client, veth.raw(server.pair.client) as sender:
            packet = ipv4(datagram(client.getsockname()[1], query("none.example.com.")))
            sender.send(ethernet(0x0800, packet, to="02:00:00:00:00:77"))
            client.send(query("www.example.com."))

            assert dns.message.from_wire(client.recv(512)).answer
        assert server.frames() == before + 1


def gone(pair: veth.Pair) -> bool:
    """Whether the program leaves the interface; the kernel may do it behind the process."""
    until = time.monotonic() + PATIENCE
    while pair.program() is not None and time.monotonic() < until:
        pass
    return pair.program() is None


class TestAddresses:
    """Which addresses are taken."""

    def test_unspecified(self, pair: veth.Pair) -> None:
        """An unspecified address stands for all of its family that the machine has."""
        with serving(pair, "auto", ("0.0.0.0:53", "[::]:53")) as server:
            for address in (TAKEN, BESIDE, TAKEN_V6, BESIDE_V6):
                ask(pair.client, address, query("www.example.com."))

            assert server.frames() == 4

    def test_family(self, pair: veth.Pair) -> None:
        """The other family is left to the kernel."""
        with serving(pair, "auto", ("0.0.0.0:53",)) as server:
            for address in (TAKEN, TAKEN_V6):
                ask(pair.client, address, query("www.example.com."))

            assert server.frames() == 1

    def test_loopback(self, pair: veth.Pair) -> None:
        """Loopback is on no interface that frames come through."""
        run = subprocess.run(
            command(pair, "auto", taken=("127.0.0.1:53", "[::1]:53")),
            cwd=ROOT, capture_output=True, text=True, check=False, input="",
        )  # fmt: skip

        assert "there is no address to answer on" in run.stderr


class TestEnd:
    """The program goes with the process."""

    def test_stop(self, pair: veth.Pair) -> None:
        """When the server stops."""
        with serving(pair, "auto") as server:
            assert pair.program() is not None
            _, _ = server.process.communicate(timeout=PATIENCE)

            assert server.process.returncode == 0
            assert pair.program() is None

    def test_kill(self, pair: veth.Pair) -> None:
        """When it is killed."""
        with serving(pair, "auto") as server:
            assert pair.program() is not None
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(PATIENCE)

            assert gone(pair)

    def test_queues(self) -> None:
        """Each receive queue has a socket; a frame of any of them is answered."""
        with veth.pair(*ADDRESSES, queues=2) as pair, serving(pair, "auto") as server:
            replies = [ask(pair.client, TAKEN, query("www.example.com.")) for _ in range(64)]

            assert server.url.endswith("queues: 2)")
            assert len(set(replies)) == 1
            assert server.frames() == 64


class TestRefusals:
    """What stands in the way is told."""

    @pytest.mark.skipif(shutil.which("setpriv") is None, reason="there is no `setpriv` (package util-linux)")
    @pytest.mark.parametrize("missing", ["bpf", "net_admin", "net_raw"])
    def test_rights(self, pair: veth.Pair, missing: str) -> None:
        """A process that lacks a right is told which it needs, and leaves nothing at the interface."""
        run = subprocess.run(
            command(pair, "auto", rights=RIGHTS - {missing}),
            cwd=ROOT, capture_output=True, text=True, check=False, input="",
        )  # fmt: skip

        assert "XDP needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW" in run.stderr
        assert gone(pair)

    @pytest.mark.skipif(shutil.which("setpriv") is None, reason="there is no `setpriv` (package util-linux)")
    def test_enough(self, pair: veth.Pair) -> None:
        """The rights that are told are enough, where as much memory may be locked as there are frames."""
        run = subprocess.run(
            command(pair, "auto", rights=RIGHTS), cwd=ROOT, capture_output=True, text=True, check=False, input=""
        )

        assert run.stdout.startswith("xdp://"), run.stderr

    @pytest.mark.parametrize(
        ("interface", "told"), [("none-such", "none-such: there is no interface"), ("lo", "lo: no Ethernet interface")]
    )
    def test_interface(self, pair: veth.Pair, interface: str, told: str) -> None:
        """An interface that is not there, or of no use."""
        run = subprocess.run(
            command(pair, "auto", interface=interface), cwd=ROOT, capture_output=True, text=True, check=False, input=""
        )

        assert told in run.stderr

    def test_taken(self, server: Server) -> None:
        """An interface at which there is a program already."""
        run = subprocess.run(
            command(server.pair, "auto"), cwd=ROOT, capture_output=True, text=True, check=False, input=""
        )

        assert "OSError" in run.stderr
        assert server.pair.program() is not None

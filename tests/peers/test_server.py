"""Running name servers: they start, answer, tell their costs, and leave nothing behind."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import dns.message
import dns.query
import pytest

from tests.peers import Echo, Gdnsd, Knot, Meridian, Nsd, Server, ServerFailed, install_line, missing
from tests.peers.server import runs

ZONE = """\
small.test. 3600 IN SOA ns1.small.test. hostmaster.small.test. 1 7200 900 1209600 300
small.test. 3600 IN NS ns1.small.test.
ns1.small.test. 3600 IN A 192.0.2.1
www.small.test. 60 IN A 192.0.2.2
"""

_LACKING = missing(["nsd", "knot", "gdnsd", "echo", "taskset"])

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(bool(_LACKING), reason=f"not installed; as root: {install_line(_LACKING)}"),
]


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    file = tmp_path / "small.zone"
    file.write_text(ZONE)
    return file


@pytest.mark.parametrize("kind", [Nsd, Knot, Gdnsd, Meridian])
def test_a_name_server_answers_over_udp_and_tcp(kind: type[Server], zone: Path) -> None:
    """As soon as it is started."""
    query = dns.message.make_query("www.small.test.", "A")
    with kind({"small.test.": zone}) as server:
        for ask in (dns.query.udp, dns.query.tcp):
            reply = ask(query, "127.0.0.1", port=server.port, timeout=5)
            assert reply.answer[0].to_text() == "www.small.test. 60 IN A 192.0.2.2"


def test_the_echo_sends_a_packet_back_as_a_response(zone: Path) -> None:
    """Every octet the same but QR."""
    packet = dns.message.make_query("www.small.test.", "A").to_wire()
    with Echo({"small.test.": zone}) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ask:
        ask.connect(server.address)
        ask.settimeout(5)
        ask.send(packet)
        assert ask.recv(4096) == packet[:2] + bytes([packet[2] | 0x80]) + packet[3:]


@pytest.mark.parametrize("kind", [Nsd, Knot, Gdnsd, Meridian, Echo])
def test_a_server_keeps_to_its_core_and_leaves_nothing_behind(kind: type[Server], zone: Path) -> None:
    """All its processes run on the core given; after the end they are gone, and so is the folder."""
    core = min(os.sched_getaffinity(0))
    with kind({"small.test.": zone}, core=core) as server:
        pids, folder = server.pids(), server.folder
        assert server.pid in pids
        assert {frozenset(os.sched_getaffinity(pid)) for pid in pids} == {frozenset({core})}
        assert server.memory() > 0
        assert server.cpu().total >= 0
    assert not folder.exists()
    assert [pid for pid in pids if runs(pid)] == []


@pytest.mark.parametrize("kind", [Nsd, Knot, Gdnsd])
def test_a_server_that_cannot_start_says_why(kind: type[Server], zone: Path) -> None:
    """The error carries what it wrote: here, that the address is taken or the zone cannot be read."""
    zone.write_text(ZONE + "broken.small.test. 60 IN A not-an-address\n")
    with pytest.raises(ServerFailed, match=r"small|broken|not-an-address"):
        kind({"small.test.": zone}, patience=1.0).start()

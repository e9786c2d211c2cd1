"""Lines of query logs call types as dnspython calls them (R-LOG-2)."""

from __future__ import annotations

import socket

import dns.message
import dns.rdatatype

from meridian import _engine
from meridian.compile import image
from meridian.compile.zone import head, shard
from tests.vectors.image.write import NS, SOA, ZONE, ZONE_ID

NO_DATA_TYPES = frozenset([0, 41, *range(128, 256)])  # OPT, and types that are no data (RFC 6895 §3.1)


def test_types_have_their_names() -> None:
    """Every type that a zone can be asked for, by its name or by `TYPE` and its number."""
    engine = _engine.Engine(edge="FRA6")
    made = shard(ZONE_ID, 0, 1, 42, [NS, SOA], [])
    engine.publish(image.encode(head(ZONE, SOA, NS, [42], "group")), [image.encode(made)])
    address = engine.listen(["127.0.0.1:0"], [], threads=1)[0].removeprefix("udp://").rsplit(":", 1)
    types = [number for number in [*range(1, 300), 32768, 32769, 65280, 65535] if number not in NO_DATA_TYPES]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(20)
        client.connect((address[0], int(address[1])))
        for rtype in types:
            client.send(dns.message.make_query("www.example.com", dns.rdatatype.RdataType(rtype)).to_wire())
            client.recv(4096)
    lines = engine.drain_log()["group"].decode().splitlines()
    engine.stop()

    names = [line.split(" ")[4] for line in lines]
    assert names == [dns.rdatatype.to_text(dns.rdatatype.RdataType(rtype)) for rtype in types]

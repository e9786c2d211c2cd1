"""Zones and servers for what is shown of transfers: on loopback, with the engine alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.zone

from meridian._engine import Engine
from meridian.compile.image import Arm, Group, Head, Records, Shard, encode
from meridian.compile.zone import shard_of
from meridian.model.name import from_wire
from tests.conformance.streams import Stream

APEX = "example.com."
ZONE = """\
@ 900 SOA ns1 hostmaster 100 7200 900 1209600 86400
@ 172800 NS ns1
@ 172800 NS ns2.example.net.
ns1 300 A 192.0.2.1
@ 300 MX 10 mail
mail 300 A 192.0.2.2
mail 300 AAAA 2001:db8::2
*.wild 60 TXT "any"
sub 300 NS ns.sub
ns.sub 300 A 192.0.2.53
below.sub 300 A 192.0.2.54
deep.empty 300 CNAME www.example.org.
"""
NAME, SECRET = "xfr.example.net.", bytes(range(32))
KEYS = tuple(
    dns.tsig.Key(f"{size}.{NAME}", SECRET, algorithm)
    for size, algorithm in ((256, dns.tsig.HMAC_SHA256), (384, dns.tsig.HMAC_SHA384), (512, dns.tsig.HMAC_SHA512))
)
KEY = KEYS[0]
STRANGER = dns.tsig.Key("stranger.", SECRET, dns.tsig.HMAC_SHA256)
Allowed = tuple[Sequence[tuple[str, int]], int | None, Sequence[bytes]]
"""Networks, number of a key, zones: as the engine takes them."""
SOMEBODY: Allowed = ([("127.0.0.0", 8)], None, [])

Record = tuple[str, int, str, str]
"""Owner, TTL, type and data, absolute and in lower case."""


class Served(NamedTuple):
    """Where a server listens, and its engine."""

    engine: Engine
    udp: tuple[str, int]
    tcp: tuple[str, int]


def serve(secondaries: Sequence[Allowed] = (SOMEBODY,), *, at_once: int = 20) -> Iterator[Served]:
    """An engine that lets these take zones, on loopback."""
    engine = Engine()
    keys = [(key.name.to_wire() or b"", str(key.algorithm).rstrip("."), key.secret) for key in KEYS]
    engine.set_transfers(keys, list(secondaries), at_once=at_once)
    urls = engine.listen(["127.0.0.1:0"], ["127.0.0.1:0"], threads=1)
    udp, tcp = (url.split("//")[1].rsplit(":", 1) for url in urls)
    yield Served(engine, (udp[0], int(udp[1])), (tcp[0], int(tcp[1])))
    engine.stop()


def publish(engine: Engine, text: str = ZONE, *, version: int = 1, shards: int = 1, policy: bool = False) -> None:
    """Serve a zone of master file lines in shards; with a policy, one name more that has one."""
    zone = dns.zone.from_text(text, APEX, relativize=False, check_origin=False)
    names: list[dict[bytes, dict[int, Group]]] = [{} for _ in range(shards)]
    for name, rdataset in zone.iterate_rdatasets():
        owner = name.canonicalize().to_wire() or b""
        data = Records(rdataset.ttl, [octets(rdata) for rdata in rdataset])
        names[shard_of(from_wire(owner).slot, shards)].setdefault(owner, {})[int(rdataset.rdtype)] = Group(
            "simple", [Arm(data)]
        )
    if policy:
        owner = dns.name.from_text("policy.example.com.").to_wire() or b""
        arms = [Arm(Records(60, [bytes([192, 0, 2, at])]), id=str(at), weight=1) for at in (1, 2)]
        names[shard_of(from_wire(owner).slot, shards)][owner] = {1: Group("weighted", arms)}
    apex = dns.name.from_text(APEX)
    soa, ns = (zone.find_rdataset(apex, rtype) for rtype in ("SOA", "NS"))
    head = Head(
        format=1,
        zone_id="Z1",
        version=version,
        apex=apex.to_wire() or b"",
        rank=0,
        soa=Records(soa.ttl, [octets(rdata) for rdata in soa]),
        ns=Records(ns.ttl, [octets(rdata) for rdata in ns]),
        shard_versions=[version] * shards,
    )
    images = [Shard(1, "Z1", index, shards, version, held, {}) for index, held in enumerate(names)]
    engine.publish(encode(head), [encode(image) for image in images])


def octets(rdata: dns.rdata.Rdata) -> bytes:
    """RDATA in wire form, names as they are."""
    return rdata.to_wire() or b""


def records(text: str = ZONE) -> list[Record]:
    """The records of master file lines, sorted, without the SOA."""
    zone = dns.zone.from_text(text, APEX, relativize=False, check_origin=False)
    return sorted(
        (str(name), ttl, dns.rdatatype.to_text(rdata.rdtype), str(rdata))
        for name, ttl, rdata in zone.iterate_rdatas()
        if rdata.rdtype != dns.rdatatype.SOA
    )


def question(
    rtype: str = "AXFR", name: str = APEX, *, serial: int | None = None, edns: int = -1
) -> dns.message.Message:
    """A query for a transfer; `serial` is that of the version at hand."""
    query = dns.message.make_query(name, rtype, use_edns=edns)
    query.flags &= ~dns.flags.RD
    if serial is not None:
        soa = dns.rdata.from_text("IN", "SOA", f". . {serial} 0 0 0 0")
        query.authority = [dns.rrset.from_rdata(name, 0, soa)]
    return query


def take(served: Served, query: dns.message.Message, key: dns.tsig.Key | None = None) -> list[dns.message.Message]:
    """Send a query over TCP, and read messages until the transfer is over; each signature is checked."""
    if key is not None:
        query.use_tsig(key)
    with Stream(served.tcp) as stream:
        stream.send(query.to_wire())
        return read(stream, query, key)


def read(stream: Stream, query: dns.message.Message, key: dns.tsig.Key | None = None) -> list[dns.message.Message]:
    """The messages of one transfer."""
    messages: list[dns.message.Message] = []
    context = None
    while not is_over(messages):
        message = dns.message.from_wire(
            stream.receive(),
            keyring=key,
            request_mac=query.mac or b"",
            xfr=True,
            one_rr_per_rrset=True,
            tsig_ctx=context,
            multi=True,
        )
        context = message.tsig_ctx
        messages.append(message)
    return messages


def is_over(messages: Sequence[dns.message.Message]) -> bool:
    """Whether a transfer has ended: with an error, or with the SOA that it began with, each in its place."""
    if not messages:
        return False
    if messages[-1].rcode() != 0:
        return True
    found = sequence(messages)
    first = found[0]
    is_ixfr = messages[0].question[0].rdtype == dns.rdatatype.IXFR
    if is_ixfr and len(found) == 1:
        return True
    # Incrementally, the newest SOA stands at the beginning, before what came last, and at the end (RFC 1995 §4).
    due = 3 if is_ixfr and found[1][2] == "SOA" and found[1] != first else 2
    return found.count(first) >= due and found[-1] == first


def sequence(messages: Sequence[dns.message.Message]) -> list[Record]:
    """All records of the answers, in order."""
    return [
        (str(rrset.name), rrset.ttl, dns.rdatatype.to_text(rrset.rdtype), str(rrset[0]))
        for message in messages
        for rrset in message.answer
    ]

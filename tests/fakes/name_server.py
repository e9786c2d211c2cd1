"""A name server of others: answers on a real socket what a test says, changes its mind, fails or keeps silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from types import TracebackType
from typing import NamedTuple, Self

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

SOA = "ns.fake.test. hostmaster.fake.test. 1 7200 900 1209600 {ttl}"


class Records(NamedTuple):
    """Values of one name and type; `near` has others for some client subnets."""

    values: tuple[str, ...]
    ttl: int
    near: Mapping[IPv4Network | IPv6Network, str] = {}


class NameServer:
    """
    Answers over UDP on a port of its own.

    Attributes:
        rcode: Every answer's, if it is not NOERROR.
        silent: Whether it keeps silent on everything.
        silent_for: Names on which it keeps silent.
        delays: Names that it thinks about, and for how many seconds.
        follows: Whether it follows CNAMEs, as a resolver does, or leaves that to the asker.
        negative_ttl: For how many seconds what is not there may be remembered.
        asked: What it was asked: name, type, client subnet.
    """

    def __init__(self) -> None:
        self.rcode = dns.rcode.NOERROR
        self.silent = False
        self.silent_for: set[str] = set()
        self.follows = True
        self.delays: dict[str, float] = {}
        self.negative_ttl = 60
        self.asked: list[tuple[str, str, str | None]] = []
        self._records: dict[tuple[str, str], Records] = {}
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self._socket.getsockname()
        return host, port

    def set(self, name: str, rtype: str, *values: str, ttl: int = 60, near: Mapping[str, str] | None = None) -> None:
        """Answer a question so from now on; without values there are no such records."""
        key = (name.rstrip(".") + ".", rtype)
        by_subnet = {ip_network(subnet): value for subnet, value in (near or {}).items()}
        self._records = {**self._records, key: Records(values, ttl, by_subnet)}

    def __enter__(self) -> Self:
        """Start it."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End it."""
        with socket.socket(type=socket.SOCK_DGRAM) as knock:
            knock.sendto(b"", self.address)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            packet, client = self._socket.recvfrom(4096)
            if not packet:
                return
            query = dns.message.from_wire(packet)
            question = query.question[0]
            subnet = next((option for option in query.options if isinstance(option, dns.edns.ECSOption)), None)
            shown = None if subnet is None else f"{subnet.address}/{subnet.srclen}"
            self.asked.append((question.name.to_text(), dns.rdatatype.to_text(question.rdtype), shown))
            if not self.silent and question.name.to_text() not in self.silent_for:
                reply, delay = self._reply(query, subnet).to_wire(), self.delays.get(question.name.to_text(), 0.0)
                threading.Timer(delay, self._socket.sendto, (reply, client)).start()

    def _reply(self, query: dns.message.Message, subnet: dns.edns.ECSOption | None) -> dns.message.Message:
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(self.rcode)
        if self.rcode == dns.rcode.NOERROR:
            scope = self._answer(reply, query.question[0], subnet)
            if subnet is not None:
                reply.use_edns(0, options=[dns.edns.ECSOption(subnet.address, subnet.srclen, scope)])
        elif self.rcode == dns.rcode.NXDOMAIN:
            self._add_soa(reply)
        return reply

    def _answer(self, reply: dns.message.Message, question: dns.rrset.RRset, subnet: dns.edns.ECSOption | None) -> int:
        """Fill in the answer, along CNAMEs; give the scope."""
        name, rtype = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        while (cname := self._records.get((name, "CNAME"))) and rtype != "CNAME":
            reply.answer.append(dns.rrset.from_text(name, cname.ttl, "IN", "CNAME", *cname.values))
            if not self.follows:
                return 0
            name = cname.values[0]
        found = self._records.get((name, rtype))
        if found is not None and found.values:
            values, scope = _for_subnet(found, subnet)
            reply.answer.append(dns.rrset.from_text(name, found.ttl, "IN", rtype, *values))
            return scope
        if not any(known == name for known, _ in self._records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self._add_soa(reply)
        return 0

    def _add_soa(self, reply: dns.message.Message) -> None:
        soa = SOA.format(ttl=self.negative_ttl)
        reply.authority.append(dns.rrset.from_text("fake.test.", self.negative_ttl, "IN", "SOA", soa))


def _for_subnet(found: Records, subnet: dns.edns.ECSOption | None) -> tuple[tuple[str, ...], int]:
    if subnet is None or not found.near:
        return found.values, 0
    asked = ip_network(f"{subnet.address}/{subnet.srclen}", strict=False)
    for network, value in found.near.items():
        if asked.version == network.version and asked.subnet_of(network):  # type: ignore[arg-type]
            return (value,), network.prefixlen
    return found.values, 1

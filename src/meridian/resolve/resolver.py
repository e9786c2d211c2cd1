"""Asks resolvers: one name and type, perhaps for a client subnet, along its CNAME chain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import dns.asyncquery
import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver

from meridian.model.cidr import Block
from meridian.model.name import Name
from meridian.settings import split_address

_TIMEOUT = 2.0  # seconds for one question to one resolver
_AT_ONCE = 32  # questions under way
_MOST_LINKS = 8  # answers that end with a CNAME, followed one after the other


class Server(NamedTuple):
    """A resolver's address."""

    host: str
    port: int


class Found(NamedTuple):
    """
    What a name has.

    Attributes:
        rdata: Records in wire form, sorted; none: there is no such name, or none with this type.
        ttl: The lowest of the CNAME chain and the records, in seconds; of an answer without records
            what its SOA says (RFC 2308 §5).
        scope: How many bits of the client subnet the answer depends on; 0 without one.
    """

    rdata: tuple[bytes, ...]
    ttl: int
    scope: int


class NoAnswer(Exception):
    """
    No resolver gave an answer; the text says what each did instead.

    Attributes:
        heard: Whether any of them replied at all: if none did, the fault may be on our side.
    """

    def __init__(self, text: str, *, heard: bool) -> None:
        super().__init__(text)
        self.heard = heard


class Resolver:
    """
    Asks these resolvers, each in its turn until one answers, not too many questions at once.

    Args:
        servers: In order of preference.
        timeout: Seconds to wait for each.
    """

    def __init__(self, servers: Sequence[Server], *, timeout: float = _TIMEOUT, at_once: int = _AT_ONCE) -> None:
        self._servers = tuple(servers)
        self._timeout = timeout
        self._free = asyncio.Semaphore(at_once)

    async def ask(self, name: Name, rtype: str, subnet: Block | None = None) -> Found:
        """
        What a name has, on behalf of the clients in `subnet`.

        Raises:
            NoAnswer: No resolver answered.
        """
        target, ttl, scope = dns.name.from_wire(name.wire, 0)[0], None, 0
        for _ in range(_MOST_LINKS):
            reply = await self._reply(target, rtype, subnet)
            chain = reply.resolve_chaining()
            scope = max(scope, _scope(reply, subnet))
            ttl = chain.minimum_ttl if ttl is None else min(ttl, chain.minimum_ttl)
            if chain.answer is not None:
                return Found(tuple(sorted(item.to_wire() for item in chain.answer)), ttl, scope)
            if not _leads_on(reply, chain):
                return Found((), ttl, scope)
            target = chain.canonical_name
        raise NoAnswer(f"more than {_MOST_LINKS} CNAMEs in a row", heard=True)

    async def is_heard(self) -> bool:
        """Whether any resolver replies, be it with an error, to a question that they all have the answer of."""
        try:
            await self._reply(dns.name.root, "NS", None)
        except NoAnswer as error:
            return error.heard
        return True

    async def _reply(self, target: dns.name.Name, rtype: str, subnet: Block | None) -> dns.message.QueryMessage:
        """The first answer that says whether there are records."""
        options: list[dns.edns.Option] = []
        if subnet is not None:
            options.append(dns.edns.ECSOption(str(subnet.network_address), subnet.prefixlen))
        failures, heard = [], False
        for server in self._servers:
            query = dns.message.make_query(target, rtype, use_edns=0, payload=1232, options=options)
            try:
                async with self._free:
                    reply = await self._exchange(query, server)
                heard = True
                if reply.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) and isinstance(
                    reply, dns.message.QueryMessage
                ):
                    reply.resolve_chaining()
                    return reply
                failures.append(f"{server.host}: {dns.rcode.to_text(reply.rcode())}")
            except (dns.exception.DNSException, OSError, EOFError) as error:
                failures.append(f"{server.host}: {type(error).__name__}")
        none_known = "no resolver is known: name some with the setting resolvers"
        raise NoAnswer(", ".join(failures) or none_known, heard=heard)

    async def _exchange(self, query: dns.message.Message, server: Server) -> dns.message.Message:
        reply, _ = await dns.asyncquery.udp_with_fallback(
            query,
            server.host,
            timeout=self._timeout,
            port=server.port,
            ignore_unexpected=True,  # what others send does not end the wait
            ignore_errors=True,
        )
        return reply


def servers(settings: Sequence[str]) -> list[Server]:
    """
    The resolvers to ask: those of the settings, ADDRESS or ADDRESS:PORT, else the system's.

    Raises:
        SettingsError: One is no address.
    """
    if settings:
        return [_server(text) for text in settings]
    try:
        system = dns.resolver.Resolver().nameservers
    except dns.resolver.NoResolverConfiguration:
        return []
    return [Server(host, 53) for host in system if isinstance(host, str)]


def _server(text: str) -> Server:
    has_port = text.startswith("[") or text.count(":") == 1
    full = text if has_port else f"[{text}]:53"
    return Server(*split_address(full, "resolvers"))


def _leads_on(reply: dns.message.QueryMessage, chain: dns.message.ChainingResult) -> bool:
    """Whether an answer ends with a CNAME whose target was not looked for: a denial would have an SOA."""
    denied = any(rrset.rdtype == dns.rdatatype.SOA for rrset in reply.authority)
    return bool(chain.cnames) and reply.rcode() == dns.rcode.NOERROR and not denied


def _scope(reply: dns.message.Message, subnet: Block | None) -> int:
    """RFC 7871 §7.3: the option counts only if it is for the subnet that was asked for."""
    if subnet is None:
        return 0
    for option in reply.options:
        if isinstance(option, dns.edns.ECSOption) and option.srclen == subnet.prefixlen:
            return min(option.scopelen, subnet.prefixlen)
    return 0

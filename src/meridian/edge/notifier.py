"""
Tells secondaries that a zone has changed, so that they need not wait for the SOA's refresh (NOTIFY, RFC 1996).

Each address is told by itself: one that is away holds up no other. While it does not answer it is told again, with
the latest serial, and then given up: it finds out by the refresh.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import structlog

from meridian.compile.image import Head
from meridian.feed.turns import Turns
from meridian.model.name import Name, from_wire
from meridian.model.secondary import Address, Secondaries, Secondary

log = structlog.get_logger()

PATIENCE = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # seconds that each try waits; RFC 1996 §3.6 has five tries a minute apart
_AT_ONCE = 50  # zones of which one address is told at a time


class Notifier:
    """
    Tells those secondaries that have addresses.

    Args:
        patience: Seconds to wait for an answer, a number for each try.
    """

    def __init__(self, secondaries: Secondaries, patience: Sequence[float] = PATIENCE) -> None:
        self._tellers = [
            _Teller(secondary, address, patience) for secondary in secondaries.all for address in secondary.addresses
        ]

    def served(self, head: Head) -> None:
        """A zone is served as this head has it: tell whoever may take it. Nobody may take a private one (R-PVT-6)."""
        if head.view is not None:
            return
        zone = from_wire(head.apex)
        for teller in self._tellers:
            if teller.secondary.has(zone):
                teller.due(zone, head)

    async def run(self) -> None:
        """Tell, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for teller in self._tellers:
                tasks.create_task(teller.run())


class _Teller:
    """Tells one address."""

    def __init__(self, secondary: Secondary, address: Address, patience: Sequence[float]) -> None:
        self.secondary = secondary
        self._address = address
        self._patience = patience
        self._heads: dict[str, Head] = {}  # the latest of each zone
        self._due: set[str] = set()
        self._news = asyncio.Event()

    def due(self, zone: Name, head: Head) -> None:
        """Tell of this zone as soon as may be."""
        self._heads[zone.text] = head
        self._due.add(zone.text)
        self._news.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            turns = Turns(self._tell, tasks, _AT_ONCE)
            while True:
                await self._news.wait()
                self._news.clear()
                while self._due:
                    turns.due(self._due.pop())

    async def _tell(self, zone: str) -> None:
        about = {"secondary": self.secondary.id, "address": self._address.host, "zone": zone}
        for wait in self._patience:
            query = notification(self._heads[zone], self.secondary)
            try:
                reply = await self._exchange(query, wait)
            except (dns.exception.Timeout, OSError):
                continue
            except dns.exception.DNSException as error:
                log.warning("notify.bad_reply", **about, reason=str(error) or type(error).__name__)
                return
            if reply.rcode() != dns.rcode.NOERROR:
                log.warning("notify.refused", **about, rcode=dns.rcode.to_text(reply.rcode()))
            return
        log.warning("notify.unanswered", **about, tries=len(self._patience))

    async def _exchange(self, query: dns.message.Message, wait: float) -> dns.message.Message:
        try:
            return await dns.asyncquery.udp(
                query, self._address.host, timeout=wait, port=self._address.port, ignore_unexpected=True
            )
        except OSError:  # nobody listens there: the next try is no sooner than after silence
            await asyncio.sleep(wait)
            raise


def notification(head: Head, secondary: Secondary) -> dns.message.Message:
    """A NOTIFY of what this head has (RFC 1996 §3.7), signed if the secondary has a key."""
    zone = dns.name.from_wire(head.apex, 0)[0]
    query = dns.message.make_query(zone, "SOA")
    query.set_opcode(dns.opcode.NOTIFY)
    query.flags = (query.flags & ~dns.flags.RD) | dns.flags.AA
    (octets,) = head.soa.rdata
    soa = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.SOA, octets, 0, len(octets))
    query.answer = [dns.rrset.from_rdata(zone, head.soa.ttl, soa)]
    if secondary.key is not None:
        name = dns.name.from_wire(secondary.key.name.wire, 0)[0]
        query.use_tsig(dns.tsig.Key(name, secondary.key.secret, secondary.key.algorithm))
    return query

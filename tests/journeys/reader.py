"""A DNS client that asks all the while: what it saw proves that no answer was missing, and none mixed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_network
from itertools import product
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

import dns.edns
import dns.exception
import dns.message
import dns.query
import dns.rcode

from tests.journeys.site import Site
from tests.journeys.test_policies import CLIENTS

T = TypeVar("T")


class Seen(NamedTuple):
    """One answer: who asked for what, and got which address with which TTL."""

    name: str
    client: str
    address: str
    ttl: int


class Reader:
    """
    Asks for A records of names as several clients, one question after the other without a pause.

    Args:
        clients: Of `CLIENTS`, each with its subnet.

    Attributes:
        seen: Every answer, in its order.
        wrong: Replies that were not one address; errors of asking too.
    """

    def __init__(self, site: Site, names: Iterable[str], clients: Iterable[str]) -> None:
        self._site = site
        self._stop = threading.Event()
        self._asked = list(product(names, clients))
        self.seen: list[Seen] = []
        self.wrong: list[str] = []
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def of(self, name: str, client: str) -> list[tuple[str, int]]:
        """What a client saw of a name, in its order."""
        return [(each.address, each.ttl) for each in self.seen if (each.name, each.client) == (name, client)]

    def has_more(self) -> Callable[[], bool]:
        """Whether every client has asked for every name twice since this call, so once from beginning to end."""
        enough = len(self.seen) + 2 * len(self._asked)
        return lambda: len(self.seen) + len(self.wrong) > enough

    def _read(self) -> None:
        while not self._stop.is_set():
            for name, client in self._asked:
                network = ip_network(CLIENTS[client][0])
                option = dns.edns.ECSOption(str(network.network_address), network.prefixlen)
                query = dns.message.make_query(name, "A", use_edns=0, options=[option])
                try:
                    reply = dns.query.udp(query, self._site.dns[0], port=self._site.dns[1], timeout=5)
                except (OSError, dns.exception.DNSException) as error:
                    self.wrong.append(f"{name} {client}: {error!r}")
                    continue
                found = [(item.to_text(), rrset.ttl) for rrset in reply.answer for item in rrset]
                if reply.rcode() != dns.rcode.NOERROR or len(found) != 1:
                    self.wrong.append(f"{name} {client}: {reply}")
                else:
                    self.seen.append(Seen(name, client, *found[0]))


def stages(seen: Sequence[T]) -> list[T]:
    """What was seen in its order, without repetitions."""
    return [answer for before, answer in zip([None, *seen], seen, strict=False) if answer != before]

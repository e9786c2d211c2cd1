"""Tables of places are swapped under load: no query is dropped, and none is answered by two tables at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from ipaddress import ip_network

import pytest

from meridian._engine import Engine
from meridian.compile.image import Arm, Group, Records, ToGroup
from meridian.model.name import parse
from meridian.place import latency, table
from meridian.place.coordinates import Region
from meridian.place.prior import Prior
from tests.engine import wire, zone

SWAPS = 500  # of each table
READERS = 2
ENOUGH = 2000  # times that each reader is to see each answer
SUBNET = "198.51.100.0/24"
REST = 20_000  # further networks, so that a table takes a while to load
BERLIN, PARIS = (5252, 1340), (4886, 235)

# Whoever is in Germany or France by the table goes on to a group that asks the same once more.
GROUPS = {
    "geo.example.com.": Group("geo", [Arm(ToGroup(parse(f"{at}.example.com.").wire, 1), id=at, country=at.upper())
                                      for at in ("de", "fr")]),
    "de.example.com.": Group("geo", [Arm(Records(60, [zone.address("192.0.2.1")]), id="de", country="DE"),
                                     Arm(Records(60, [zone.address("192.0.2.99")]), id="torn", country="FR")]),
    "fr.example.com.": Group("geo", [Arm(Records(60, [zone.address("192.0.2.2")]), id="fr", country="FR"),
                                     Arm(Records(60, [zone.address("192.0.2.99")]), id="torn", country="DE")]),
    "fast.example.com.": Group("latency", [Arm(ToGroup(parse(f"{at}.example.com.").wire, 1), id=at, region=at)
                                           for at in ("east", "west")]),
    "east.example.com.": Group("latency", [Arm(Records(60, [zone.address("192.0.2.3")]), id="east", region="east"),
                                           Arm(Records(60, [zone.address("192.0.2.99")]), id="torn", region="west")]),
    "west.example.com.": Group("latency", [Arm(Records(60, [zone.address("192.0.2.4")]), id="west", region="west"),
                                           Arm(Records(60, [zone.address("192.0.2.99")]), id="torn", region="east")]),
}  # fmt: skip

Answer = tuple[str, int]
"""The address answered, and the client subnet's scope."""


def geo(country: str, network: str) -> bytes:
    """A table that has this network in a country, and many others elsewhere."""
    here = [(ip_network(network), table.Place("EU", country, "", BERLIN))]
    points = [(at // 180, at % 180) for at in range(REST)]
    rest = [(ip_network((0x0A00_0000 + 256 * at, 24)), table.Place("AS", "JP", "", points[at])) for at in range(REST)]
    return table.make(table.About("made up", "2026-11-20"), [*rest, *here]).encode()


def latencies(east: float, west: float) -> bytes:
    """A table of what was measured from the client's network to two regions, and from many others."""
    regions = {"east": Region("east", BERLIN), "west": Region("west", PARIS)}

    def measured(ms: float) -> latency.Estimate:
        return latency.Estimate(ms, 9, 1, latency.Level.SITE)

    sites = {ip_network((0x0A00_0000 + 256 * at, 24)): {"east": measured(9)} for at in range(REST)}
    sites[ip_network(SUBNET)] = {"east": measured(east), "west": measured(west)}
    return latency.encode(regions, Prior(1.0, 0.01, {}, {}), latency.Measured(0, sites, {}, {}, 0, {}))


# Of each kind: the name asked, and two tables with the answer that holds while each is in force.
TABLES: Mapping[str, tuple[str, list[tuple[bytes, Answer]]]] = {
    "geo": (
        "geo.example.com.",
        [(geo("DE", SUBNET), ("192.0.2.1", 24)), (geo("FR", "198.51.96.0/20"), ("192.0.2.2", 20))],
    ),
    "latency": (
        "fast.example.com.",
        [(latencies(10, 20), ("192.0.2.3", 24)), (latencies(20, 10), ("192.0.2.4", 24))],
    ),
}


class Reader(threading.Thread):
    """Asks without pause, and counts the answers; one that does not come ends it with an error."""

    def __init__(self, address: tuple[str, int], packet: bytes) -> None:
        super().__init__()
        self.seen: Counter[Answer] = Counter()
        self.error: Exception | None = None
        self.done = threading.Event()
        self._address, self._packet = address, packet

    def wants_more(self) -> bool:
        """Whether it has still to see each answer often enough; not once it has failed."""
        return self.is_alive() and (len(self.seen) < 2 or min(self.seen.values()) < ENOUGH)

    def run(self) -> None:
        """Ask until told to stop."""
        try:
            while not self.done.is_set():
                self.seen.update(map(read, wire.ask(self._address, [self._packet] * 256)))
        except Exception as error:
            self.error = error


def read(reply: bytes) -> Answer:
    (address,) = wire.addresses(reply)
    return address, wire.scope(reply)


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_is_swapped_between_queries(kind: str) -> None:
    """Each query is answered by the one table or the other, and after a swap by the new one."""
    name, tables = TABLES[kind]
    packet = wire.query(name, subnet=SUBNET)
    engine = Engine()
    engine.publish(zone.head(1, [1]), zone.shards(1, 1, GROUPS))
    for other, (_, first) in TABLES.items():
        engine.set_place(other, first[0][0])
    address = wire.listen(engine, threads=2)
    readers = [Reader(address, packet) for _ in range(READERS)]
    try:
        for reader in readers:
            reader.start()
        swaps = 0
        while swaps < SWAPS or any(map(Reader.wants_more, readers)):
            swaps += 1
            octets, expected = tables[swaps % 2]
            engine.set_place(kind, octets)
            (reply,) = wire.ask(address, [packet])
            assert expected == read(reply)
    finally:
        for reader in readers:
            reader.done.set()
        for reader in readers:
            reader.join()
        engine.stop()

    assert [reader.error for reader in readers] == [None] * READERS
    for reader in readers:
        assert reader.seen.keys() == {answer for _, answer in tables}, reader.seen
    asked, counters = swaps + sum(sum(reader.seen.values()) for reader in readers), engine.counters()
    assert counters["queries_udp"] == counters["answers"] == asked

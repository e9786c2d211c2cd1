"""A batch is applied on the wire at one moment (R-CHG-2; architecture §3)."""

import threading
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import pytest

from tests.journeys.site import Site, create, upsert

pytestmark = pytest.mark.journey

CHANGES = 500  # UPSERTs count twice: this is the largest batch of them (R-CHG-9)
ROUNDS = 12


class Reader(threading.Thread):
    """
    Asks for an early name, then a late one, without pause.

    Each round of changes gives all names one new value, a greater one. As the late name is asked
    second, it can only be the same or ahead; where it is behind, half a batch was seen. The next
    pair is asked the other way round.
    """

    def __init__(self, site: Site, names: tuple[str, str]) -> None:
        super().__init__()
        self._site = site
        self._names = names
        self.done = threading.Event()
        self.torn: list[tuple[int, int]] = []
        self.seen: set[int] = set()

    def run(self) -> None:
        """Ask until told to stop."""
        first, second = self._names
        while not self.done.is_set():
            pair = self._value(first), self._value(second)
            self.seen.update(pair)
            if pair[1] < pair[0]:
                self.torn.append(pair)
            first, second = second, first

    def _value(self, name: str) -> int:
        query = dns.message.make_query(name, "A")
        reply = dns.query.udp(query, self._site.dns[0], port=self._site.dns[1], timeout=5)
        return int(reply.answer[0][0].to_text().rpartition(".")[2])


@pytest.mark.parametrize("names", [400, 3000], ids=["one shard", "16 shards"])
def test_a_reader_never_sees_half_of_a_batch(tmp_path: Path, names: int) -> None:
    """The largest batch of UPSERTs, over one shard and over many, is never seen in part."""
    with Site(tmp_path / "data") as site:
        zone = site.create_zone("batch.example")
        filler = [create(f"filler-{i}.batch.example", "A", "192.0.2.200") for i in range(names)]
        for at in range(0, names, 1000):
            site.change(zone, *filler[at : at + 1000])
        owners = [f"n{i}.batch.example" for i in range(CHANGES)]
        site.in_sync(site.change(zone, *(create(owner, "A", "192.0.2.0") for owner in owners)))
        readers = [Reader(site, (owners[0], owners[-1])), Reader(site, (owners[17], owners[333]))]
        for reader in readers:
            reader.start()

        for value in range(1, ROUNDS):
            site.in_sync(site.change(zone, *(upsert(owner, "A", f"192.0.2.{value}") for owner in owners)))

        for reader in readers:
            reader.done.set()
            reader.join()
        assert [reader.torn for reader in readers] == [[], []]
        assert all(len(reader.seen) > ROUNDS // 2 for reader in readers)


def test_a_batch_of_a_thousand_records_is_there_at_once(tmp_path: Path) -> None:
    """1,000 creations in one batch: as soon as one is answered, all are (R-CHG-2)."""
    with Site(tmp_path / "data") as site:
        zone = site.create_zone("thousand.example")
        owners = [f"n{i}.thousand.example" for i in range(1000)]
        change = site.change(zone, *(create(owner, "A", "192.0.2.1") for owner in owners))
        site.eventually(lambda: site.answers(owners[0], "A") == {"192.0.2.1"})

        assert [owner for owner in owners if site.answers(owner, "A") != {"192.0.2.1"}] == []
        site.in_sync(change)

"""
What the bench of sizes serves: zones of plain addresses, as master files, as an edge's last values, or in a database.

The database is filled as the API fills it, but for the parsing; the last values are those that control would put.
"""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import dns.flags
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from bench.loadgen import Question
from meridian.changes.batch import Plan
from meridian.compile import image
from meridian.compile.zone import head, shard, shard_of
from meridian.feed.feed import Entry
from meridian.feed.keys import FILLED, Catalog, catalog_key, catalog_of, encode, head_key, shard_key
from meridian.feed.local import LocalFeed
from meridian.model.name import Name, parse
from meridian.model.record import RecordSet
from meridian.model.zone import DelegationSet, HostedZone
from meridian.store import account, outbox, record
from meridian.store import zone as zones
from meridian.store.database import Database

T = TypeVar("T")

_SUFFIX = parse("size.bench.test.")
_SERVER, _HOSTMASTER = parse("ns1.meridian.test."), parse("hostmaster.meridian.test.")
_NUMBERS = (1, 7200, 900, 1209600, 300)  # serial, refresh, retry, expire, minimum
TTL = 300
_APEX_TTL = 900
_AT_ONCE = 10_000  # rows or entries in one transaction
APEX_RECORDS = 2  # SOA and NS


class Content(NamedTuple):
    """So many zones, each with so many addresses beside its SOA and its one NS record."""

    name: str
    zones: int
    addresses: int

    @property
    def records(self) -> int:
        """All records."""
        return self.zones * (self.addresses + APEX_RECORDS)

    def apex(self, zone: int) -> Name:
        """The name of a zone."""
        return Name((f"{self.name}{zone}".encode(), *_SUFFIX.labels))

    def owner(self, zone: int, at: int) -> Name:
        """The name of an address."""
        return Name((b"host%d" % at, *self.apex(zone).labels))

    def question(self, zone: int, at: int) -> Question:
        """Asks for one address."""
        name = dns.name.from_text(self.owner(zone, at).text)
        answer = dns.rrset.from_text(name, TTL, "IN", "A", socket.inet_ntoa(_address(at)))
        return Question(name, dns.rdatatype.A, dns.rcode.NOERROR, ((answer,),))

    def questions(self, count: int) -> Iterator[Question]:
        """Asks for addresses from all over, the last one among them."""
        for number in range(1, count + 1):
            at = self.zones * self.addresses * number // count - 1
            yield self.question(*divmod(at, self.addresses))

    def record_sets(self, zone: int) -> Iterator[RecordSet]:
        """Of one zone, the SOA and NS record sets first."""
        apex = self.apex(zone)
        numbers = b"".join(number.to_bytes(4, "big") for number in _NUMBERS)
        yield RecordSet(apex, "SOA", None, _APEX_TTL, (), (_SERVER.wire + _HOSTMASTER.wire + numbers,))
        yield RecordSet(apex, "NS", None, _APEX_TTL, (), (_SERVER.wire,))
        for at in range(self.addresses):
            octets = _address(at)
            yield RecordSet(self.owner(zone, at), "A", None, TTL, (socket.inet_ntoa(octets),), (octets,))

    def master_files(self, folder: Path) -> dict[str, Path]:
        """Each zone as a master file, by apex."""
        folder.mkdir(parents=True)
        files = {}
        numbers = " ".join(map(str, _NUMBERS))
        for zone in range(self.zones):
            apex = self.apex(zone).text
            files[apex] = folder / f"{zone}"
            with files[apex].open("w") as file:
                file.write(f"$ORIGIN {apex}\n@ {_APEX_TTL} IN SOA {_SERVER} {_HOSTMASTER} {numbers}\n")
                file.write(f"@ {_APEX_TTL} IN NS {_SERVER}\n")
                for at in range(self.addresses):
                    file.write(f"host{at} {TTL} IN A {socket.inet_ntoa(_address(at))}\n")
        return files


def zone_id(content: Content, zone: int) -> str:
    """The id under which a zone is stored."""
    return f"Z{content.name.upper()}{zone:012d}"


def database(file: Path, contents: Sequence[Content]) -> None:
    """Fill a new database with zones of its first account, which the publisher has still to publish."""
    opened = Database(f"sqlite:///{file}")
    opened.migrate()
    account.first_key(opened)
    for content in contents:
        for at in range(content.zones):
            with opened.write() as conn:
                (account_id,) = account.accounts(conn)
                rank = zones.claim_reference(conn, account_id, _reference(content, at), zone_id(content, at))
                zone = _zone(content, at, account_id, rank)
                zones.insert(conn, zone)
                for some in _in_parts(content.record_sets(at), _AT_ONCE):
                    record.apply(conn, zone, Plan(delete=(), put=some))
                outbox.add(conn, zone.id, 1, None)
    opened.close()


async def last_values(file: Path, content: Content, *, is_listed: bool = True) -> None:
    """Put what control would put into a feed; without the catalogs, if zones are not to be served yet."""
    feed = LocalFeed(file)
    listed: dict[int, dict[str, int]] = defaultdict(dict)
    for some in _in_parts(range(content.zones), max(1, _AT_ONCE // (content.addresses + APEX_RECORDS))):
        await feed.put(*(entry for at in some for entry in _image(content, at)))
        for at in some:
            listed[catalog_of(zone_id(content, at))][zone_id(content, at)] = 1
    if is_listed:
        await feed.put(*(Entry(catalog_key(number), encode(Catalog(own)), 1) for number, own in listed.items()))
        await feed.put(Entry(FILLED, b"", 1))
    feed.close()


def _image(content: Content, at: int) -> Iterator[Entry]:
    zone = _zone(content, at, "", at + 1)
    sets = list(content.record_sets(at))
    by_shard: dict[int, list[RecordSet]] = defaultdict(list)
    for each in sets:
        by_shard[shard_of(each.name.slot, zone.shard_count)].append(each)
    for index in range(zone.shard_count):
        compiled = shard(zone.id, index, zone.shard_count, 1, by_shard[index], ())
        yield Entry(shard_key(zone.id, zone.shard_count, index), image.encode(compiled), 1)
    yield Entry(head_key(zone.id), image.encode(head(zone, sets[0], sets[1], [1] * zone.shard_count)), 1)


def _zone(content: Content, at: int, account_id: str, rank: int) -> HostedZone:
    count = content.addresses + APEX_RECORDS
    return HostedZone(
        id=zone_id(content, at),
        account_id=account_id,
        name=content.apex(at),
        caller_reference=_reference(content, at),
        rank=rank,
        version=1,
        shard_count=zones.shards_for(count, 1),
        record_set_count=count,
        delegation_set=DelegationSet((_SERVER.text.rstrip("."),)),
    )


def _reference(content: Content, at: int) -> str:
    return f"bench-{zone_id(content, at)}"


def _address(at: int) -> bytes:
    return (0x0A00_0000 + at).to_bytes(4, "big")


def _in_parts(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    rest = iter(items)
    while part := tuple(islice(rest, size)):
        yield part

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.compile import image
from meridian.compile.zone import SLOTS, head, shard, shard_of, slots_of
from meridian.model.name import Name, parse
from meridian.model.record import RecordSet
from meridian.model.zone import DelegationSet, HostedZone

ZONE = HostedZone(
    id="Z0EXAMPLE00000",
    account_id="000000000001",
    name=parse("example.com."),
    caller_reference="r",
    rank=3,
    version=9,
    shard_count=1,
    record_set_count=2,
    delegation_set=DelegationSet(("ns.test",)),
)


@pytest.mark.parametrize("count", [1, 16, 256, 4096])
def test_slots_partition(count: int) -> None:
    """Each slot lies in exactly one shard, the one that `shard_of` names."""
    held: Counter[int] = Counter()
    for index in range(count):
        first, last = slots_of(index, count)
        for slot in range(first, last + 1):
            held[slot] += 1
            assert shard_of(slot, count) == index
    assert held == Counter(range(SLOTS))


def record_set(name: str, type_: str = "A", rdata: bytes = b"\0\0\0\0") -> RecordSet:
    return RecordSet(name=parse(name), type=type_, ttl=1, rdata=(rdata,))


def test_shard_names() -> None:
    """A shard holds each owner with its groups by type, and empty non-terminals without any."""
    compiled = shard(
        ZONE.id,
        0,
        1,
        9,
        [record_set("a.b.example.com."), record_set("a.b.example.com.", "TXT", b"\1x"), record_set("c.example.com.")],
        [parse("b.example.com.")],
    )
    assert {owner: set(types) for owner, types in compiled.names.items()} == {
        parse("a.b.example.com.").wire: {1, 16},
        parse("b.example.com.").wire: set(),
        parse("c.example.com.").wire: {1},
    }


LABELS = st.lists(st.sampled_from([b"a", b"b", b"*", b"\xff"]), min_size=1, max_size=3).map(
    lambda labels: Name((*labels, b"example", b"com"))
)


@given(st.lists(LABELS, unique=True), st.randoms())
def test_order_of_rows_does_not_matter(names: list[Name], random: object) -> None:
    """The same rows in any order make the same octets, so that a repeated publication changes nothing."""
    rows = [RecordSet(name=name, type="A", ttl=1, rdata=(b"\0\0\0\0",)) for name in names]
    shuffled = rows[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert image.encode(shard(ZONE.id, 0, 1, 1, rows, [])) == image.encode(shard(ZONE.id, 0, 1, 1, shuffled, []))


def test_head() -> None:
    """The head carries the zone's version, place, and the records that negative answers and referrals need."""
    compiled = head(ZONE, record_set("example.com.", "SOA", b"s"), record_set("example.com.", "NS", b"n"), [4, 9])
    assert compiled == image.Head(
        format=image.FORMAT,
        zone_id=ZONE.id,
        version=9,
        apex=parse("example.com.").wire,
        rank=3,
        soa=image.Records(1, [b"s"]),
        ns=image.Records(1, [b"n"]),
        shard_versions=[4, 9],
    )

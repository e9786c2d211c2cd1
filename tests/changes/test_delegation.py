"""Four name servers for a zone."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.changes.delegation import DelegationSetNotAvailable, assign, private_set
from meridian.model.name import parse

FAMILIES = ["a.example.net", "b.example.org", "c.example.com", "d.example.info"]
ZONE = parse("example.com")


def never(servers: Sequence[str]) -> bool:
    return False


@given(st.integers(2, 4), st.randoms(use_true_random=False))
def test_each_place_of_a_set_has_its_stripe_of_numbers(count: int, random: Random) -> None:
    """R-DEL-1: four names over the families in turn, place i from i*512+1 on: the first is for private zones."""
    found = assign(FAMILIES[:count], random, is_crowded=never)

    assert len(set(found.name_servers)) == 4
    for place, server in enumerate(found.name_servers):
        label, _, family = server.partition(".")
        assert family == FAMILIES[place % count]
        assert place * 512 < int(label.removeprefix("ns-")) < (place + 1) * 512
    assert found.id is None


def test_overlapping_zones_share_no_name_server_until_none_is_left() -> None:
    """R-ZON-6, R-DEL-2: 511 zones of one name have 2,044 different name servers; the next one is refused."""
    random = Random(1)
    taken: list[str] = []
    for _ in range(511):
        taken += assign(FAMILIES, random, name=ZONE, occupied=taken, is_crowded=never).name_servers

    assert len(set(taken)) == len(taken) == 4 * 511
    with pytest.raises(DelegationSetNotAvailable, match=r"another zone named example\.com\.") as refused:
        assign(FAMILIES, random, name=ZONE, occupied=taken, is_crowded=never)
    assert refused.value.code == "DelegationSetNotAvailable"


class SmallDraw(Random):
    """Chooses among the first few alone, so that sets meet often."""

    def choice(self, seq: Sequence[str]) -> str:  # type: ignore[override]
        return super().choice(seq[:6])


@given(st.integers(0, 2**32))
def test_a_crowded_choice_is_drawn_again(seed: int) -> None:
    """R-DEL-2: of sets that `is_crowded` has judged, no two share more than two name servers."""
    random, sets = SmallDraw(seed), list[frozenset[str]]()

    def is_crowded(servers: Sequence[str]) -> bool:
        return any(len(held.intersection(servers)) > 2 for held in sets)

    for _ in range(12):
        sets.append(frozenset(assign(FAMILIES, random, is_crowded=is_crowded).name_servers))

    shared = Counter(len(one & other) for one, other in combinations(sets, 2))
    assert max(shared) <= 2


def test_where_every_choice_is_crowded_none_is_made() -> None:
    """The search ends."""
    with pytest.raises(DelegationSetNotAvailable, match="another delegation set"):
        assign(FAMILIES, Random(1), is_crowded=lambda servers: True)


def test_private_zones_have_the_first_server_of_each_stripe() -> None:
    """R-PVT-5: the same four for all of them."""
    assert private_set(FAMILIES).name_servers == (
        "ns-0.a.example.net",
        "ns-512.b.example.org",
        "ns-1024.c.example.com",
        "ns-1536.d.example.info",
    )

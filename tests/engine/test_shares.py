"""
Shares on the wire are the probabilities that `explain` states: 100,000 questions each, over UDP.

Each test computes a chi-square statistic and fails where it is exceeded by chance once in a million.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from math import comb
from typing import Any

import pytest

from meridian._engine import Engine
from meridian.compile.image import Arm, Group, Records, ToGroup
from meridian.model.name import parse
from tests.engine import wire, zone

QUERIES = 100_000
NAME = "www.example.com."
Shares = Mapping[frozenset[str], float]


def member(address: str, *, health: int = 0, **by: Any) -> Arm:
    return Arm(Records(60, [zone.address(address)]), id=address, health=health, **by)


def leads(identifier: str, name: str, **by: Any) -> Arm:
    return Arm(ToGroup(parse(name).wire, 1), id=identifier, evaluate_target=True, **by)


def weights(*each: int) -> Group:
    """Members 192.0.2.1, .2, … of these weights, with health slots 1, 2, …"""
    return Group("weighted", [member(f"192.0.2.{at}", health=at, weight=weight) for at, weight in enumerate(each, 1)])


def several(count: int, prefix: str = "198.51.100") -> Group:
    """A multivalue group of so many members, with health slots 1, 2, …"""
    return Group("multivalue", [member(f"{prefix}.{at}", health=at) for at in range(1, count + 1)])


# Groups, the first being the one asked for, and the unhealthy slots.
CASES: dict[str, tuple[dict[str, Group], list[int]]] = {
    "weighted (R-WEI-2, R-WEI-3)": ({NAME: weights(255, 0, 1, 0, 64)}, []),
    "weighted, one unhealthy (R-SEL-4)": ({NAME: weights(100, 3, 1, 0)}, [1]),
    "weighted, only those of weight 0 healthy (R-WEI-4)": ({NAME: weights(9, 1, 0, 0, 0)}, [1, 2, 4]),
    "weighted, none healthy (R-WEI-6)": ({NAME: weights(9, 1, 0, 0)}, [1, 2, 3, 4]),
    "weighted, all of weight 0 (R-WEI-5)": ({NAME: weights(0, 0, 0)}, []),
    "multivalue, more than 8 (R-MVA-3)": ({NAME: several(11)}, []),
    "multivalue, more than 8 healthy": ({NAME: several(13)}, [2, 7, 13]),
    "multivalue, none of many healthy (R-MVA-4)": ({NAME: several(10)}, list(range(1, 11))),
    "geoproximity, nobody knows where (R-GPX-13)": (
        {NAME: Group("geoproximity", [member(f"192.0.2.{at}", latitude=at * 1000) for at in range(1, 6)])},
        [],
    ),
    "a tree": (
        {
            NAME: Group(
                "weighted",
                [
                    leads("blue", "blue.example.com.", weight=70),
                    leads("green", "green.example.com.", weight=20),
                    leads("gone", "gone.example.com.", weight=60),
                    member("203.0.113.1", weight=10),
                ],
            ),
            "blue.example.com.": weights(5, 3, 0, 1),
            "green.example.com.": Group(
                "failover", [leads("p", "gone.example.com."), leads("s", "many.example.com.", secondary=True)]
            ),
            "gone.example.com.": Group("weighted", [member("203.0.113.9", health=2, weight=1)]),
            "many.example.com.": several(9),
        },
        [2],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_shares_are_those_explained(case: str) -> None:
    """Each answer comes as often as explained, whatever came before it, and no other ever (R-WEI-2, R-SEL-5)."""
    groups, unhealthy = CASES[case]
    engine = Engine()
    engine.publish(zone.head(1, [1]), zone.shards(1, 1, groups))
    engine.set_health([(slot, False) for slot in unhealthy])
    expected = explained(engine, groups, NAME)
    try:
        replies = wire.ask(wire.listen(engine), [wire.query(NAME)] * QUERIES)
        seen = [wire.addresses(reply) for reply in replies]
    finally:
        engine.stop()

    assert sum(expected.values()) == pytest.approx(1)
    assert set(seen) <= expected.keys()
    assert chi_square(Counter(seen), expected) < critical(len(expected) - 1)
    pairs = {(one, other): p * q for one, p in expected.items() for other, q in expected.items()}
    if min(pairs.values()) * QUERIES / 2 > 10:  # each pair is due often enough to be counted
        assert chi_square(Counter(zip(seen[::2], seen[1::2], strict=True)), pairs) < critical(len(pairs) - 1)


def explained(engine: Engine, groups: Mapping[str, Group], name: str) -> Shares:
    """Each answer's probability, from the explanations of every group that can be reached."""
    told = json.loads(engine.explain(parse(name).wire, 1, "192.0.2.53", draw=0))
    (step, *_) = [step for step in told["steps"] if step["step"] == "group"]
    standing = {arm["set_identifier"]: arm["probability"] for arm in step["arms"] if arm["probability"] > 0}
    if step["policy"] == "multivalue":
        return samples(standing)
    shares: Counter[frozenset[str]] = Counter()
    for arm in groups[name].arms:
        share = standing.get(arm.id, 0.0)
        target = arm.target
        if share and isinstance(target, ToGroup):
            leads_to = next(other for other in groups if parse(other).wire == target.owner)
            shares.update({answer: share * rest for answer, rest in explained(engine, groups, leads_to).items()})
        elif share:
            shares[frozenset([arm.id])] += share
    return shares


def samples(standing: Mapping[str, float]) -> Shares:
    """Every choice of as many members as the probabilities sum up to, each as likely as the other (R-MVA-3)."""
    size = round(sum(standing.values()))
    assert set(standing.values()) == {size / len(standing)}
    return {frozenset(chosen): 1 / comb(len(standing), size) for chosen in combinations(standing, size)}


def chi_square(seen: Mapping[Any, int], expected: Mapping[Any, float]) -> float:
    """Pearson's statistic of counts against shares."""
    total = sum(seen.values())
    return sum((seen.get(key, 0) - share * total) ** 2 / (share * total) for key, share in expected.items())


def critical(degrees: int) -> float:
    """What chi-square exceeds with a probability of 1 in 1,000,000 (Wilson and Hilferty's approximation)."""
    part = 2 / (9 * degrees)
    return float(degrees * (1 - part + 4.7534 * part**0.5) ** 3)


def test_the_statistic_tells_wrong_shares_apart() -> None:
    """A share that is off by one part in fifty is found; the right one passes."""
    right, wrong = {"a": 0.5, "b": 0.5}, {"a": 0.51, "b": 0.49}
    seen = Counter("ab" * (QUERIES // 2))

    assert chi_square(seen, right) < critical(1) < chi_square(seen, wrong)

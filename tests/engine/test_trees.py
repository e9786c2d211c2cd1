"""
The engine against a model of R-TREE that was written from the rules alone.

`MERIDIAN_TREES=200000 pytest tests/engine/test_trees.py` compares that many combinations of tree,
client and health; without it, enough to notice a wrong rule.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from random import Random
from typing import Any

import dns.edns
import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meridian._engine import Engine
from meridian.model.name import parse
from tests.engine import trees
from tests.engine.tree_model import NO_DATA, Answer, Chances, Group, Model, client_of

COMBINATIONS = int(os.environ.get("MERIDIAN_TREES", "5000"))
EACH = 40  # clients and states of health that one tree is asked with
SEED = 20_260_605
PARTS = 4
EDGE = (51.5, -0.1)
DRAWS = 4000


@dataclass
class Asked:
    """One tree, client and state of health, put to the engine."""

    engine: Engine
    groups: dict[str, Group]
    resolver: str
    subnet: str | None
    unhealthy: frozenset[int]
    reciprocal_bias: bool

    def model(self) -> Model:
        """The same for the model."""
        client = client_of(self.resolver, self.subnet)
        edge = EDGE if self.reciprocal_bias else None
        return Model(trees.WORLD, self.groups, client, self.unhealthy, self.reciprocal_bias, edge)

    def explain(self, name: str, draw: int, subnet: str | None = None) -> dict[str, Any]:
        """The engine's explanation."""
        given = subnet or self.subnet
        prefix = given and (given.split("/")[0], int(given.split("/")[1]))
        health = [(slot, False) for slot in self.unhealthy]
        wire = parse(name).wire
        explained = self.engine.explain(wire, 1, self.resolver, draw, prefix or None, health=health)
        return json.loads(explained)  # type: ignore[no-any-return]

    def answers(self, name: str) -> Chances:
        """Each possible answer with its probability, from the explanations of every group that can be reached."""
        steps = self.explain(name, 0)["steps"]
        step = next((step for step in steps if step["step"] in ("group", "record_set")), None)
        if step is None:
            return {NO_DATA: 1.0}
        if step["step"] == "record_set":
            return {_values(self.groups[name], [""]): 1.0}
        standing = {arm["set_identifier"]: arm for arm in step["arms"] if arm["probability"] > 0}
        if step["policy"] == "multivalue":
            (share,) = {arm["probability"] for arm in standing.values()}
            values, _ = _values(self.groups[name], list(standing))
            return {(values, round(share * len(standing))): 1.0}
        chances: defaultdict[Answer, float] = defaultdict(float)
        for identifier, arm in standing.items():
            leads_on = arm.get("alias_of")
            one = self.answers(leads_on) if leads_on else {_values(self.groups[name], [identifier]): 1.0}
            for answer, share in one.items():
                chances[answer] += arm["probability"] * share
        return dict(chances) or {NO_DATA: 1.0}


def _values(group: Group, identifiers: list[str]) -> Answer:
    arms = [arm for arm in group.arms if arm.id in identifiers or identifiers == [""]]
    values = frozenset(value for arm in arms for value in arm.values)
    return values, len(values)


def _reply(explained: dict[str, Any], name: str) -> tuple[frozenset[str], int]:
    """Addresses of the answer section, and the scope; of a reply to one question for type A."""
    octets = bytes.fromhex(explained["reply"])
    return _addresses(octets, name), _scope(octets)


def _addresses(octets: bytes, name: str) -> frozenset[str]:
    start = 12 + len(parse(name).wire) + 4
    count = int.from_bytes(octets[6:8], "big")
    assert octets[3] & 15 == 0
    addresses = {str(ip_address(octets[start + 16 * at + 12 : start + 16 * at + 16])) for at in range(count)}
    assert len(addresses) == count
    return frozenset(addresses)


def _scope(octets: bytes) -> int:
    """The scope of the client-subnet option in OPT, which is the last record; 0 without one."""
    opt = octets.rindex(b"\0\0\x29\x04\xd0")
    data = octets[opt + 11 :]
    return data[7] if data else 0


def asked(random: Random, combinations: int, each: int = EACH) -> Iterator[Asked]:
    """Random combinations; a tree is published once for `each` clients and states of health."""
    engines = {False: Engine(), True: Engine(reciprocal_bias=True, coordinates=(5150, -10))}
    for engine in engines.values():
        for kind, octets in trees.places():
            engine.set_place(kind, octets)
    for at in range(combinations):
        if at % each == 0:
            groups, reciprocal = trees.tree(random), random.random() < 0.3
            trees.publish(engines[reciprocal], 1 + at, groups)
        yield Asked(engines[reciprocal], groups, *trees.client(random), trees.unhealthy(random), reciprocal)


def check(one: Asked, random: Random) -> None:
    """Compare the possible answers and their probabilities, and one answer that was drawn."""
    root = next(iter(one.groups))
    expected, seen = one.model().answers(root), one.answers(root)
    assert expected.keys() == seen.keys(), one
    assert all(abs(expected[answer] - seen[answer]) < 1e-9 for answer in expected), one
    values, _ = _reply(one.explain(root, random.getrandbits(64)), root)
    assert any(values <= of and len(values) == size for of, size in expected), one


@pytest.mark.parametrize("part", range(PARTS))
def test_engine_agrees_with_model(part: int) -> None:
    """The engine's answers and probabilities are the model's (R-TREE-1..9, R-TREE-14, R-TREE-15)."""
    random = Random(SEED + part)
    for one in asked(random, COMBINATIONS // PARTS):
        check(one, random)


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_engine_agrees_with_model_on_any_tree(random: Random) -> None:
    """So they are for trees that are sought for their edges."""
    for one in asked(random, 5):
        check(one, random)


def test_scope_is_honest() -> None:
    """Whoever is within the stated scope gets the same answer for the same draw (R-ECS-5, RFC 7871 §7.2.1)."""
    random = Random(SEED)
    compared = 0
    for one in asked(random, COMBINATIONS // 2):
        root, draw = next(iter(one.groups)), random.getrandbits(64)
        if one.subnet is None or one.subnet.endswith("/0"):
            continue
        values, scope = _reply(one.explain(root, draw), root)
        if scope <= int(one.subnet.split("/")[1]):
            other = trees.near(random, one.subnet, scope)
            assert _reply(one.explain(root, draw, other), root)[0] == values, (one, other, scope)
            compared += 1
    assert compared > COMBINATIONS // 10


def test_shares_are_those_explained() -> None:
    """Over many draws each answer on the wire comes as often as explained (R-WEI-2, R-GPX-13), by chi-square."""
    random = Random(SEED)
    left_to_chance = 0
    for one in asked(random, 600, each=2):
        root = next(iter(one.groups))
        chances = one.answers(root)
        if len(chances) == 1 or any(len(of) > size for of, size in chances):
            continue
        left_to_chance += 1
        seen: defaultdict[frozenset[str], int] = defaultdict(int)
        for replied in _drawn(one, root, DRAWS):
            seen[replied] += 1
        expected = {values: chance * DRAWS for (values, _), chance in chances.items()}
        assert seen.keys() <= expected.keys(), one
        statistic = sum((seen[values] - count) ** 2 / count for values, count in expected.items())
        assert statistic < _critical(len(expected) - 1), (one, seen, expected)
    assert left_to_chance > 20


def _drawn(one: Asked, name: str, draws: int) -> Iterator[frozenset[str]]:
    """The answers on the wire for draws 0, 1, 2, …"""
    query = dns.message.make_query(name, "A", use_edns=0)
    if one.subnet is not None:
        address, length = one.subnet.split("/")
        query.use_edns(0, options=[dns.edns.ECSOption(address, int(length))])
    packet = query.to_wire()
    one.engine.set_health([(slot, slot not in one.unhealthy) for slot in range(1, trees.CHECKS + 1)])
    for draw in range(draws):
        reply = one.engine.respond(packet, one.resolver, tcp=True, draw=draw)
        assert reply is not None
        yield _addresses(reply, name)
    one.engine.set_health([(slot, True) for slot in range(1, trees.CHECKS + 1)])


def _critical(degrees: int) -> float:
    """What chi-square exceeds with a probability of 1 in 100,000 (Wilson and Hilferty's approximation)."""
    part = 2 / (9 * degrees)
    return float(degrees * (1 - part + 4.265 * part**0.5) ** 3)


def test_trees_reach_every_rule() -> None:
    """The random combinations are worth comparing: all kinds of answers and every policy occur often."""
    random = Random(SEED)
    seen: defaultdict[str, int] = defaultdict(int)
    for one in asked(random, 2000):
        chances = one.model().answers(next(iter(one.groups)))
        seen["no data"] += NO_DATA in chances
        seen["chance"] += len(chances) > 1
        seen["sampled"] += any(len(of) > size for of, size in chances)
        for group in one.groups.values():
            seen[group.policy] += 1
    assert min(seen.values()) > 20, dict(seen)
    assert len(seen) == 11

"""
Explained equals answered: the explanation's reply, and the choices it tells of, are those of the wire.

Random zones are asked random questions for random clients in random states of health; the same draw
is given to `explain` and to `respond`. `MERIDIAN_TREES=200000` asks that many.
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
import dns.rdatatype
import pytest

from meridian._engine import Engine
from meridian.compile import image
from meridian.connect import answer
from meridian.model.name import parse
from tests.engine import trees, zone
from tests.engine.tree_model import Group

QUESTIONS = int(os.environ.get("MERIDIAN_TREES", "5000"))
EACH = 40  # questions to one zone
PARTS = 2
SEED = 20_261_126

A, CNAME, AAAA, ANY = 1, 5, 28, 255
TARGET = "lb.example.net."
# What stands beside the trees, whose names are g0 to g4. Below them and beside them there is nothing.
ASKED = [
    "w.example.com.", "x.w.example.com.", "a.b.w.example.com.", "c.example.com.", "out.example.com.",
    "host.sub.example.com.", "example.com.", "missing.example.com.", "x.g0.example.com.", "other.test.",
]  # fmt: skip


@dataclass
class Question:
    """One question, and what stands when it is asked."""

    engine: Engine
    groups: dict[str, Group]
    name: str
    type: int
    resolver: str
    subnet: str | None
    unhealthy: frozenset[int]
    draw: int

    def explained(self) -> dict[str, Any]:
        """What the engine explains, with the checks' states as suppositions."""
        prefix = None if self.subnet is None else (self.subnet.split("/")[0], int(self.subnet.split("/")[1]))
        health = [(slot, slot not in self.unhealthy) for slot in range(1, trees.CHECKS + 1)]
        told = self.engine.explain(parse(self.name).wire, self.type, self.resolver, self.draw, prefix, health=health)
        return json.loads(told)  # type: ignore[no-any-return]

    def answered(self) -> bytes:
        """What the engine answers, with the checks in these states."""
        query = dns.message.make_query(self.name, dns.rdatatype.RdataType.make(self.type), flags=0, id=0)
        options: list[dns.edns.Option] = []
        if self.subnet is not None:
            address, length = self.subnet.split("/")
            options.append(dns.edns.ECSOption(address, int(length)))
        query.use_edns(0, payload=65_535, options=options)
        self.engine.set_health([(slot, slot not in self.unhealthy) for slot in range(1, trees.CHECKS + 1)])
        reply = self.engine.respond(query.to_wire(), self.resolver, tcp=True, draw=self.draw)
        assert reply is not None
        return reply


def questions(random: Random, count: int) -> Iterator[Question]:
    """Random questions, about a new zone every so often."""
    engine = Engine()
    for kind, octets in trees.places():
        engine.set_place(kind, octets)
    engine.set_outside(parse(TARGET).wire, A, answer.encode(answer.Answer(30, (zone.address("203.0.113.1"),), True, 0)))
    groups: dict[str, Group] = {}
    for at in range(count):
        if at % EACH == 0:
            groups = trees.tree(random)
            publish(engine, 1 + at, groups)
        name = random.choice([*groups, *groups, *ASKED])
        resolver, subnet = trees.client(random)
        unhealthy, draw = trees.unhealthy(random), random.getrandbits(64)
        yield Question(
            engine, groups, name, random.choice([A, A, A, AAAA, CNAME, ANY]), resolver, subnet, unhealthy, draw
        )


def publish(engine: Engine, version: int, groups: dict[str, Group]) -> None:
    """Serve a tree for A and for AAAA, with a wildcard, a CNAME and an outside alias that lead on, and a delegation."""
    root = next(iter(groups))
    by_type = {rtype: {name: trees.image_group(group, rtype) for name, group in groups.items()} for rtype in (A, AAAA)}
    names: dict[str, dict[int, image.Group]] = {
        name: {A: by_type[A][name], AAAA: by_type[AAAA][name]} for name in groups
    }
    names["example.com."] = {6: _simple(zone.SOA), 2: _simple(zone.NS), A: _simple(image.ToGroup(parse(root).wire, A))}
    names["*.w.example.com."] = {A: _simple(image.ToGroup(parse(root).wire, A)), AAAA: by_type[AAAA][root]}
    names["w.example.com."] = {}
    names["c.example.com."] = {CNAME: _simple(image.Records(60, [parse(root).wire]))}
    names["out.example.com."] = {rtype: _simple(image.ToOutside(parse(TARGET).wire, rtype)) for rtype in (A, AAAA)}
    names["sub.example.com."] = {2: _simple(image.Records(60, [parse("ns.test.").wire]))}
    shard = image.Shard(
        image.FORMAT, zone.ID, 0, 1, version, {parse(name).wire: types for name, types in names.items()}, {}
    )
    assert engine.publish(zone.head(version, [version]), [image.encode(shard)])


def _simple(target: image.Target) -> image.Group:
    return image.Group("simple", [image.Arm(target)])


@pytest.mark.parametrize("part", range(PARTS))
def test_explained_equals_answered(part: int) -> None:
    """Whatever is asked, the reply explained is the reply given, octet for octet, suppositions of health included."""
    random = Random(SEED + part)
    for question in questions(random, QUESTIONS // PARTS):
        assert bytes.fromhex(question.explained()["reply"]) == question.answered(), question


def test_the_steps_lead_to_the_answer() -> None:
    """The record sets that the steps call chosen hold the values answered; what is chosen was likely at all."""
    random = Random(SEED)
    led = 0
    for question in questions(random, QUESTIONS):
        explained = question.explained()
        steps = [step for step in explained["steps"] if step["step"] == "group"]
        for step in steps:
            check_odds(question, step)
        if question.type not in (A, AAAA) or question.name not in question.groups or not steps:
            continue
        expected = led_to(question, explained["steps"])
        if expected is not None:
            assert expected == values(bytes.fromhex(explained["reply"]), question), question
            led += 1
    assert led > QUESTIONS // 10


def check_odds(question: Question, step: dict[str, Any]) -> None:
    """What is chosen stood for choice; probabilities sum up to the number of record sets chosen."""
    chosen = [arm for arm in step["arms"] if arm["chosen"]]
    assert all(arm["probability"] > 0 and arm["excluded"] is None for arm in chosen), (question, step)
    assert all((arm["excluded"] is None) == (arm["probability"] > 0) for arm in step["arms"]), (question, step)
    assert sum(arm["probability"] for arm in step["arms"]) == pytest.approx(len(chosen)), (question, step)
    assert len(chosen) <= (8 if step["policy"] == "multivalue" else 1), (question, step)


def led_to(question: Question, steps: list[dict[str, Any]]) -> frozenset[str] | None:
    """Values of the record sets chosen last; None where the answer is not from a group, or from none."""
    last = [step for step in steps if step["step"] in ("group", "record_set", "missing_target", "failure")][-1]
    group = question.groups.get(last.get("owner", ""))
    if last["step"] not in ("group", "record_set") or group is None:
        return None
    chosen = [arm["set_identifier"] for arm in last.get("arms", []) if arm["chosen"]]
    arms = [arm for arm in group.arms if arm.id in chosen or last["step"] == "record_set"]
    return None if any(arm.alias for arm in arms) else frozenset(value for arm in arms for value in arm.values)


def values(reply: bytes, question: Question) -> frozenset[str]:
    """The addresses answered, as the tree writes them."""
    message = dns.message.from_wire(reply)
    found = [ip_address(item.to_text()) for rrset in message.answer for item in rrset]
    return frozenset(str(ip_address(trees.as_v4(address.packed))) for address in found)


def test_questions_reach_every_step() -> None:
    """The random questions are worth asking: every kind of step, name and reply occurs often."""
    random = Random(SEED)
    seen: defaultdict[str, int] = defaultdict(int)
    for question in questions(random, 3000):
        explained = question.explained()
        for step in explained["steps"]:
            seen[step["step"]] += 1
            seen[f"name {step.get('found')}"] += 1
            seen["last resort"] += step.get("last_resort") is True
        seen[f"rcode {bytes.fromhex(explained['reply'])[3] & 15}"] += 1
    kinds = {"client", "zone", "name", "record_set", "group", "missing_target", "outside", "cname"}
    found = {f"name {kind}" for kind in ("exact", "wildcard", "empty_non_terminal", "delegation", "nothing")}
    expected = kinds | found | {"last resort", *(f"rcode {code}" for code in (0, 2, 3, 5))}
    assert expected <= {kind for kind, times in seen.items() if times > 20}, dict(seen)

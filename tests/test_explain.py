from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from meridian import explain
from meridian.errors import MeridianError
from meridian.feed.local import LastValues
from tests.publish.conftest import world as world
from tests.publish.world import World


def publish(world: World, *names: str, zone: str = "example.com") -> str:
    zone_id = world.create(zone, shards=16)
    world.change(zone_id, *names)
    asyncio.run(world.publish())
    return zone_id


def ask(world: World, name: str, rtype: str = "A", **more: int) -> dict[str, object]:
    values = LastValues(world.folder / "feed.db")
    try:
        return explain.explain(values, name, rtype, "203.0.113.9", **more)
    finally:
        values.close()


def zone_of(explained: dict[str, object]) -> object:
    steps = explained["steps"]
    assert isinstance(steps, list)
    return steps[0]["id"]


def test_longest_apex_answers(world: World) -> None:
    """Of several zones that hold a name, the one with the longest apex is asked, and of equal ones the oldest."""
    parent = publish(world, "www.example.com")
    child = publish(world, "www.sub.example.com", zone="sub.example.com")
    publish(world, "www.sub.example.com", zone="sub.example.com")
    assert zone_of(ask(world, "www.example.com")) == parent
    assert zone_of(ask(world, "WWW.sub.example.com.")) == child
    assert zone_of(ask(world, "www.other.test")) is None


def test_draw_repeats_the_choice(world: World) -> None:
    """The draw of one explanation, given to another, makes the same reply."""
    publish(world, "www.example.com")
    first = ask(world, "www.example.com")
    draw = first["draw"]
    assert isinstance(draw, int)
    assert ask(world, "www.example.com", draw=draw) == first


@pytest.mark.parametrize(
    ("name", "rtype", "message"),
    [
        ("a..example.com", "A", "'a..example.com' is no domain name: Domain name is empty"),
        ("www.example.com", "LOC", "'LOC' is no type"),
    ],
)
def test_question_that_makes_no_sense(world: World, name: str, rtype: str, message: str) -> None:
    """A question that cannot be is refused with what is wrong."""
    with pytest.raises(MeridianError, match=message):
        ask(world, name, rtype)


def test_no_values(tmp_path: Path) -> None:
    """Without a feed's file there is nothing to explain; the error says where it looked."""
    with pytest.raises(MeridianError, match=r"feed\.db: no such file"):
        LastValues(tmp_path / "feed.db")
    (tmp_path / "feed.db").write_bytes(b"no database" * 100)
    with pytest.raises(MeridianError, match="not the feed"):
        LastValues(tmp_path / "feed.db")
    assert (tmp_path / "feed.db").read_bytes() == b"no database" * 100


def _arm(**fields: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "set_identifier": "",
        "evaluates_target": False,
        "healthy": True,
        "excluded": None,
        "probability": 1.0,
        "chosen": True,
    }
    return plain | fields


STEPS: list[tuple[dict[str, object], list[str]]] = [
    ({"step": "zone", "id": None, "apex": None, "version": None}, ["no zone here holds this name: REFUSED"]),
    (
        {"step": "zone", "id": "Z1", "apex": "example.com.", "version": 7},
        ["zone example.com. (Z1, version 7) answers"],
    ),
    (
        {"step": "name", "name": "a.example.com.", "found": "wildcard", "by": "\\052.example.com."},
        ["a.example.com. does not exist; the wildcard *.example.com. stands for it"],
    ),
    (
        {"step": "name", "name": "a.b.example.com.", "found": "delegation", "by": "b.example.com."},
        ["a.b.example.com. is delegated at b.example.com.: referral"],
    ),
    (
        {"step": "record_set", "owner": "a.example.com.", "type": 28, "ttl": 60, "records": 1},
        ["record set a.example.com. AAAA: 1 record, TTL 60 s"],
    ),
    (
        {
            "step": "group",
            "owner": "a.example.com.",
            "type": 1,
            "policy": "weighted",
            "last_resort": True,
            "arms": [
                _arm(set_identifier="x", weight=80, probability=0.8, chosen=True, healthy=False),
                _arm(set_identifier="y", weight=0, probability=0.0, chosen=False, excluded="its weight is 0"),
            ],
        },
        [
            "weighted group a.example.com. A; nothing is healthy, so everything is treated as healthy",
            "→  80.00%  x  weight 80  unhealthy",
            "    0.00%  y  weight 0  (not considered: its weight is 0)",
        ],
    ),
    (
        {"step": "missing_target", "owner": "t.example.com.", "type": 1},
        ["the alias leads to t.example.com. A, which is not there: no data"],
    ),
    ({"step": "cname", "target": "t.example.com."}, ["CNAME leads on to t.example.com."]),
    ({"step": "failure", "reason": "too deep"}, ["no answer can be given: too deep"]),
    ({"step": "comet", "tail": 1}, ['{"step": "comet", "tail": 1}']),
]


@pytest.mark.parametrize(("step", "expected"), STEPS, ids=[str(case[0]["step"]) for case in STEPS])
def test_step_in_words(step: dict[str, object], expected: list[str]) -> None:
    """Each kind of step is a sentence; one that this program does not know is shown as it came."""
    explained = {
        "name": "a.example.com.",
        "type": 1,
        "client": "203.0.113.9",
        "draw": 5,
        "steps": [step],
        "reply": "000080050000000000000000",
    }
    text = list(explain.lines(explained))
    assert [line[5:] for line in text[2 : 2 + len(expected)]] == expected
    assert text[-1] == "The same choice again: --draw 5"


def test_explanation_is_json(world: World) -> None:
    """The explanation survives JSON unchanged, so that `--json` loses nothing."""
    publish(world, "www.example.com")
    found = ask(world, "www.example.com")
    assert json.loads(json.dumps(found)) == found

"""The console's world map against the engine: who gets a point on the map gets it on the wire (R-VIS-7, R-VIS-8)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from random import Random
from typing import Any

import pytest

from meridian._engine import Engine
from meridian.compile.image import Arm, Group, Records
from meridian.model.name import parse
from meridian.place import table
from tests.engine import zone

ROOT = Path(__file__).parents[2]
WITH_NODE = str(ROOT / "scripts/with-node")
NAME = "www.example.com."
RULES, POINTS = 100, 100  # points for each rule
FIRST = int(IPv4Address("10.0.0.0"))  # of the clients, each in a /24 of its own
Point = tuple[int, int]  # hundredths of a degree, as the engine has them


class Rule:
    """A geoproximity rule of random places and biases, and random clients."""

    def __init__(self, random: Random, reciprocal: bool) -> None:
        self.reciprocal = reciprocal
        self.sites = [(_point(random), random.randint(-99, 99)) for _ in range(random.randint(2, 30))]
        self.points = [_point(random) for _ in range(POINTS)]

    def group(self) -> Group:
        """As the engine has it; the identifiers sort in the order of the sites (R-GPX-12)."""
        arms = [
            Arm(
                Records(60, [zone.address(f"192.0.2.{number}")]),
                id=f"{number:03}",
                latitude=latitude,
                longitude=longitude,
                bias=bias,
            )
            for number, ((latitude, longitude), bias) in enumerate(self.sites)
        ]
        return Group("geoproximity", arms)

    def as_json(self) -> dict[str, Any]:
        """As the console has it."""
        return {
            "sites": [{**_degrees(point), "bias": bias} for point, bias in self.sites],
            "negative": "reciprocal" if self.reciprocal else "linear",
            "points": [_degrees(point) for point in self.points],
        }


def _point(random: Random) -> Point:
    return random.randint(-9000, 9000), random.randint(-18000, 18000)


def _degrees(point: Point) -> dict[str, float]:
    return {"latitude": point[0] / 100, "longitude": point[1] / 100}


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console's functions as JavaScript, built as the console is."""
    folder = tmp_path_factory.mktemp("map")
    vite = f"node_modules/.bin/vite build --logLevel error --ssr src/map/territories.ts --emptyOutDir --outDir {folder}"
    subprocess.run([WITH_NODE, *vite.split()], cwd=ROOT / "console", check=True, timeout=120)
    return folder / "territories.js"


def drawn(module: Path, rules: list[Rule]) -> tuple[float, list[list[dict[str, Any]]]]:
    """The width of a cell in km, and for each rule what the console says of each of its points."""
    program = [WITH_NODE, "node", str(ROOT / "tests/console/territories.mjs"), str(module)]
    given = json.dumps([rule.as_json() for rule in rules]).encode()
    told = json.loads(subprocess.run(program, input=given, check=True, capture_output=True, timeout=300).stdout)
    return told["cellKm"], told["told"]


def chosen(rules: list[Rule]) -> Iterator[list[tuple[int, float]]]:
    """For each rule the site that the engine chooses for each point, and its biased distance as explained."""
    points = [point for rule in rules for point in rule.points]
    networks = [(ip_network((FIRST + 256 * at, 24)), table.Place(point=point)) for at, point in enumerate(points)]
    geo = table.make(table.About("points", "2026-06-05"), networks).encode()
    engines = {reciprocal: Engine(reciprocal_bias=reciprocal) for reciprocal in (False, True)}
    for engine in engines.values():
        engine.set_place("geo", geo)
    for number, rule in enumerate(rules):
        engine = engines[rule.reciprocal]
        assert engine.publish(zone.head(number + 1, [number + 1]), zone.shards(number + 1, 1, {NAME: rule.group()}))
        yield [_ask(engine, FIRST + 256 * (number * POINTS + at)) for at in range(POINTS)]


def _ask(engine: Engine, client: int) -> tuple[int, float]:
    explained = json.loads(engine.explain(parse(NAME).wire, 1, str(IPv4Address(client))))
    arms = next(step["arms"] for step in explained["steps"] if step["step"] == "group")
    (arm,) = [arm for arm in arms if arm["chosen"]]
    return int(arm["set_identifier"]), arm["biased_km"]


def test_territories_are_the_engines_choices(module: Path) -> None:
    """
    R-GPX-4, R-GPX-5, R-VIS-8: for 10,000 random points and random biases the territory drawn is the record chosen.

    Excused are points less than one cell from a border; the list of distances agrees with the engine there, too.
    """
    random = Random(20260605)
    rules = [Rule(random, reciprocal=at % 2 == 1) for at in range(RULES)]
    cell_km, told = drawn(module, rules)
    assert cell_km <= 16
    judged = excused = 0
    for rule, of_rule, by_engine in zip(rules, told, chosen(rules), strict=True):
        for point, on_map, (site, biased_km) in zip(rule.points, of_rule, by_engine, strict=True):
            nearest, *others = on_map["reaches"]
            where = (rule.as_json(), point)
            assert nearest["site"] == site or others[0]["biasedKm"] - nearest["biasedKm"] < 0.01, where
            assert nearest["biasedKm"] == pytest.approx(biased_km, abs=0.6, rel=1e-4), where
            if _from_border_km(rule, on_map["reaches"]) < cell_km:
                excused += 1
                continue
            judged += 1
            assert on_map["drawn"] == site, where
    assert judged + excused == RULES * POINTS
    assert excused < judged / 20


def _from_border_km(rule: Rule, reaches: list[dict[str, Any]]) -> float:
    """
    At least so far is it to where another site is as near: one km of way changes the difference of two biased distances
    by the sum of their factors at most.
    """
    nearest, *others = reaches
    factors = [_factor(bias, rule.reciprocal) for _, bias in rule.sites]
    distances = [
        (other["biasedKm"] - nearest["biasedKm"]) / (factors[other["site"]] + factors[nearest["site"]])
        for other in others
    ]
    return float(min(distances))


def _factor(bias: int, reciprocal: bool) -> float:
    share = bias / 100
    return 1 / (1 + share) if share < 0 and reciprocal else 1 - share

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import msgspec
import pytest

from meridian import explain
from meridian._engine import Engine
from meridian.changes.batch import Plan
from meridian.edge.agent import Agent
from meridian.edge.geodata import GeoFile
from meridian.edge.health import HealthAgent
from meridian.errors import MeridianError, NoSuchHealthCheck
from meridian.feed.feed import Entry
from meridian.feed.health import Observation, Report, report_key
from meridian.feed.health import encode as encode_health
from meridian.feed.keys import PLACES, Catalog, catalog_key, encode, outside_key, place_key
from meridian.feed.local import LastValues
from meridian.model.health import HealthCheck, HealthCheckConfig
from meridian.model.name import parse
from meridian.model.question import Question
from meridian.model.record import AliasTarget, GeoLocation, RecordSet
from meridian.place import install, table
from meridian.publish.health import HealthPublisher
from meridian.settings import Settings
from meridian.store import health, outbox, record
from meridian.store import zone as zones
from tests.publish.conftest import world as world
from tests.publish.world import World, a


class Sides:
    """Both explainers over one feed: the engine of an edge that serves, and the one that stands apart."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.values = LastValues(world.folder / "feed.db")
        settings = Settings(data_dir=str(world.folder))
        self.edge = Engine()
        self.agent = Agent(world.feed, self.edge, "edge", world.clock)
        self.geodata = GeoFile(world.folder / "place" / install.FILE, self.edge)
        self.checks = HealthPublisher(world.database, world.feed)
        self.reports = 0
        self.beside = explain.beside(settings, self.edge, self.values)
        self.apart = explain.apart(settings, self.values)

    def serve(self) -> None:
        """Publish what waits, and let the edge serve it."""

        async def all_of_it() -> None:
            await self.world.publish()
            await self.checks.reconcile()
            await self.agent.load()
            await self._follow_health()

        asyncio.run(all_of_it())
        self.geodata.look()

    def report(self, check: HealthCheck, *, healthy: bool) -> None:
        """Let a checker say what it sees, and the edge hear it."""
        self.reports += 1
        seen = Observation(check.slot, 1, healthy, 0.0, 1.0, "Success: " if healthy else "Failure: ")
        report = Report("checker", ("eu-west-1",), "", 0.0, float(self.reports), (seen,))
        entry = Entry(report_key("checker", 0), encode_health(report), self.reports)
        asyncio.run(self.world.feed.put(entry))
        asyncio.run(self._follow_health())

    async def _follow_health(self) -> None:
        """A fresh edge agent: it tells of what is unhealthy, so all else is healthy again."""
        self.edge.set_health([(slot, True) for slot in range(1, 10)])
        file = self.world.folder / "health.json"
        await HealthAgent(self.world.feed, self.edge, self.world.clock, 0.18, file).load()

    def ask(self, question: Question) -> dict[str, object]:
        """What both explain, which is the same."""
        found = self.beside.explain(question)
        assert self.apart.explain(question) == found
        return found

    def suppose(self, question: Question, zone_id: str, plan: Plan) -> dict[str, object]:
        """What both foresee of a plan, which is the same."""
        with self.world.database.read() as conn:
            zone = zones.get(conn, zone_id)
            assert zone is not None
            found = self.beside.explain_plan(question, conn, zone, plan)
            assert self.apart.explain_plan(question, conn, zone, plan) == found
        return found


@pytest.fixture
def sides(world: World) -> Iterator[Sides]:
    sides = Sides(world)
    yield sides
    sides.values.close()


def question(name: str, rtype: int = 1, **more: object) -> Question:
    return msgspec.structs.replace(Question(parse(name), rtype, draw=5), **more)


def zone_of(explained: dict[str, object]) -> object:
    return next(step["id"] for step in steps(explained) if step["step"] == "zone")


def arms(explained: dict[str, object]) -> list[dict[str, object]]:
    (group,) = [step for step in steps(explained) if step["step"] == "group"]
    found = group["arms"]
    assert isinstance(found, list)
    return found


def check_failover(sides: Sides) -> tuple[HealthCheck, HealthCheck]:
    """Publish a failover pair, each with a check of its own, and give the checks."""
    config = HealthCheckConfig("TCP", ip_address="198.18.0.1", port=1, request_interval=30, failure_threshold=3)
    zone_id = sides.world.create()
    with sides.world.database.write() as conn:
        one, two = (health.insert(conn, sides.world.account_id, text, config, sides.world.clock.now()) for text in "12")
        put = tuple(
            msgspec.structs.replace(
                a("f.example.com"), set_identifier=role, failover=role, health_check_id=check.id, rdata=(octets,)
            )
            for role, check, octets in (("PRIMARY", one, b"\xc0\0\2\1"), ("SECONDARY", two, b"\xc0\0\2\2"))
        )
        zone = zones.owned(conn, sides.world.account_id, zone_id)
        slots = record.apply(conn, zone, Plan(delete=(), put=put))
        outbox.add(conn, zone_id, zones.bump_version(conn, zone_id), slots)
    sides.serve()
    return one, two


def steps(explained: dict[str, object]) -> list[dict[str, object]]:
    found = explained["steps"]
    assert isinstance(found, list)
    return found


def answer(explained: dict[str, object]) -> list[str]:
    response = explained["response"]
    assert isinstance(response, dict)
    return [line.split(" ", 4)[4] for line in response["answer"]]


def publish(sides: Sides, *names: str, zone: str = "example.com") -> str:
    zone_id = sides.world.create(zone, shards=16)
    sides.world.change(zone_id, *names)
    sides.serve()
    return zone_id


def test_longest_apex_answers(sides: Sides) -> None:
    """Of several zones that hold a name, the one with the longest apex is asked, and of equal ones the oldest."""
    parent = publish(sides, "www.example.com")
    child = publish(sides, "www.sub.example.com", zone="sub.example.com")
    young = publish(sides, "www.sub.example.com", zone="sub.example.com")
    assert zone_of(sides.ask(question("www.example.com"))) == parent
    assert zone_of(sides.ask(question("WWW.sub.example.com."))) == child
    assert zone_of(sides.ask(question("www.other.test"))) is None
    assert zone_of(sides.ask(question("sub.example.com", 43))) == parent  # DS stands in the parent
    only = sides.ask(question("www.sub.example.com", zone_id=young))
    assert zone_of(only) == young
    assert only["overrides"] == {"zone_id": young}
    sides.world.delete(child)
    sides.serve()
    assert zone_of(sides.ask(question("www.sub.example.com"))) == young


def test_what_is_published_is_explained(sides: Sides) -> None:
    """Both follow the feed from change to change, and back where the control plane went back in time."""
    zone_id = publish(sides, "www.example.com")
    assert answer(sides.ask(question("new.example.com"))) == []
    sides.world.change(zone_id, "new.example.com")
    sides.serve()
    assert answer(sides.ask(question("new.example.com"))) == ["192.0.2.1"]


def test_places_are_known(sides: Sides) -> None:
    """Geolocation data and what the feed says of places and outside targets decide apart from an edge, too."""
    zone_id = publish(sides)
    about = table.About(source="test", date="2026-01-01", attribution="none")
    place = (ip_network("198.51.100.0/24"), table.Place("EU", "DE", "", (5252, 1340)))
    install.put(sides.world.folder / "place", table.make(about, [place]), force=True)
    listed = Catalog({}, {"latency": 1})
    asyncio.run(
        sides.world.feed.put(
            Entry(place_key("latency"), b"no table", 1),  # the edge passes over it, and so do we
            Entry(catalog_key(PLACES), encode(listed), 1),
        )
    )
    plan = Plan((), (_in("DE", "192.0.2.1"), _in("*", "192.0.2.2")))
    sides.serve()
    for subnet, expected in ((("198.51.100.0", 24), "192.0.2.1"), (("203.0.113.0", 24), "192.0.2.2")):
        found = sides.suppose(question("geo.example.com", subnet=subnet), zone_id, plan)
        assert answer(found) == [expected]
        assert steps(found)[0]["source"] == "test"
        assert found["subnet"] == f"{subnet[0]}/24"


def _in(country: str, address: str) -> RecordSet:
    return msgspec.structs.replace(
        a("geo.example.com"),
        set_identifier=country,
        geo_location=GeoLocation(country_code=country),
        rdata=(bytes(map(int, address.split("."))),),
    )


def test_outside_targets_are_known(sides: Sides) -> None:
    """What connectors found for outside names is answered apart from an edge, and forgotten when it is gone."""
    zone_id = publish(sides)
    target = parse("lb.example.net")
    key = outside_key(target.text, "A")
    octets = msgspec.msgpack.encode(
        {"ttl": 17, "rdata": [b"\xcb\0q\1"], "healthy": True, "asked_at": 1_800_000_000, "near": []}
    )
    alias = AliasTarget("ZELSEWHERE", target.text, False)
    plan = Plan((), (RecordSet(parse("to.example.com"), "A", alias=alias),))

    def foreseen() -> list[str]:
        with sides.world.database.read() as conn:
            zone = zones.get(conn, zone_id)
            assert zone is not None
            return answer(sides.apart.explain_plan(question("to.example.com"), conn, zone, plan))

    assert foreseen() == []
    asyncio.run(sides.world.feed.put(Entry(key, octets, 1)))
    assert foreseen() == ["203.0.113.1"]
    asyncio.run(sides.world.feed.delete(key))
    assert foreseen() == []


def test_plan_is_foreseen(sides: Sides) -> None:
    """A plan is explained as it will be answered, by engines in step with the feed and by one that is behind."""
    zone_id = publish(sides, "www.example.com", "old.deep.example.com")
    behind = explain.beside(Settings(), Engine(), sides.values)
    plan = Plan((a("old.deep.example.com").key,), (a("new.example.com"),))
    asked = [question(f"{name}.example.com") for name in ("new", "old.deep", "deep", "www")]
    foreseen = [sides.suppose(one, zone_id, plan) for one in asked]
    with sides.world.database.read() as conn:
        zone = zones.get(conn, zone_id)
        assert zone is not None
        assert [behind.explain_plan(one, conn, zone, plan) for one in asked] == foreseen
    assert answer(sides.ask(asked[0])) == []
    sides.world.change(zone_id, "new.example.com", delete=["old.deep.example.com"])
    sides.serve()
    change = {"change": {"zone_id": zone_id, "put": 1, "deleted": 1}}
    assert [{**sides.ask(one), "overrides": change} for one in asked] == foreseen


def test_zone_that_was_never_published(sides: Sides) -> None:
    """A zone so new that no edge has it is refused by the wire; a plan for it can be tried all the same."""
    zone_id = sides.world.create("new.test")
    assert sides.ask(question("www.new.test"))["response"]["rcode"] == "REFUSED"  # type: ignore[index]
    assert answer(sides.suppose(question("www.new.test"), zone_id, Plan((), (a("www.new.test"),)))) == ["192.0.2.1"]


def test_health_is_supposed(sides: Sides) -> None:
    """What is supposed of health checks is told with the explanation, and holds for it alone."""
    publish(sides, "www.example.com")
    found = sides.ask(question("www.example.com", health=((3, False), (4, True)), zone_id="Z1"))
    assert found["overrides"] == {
        "health": [{"id": None, "slot": 3, "healthy": False}, {"id": None, "slot": 4, "healthy": True}],
        "zone_id": "Z1",
    }
    assert sides.ask(question("www.example.com"))["overrides"] == {}


def test_health_is_what_the_vote_says(sides: Sides) -> None:
    """Both engines know which checks are healthy, and the explanation names them, in force and supposed (R-SEL-3)."""
    one, two = check_failover(sides)
    assert answer(sides.ask(question("f.example.com"))) == ["192.0.2.1"]
    sides.report(one, healthy=False)
    found = sides.ask(question("f.example.com"))
    assert answer(found) == ["192.0.2.2"]
    assert [(arm["health_check_id"], arm["healthy"]) for arm in arms(found)] == [(one.id, False), (two.id, True)]
    supposed = sides.ask(question("f.example.com", health=((one.id, True), (two.slot, False))))
    assert answer(supposed) == ["192.0.2.1"]
    assert supposed["overrides"] == {
        "health": [
            {"id": one.id, "slot": one.slot, "healthy": True},
            {"id": two.id, "slot": two.slot, "healthy": False},
        ]
    }
    sides.report(one, healthy=True)
    assert answer(sides.ask(question("f.example.com"))) == ["192.0.2.1"]


def test_a_check_that_the_feed_does_not_know_cannot_be_supposed(sides: Sides) -> None:
    """R-HCU-8; one that was deleted is named by its slot alone."""
    one, two = check_failover(sides)
    with sides.world.database.write() as conn:
        health.delete(conn, one, sides.world.clock.now())
    sides.serve()
    with pytest.raises(NoSuchHealthCheck):
        sides.ask(question("f.example.com", health=((one.id, True),)))
    found = sides.ask(question("f.example.com"))
    assert [arm["health_check_id"] for arm in arms(found)] == [None, two.id]
    assert answer(found) == ["192.0.2.1"]  # what is not there is healthy (R-HLT-2)


def test_draw_repeats_the_choice(sides: Sides) -> None:
    """The draw of one explanation, given to another, makes the same reply."""
    publish(sides, "www.example.com")
    first = sides.beside.explain(question("www.example.com", draw=None))
    assert sides.ask(question("www.example.com", draw=first["draw"])) == first


def test_no_values(tmp_path: Path) -> None:
    """Without a feed's file there is nothing to explain; the error says where it looked."""
    with pytest.raises(MeridianError, match=r"feed\.db: no such file"):
        LastValues(tmp_path / "feed.db")
    (tmp_path / "feed.db").write_bytes(b"no database" * 100)
    with pytest.raises(MeridianError, match="not the feed"):
        LastValues(tmp_path / "feed.db")
    assert (tmp_path / "feed.db").read_bytes() == b"no database" * 100


def test_explanation_is_json(sides: Sides) -> None:
    """The explanation survives JSON unchanged, so that `--json` loses nothing."""
    publish(sides, "www.example.com")
    found = sides.ask(question("www.example.com", subnet=("192.0.2.0", 24)))
    assert json.loads(json.dumps(found)) == found
    assert found["response"] == {
        "rcode": "NOERROR",
        "scope": 0,
        "answer": ["www.example.com. 60 IN A 192.0.2.1"],
        "authority": ["example.com. 172800 IN NS ns-1.a.test."],
        "additional": [],
    }

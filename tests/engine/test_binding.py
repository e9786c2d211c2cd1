from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from meridian import _engine
from meridian.compile.image import Arm, Group, Records
from meridian.model.name import parse
from tests.engine.zone import ID, head, plain, shards, weighted
from tests.fakes import engine as fake

WWW = {"www.example.com.": plain("192.0.2.1")}
SHARED = {"w.example.com.": weighted({"192.0.2.1": 1, "192.0.2.2": 0})}


@pytest.fixture
def engine() -> _engine.Engine:
    return _engine.Engine()


@pytest.fixture
def www(engine: _engine.Engine) -> _engine.Engine:
    """An engine that serves www.example.com. A 192.0.2.1."""
    assert engine.publish(head(1, [1]), shards(1, 1, WWW))
    return engine


def ask(engine: _engine.Engine, name: str, rdtype: str = "A", **options: Any) -> dns.message.Message:
    reply = engine.respond(dns.message.make_query(name, rdtype).to_wire(), "192.0.2.53", **options)
    assert reply is not None
    return dns.message.from_wire(reply)


def answers(message: dns.message.Message) -> list[str]:
    return [rdata.to_text() for rrset in message.answer for rdata in rrset]


def test_stub_is_true() -> None:
    """The stub that Python is checked against says what the compiled module is."""
    run = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "meridian._engine"], capture_output=True, text=True, check=False
    )

    assert (run.returncode, run.stderr) == (0, ""), run.stdout


class TestPublishing:
    """The contract of publishing, kept by the engine and by the fake that other tests use."""

    @pytest.fixture(params=[_engine, fake], ids=["engine", "fake"])
    def module(self, request: pytest.FixtureRequest) -> Any:
        return request.param

    @pytest.fixture
    def engine(self, module: Any) -> Any:
        return module.Engine()

    def test_first_version(self, engine: Any) -> None:
        """A new zone needs all its shards, and is served once they are given."""
        assert engine.zones() == {}
        assert engine.needs(head(7, [7, 7])) == [0, 1]
        assert engine.publish(head(7, [7, 7]), shards(7, 2, WWW)) is True
        assert engine.zones() == {ID: 7}

    @pytest.mark.parametrize("version", [6, 7])
    def test_fencing(self, engine: Any, version: int) -> None:
        """An older version or the same one again changes nothing."""
        engine.publish(head(7, [7]), shards(7, 1, WWW))

        assert engine.needs(head(version, [version])) is None
        assert engine.publish(head(version, [version]), shards(version, 1, {})) is False
        assert engine.zones() == {ID: 7}

    def test_held_shards_are_kept(self, engine: Any) -> None:
        """A shard whose version did not change need not be given again."""
        engine.publish(head(1, [1, 1]), shards(1, 2, WWW))

        assert engine.needs(head(2, [1, 2])) == [1]
        assert engine.publish(head(2, [1, 2]), [shards(2, 2, WWW)[1]]) is True

    def test_shards_built_ahead(self, engine: Any) -> None:
        """Shards that were staged need not be given again; one of another version than the head's cannot be staged."""
        engine.stage(head(3, [3, 3]), shards(3, 2, WWW)[:1])

        assert engine.needs(head(3, [3, 3])) == [1]
        assert engine.publish(head(3, [3, 3]), shards(3, 2, WWW)[1:]) is True
        with pytest.raises(ValueError):
            engine.stage(head(4, [3, 4]), shards(5, 2, WWW)[1:])

    def test_together(self, engine: Any) -> None:
        """Of zones published together each says why it cannot be served; the others are."""
        reasons = engine.publish_all(
            [(b"\xc1", []), (head(2, [2]), shards(2, 1, WWW)), (head(1, [1]), shards(1, 1, WWW))]
        )

        assert [reason is None for reason in reasons] == [False, True, True]
        assert reasons[0]
        assert engine.zones() == {ID: 2}

    def test_another_shard_count(self, engine: Any) -> None:
        """A zone cut into more shards needs them all, whatever their versions."""
        engine.publish(head(1, [1]), shards(1, 1, WWW))

        assert engine.needs(head(2, [1, 1])) == [0, 1]

    def test_retire(self, engine: Any) -> None:
        """A zone retired is gone; an older version of it may come back afterwards."""
        engine.publish(head(7, [7]), shards(7, 1, WWW))

        assert engine.retire(ID) is True
        assert engine.retire(ID) is False
        assert engine.zones() == {}
        assert engine.publish(head(3, [3]), shards(3, 1, WWW)) is True

    @pytest.mark.parametrize(
        ("head_", "shards_"),
        [
            (b"", []),
            (b"\xc1", []),
            (head(1, [1])[:-1], shards(1, 1, WWW)),
            (head(1, [1], format=99), shards(1, 1, WWW)),
            (head(1, [1]), []),
            (head(1, [1, 1]), shards(1, 2, WWW)[:1]),
            (head(1, [1]), shards(2, 1, WWW)),
            (head(1, [1]), shards(1, 2, WWW)[:1]),
        ],
        ids=["empty", "noise", "cut", "format", "no shard", "a shard missing", "other version", "other count"],
    )
    def test_what_cannot_be_served(self, module: Any, engine: Any, head_: bytes, shards_: list[bytes]) -> None:
        """What cannot be served is an ImageError, which is a ValueError, and leaves things as they were."""
        with pytest.raises(module.ImageError) as caught:
            engine.publish(head_, shards_)

        assert isinstance(caught.value, ValueError)
        assert str(caught.value)
        assert engine.zones() == {}


def test_record_set_without_records(engine: _engine.Engine) -> None:
    """A record set without records is refused: a CNAME without a target cannot be followed."""
    empty = Group("simple", [Arm(Records(60, []))])

    with pytest.raises(_engine.ImageError, match="without records"):
        engine.publish(head(1, [1]), shards(1, 1, {"www.example.com.": empty}))


def test_needs_reads_the_head(engine: _engine.Engine) -> None:
    """A head that cannot be read is an ImageError from `needs` as well."""
    with pytest.raises(_engine.ImageError):
        engine.needs(b"\xc1")


def test_respond(www: _engine.Engine) -> None:
    """The reply to a packet is the answer; where none is due it is None."""
    assert answers(ask(www, "www.example.com.")) == ["192.0.2.1"]
    assert ask(www, "no.example.com.").rcode() == dns.rcode.NXDOMAIN
    assert ask(www, "example.net.").rcode() == dns.rcode.REFUSED
    assert www.respond(b"runt", "192.0.2.53") is None


def test_draw_decides(engine: _engine.Engine) -> None:
    """The same draw gives the same answer, and draws together give all answers."""
    engine.publish(head(1, [1]), shards(1, 1, {"w.example.com.": weighted({"192.0.2.1": 1, "192.0.2.2": 1})}))
    drawn = [answers(ask(engine, "w.example.com.", draw=draw)) for draw in range(64)]

    assert drawn == [answers(ask(engine, "w.example.com.", draw=draw)) for draw in range(64)]
    assert {answer for (answer,) in drawn} == {"192.0.2.1", "192.0.2.2"}


def test_health(engine: _engine.Engine) -> None:
    """An unhealthy arm does not answer; healthy again, it does: as the table of health says (R-SEL-2, R-WEI-4)."""
    engine.publish(head(1, [1]), shards(1, 1, SHARED))

    assert answers(ask(engine, "w.example.com.")) == ["192.0.2.1"]
    engine.set_health([(1, False)])
    assert answers(ask(engine, "w.example.com.")) == ["192.0.2.2"]
    engine.set_health([(1, True)])
    assert answers(ask(engine, "w.example.com.")) == ["192.0.2.1"]


def test_udp_payload() -> None:
    """A UDP reply is no longer than `udp_payload`; over TCP the same question is answered in full."""
    engine = _engine.Engine(udp_payload=512)
    many = plain(*(str(ipaddress.ip_address("192.0.2.0") + each) for each in range(100)))
    engine.publish(head(1, [1]), shards(1, 1, {"many.example.com.": many}))
    query = dns.message.make_query("many.example.com.", "A", use_edns=0, payload=4096).to_wire()
    udp, tcp = engine.respond(query, "192.0.2.53"), engine.respond(query, "192.0.2.53", tcp=True)
    assert udp is not None
    assert tcp is not None

    assert len(udp) <= 512
    assert dns.message.from_wire(udp).flags & dns.flags.TC
    assert len(answers(dns.message.from_wire(tcp))) == 100


def test_explain(www: _engine.Engine) -> None:
    """What is explained is what is answered, for the name, client and draw given."""
    name = parse("www.example.com.").wire

    explained = json.loads(www.explain(name, 1, "198.51.100.7", draw=5))

    assert (explained["client"], explained["draw"]) == ("198.51.100.7", 5)
    assert answers(dns.message.from_wire(bytes.fromhex(explained["reply"]))) == ["192.0.2.1"]
    assert json.loads(www.explain(name, 1, "2001:db8::1"))["client"] == "2001:db8::1"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: _engine.Engine(udp_payload=511), "udp_payload"),
        (lambda: _engine.Engine(udp_payload=4097), "udp_payload"),
        (lambda: _engine.Engine().respond(b"", "www.example.com"), "not an IP address"),
        (lambda: _engine.Engine().explain(b"\0", 1, "192.0.2.256"), "not an IP address"),
        (lambda: _engine.Engine().explain(b"\3www", 1, "192.0.2.1"), "wire name"),
        (lambda: _engine.Engine().listen(["127.0.0.1"], []), "not an address and port"),
        (lambda: _engine.Engine().listen([], ["localhost:53"]), "not an address and port"),
    ],
)
def test_bad_arguments(call: Any, error: str) -> None:
    """A bad argument is a ValueError that says what is wrong with it."""
    with pytest.raises(ValueError, match=error):
        call()


@pytest.fixture
def listening(www: _engine.Engine) -> Iterator[_engine.Engine]:
    yield www
    www.stop()


def ports(urls: list[str]) -> list[tuple[str, str, int]]:
    """Scheme, host and port of each address."""
    parts = [(url.split("://")[0], *url.split("://")[1].rsplit(":", 1)) for url in urls]
    return [(scheme, host.strip("[]"), int(port)) for scheme, host, port in parts]


def test_listen(listening: _engine.Engine) -> None:
    """Every address asked for answers, and is told with its real port, in the order asked."""
    opened = ports(listening.listen(["127.0.0.1:0", "[::1]:0"], ["[::1]:0", "127.0.0.1:0"], threads=2))

    assert [each[:2] for each in opened] == [
        ("udp", "127.0.0.1"),
        ("udp", "::1"),
        ("tcp", "::1"),
        ("tcp", "127.0.0.1"),
    ]
    query = dns.message.make_query("www.example.com.", "A")
    for scheme, host, port in opened:
        exchange = dns.query.udp if scheme == "udp" else dns.query.tcp
        reply = exchange(query, host, port=port, timeout=10)
        assert answers(reply) == ["192.0.2.1"]
    counters = listening.counters()
    assert (counters["queries_udp"], counters["queries_tcp"], counters["answers"]) == (2, 2, 4)


def test_change_is_seen_on_the_wire(listening: _engine.Engine) -> None:
    """The first query after `publish` has returned gets the new answer, on every thread."""
    _, host, port = ports(listening.listen(["127.0.0.1:0"], [], threads=4))[0]
    query = dns.message.make_query("www.example.com.", "A")
    for version in range(2, 50):
        now = f"192.0.2.{version}"
        listening.publish(head(version, [version]), shards(version, 1, {"www.example.com.": plain(now)}))
        assert answers(dns.query.udp(query, host, port=port, timeout=10)) == [now]


def test_address_in_use(listening: _engine.Engine) -> None:
    """An address in use is an OSError that names it, and what was open stays open."""
    (_, host, port), _ = ports(listening.listen(["127.0.0.1:0"], ["127.0.0.1:0"]))

    with pytest.raises(OSError, match=f"udp://127.0.0.1:{port}"):
        _engine.Engine().listen([f"127.0.0.1:{port}"], [])

    query = dns.message.make_query("www.example.com.", "A")
    assert answers(dns.query.udp(query, host, port=port, timeout=10)) == ["192.0.2.1"]


def test_stop(www: _engine.Engine) -> None:
    """After `stop` the addresses are free, and the engine can listen on them again."""
    first = ports(www.listen(["127.0.0.1:0"], ["127.0.0.1:0"]))
    udp, tcp = (f"{host}:{port}" for _, host, port in first)
    www.stop()
    www.stop()

    assert ports(www.listen([udp], [tcp])) == first
    www.stop()


def test_calls_detach(www: _engine.Engine) -> None:
    """While one thread works in the engine, others run Python."""
    groups = {f"n{each}.example.com.": plain("192.0.2.1") for each in range(50_000)}
    big = (head(2, [2]), shards(2, 1, groups))
    running, ran = threading.Event(), 0

    def publish() -> None:
        running.set()
        www.publish(*big)
        running.clear()

    thread = threading.Thread(target=publish)
    thread.start()
    running.wait(10)
    while running.is_set():
        ran += 1
        time.sleep(0)
    thread.join()

    assert ran > 1
    assert www.zones() == {ID: 2}


def test_explaining_what_is_not(www: _engine.Engine) -> None:
    """An explanation takes an unpublished image, states of health, and one zone alone; what is served stays."""
    name = parse("www.example.com").wire
    image = head(2, [2]), shards(2, 1, {"www.example.com.": plain("192.0.2.7")})

    def reply(**overrides: Any) -> list[str]:
        explained = json.loads(www.explain(name, 1, "198.51.100.7", **overrides))
        return answers(dns.message.from_wire(bytes.fromhex(explained["reply"])))

    assert reply(image=image, health=[(1, False)]) == ["192.0.2.7"]
    assert reply(only=ID) == answers(ask(www, "www.example.com")) == ["192.0.2.1"]
    assert reply(only="another") == []
    with pytest.raises(_engine.ImageError, match="shard 0 is missing"):
        reply(image=(head(2, [2]), []))

"""What is asked for, and what counts as a difference."""

from __future__ import annotations

from typing import Any

import pytest

from meridian import compare
from meridian.compare import Question
from meridian.errors import MeridianError
from meridian.model.name import parse
from meridian.model.record import AliasTarget, RecordSet
from tests.fakes.name_server import NameServer

APEX = parse("example.com")
WWW = parse("www.example.com")
A = RecordSet(WWW, "A", ttl=60, values=("192.0.2.1",))


@pytest.mark.parametrize(
    ("record_set", "question"),
    [
        (A, Question(WWW, "A", 1)),
        (
            RecordSet(parse("*.example.com"), "TXT", ttl=1, values=('"a"',)),
            Question(parse("meridian-compare.example.com"), "TXT", 1),
        ),
        (RecordSet(WWW, "A", "1", ttl=60, values=("192.0.2.1",), weight=1), Question(WWW, "A", 24)),
        (RecordSet(WWW, "A", "1", ttl=60, values=("192.0.2.1",), region="eu-west-1"), Question(WWW, "A", 1)),
        (RecordSet(WWW, "A", alias=AliasTarget("Z", "x.example.com.", False)), Question(WWW, "A", 24)),
        (RecordSet(APEX, "SOA", ttl=60, values=("…",)), None),
        (RecordSet(APEX, "NS", ttl=60, values=("…",)), None),
        (RecordSet(WWW, "NS", ttl=60, values=("…",)), Question(WWW, "NS", 1)),
    ],
)
def test_questions(record_set: RecordSet, question: Question | None) -> None:
    """Each name and type is asked for, several times where answers may be drawn; a wildcard by a name below it."""
    assert compare.questions([record_set, record_set], APEX) == ([] if question is None else [question])


def differences(one: NameServer, other: NameServer, *asked: Question, subnets: tuple[str, ...] = ("",)) -> list[str]:
    found = compare.compare(asked, one.address, other.address, subnets)
    return ["\n".join(compare.lines(each)) for each in found]


def test_the_same_answers() -> None:
    """Order makes no difference; silence on a name that both do not have is the same as well."""
    with NameServer() as one, NameServer() as other:
        one.set("www.example.com", "A", "192.0.2.1", "192.0.2.2")
        other.set("www.example.com", "A", "192.0.2.2", "192.0.2.1")
        assert differences(one, other, Question(WWW, "A", 1), Question(parse("x.example.com"), "A", 1)) == []


def test_other_answers() -> None:
    """Values, TTLs and RCODEs are compared, and both sides shown."""
    with NameServer() as one, NameServer() as other:
        one.set("www.example.com", "A", "192.0.2.1", ttl=60)
        other.set("www.example.com", "A", "192.0.2.1", ttl=61)
        one.set("old.example.com", "MX", "10 mx.example.net.")
        told = differences(one, other, Question(WWW, "A", 1), Question(parse("old.example.com"), "MX", 1))
    assert told == [
        "www.example.com. A\n  source: NOERROR\n    www.example.com. 60 A 192.0.2.1\n"
        "  target: NOERROR\n    www.example.com. 61 A 192.0.2.1",
        "old.example.com. MX\n  source: NOERROR\n    old.example.com. 60 MX 10 mx.example.net.\n  target: NXDOMAIN",
    ]


def test_client_subnets() -> None:
    """Clients of each subnet are compared by themselves."""
    with NameServer() as one, NameServer() as other:
        one.set("www.example.com", "A", "192.0.2.1", near={"198.51.100.0/24": "192.0.2.9"})
        other.set("www.example.com", "A", "192.0.2.1")
        subnets = ("198.51.100.0/24", "203.0.113.0/24")
        (told,) = differences(one, other, Question(WWW, "A", 1), subnets=subnets)
    assert told.startswith("www.example.com. A for a client of 198.51.100.0/24\n")


class Drawing(NameServer):
    """Answers with one of its values at a time, in turns: a draw that is surely even."""

    def __init__(self, *values: str) -> None:
        super().__init__()
        self._values, self._next = values, 0

    def _answer(self, *arguments: Any) -> int:
        self.set("www.example.com", "A", self._values[self._next % len(self._values)])
        self._next += 1
        return super()._answer(*arguments)


def test_drawn_answers() -> None:
    """What is drawn at random is compared by all that was drawn, however rarely."""
    often = ["192.0.2.1"] * 40
    with Drawing(*often, "192.0.2.2") as one, Drawing("192.0.2.2", "192.0.2.1") as other, Drawing(*often) as third:
        assert differences(one, other, Question(WWW, "A", 24)) == []
        (told,) = differences(other, third, Question(WWW, "A", 24))
    assert told.startswith("www.example.com. A (drawn at random: compare what can be drawn)\n")


def test_a_side_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A side that does not answer is named; that is no difference."""
    monkeypatch.setattr(compare, "_SECONDS", 0.1)
    with NameServer() as one, NameServer() as other:
        other.silent = True
        with pytest.raises(MeridianError, match=f"port {other.address[1]} does not answer www.example.com. A"):
            differences(one, other, Question(WWW, "A", 1))

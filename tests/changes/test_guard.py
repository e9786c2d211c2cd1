"""The guards that an operator may switch on."""

from __future__ import annotations

import pytest

from meridian.changes.batch import Plan
from meridian.changes.guard import guard_reasons
from meridian.model.name import parse
from meridian.model.record import Key
from meridian.settings import Settings
from tests.changes.zones import hosted_zone

ADDRESSES = Settings(guard_last_answer=("A", "AAAA"))
HALF = Settings(guard_share=0.5)
BOTH = Settings(guard_last_answer=("A",), guard_share=0.5)
WWW = parse("www.example.com")
GONE = Plan((Key(WWW, "A", None),), (), ((WWW, "A"),))
TOKEN = Plan((Key(WWW, "TXT", None),), (), ((WWW, "TXT"),))
TWO = Plan((Key(WWW, "A", "1"), Key(WWW, "A", "2")), (), ((WWW, "A"),))  # of the zone's two record sets
SOME = Plan(TWO.delete, (), ())


@pytest.mark.parametrize(
    ("settings", "plan", "comment", "guards"),
    [
        (Settings(), TWO, None, []),
        (ADDRESSES, GONE, None, ["last-answer"]),
        (ADDRESSES, TOKEN, None, []),
        (ADDRESSES, SOME, None, []),
        (ADDRESSES, GONE, "clean up meridian-allow=last-answer", []),
        (ADDRESSES, GONE, "meridian-allow=share", ["last-answer"]),
        (ADDRESSES, GONE, "meridian-allow=last-answers", ["last-answer"]),
        (HALF, GONE, None, []),
        (HALF, TWO, None, ["share"]),
        (HALF, TWO, "meridian-allow=share; ticket 7", []),
        (BOTH, TWO, "", ["last-answer", "share"]),
        (BOTH, TWO, "meridian-allow=share", ["last-answer"]),
        (BOTH, TWO, "meridian-allow=share,last-answer", []),
        (BOTH, TWO, "meridian-allow=share and meridian-allow=last-answer", []),
    ],
)
def test_guards(settings: Settings, plan: Plan, comment: str | None, guards: list[str]) -> None:
    """A guard that is on refuses what it guards against, unless the comment lets this guard be (R-CHG-20)."""
    told = guard_reasons(plan, hosted_zone(), settings, comment)
    assert [reason.split(":")[0] for reason in told] == [f"Guard {guard}" for guard in guards]
    for reason, guard in zip(told, guards, strict=True):
        assert f"meridian-allow={guard} in its Comment" in reason


def test_what_is_told() -> None:
    """A refusal names the guard, what it is about, and how to proceed; and is no longer for many names."""
    (told,) = guard_reasons(GONE, hosted_zone(), ADDRESSES, None)
    assert told == (
        "Guard last-answer: this batch takes away the last answer of www.example.com. A. If that is meant, send the "
        "batch again with meridian-allow=last-answer in its Comment. Nothing was changed."
    )
    (told,) = guard_reasons(TWO, hosted_zone(), HALF, None)
    assert "takes away 2 of the 2 record sets in zone example.com., more than 50% at once." in told
    many = Plan((), (), tuple((parse(f"{n}.example.com"), "A") for n in range(9)))
    (told,) = guard_reasons(many, hosted_zone(), ADDRESSES, None)
    assert "4.example.com. A and 4 more." in told

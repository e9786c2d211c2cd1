"""The working copy of a zone."""

import pytest

from meridian.changes.draft import Draft
from meridian.model.name import parse
from meridian.model.record import RecordSet

WWW = parse("www.example.com")
OLD = RecordSet(name=WWW, type="A", ttl=60, values=("192.0.2.1",))
NEW = RecordSet(name=WWW, type="A", ttl=60, values=("192.0.2.2",))
TEXT = RecordSet(name=WWW, type="TXT", ttl=60, values=('"x"',))


def test_a_draft_shows_changes_over_what_is_stored() -> None:
    """What was put replaces, what was removed is gone."""
    draft = Draft(lambda name: [OLD] if name == WWW else [])

    draft.put(NEW)
    draft.put(TEXT)

    assert draft.find(OLD.key) == NEW
    assert draft.group(WWW, "TXT") == [TEXT]
    assert draft.growth == 1
    assert list(draft.changed()) == [NEW, TEXT]
    assert list(draft.removed()) == []


def test_what_was_taken_away_and_brought_back_is_no_change() -> None:
    """Only the difference between before and now counts."""
    draft = Draft(lambda name: [OLD, TEXT])

    draft.remove(OLD.key)
    draft.put(OLD)
    draft.remove(TEXT.key)

    assert list(draft.changed()) == []
    assert list(draft.removed()) == [TEXT.key]
    assert draft.growth == -1


A, CNAME = OLD, RecordSet(name=WWW, type="CNAME", ttl=60, values=("a.example.net",))


@pytest.mark.parametrize(
    ("before", "now", "silenced"),
    [
        ([A], [], ["A"]),
        ([A, TEXT], [TEXT], ["A"]),
        ([A, TEXT], [], ["A", "TXT"]),
        ([A], [CNAME], []),
        ([CNAME], [A], []),
        ([CNAME], [], ["CNAME"]),
        ([A], [NEW], []),
        ([], [A], []),
    ],
)
def test_a_question_that_loses_its_last_answer(
    before: list[RecordSet], now: list[RecordSet], silenced: list[str]
) -> None:
    """A type is silenced where nothing of the name answers it any more; a CNAME answers all types."""
    draft = Draft(lambda _: before)
    for held in before:
        draft.remove(held.key)
    for wanted in now:
        draft.put(wanted)

    assert sorted(draft.silenced()) == [(WWW, type) for type in silenced]


def test_one_of_several_is_no_last_answer() -> None:
    """While one of a weighted group is left, the name is answered."""
    one, two = (RecordSet(WWW, "A", number, ttl=60, values=("192.0.2.1",), weight=1) for number in "12")
    draft = Draft(lambda _: [one, two])
    draft.remove(one.key)

    assert list(draft.silenced()) == []

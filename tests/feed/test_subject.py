from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.feed.subject import filter_of, key_of, subject_of

KEYS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("/.=*>"), max_size=20)
# What NATS takes as a key of a bucket.
VALID = re.compile(r"(?!\.)[-/_=.a-zA-Z0-9]+(?<!\.)")


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("catalog/007", "catalog.007"),
        ("zone/Z1/shard/16.3", "zone.Z1.shard.16=2E3"),
        ("outside/\\052.example./A", "outside.=5C052=2Eexample=2E.A"),
        ("acks/fra1_a-b", "acks.fra1_a-b"),
        ("a//b/", "a.=.b.="),
        ("a/=", "a.=3D"),
        ("é", "=C3=A9"),
        ("", "="),
    ],
)
def test_table(key: str, subject: str) -> None:
    """Slashes part tokens; what NATS does not allow is escaped."""
    assert (subject_of(key), key_of(subject)) == (subject, key)


@given(KEYS)
def test_every_key_has_a_subject_of_its_own(key: str) -> None:
    """Each key can be told from its subject, which NATS takes."""
    subject = subject_of(key)

    assert key_of(subject) == key
    assert VALID.fullmatch(subject)
    assert ".." not in subject


@given(KEYS, st.integers(0, 20))
def test_a_filter_lets_through_all_that_begins_with_the_prefix(key: str, length: int) -> None:
    """A filter may let through more, never less."""
    tokens, wanted = subject_of(key).split("."), filter_of(key[:length]).split(".")

    assert wanted.pop() == ">"
    assert tokens[: len(wanted)] == wanted
    assert len(tokens) > len(wanted)

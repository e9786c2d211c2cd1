from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.api.operations.paging import Page, cut, from_token, to_token
from meridian.errors import InvalidInput, InvalidPaginationToken

FACTS = [
    ([], 2, Page([], None)),
    ([1, 2], 2, Page([1, 2], None)),
    ([1, 2, 3], 2, Page([1, 2], 3)),
]


@pytest.mark.parametrize(("found", "size", "expected"), FACTS)
def test_the_item_after_the_page_tells_where_it_goes_on(found: list[int], size: int, expected: Page[int]) -> None:
    """R-PAG-3: a list that fits exactly is not truncated."""
    assert cut(found, size) == expected


PARTS = st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), max_size=3)


@given(PARTS)
def test_a_token_is_read_as_it_was_written(key: list[str]) -> None:
    """A NextToken holds where the list goes on; without one, and with an empty one, it begins."""
    assert from_token("list", {"NextToken": to_token("list", *key)}, len(key)) == tuple(key)
    assert from_token("list", {}, len(key)) is None
    assert from_token("list", {"NextToken": ""}, len(key)) is None


def written(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "=",
        "é",
        "\ud800",
        to_token("list", "a") + "=",
        to_token("list", "a") + "!",
        to_token("list", "a").lower(),
        to_token("list"),
        to_token("list", "a", "b"),
        to_token("other", "a"),
        written("[]"),
        written('["list"]'),
        written('["list", "a"]'),
        written('["list",1]'),
        written('{"list":"a"}'),
        written('["list","\\u0000"]'),
        written('["list","é"]'),
    ],
)
def test_other_tokens_are_refused(token: str) -> None:
    """R-PAG-1: what another list wrote, or nobody; no text gets through that a database would not take."""
    for refusal in (InvalidInput, InvalidPaginationToken):
        with pytest.raises(refusal, match="The NextToken is not valid"):
            from_token("list", {"NextToken": token}, 1, refusal)

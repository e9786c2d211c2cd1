from __future__ import annotations

import pytest

from meridian.api.paging import page_size
from meridian.errors import InvalidInput


@pytest.mark.parametrize(
    ("request_", "size"),
    [
        ({}, 100),
        ({"MaxItems": "1"}, 1),
        ({"MaxItems": "100"}, 100),
        ({"MaxItems": "101"}, 100),
        ({"MaxItems": "007"}, 7),
        ({"MaxItems": "9" * 10_000}, 100),
        ({"MaxItems": "0" * 10_000 + "5"}, 5),
    ],
)
def test_sizes_are_cut_to_the_maximum(request_: dict[str, str], size: int) -> None:
    """A page holds what was asked for, at most the maximum, which is also the default (R-PAG-2)."""
    assert page_size(request_) == size


def test_maximum_and_member_are_the_operations() -> None:
    """Record sets come 300 a page; some lists call their size MaxResults."""
    assert page_size({"MaxItems": "500"}, maximum=300) == 300
    assert page_size({"MaxResults": "5", "MaxItems": "7"}, member="MaxResults") == 5


@pytest.mark.parametrize(
    ("text", "constraint"),
    [
        ("0", "Member must have value greater than or equal to 1"),
        ("000", "Member must have value greater than or equal to 1"),
        *(
            (text, "Member must be a whole number greater than or equal to 1")
            for text in ("", "-1", "x", "1.0", "٣", "²")
        ),
    ],
)
def test_other_sizes_are_refused(text: str, constraint: str) -> None:
    """0 and what is not a number are InvalidInput (R-PAG-2)."""
    with pytest.raises(InvalidInput) as raised:
        page_size({"MaxItems": text})

    assert raised.value.message == (
        f"1 validation error detected: Value '{text}' at 'maxItems' failed to satisfy constraint: {constraint}"
    )

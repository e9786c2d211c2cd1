from __future__ import annotations

import pytest

from meridian.api.operations.paging import Page, cut

FACTS = [
    ([], 2, Page([], None)),
    ([1, 2], 2, Page([1, 2], None)),
    ([1, 2, 3], 2, Page([1, 2], 3)),
]


@pytest.mark.parametrize(("found", "size", "expected"), FACTS)
def test_the_item_after_the_page_tells_where_it_goes_on(found: list[int], size: int, expected: Page[int]) -> None:
    """R-PAG-3: a list that fits exactly is not truncated."""
    assert cut(found, size) == expected

"""Pages of lists: read one item more than fits; it tells whether and where the list goes on (R-PAG-1, R-PAG-3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Page(NamedTuple, Generic[T]):
    """What goes into one reply, and the first item of the next page, None on the last."""

    items: Sequence[T]
    next: T | None


def cut(found: Sequence[T], size: int) -> Page[T]:
    """Split up to `size` + 1 items into a page and the first item after it."""
    return Page(found[:size], found[size] if len(found) > size else None)

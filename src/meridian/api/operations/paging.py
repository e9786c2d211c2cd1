"""
Pages of lists: read one item more than fits; it tells whether and where the list goes on (R-PAG-1, R-PAG-3).

Where the API has an opaque NextToken, it holds the key of that item.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from meridian.errors import ApiError, InvalidInput

T = TypeVar("T")

_read_parts = msgspec.json.Decoder(tuple[str, ...]).decode


class Page(NamedTuple, Generic[T]):
    """What goes into one reply, and the first item of the next page, None on the last."""

    items: Sequence[T]
    next: T | None


def cut(found: Sequence[T], size: int) -> Page[T]:
    """Split up to `size` + 1 items into a page and the first item after it."""
    return Page(found[:size], found[size] if len(found) > size else None)


def to_token(of: str, *key: str) -> str:
    """
    Write the key of the next page's first item as a NextToken.

    Args:
        of: What list it is; the token serves no other.
        key: Printable ASCII.
    """
    return base64.urlsafe_b64encode(msgspec.json.encode((of, *key))).decode()


def from_token(
    of: str, request: Mapping[str, Any], parts: int, refusal: Callable[[str], ApiError] = InvalidInput
) -> tuple[str, ...] | None:
    """
    Read the NextToken of a request: a key of so many parts, or None where the list is to begin.

    Args:
        refusal: The error of this call: `InvalidPaginationToken` where the model lists it (R-PAG-1).

    Raises:
        ApiError: It is not a token of this list. The key itself may be any text.
    """
    token = request.get("NextToken")
    if not token:
        return None
    key = _key(of, token)
    if key is None or len(key) != parts:
        raise refusal("The NextToken is not valid; send the one of the previous reply, for the same call.")
    return key


def _key(of: str, token: str) -> tuple[str, ...] | None:
    try:
        found, *key = _read_parts(base64.b64decode(token.encode("ascii"), b"-_", validate=True))
    except ValueError:  # msgspec's and binascii's errors are of this kind
        return None
    return tuple(key) if to_token(found, *key) == token and found == of and all(map(_is_plain, key)) else None


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()

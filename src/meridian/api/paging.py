"""Page sizes as clients ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meridian.api.validate import field_name, rejection, violation

_DIGITS_ENOUGH = 9  # a larger number is over every maximum


def page_size(request: Mapping[str, Any], *, maximum: int = 100, member: str = "MaxItems") -> int:
    """
    Tell how many items a page holds, 1 to `maximum` (R-PAG-2).

    Args:
        request: The operation's request; the size is text in it.
        maximum: What a page holds at most, and when the request says nothing.
        member: `MaxItems` or `MaxResults`.

    Raises:
        InvalidInput: 0, a negative number, or no number.
    """
    text = request.get(member)
    if text is None:
        return maximum
    if not (text.isascii() and text.isdigit()):
        constraint = "Member must be a whole number greater than or equal to 1"
        raise rejection([violation(text, field_name(member), constraint)])
    digits = text.lstrip("0")
    size = maximum if len(digits) > _DIGITS_ENOUGH else int(digits or "0")
    if size < 1:
        raise rejection([violation(text, field_name(member), "Member must have value greater than or equal to 1")])
    return min(size, maximum)

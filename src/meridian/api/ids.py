"""Ids as clients write them, with or without a prefix."""

from __future__ import annotations

PREFIXES = ("hostedzone", "change", "delegationset")


def bare_id(text: str) -> str:
    """
    Take the prefix off an id: `/hostedzone/Z1` and `hostedzone/Z1` are `Z1` (R-API-9).

    Text without one of the three prefixes is returned as it is.
    """
    prefix, slash, rest = text.removeprefix("/").partition("/")
    return rest if slash and prefix in PREFIXES else text

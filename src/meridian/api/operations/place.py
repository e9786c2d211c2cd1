"""`/meridian/places`, a call of our own: the places that policies can name (docs/reference/places.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.native import NativeCall, by_method

PATH = "/meridian/places"

Atlas = Callable[[], dict[str, Any]]
"""What the call answers. May block."""


def place_calls(atlas: Atlas) -> Mapping[str, NativeCall]:
    """Each call with its methods."""

    def show(context: Context, request: HttpRequest) -> dict[str, Any]:
        return atlas()

    return {PATH: by_method(GET=show)}

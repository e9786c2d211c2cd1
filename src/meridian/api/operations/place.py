"""`/meridian/places`, calls of our own: places that policies can name, and clients there (docs/reference/places.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.native import NativeCall, by_method

PATH = "/meridian/places"
CLIENTS = PATH + "/clients"


class Atlas(Protocol):
    """What the calls answer; `meridian.place.atlas.Atlas` is one. May block."""

    def show(self) -> dict[str, Any]:
        """Where everything is that policies can name."""
        ...

    def clients(self) -> list[dict[str, Any]]:
        """A network of clients for each country and subdivision."""
        ...


def place_calls(atlas: Atlas) -> Mapping[str, NativeCall]:
    """Each call with its methods."""

    def show(context: Context, request: HttpRequest) -> dict[str, Any]:
        return atlas.show()

    def clients(context: Context, request: HttpRequest) -> dict[str, Any]:
        return {"clients": atlas.clients()}

    return {PATH: by_method(GET=show), CLIENTS: by_method(GET=clients)}

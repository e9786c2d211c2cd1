"""`/meridian/geodata`, a call of our own: the geolocation data in use (docs/reference/overview.md)."""

from __future__ import annotations

from typing import Any

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.native import NativeCall
from meridian.api.operations.overview import Watched

PATH = "/meridian/geodata"


def showing(watched: Watched) -> NativeCall:
    """Make the call."""

    def geodata(context: Context, request: HttpRequest) -> dict[str, Any]:
        """What it is made from, of which day it is, and whom it is owed to."""
        found = watched.geodata()
        if found is None:
            return {"installed": False}
        v4, v6 = found.networks
        return {
            "installed": True,
            "source": found.source,
            "date": found.date or None,
            "attribution": found.attribution,
            "networks": {"ipv4": v4, "ipv6": v6},
        }

    return geodata

"""
Where regions and local zones are, and distances between places (R-GPX-10, R-GPX-11).

Coordinates are pairs of whole numbers, hundredths of a degree: what two decimals can say (R-GPX-2).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import msgspec

from meridian.errors import SettingsError
from meridian.place import data

RADIUS_KM = 6371.0  # mean radius (R-GPX-11)
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_COUNTRY = re.compile(r"[A-Z]{2}")

Point = tuple[int, int]


class Region(msgspec.Struct, frozen=True):
    """A region or local zone: its place in hundredths of a degree, its country for the latency prior."""

    id: str
    point: Point
    country: str = ""
    city: str = ""


@cache
def regions() -> Mapping[str, Region]:
    """The 39 regions of routing.md appendix B by id."""
    return {row["code"]: _built_in(row) for row in data.rows("regions.csv")}


@cache
def local_zones() -> Mapping[str, Region]:
    """The local zone groups by name, such as `us-west-2-den-1`."""
    return {row["code"]: _built_in(row) for row in data.rows("local-zones.csv")}


def with_places(known: Mapping[str, Region], added: Mapping[str, Mapping[str, Any]]) -> dict[str, Region]:
    """
    Add an operator's own places to a table; one of the same id takes the built-in's place.

    Args:
        added: By id, each with `latitude` and `longitude` in degrees and, if wanted, `country` and `city`.

    Raises:
        SettingsError: An id, coordinate or country that cannot be, or a key that has no meaning.
    """
    return {**known, **{name: _operator_place(name, place) for name, place in added.items()}}


def hundredths(degrees: str | float, limit: int, what: str) -> int:
    """
    Degrees as whole hundredths.

    Args:
        degrees: At most two decimals (R-GPX-2).
        limit: 90 for latitude, 180 for longitude.

    Raises:
        SettingsError: Names `what` and what would do.
    """
    try:
        exact = Decimal(str(degrees)) * 100
        whole = int(exact)
    except (InvalidOperation, ValueError, OverflowError):
        raise SettingsError(f"{what}: '{degrees}' is not a number of degrees, such as 50.11") from None
    if exact != whole or abs(whole) > limit * 100:
        raise SettingsError(f"{what}: {degrees}; give -{limit} to {limit} degrees with at most two decimals")
    return whole


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance (R-GPX-11)."""
    (latitude_a, longitude_a), (latitude_b, longitude_b) = _radians(a), _radians(b)
    half = (
        math.sin((latitude_b - latitude_a) / 2) ** 2
        + math.cos(latitude_a) * math.cos(latitude_b) * math.sin((longitude_b - longitude_a) / 2) ** 2
    )
    return 2 * RADIUS_KM * math.asin(math.sqrt(min(half, 1.0)))


def _radians(point: Point) -> tuple[float, float]:
    return math.radians(point[0] / 100), math.radians(point[1] / 100)


def _built_in(row: Mapping[str, str]) -> Region:
    point = hundredths(row["lat"], 90, row["code"]), hundredths(row["lon"], 180, row["code"])
    return Region(row["code"], point, row["country"], row["city"])


def _operator_place(name: str, place: Mapping[str, Any]) -> Region:
    where = f"places.{name}"
    if not _CODE.fullmatch(name):
        raise SettingsError(f"{where}: a place's id has 1 to 64 of a-z, 0-9 and -, such as on-premises-berlin")
    unknown = place.keys() - {"latitude", "longitude", "country", "city"}
    if unknown:
        raise SettingsError(
            f"{where}: there is no '{min(unknown)}'; the keys are latitude, longitude, country and city"
        )
    if not {"latitude", "longitude"} <= place.keys():
        raise SettingsError(f"{where}: give latitude and longitude in degrees")
    country = str(place.get("country", ""))
    if country and not _COUNTRY.fullmatch(country):
        raise SettingsError(f"{where}.country: '{country}' is not a two-letter code, such as DE")
    point = (
        hundredths(place["latitude"], 90, f"{where}.latitude"),
        hundredths(place["longitude"], 180, f"{where}.longitude"),
    )
    return Region(name, point, country, str(place.get("city", "")))

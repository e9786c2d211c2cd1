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
from meridian.model.record import GeoProximityLocation
from meridian.place import data
from meridian.settings import Settings

RADIUS_KM = 6371.0  # mean radius (R-GPX-11)
REGIONS_MAX = 64  # the engine keeps sets of regions in 64 bits
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


class Places(msgspec.Struct, frozen=True):
    """Where everything is that record sets can name."""

    regions: Mapping[str, Region]
    local_zones: Mapping[str, Region]

    def point(self, place: GeoProximityLocation) -> Point | None:
        """Where a resource of geoproximity is (R-GPX-10); None if nobody knows."""
        if place.coordinates is not None:
            at = place.coordinates
            return hundredths(at.latitude, 90, "Latitude"), hundredths(at.longitude, 180, "Longitude")
        group = place.local_zone_group
        if group is None:
            found = self.regions.get(place.aws_region or "")
        else:
            # A local zone that the table does not know is near the region that its name begins with.
            found = self.local_zones.get(group) or self.regions.get(group.rsplit("-", 2)[0])
        return None if found is None else found.point


def places(settings: Settings) -> Places:
    """
    The built-in places with the operator's own.

    Raises:
        SettingsError: One that cannot be, or more regions than the engine takes; names the setting.
    """
    found = Places(
        with_places(BUILT_IN.regions, settings.regions, "regions"),
        with_places(BUILT_IN.local_zones, settings.places, "places"),
    )
    if len(found.regions) > REGIONS_MAX:
        room = REGIONS_MAX - len(BUILT_IN.regions)
        raise SettingsError(
            f"regions: {len(found.regions) - len(BUILT_IN.regions)} further ones; there is room for {room}"
        )
    return found


def with_places(known: Mapping[str, Region], added: Mapping[str, Any], key: str) -> dict[str, Region]:
    """
    Add an operator's own places to a table; one of the same id takes the built-in's place.

    Args:
        added: By id, each with `latitude` and `longitude` in degrees and, if wanted, `country` and `city`.
        key: The setting that they stand in.

    Raises:
        SettingsError: An id, coordinate or country that cannot be, or a key that has no meaning.
    """
    return {**known, **{name: _operator_place(f"{key}.{name}", name, place) for name, place in added.items()}}


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


def _operator_place(where: str, name: str, place: Any) -> Region:
    if not _CODE.fullmatch(name):
        raise SettingsError(f"{where}: a place's id has 1 to 64 of a-z, 0-9 and -, such as on-premises-berlin")
    if not isinstance(place, Mapping) or not {"latitude", "longitude"} <= place.keys():
        raise SettingsError(f"{where}: give latitude and longitude in degrees, each on a line of [{where}]")
    unknown = place.keys() - {"latitude", "longitude", "country", "city"}
    if unknown:
        raise SettingsError(
            f"{where}: there is no '{min(unknown)}'; the keys are latitude, longitude, country and city"
        )
    country = str(place.get("country", ""))
    if country and not _COUNTRY.fullmatch(country):
        raise SettingsError(f"{where}.country: '{country}' is not a two-letter code, such as DE")
    point = (
        hundredths(place["latitude"], 90, f"{where}.latitude"),
        hundredths(place["longitude"], 180, f"{where}.longitude"),
    )
    return Region(name, point, country, str(place.get("city", "")))


BUILT_IN = Places(regions(), local_zones())

"""
Reading .mmdb databases in the two layouts there are.

Flat (ip-location-db): `{country_code, state1, …, latitude, longitude}`, states by name. Nested
(MaxMind, DB-IP): `country.iso_code`, `subdivisions[0].iso_code`, `location.latitude` and so on.
Databases may hold IPv4, IPv6 or both in one tree; repeats of the IPv4 part inside the IPv6 one are
passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import maxminddb

from meridian.errors import MeridianError
from meridian.model.place import CONTINENTS, SUBDIVISIONS
from meridian.place import data, locations
from meridian.place.coordinates import Point
from meridian.place.ranges import Network
from meridian.place.table import Place

Progress = Callable[[float], None]

_STEP = 20_000  # networks between two calls of a progress function
_ROUNDING = 10  # hundredths of a degree: 0.1 degree is about 11 km, as exact as such data is
_COUNTRY = re.compile(r"[A-Z]{2}")
_SUBDIVISION = re.compile(r"[A-Z0-9]{1,3}")
# Route 53 kept older codes for these two (shared with ISO 3166-2: UA-43, UA-40).
_CODES_OF_THE_API = {("UA", "43"): "11", ("UA", "40"): "20"}


class DatabaseError(MeridianError):
    """A database that cannot be read."""

    def __init__(self, file: Path, problem: object) -> None:
        super().__init__(f"{file}: not a readable .mmdb database: {problem}")


class Metadata:
    """What a database says of itself: its type, such as `city ipv4`, and the day it was built."""

    def __init__(self, kind: str, date: str, nodes: int) -> None:
        self.kind, self.date, self.nodes = kind, date, nodes


def metadata(file: Path) -> Metadata:
    """
    Read what a database says of itself.

    Raises:
        DatabaseError: It cannot be read.
    """
    try:
        with maxminddb.open_database(file) as reader:
            found = reader.metadata()
            date = datetime.fromtimestamp(found.build_epoch, UTC).date().isoformat()
            return Metadata(found.database_type, date, found.node_count)
    except (maxminddb.InvalidDatabaseError, OSError, ValueError, OverflowError) as error:
        raise DatabaseError(file, error) from None


def networks(file: Path, progress: Progress = lambda share: None) -> Iterator[tuple[Network, Place]]:
    """
    All networks of a database in ascending order, IPv4 first.

    Args:
        progress: Told now and then which share of the database is done, 0 to 1.

    Raises:
        DatabaseError: It cannot be read.
    """
    nodes = metadata(file).nodes
    known: dict[object, Place] = {}
    try:
        with maxminddb.open_database(file) as reader:
            for done, (network, record) in enumerate(reader):
                key = _key(record)
                place = known.get(key)
                if place is None:
                    place = known[key] = _place(*key)
                if done % _STEP == 0:
                    progress(min(done / (nodes + 1), 1.0))
                yield network, place
    # SystemError: the library's C code gives up on some damaged records without saying so.
    except (maxminddb.InvalidDatabaseError, OSError, ValueError, TypeError, SystemError) as error:
        raise DatabaseError(file, error) from None
    progress(1.0)


# Continent, country, subdivision code, subdivision name, latitude, longitude; as they stand in a record.
_Key = tuple[Any, Any, Any, Any, Any, Any]


def _key(record: Any) -> _Key:
    """What matters of a record. Anything may stand in a user's file: other types than expected are unknown."""
    if not isinstance(record, Mapping):
        return "", "", "", "", None, None
    if "country_code" in record:
        get = record.get
        return "", get("country_code"), "", get("state1"), get("latitude"), get("longitude")
    country = _part(record, "country") or _part(record, "registered_country")
    location = _part(record, "location")
    subdivisions = record.get("subdivisions")
    first = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
    subdivision = first if isinstance(first, Mapping) else {}
    return (
        _part(record, "continent").get("code"),
        country.get("iso_code"),
        subdivision.get("iso_code"),
        _part(subdivision, "names").get("en"),
        location.get("latitude"),
        location.get("longitude"),
    )


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = record.get(name)
    return part if isinstance(part, Mapping) else {}


def _place(continent: object, country: object, code: object, name: object, lat: object, lon: object) -> Place:
    found = country if isinstance(country, str) and _COUNTRY.fullmatch(country) else ""
    if found in ("ZZ", "XX"):  # user-assigned: "no country"
        found = ""
    wider = locations.continent_of(found) or (continent if continent in CONTINENTS else "")
    point = _point(lat, lon) or (_middle(found) if found else None)
    return Place(str(wider), found, _subdivision(found, code, name), point)


def _subdivision(country: str, code: object, name: object) -> str:
    """The code as ListGeoLocations has it, from a database's code or else its name (R-GEO-3)."""
    if not country:
        return ""
    if isinstance(code, str) and _SUBDIVISION.fullmatch(code):
        return _CODES_OF_THE_API.get((country, code), code)
    return _codes_by_name().get((country, _plain(name)), "") if isinstance(name, str) else ""


@cache
def _codes_by_name() -> dict[tuple[str, str], str]:
    known = {(country, _plain(name)): code for country, names in SUBDIVISIONS.items() for code, name in names.items()}
    met = {(row["country"], _plain(row["name"])): row["code"] for row in data.rows("subdivision-names.csv")}
    return known | met


def _plain(name: str) -> str:
    """A name without what spellings differ in: case, marks, and the word oblast."""
    return re.sub(r"\boblast\b|[^a-z]", "", name.lower())


def _point(latitude: object, longitude: object) -> Point | None:
    if not isinstance(latitude, float | int) or not isinstance(longitude, float | int):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return _rounded(latitude), _rounded(longitude)


def _rounded(degrees: float) -> int:
    return round(degrees * 100 / _ROUNDING) * _ROUNDING


@cache
def _middle(country: str) -> Point | None:
    """Where a country's people are on average, for databases without coordinates."""
    for row in data.rows("country-coordinates.csv"):
        if row["country"] == country:
            return _rounded(float(row["lat"])), _rounded(float(row["lon"]))
    return None

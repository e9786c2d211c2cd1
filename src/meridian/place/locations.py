"""
The places of ListGeoLocations (R-GEO-2, R-GEO-3).

Codes and names are those of `model/place.py`; here they get their order and the continent that
each country is on.
"""

from __future__ import annotations

from functools import cache

import msgspec

from meridian.model.place import CONTINENTS, COUNTRIES, SUBDIVISIONS
from meridian.place import data


class GeoLocation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row as the API shows it. A country has no continent there; the default's code is `*`."""

    continent_code: str = ""
    continent_name: str = ""
    country_code: str = ""
    country_name: str = ""
    subdivision_code: str = ""
    subdivision_name: str = ""


@cache
def all_locations() -> tuple[GeoLocation, ...]:
    """Every place in the API's order: default, countries each with its subdivisions, continents."""
    rows = [GeoLocation(country_code="*", country_name="Default")]
    for country, country_name in COUNTRIES.items():
        rows.append(GeoLocation(country_code=country, country_name=country_name))
        rows += [
            GeoLocation(
                country_code=country, country_name=country_name, subdivision_code=code, subdivision_name=subdivision
            )
            for code, subdivision in SUBDIVISIONS.get(country, {}).items()
        ]
    rows += [GeoLocation(continent_code=code, continent_name=name) for code, name in CONTINENTS.items()]
    return tuple(rows)


def find(continent: str = "", country: str = "", subdivision: str = "") -> GeoLocation | None:
    """The place with exactly these codes, or None where routing knows no such place (R-GEO-4)."""
    return _by_codes().get((continent, country, subdivision))


def show(continent: str = "", country: str = "", subdivision: str = "") -> str:
    """A place in words for people, such as `Texas, United States`; unknown codes stand for themselves."""
    names = (
        SUBDIVISIONS.get(country, {}).get(subdivision, subdivision),
        COUNTRIES.get(country, country),
        CONTINENTS.get(continent, continent),
    )
    return ", ".join(name for name in names if name) or "unknown"


def continent_of(country: str) -> str:
    """The continent that Route 53 takes a country to be on, never a database's (R-GEO-14); empty if unknown."""
    return _continents().get(country, "")


@cache
def _by_codes() -> dict[tuple[str, str, str], GeoLocation]:
    return {(row.continent_code, row.country_code, row.subdivision_code): row for row in all_locations()}


@cache
def _continents() -> dict[str, str]:
    return {row["CountryCode"]: row["ContinentCode"] for row in data.rows("country-continent.csv")}

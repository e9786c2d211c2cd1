"""The places that geolocation record sets can name: one, or the list (R-API-162, R-API-163)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from meridian.api.context import Context
from meridian.api.operations.paging import Page, cut
from meridian.api.paging import page_size
from meridian.errors import ApiError, InvalidInput
from meridian.model.place import CONTINENTS, COUNTRIES, SUBDIVISIONS

MAX_PAGE = 100  # places a page (R-PAG-2)


class Codes(NamedTuple):
    """A place by its codes. Empty text, for a code it has not, comes first: so continents come last."""

    continent: str = ""
    country: str = ""
    subdivision: str = ""


def get_geo_location(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """One place: a continent, a country, a subdivision of a country, or `*` (R-GEO-1, R-GEO-2)."""
    codes = _codes(request, "")
    if codes == Codes():
        raise InvalidInput("Give a ContinentCode, a CountryCode, or a CountryCode and a SubdivisionCode.")
    details = _DETAILS.get(codes)
    if details is None:
        given = ", ".join(f"{field} {code}" for field, code in codes._asdict().items() if code)
        text = f"The geographic location is not supported: {given}. ListGeoLocations gives those that are."
        raise ApiError("NoSuchGeoLocation", text)
    return {"GeoLocationDetails": details}


def list_geo_locations(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """
    A page of the places: `*`, the countries with their subdivisions, the continents, each by code.

    It begins at the place asked for, or at the first after it if there is no such place.
    """
    limit = page_size(request, maximum=MAX_PAGE)
    first = bisect_left(_ORDER, _codes(request, "Start"))
    page: Page[Codes] = cut(_ORDER[first : first + limit + 1], limit)
    reply = {
        "GeoLocationDetailsList": [_DETAILS[codes] for codes in page.items],
        "IsTruncated": page.next is not None,
        "MaxItems": str(limit),
    }
    return reply if page.next is None else {**reply, **_named("Next{}Code", page.next)}


def _codes(request: Mapping[str, Any], prefix: str) -> Codes:
    """Read the codes of a request; a continent stands alone, a subdivision has its country (R-GEO-1)."""
    codes = Codes(*(request.get(f"{prefix}{member}Code", "") for member in _MEMBERS))
    if codes.continent and (codes.country or codes.subdivision):
        others = f"{prefix}CountryCode or {prefix}SubdivisionCode"
        raise InvalidInput(f"{prefix}ContinentCode cannot be given together with {others}.")
    if codes.subdivision and not codes.country:
        raise InvalidInput(f"{prefix}SubdivisionCode can only be given together with {prefix}CountryCode.")
    return codes


def _named(member: str, values: tuple[str, ...]) -> dict[str, str]:
    """Values that are there under the members of the API: `Next{}Code` stands for three of them."""
    return {member.format(what): value for what, value in zip(_MEMBERS, values, strict=True) if value}


def _places() -> Iterator[tuple[Codes, tuple[str, str, str]]]:
    """Every place, by codes, with its names."""
    yield Codes(country="*"), ("", "Default", "")
    for continent, name in CONTINENTS.items():
        yield Codes(continent=continent), (name, "", "")
    for country, name in COUNTRIES.items():
        yield Codes(country=country), ("", name, "")
        for subdivision, inner in SUBDIVISIONS.get(country, {}).items():
            yield Codes(country=country, subdivision=subdivision), ("", name, inner)


_MEMBERS = ("Continent", "Country", "Subdivision")
_DETAILS = {codes: _named("{}Code", codes) | _named("{}Name", names) for codes, names in _places()}
_ORDER = sorted(_DETAILS)

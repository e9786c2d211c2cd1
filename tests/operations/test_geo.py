from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meridian.api.context import Context
from meridian.errors import ApiError, InvalidInput
from meridian.model.place import CONTINENTS, COUNTRIES, SUBDIVISIONS
from tests.operations.calls import call

# The codes of a place, and what is told of it beside them.
PLACES: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"CountryCode": "*"}, {"CountryName": "Default"}),
    ({"ContinentCode": "AN"}, {"ContinentName": "Antarctica"}),
    ({"CountryCode": "AQ"}, {"CountryName": "Antarctica"}),
    ({"CountryCode": "XK"}, {"CountryName": "Kosovo"}),
    ({"CountryCode": "US"}, {"CountryName": "United States"}),
    (
        {"CountryCode": "US", "SubdivisionCode": "TX"},
        {"CountryName": "United States", "SubdivisionName": "Texas"},
    ),
    ({"CountryCode": "UA", "SubdivisionCode": "30"}, {"CountryName": "Ukraine", "SubdivisionName": "Kyiv"}),
]


@pytest.mark.parametrize(("codes", "names"), PLACES)
def test_a_place(context: Context, codes: dict[str, str], names: dict[str, str]) -> None:
    """R-API-162, R-GEO-2, R-GEO-3: codes and names of what the place has, and of nothing else."""
    assert call(context, "GetGeoLocation", **codes) == {"GeoLocationDetails": {**codes, **names}}


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        ({"ContinentCode": "ZZ"}, "continent ZZ"),
        ({"ContinentCode": "US"}, "continent US"),
        ({"CountryCode": "ZZ"}, "country ZZ"),
        ({"CountryCode": "us"}, "country us"),
        ({"CountryCode": "BV"}, "country BV"),
        ({"CountryCode": "CX"}, "country CX"),
        ({"CountryCode": "EH"}, "country EH"),
        ({"CountryCode": "HM"}, "country HM"),
        ({"CountryCode": "US", "SubdivisionCode": "PR"}, "country US, subdivision PR"),
        ({"CountryCode": "CA", "SubdivisionCode": "QC"}, "country CA, subdivision QC"),
        ({"CountryCode": "*", "SubdivisionCode": "TX"}, "country *, subdivision TX"),
    ],
)
def test_other_places_are_not_found(context: Context, codes: dict[str, str], told: str) -> None:
    """R-GEO-3, R-GEO-4: among them the four countries that cannot be used."""
    with pytest.raises(ApiError) as refused:
        call(context, "GetGeoLocation", **codes)

    assert (refused.value.code, refused.value.message) == (
        "NoSuchGeoLocation",
        f"The geographic location is not supported: {told}. ListGeoLocations gives those that are.",
    )


CONTRADICTIONS = [
    ({"ContinentCode": "EU", "CountryCode": "DE"}, "ContinentCode cannot be given together with"),
    ({"ContinentCode": "EU", "SubdivisionCode": "TX"}, "ContinentCode cannot be given together with"),
    ({"SubdivisionCode": "TX"}, "SubdivisionCode can only be given together with"),
]


@pytest.mark.parametrize(("codes", "text"), CONTRADICTIONS)
def test_codes_that_contradict_are_refused(context: Context, codes: dict[str, str], text: str) -> None:
    """R-GEO-1, in both calls, with the names that the caller used."""
    with pytest.raises(InvalidInput, match=f"^InvalidInput: {text}"):
        call(context, "GetGeoLocation", **codes)
    with pytest.raises(InvalidInput, match=f"^InvalidInput: Start{text}"):
        call(context, "ListGeoLocations", **{f"Start{member}": code for member, code in codes.items()})


def test_a_place_has_a_code(context: Context) -> None:
    """No code at all is InvalidInput, not a place."""
    with pytest.raises(InvalidInput, match="Give a ContinentCode, a CountryCode"):
        call(context, "GetGeoLocation")


def whole(context: Context, size: int) -> list[dict[str, Any]]:
    """The list by pages, each begun with the Next… codes of the one before."""
    found: list[dict[str, Any]] = []
    start: dict[str, str] = {}
    while True:
        reply = call(context, "ListGeoLocations", MaxItems=str(size), **start)
        found += reply["GeoLocationDetailsList"]
        assert reply["MaxItems"] == str(size)
        start = {member.replace("Next", "Start"): code for member, code in reply.items() if member.startswith("Next")}
        assert reply["IsTruncated"] == bool(start)
        if not start:
            return found
        assert len(reply["GeoLocationDetailsList"]) == size


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 100))
def test_pages_join_to_the_332_places(context: Context, size: int) -> None:
    """R-API-163: the default, each country and behind it its subdivisions, then the continents; in full pages."""
    expected: list[dict[str, Any]] = [{"CountryCode": "*", "CountryName": "Default"}]
    for country, name in sorted(COUNTRIES.items()):
        of_country = {"CountryCode": country, "CountryName": name}
        expected.append(of_country)
        for code, inner in sorted(SUBDIVISIONS.get(country, {}).items()):
            expected.append({**of_country, "SubdivisionCode": code, "SubdivisionName": inner})
    expected += [{"ContinentCode": code, "ContinentName": name} for code, name in sorted(CONTINENTS.items())]

    assert whole(context, size) == expected
    assert len(expected) == 332


# Where a list begins, and the codes of its first two places.
STARTS: list[tuple[dict[str, str], list[tuple[str, ...]]]] = [
    ({}, [("*",), ("AD",)]),
    ({"StartCountryCode": "US"}, [("US",), ("US", "AK")]),
    ({"StartCountryCode": "US", "StartSubdivisionCode": "WY"}, [("US", "WY"), ("UY",)]),
    ({"StartCountryCode": "US", "StartSubdivisionCode": "PR"}, [("US", "RI"), ("US", "SC")]),
    ({"StartCountryCode": "BV"}, [("BW",), ("BY",)]),
    ({"StartCountryCode": "ZW"}, [("ZW",), ("AF",)]),
    ({"StartCountryCode": "ZZ"}, [("AF",), ("AN",)]),
    ({"StartContinentCode": "OC"}, [("OC",), ("SA",)]),
    ({"StartContinentCode": "SB"}, []),
]


@pytest.mark.parametrize(("start", "first"), STARTS)
def test_a_list_begins_where_it_is_asked_to(
    context: Context, start: dict[str, str], first: list[tuple[str, ...]]
) -> None:
    """At that place, inclusive, or at the next one; the next one may be a continent."""
    reply = call(context, "ListGeoLocations", MaxItems="2", **start)
    codes = [
        tuple(code for member, code in found.items() if member.endswith("Code"))
        for found in reply["GeoLocationDetailsList"]
    ]

    assert codes == first


def test_a_page_holds_a_hundred_places(context: Context) -> None:
    """R-PAG-2: by default and at most; the effective number is echoed (R-PAG-3)."""
    for request in ({}, {"MaxItems": "101"}):
        reply = call(context, "ListGeoLocations", **request)
        assert (len(reply["GeoLocationDetailsList"]), reply["MaxItems"]) == (100, "100")
    with pytest.raises(InvalidInput, match="'maxItems'"):
        call(context, "ListGeoLocations", MaxItems="0")

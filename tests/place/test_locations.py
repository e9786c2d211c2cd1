from __future__ import annotations

import csv

import msgspec

from meridian.model.place import COUNTRIES
from meridian.place import locations
from meridian.place.locations import GeoLocation
from tests.vectors.place.write import FOLDER


def test_all_locations_are_those_of_the_api_in_its_order() -> None:
    """332 rows, captured from the API: default, countries each with its subdivisions, continents (R-GEO-2, R-GEO-3)."""
    with (FOLDER / "geo-locations.csv").open(newline="") as file:
        captured = [tuple(row.values()) for row in csv.DictReader(file)]

    assert captured == [msgspec.structs.astuple(row) for row in locations.all_locations()]
    assert len(captured) == 332


def test_places_are_found_by_their_codes() -> None:
    """Ukraine has the API's own codes for Crimea and Sevastopol; four countries cannot be used (R-GEO-4)."""
    cases = {
        ("", "*", ""): "Default",
        ("EU", "", ""): "Europe",
        ("", "DE", ""): "Germany",
        ("", "US", "DC"): "District of Columbia",
        ("", "UA", "11"): "Crimea",
        ("", "UA", "20"): "Sevastopol",
        ("", "UA", "43"): None,
        ("", "UA", "40"): None,
        ("", "BV", ""): None,
        ("", "PR", ""): "Puerto Rico",
        ("", "US", "PR"): None,
        ("NA", "US", ""): None,
    }

    def name(found: GeoLocation | None) -> str | None:
        return (found.subdivision_name or found.country_name or found.continent_name) if found else None

    assert cases == {codes: name(locations.find(*codes)) for codes in cases}


def test_continents_are_those_of_the_api() -> None:
    """Where packages disagree, Route 53's word counts (R-GEO-14); each country has a continent."""
    cases = {"TR": "EU", "CY": "EU", "TL": "OC", "GS": "AN", "RU": "EU", "MX": "NA", "UM": "OC", "XK": "EU", "??": ""}

    assert cases == {country: locations.continent_of(country) for country in cases}
    assert all(locations.continent_of(country) for country in COUNTRIES)


def test_places_in_words() -> None:
    """The smallest place comes first; codes without a name stand for themselves."""
    cases = {
        ("NA", "US", "TX"): "Texas, United States, North America",
        ("EU", "GB", "ENG"): "ENG, United Kingdom, Europe",
        ("AN", "BV", ""): "BV, Antarctica",
        ("EU", "", ""): "Europe",
        ("", "", ""): "unknown",
    }

    assert cases == {codes: locations.show(*codes) for codes in cases}

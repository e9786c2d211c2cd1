from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.errors import SettingsError
from meridian.model.place import REGIONS
from meridian.place import coordinates
from meridian.place.coordinates import Region, distance_km, hundredths

points = st.tuples(st.integers(-9000, 9000), st.integers(-18000, 18000))


def test_every_region_has_a_place() -> None:
    """The 39 of appendix B, no more and no fewer (R-GPX-10)."""
    assert coordinates.regions().keys() == REGIONS
    assert coordinates.regions()["eu-central-1"] == Region("eu-central-1", (5011, 868), "DE", "Frankfurt")


def test_local_zones_are_near_a_region_of_ours() -> None:
    """A group is named for its region, which is known."""
    zones = coordinates.local_zones()

    assert zones["us-west-2-den-1"].point == (3974, -10499)
    assert {group.rsplit("-", 2)[0] for group in zones} <= REGIONS


def test_operators_add_places_of_their_own() -> None:
    """An added place stands beside the built-in ones, or in the place of one."""
    added: dict[str, dict[str, Any]] = {
        "on-premises-berlin": {"latitude": "52.52", "longitude": 13.4, "country": "DE", "city": "Berlin"},
        "us-east-1": {"latitude": 40, "longitude": -80},
    }
    places = coordinates.with_places(coordinates.regions(), added, "regions")

    assert places["on-premises-berlin"] == Region("on-premises-berlin", (5252, 1340), "DE", "Berlin")
    assert places["us-east-1"].point == (4000, -8000)
    assert len(places) == 40


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("Berlin", {"latitude": 1, "longitude": 1}, "places.Berlin: a place's id has"),
    ("a", {"latitude": 1}, "places.a: give latitude and longitude"),
    ("a", {"latitude": 1, "longitude": 1, "lat": 1}, "places.a: there is no 'lat'"),
    ("a", {"latitude": "north", "longitude": 1}, "places.a.latitude: 'north' is not a number of degrees"),
    ("a", {"latitude": "NaN", "longitude": 1}, "places.a.latitude: 'NaN' is not a number of degrees"),
    ("a", {"latitude": "Infinity", "longitude": 1}, "places.a.latitude: 'Infinity' is not a number of degrees"),
    ("a", {"latitude": 90.01, "longitude": 1}, "places.a.latitude: 90.01; give -90 to 90 degrees"),
    ("a", {"latitude": 1, "longitude": "1.005"}, "places.a.longitude: 1.005; give -180 to 180 degrees"),
    ("a", {"latitude": 1, "longitude": 1, "country": "Germany"}, "places.a.country: 'Germany' is not a two-letter"),
]


@pytest.mark.parametrize(("name", "place", "message"), WRONG, ids=[row[2] for row in WRONG])
def test_places_that_cannot_be_are_errors(name: str, place: dict[str, Any], message: str) -> None:
    """The text names the setting and says what would do."""
    with pytest.raises(SettingsError, match=message):
        coordinates.with_places({}, {name: place}, "places")


def test_hundredths_are_exact() -> None:
    """Two decimals are kept as they are, whatever a float makes of them (R-GPX-2)."""
    cases = {"1.15": 115, "-0.29": -29, "+8": 800, "180": 18000, "-180.00": -18000, "49.2": 4920}

    assert cases == {text: hundredths(text, 180, "x") for text in cases}
    assert hundredths(1.15, 90, "x") == 115


def test_known_distances() -> None:
    """The poles, the equator, the date line, and two cities (R-GPX-11)."""
    half = math.pi * 6371
    cases = [
        ((9000, 0), (-9000, 0), half),
        ((0, 0), (0, 9000), half / 2),
        ((0, 17950), (0, -17950), half / 180),
        ((5151, -13), (135, 10382), 10_848),
    ]
    for one, other, km in cases:
        assert distance_km(one, other) == pytest.approx(km, rel=1e-4)


@given(points, points, points)
def test_distance_is_a_metric(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> None:
    """Symmetric, at most half around the earth, never longer than a detour."""
    assert distance_km(a, b) == pytest.approx(distance_km(b, a))
    assert 0 <= distance_km(a, b) <= math.pi * 6371 + 1e-6
    assert distance_km(a, c) <= distance_km(a, b) + distance_km(b, c) + 1e-3

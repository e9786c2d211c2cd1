from __future__ import annotations

import pytest

from meridian.model.place import COUNTRIES
from meridian.place import coordinates, prior
from meridian.place.coordinates import Region


def test_the_prior_is_a_line_times_the_factor_of_two_zones() -> None:
    """`(base + km * slope) * factor`, the pair in either order; without a zone the factor is 1."""
    own = prior.Prior(6.0, 0.01, {"DE": "EU", "US": "NA"}, {"EU-NA": 1.5})
    here, there = (0, 0), Region("x", (0, 9000), "US")
    line = 6.0 + coordinates.distance_km(here, there.point) * 0.01
    cases = {"DE": line * 1.5, "US": line, "FR": line, "": line}

    assert cases == {country: pytest.approx(own.latency_ms(country, here, there)) for country in cases}
    assert own.factor("NA", "EU") == own.factor("EU", "NA") == 1.5
    assert own.factor("EU", "EU") == own.factor(None, "EU") == 1.0


def test_the_prior_that_ships_is_whole() -> None:
    """11 zones of the world and 53 fitted pairs of them; each country of a zone is one that routing knows."""
    shipped = prior.default()

    assert (len(shipped.zones), len(shipped.zone_pair_factor)) == (11, 53)
    assert shipped.zone_of_country.keys() <= COUNTRIES.keys()
    assert {zone for pair in shipped.zone_pair_factor for zone in pair.split("-")} <= set(shipped.zones)


def test_london_is_nearer_to_oregon_than_to_singapore() -> None:
    """The seed's example (R-LAT-6, R-TV-19) comes out as in the text with the prior alone."""
    regions, london = coordinates.regions(), (5151, -13)
    ms = {region: prior.default().latency_ms("GB", london, regions[region]) for region in regions}

    assert ms["us-west-2"] < ms["ap-southeast-1"]
    assert min(ms, key=lambda region: ms[region]) == "eu-west-2"

"""Places are those of the behaviour rules."""

import re
from pathlib import Path

from meridian.model.place import CONTINENTS, COUNTRIES, REGIONS, SUBDIVISIONS

ROUTING = (Path(__file__).parents[2] / "docs" / "behaviour" / "routing.md").read_text()
BY_CONTINENT = dict(re.findall(r"^\| ([A-Z]{2}) \| ((?:[A-Z]{2} ?)+) \|$", ROUTING, re.MULTILINE))


def words(pattern: str) -> set[str]:
    """Give the words of the rest of the line that begins with a pattern."""
    line = re.search(rf"^{pattern}(.*)$", ROUTING, re.MULTILINE)
    assert line
    return set(re.findall(r"[A-Za-z0-9-]+", line[1]))


def test_continents_are_the_seven() -> None:
    """Each has its row in appendix A (R-GEO-2)."""
    assert BY_CONTINENT.keys() == CONTINENTS.keys()


def test_countries_are_those_of_appendix_a() -> None:
    """Each country belongs to one continent; BV, CX, EH and HM are none (R-GEO-4, R-GEO-14)."""
    listed = [country for row in BY_CONTINENT.values() for country in row.split()]

    assert sorted(listed) == sorted(COUNTRIES)
    assert not {"BV", "CX", "EH", "HM"} & COUNTRIES.keys()


def test_subdivisions_of_the_united_states_are_the_states_and_dc() -> None:
    """Its territories are countries (R-GEO-3)."""
    assert words("US subdivisions:") >= SUBDIVISIONS["US"].keys()
    assert len(SUBDIVISIONS["US"]) == 51
    assert {"PR", "GU", "VI", "AS", "MP", "UM"} <= COUNTRIES.keys()


def test_regions_are_the_39_of_appendix_b() -> None:
    """R-LAT-1."""
    assert words(r"## Appendix B.*\n\n") == REGIONS
    assert len(REGIONS) == 39

"""Map, simulation and comparison of traffic policies in the console."""

import pytest

from tests.journeys.browser import drive
from tests.journeys.site import Site

pytestmark = pytest.mark.journey


def test_a_policy_on_the_map_simulated_and_compared(site: Site) -> None:
    """R-VIS-7, R-VIS-14, R-VIS-15: a bias moves a border, a check that is down lights another way, versions differ."""
    drive(site, "panels.mjs")

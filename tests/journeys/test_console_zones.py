"""Zones and records in the console, by mouse and keyboard, down to the wire."""

import pytest

from tests.journeys.browser import drive
from tests.journeys.site import Site

pytestmark = pytest.mark.journey


def test_a_zone_from_nothing_and_a_change_taken_back(site: Site) -> None:
    """A weighted pair and an alias go out as one batch, a refusal stands at its change, undo brings answers back."""
    drive(site, "zones.mjs")

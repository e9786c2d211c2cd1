"""The latency prior: a guess from the distance, for where nothing was measured (R-LAT-8)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from meridian.place import data
from meridian.place.coordinates import Point, Region, distance_km


class Prior(msgspec.Struct, frozen=True):
    """
    `(base_ms + km * ms_per_km) * factor`, the factor being that of the two zones of the world.

    Attributes:
        zone_of_country: The zone of each country; countries without one have factor 1.
        zone_pair_factor: By `A-B`, the zones in alphabetical order; pairs that are not named have 1.
    """

    base_ms: float
    ms_per_km: float
    zone_of_country: Mapping[str, str]
    zone_pair_factor: Mapping[str, float]

    @property
    def zones(self) -> list[str]:
        """All zones, in order."""
        return sorted(set(self.zone_of_country.values()))

    def factor(self, one: str | None, other: str | None) -> float:
        """The factor of a pair of zones."""
        if one is None or other is None:
            return 1.0
        return self.zone_pair_factor.get("-".join(sorted((one, other))), 1.0)

    def latency_ms(self, country: str, point: Point, region: Region) -> float:
        """Round-trip time in milliseconds between a client and a region, as guessed."""
        factor = self.factor(self.zone_of_country.get(country), self.zone_of_country.get(region.country))
        return (self.base_ms + distance_km(point, region.point) * self.ms_per_km) * factor


@cache
def default() -> Prior:
    """The prior that ships with the package."""
    return msgspec.json.decode(data.octets("latency-prior.json"), type=Prior)

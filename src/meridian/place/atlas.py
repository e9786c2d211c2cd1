"""
What maps and forms need to know of places: where regions are, which countries there are, and for each country and
subdivision a network of clients that the installed geolocation data puts there.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

import structlog

from meridian.errors import MeridianError
from meridian.model.place import CONTINENTS, COUNTRIES, SUBDIVISIONS
from meridian.place import install, table
from meridian.place.coordinates import Places, Region, places
from meridian.place.locations import continent_of
from meridian.settings import Settings

log = structlog.get_logger()

Codes = tuple[str, str]  # country, and subdivision or nothing
Sample = tuple[IPv4Network, table.Place]
Identity = tuple[int, int, int]  # inode, time and size of the file that samples are from


class Atlas:
    """
    The places of one server. Safe to use from many threads.

    Args:
        settings: With the operator's own regions and places, and the data folder.

    Raises:
        SettingsError: A place of the operator's own cannot be.
    """

    def __init__(self, settings: Settings) -> None:
        self._places = places(settings)
        self._negative_bias = settings.geoproximity_negative_bias
        self._folder = Path(settings.data_dir) / "place"
        self._lock = Lock()
        self._sampled: tuple[Identity | None, list[dict[str, Any]]] = (None, [])

    def show(self) -> dict[str, Any]:
        """
        Where everything is that policies can name, as docs/reference/places.md describes it.
        """
        return {
            "negative_bias": self._negative_bias,
            **_points(self._places),
            "continents": [{"code": code, "name": name} for code, name in CONTINENTS.items()],
            "countries": list(_countries()),
        }

    def clients(self) -> list[dict[str, Any]]:
        """
        A network of clients for each country and subdivision, as docs/reference/places.md describes it.

        The first call after new geolocation data was installed reads all of it, which takes some seconds.
        """
        with self._lock:
            now = _identity(self._folder / install.FILE)
            if now != self._sampled[0]:
                self._sampled = now, self._sample()
            return self._sampled[1]

    def _sample(self) -> list[dict[str, Any]]:
        try:
            found = install.current(self._folder)
        except MeridianError as error:
            log.error("atlas.no_clients", folder=str(self._folder), reason=str(error))
            return []
        return [] if found is None else [_client(*each) for each in sorted(samples(found).items())]


def samples(geo: table.Table) -> dict[Codes, Sample]:
    """For each country and each of its subdivisions that a table knows the largest block of IPv4 addresses there."""
    sizes, firsts = [0] * len(geo.places), [0] * len(geo.places)  # of the largest range of each place
    first = number = 0
    for after, following in chain(geo.v4, [(1 << 32, 0)]):
        if after - first > sizes[number]:
            sizes[number], firsts[number] = after - first, first
        first, number = after, following
    best: dict[Codes, tuple[int, int, table.Place]] = {}  # addresses in the range, and its first
    for place, size, begin in zip(geo.places, sizes, firsts, strict=True):
        for codes in {(place.country, ""), (place.country, place.subdivision)}:
            if place.country and size > best.get(codes, (0,))[0]:
                best[codes] = size, begin, place
    return {codes: (_largest_block(begin, size), place) for codes, (size, begin, place) in best.items()}


def _largest_block(first: int, size: int) -> IPv4Network:
    """The largest network of the `size` addresses from `first` on; the lowest of several."""
    for length in range(33):
        block = 1 << (32 - length)
        begin = -(-first // block) * block
        if begin + block <= first + size:
            return IPv4Network((begin, length))
    raise AssertionError("a range holds an address")


def _client(codes: Codes, sample: Sample) -> dict[str, Any]:
    network, place = sample
    return {"country": codes[0], "subdivision": codes[1] or None, "network": str(network), **_degrees(place.point)}


def _countries() -> Iterator[dict[str, Any]]:
    for code, name in COUNTRIES.items():
        parts = [{"code": part, "name": title} for part, title in SUBDIVISIONS.get(code, {}).items()]
        yield {"code": code, "name": name, "continent": continent_of(code), "subdivisions": parts}


def _points(known: Places) -> dict[str, Any]:
    def listed(region: Region) -> dict[str, Any]:
        return {"id": region.id, "city": region.city, "country": region.country, **_degrees(region.point)}

    return {
        "regions": [listed(region) for region in known.regions.values()],
        "local_zones": [listed(zone) for zone in known.local_zones.values()],
    }


def _degrees(point: tuple[int, int] | None) -> dict[str, float | None]:
    return {"latitude": point and point[0] / 100, "longitude": point and point[1] / 100}


def _identity(file: Path) -> Identity | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size

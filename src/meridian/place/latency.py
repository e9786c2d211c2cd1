"""
Measured latencies: from samples to the table that the engine ranks regions by (R-LAT-4, R-LAT-11).

A client's own network is best known by its own samples, but most networks have few. So each level,
from a country down to a /24 or /48, leans on the wider one the more the fewer samples it has. The
widest leans on the prior. Everything is a pure function of samples and the time.
"""

from __future__ import annotations

import math
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple, TypeVar

import msgspec

from meridian.errors import SettingsError
from meridian.place.coordinates import REGIONS_MAX, Region, distance_km
from meridian.place.prior import Prior
from meridian.place.ranges import Network, Ranges, span
from meridian.place.samples import Sample
from meridian.place.table import Place

FORMAT = 1
HALF_LIFE_S = 24 * 3600.0  # of a sample's weight
FORGOTTEN_S = 30 * 24 * 3600.0  # older samples are not looked at
STALE_S = 14 * 24 * 3600.0  # a level whose newest sample is older has nothing to say
PARENT_WEIGHT = 10.0  # a wider level counts like this many samples
LONGEST_MS = 2000.0  # longer is a lost packet or a sleeping telephone
EARLY_S = 3600.0  # clocks of feeders may be this far ahead
_KM_PER_MS = 200.0  # half the round trip of light in fibre: 1 ms for each 100 km, halved
NETWORK = {4: 20, 6: 40}  # the level between a site (/24, /48) and a country

_CELL = struct.Struct("<BBHHH")  # region, level, tenths of a millisecond, samples, hours


K = TypeVar("K")


class Level(IntEnum):
    """Who shares an estimate; numbers as the engine reads them."""

    SITE = 0
    NETWORK = 1
    SUBDIVISION = 2
    COUNTRY = 3


class Estimate(NamedTuple):
    """A latency in milliseconds; samples that count, after decay; hours since the newest; whose they are."""

    ms: float
    samples: float
    age_hours: float
    level: Level


# By region id.
Estimates = Mapping[str, Estimate]


class Measured(msgspec.Struct, frozen=True):
    """
    What was measured, as of a moment.

    Attributes:
        built: Seconds since the epoch.
        sites: By /24 or /48.
        networks: By /20 or /40.
        countries: By country and subdivision; the subdivision is empty for all of a country.
        used: Samples used, at most one for each site, region and minute.
        ignored: How many were not, by reason.
    """

    built: int
    sites: Mapping[Network, Estimates]
    networks: Mapping[Network, Estimates]
    countries: Mapping[tuple[str, str], Estimates]
    used: int
    ignored: Mapping[str, int]


class _Weighed(NamedTuple):
    """A sample's latency, weight, age in seconds, and the prior for the same client and region."""

    ms: float
    weight: float
    age_s: float
    prior_ms: float | None


def measure(
    samples: Iterable[Sample],
    *,
    now: datetime,
    locate: Callable[[Network], Place],
    regions: Mapping[str, Region],
    prior: Prior,
    offsets_ms: Mapping[str, float] | None = None,
) -> Measured:
    """
    Estimate latencies from samples; their order does not matter.

    Args:
        locate: Where a site is.
        offsets_ms: For each kind of sample, what its measuring adds; taken off.
    """
    minutes, ignored = _by_minute(samples, now.timestamp(), locate, regions, offsets_ms or {})
    groups = _group(minutes, now.timestamp(), locate, regions, prior)
    countries = {key: _estimates(by_region, Level.COUNTRY, {}) for key, by_region in groups.countries.items()}
    subdivisions = {
        key: _estimates(by_region, Level.SUBDIVISION, countries[key[0], ""])
        for key, by_region in groups.subdivisions.items()
    }
    wider = countries | subdivisions
    networks, sites = {}, {}
    for network, by_region in groups.networks.items():
        around = _around(groups.place_of(network), wider)
        networks[network] = _estimates(by_region, Level.NETWORK, around)
    for site, by_region in groups.sites.items():
        around = {**_around(locate(site), wider), **networks[_network_of(site)]}
        sites[site] = _estimates(by_region, Level.SITE, around)
    used = sum(map(len, minutes.values()))
    return Measured(int(now.timestamp()), _filled(sites), _filled(networks), _filled(wider), used, ignored)


def _by_minute(
    samples: Iterable[Sample],
    now: float,
    locate: Callable[[Network], Place],
    regions: Mapping[str, Region],
    offsets_ms: Mapping[str, float],
) -> tuple[dict[tuple[Network, str], dict[int, float]], Counter[str]]:
    """The shortest latency of each site, region and minute, so that no busy network outweighs others."""
    minutes: defaultdict[tuple[Network, str], dict[int, float]] = defaultdict(dict)
    ignored: Counter[str] = Counter()
    for sample in samples:
        ms = sample.rtt_ms - offsets_ms.get(sample.kind, 0.0)
        reason = _why_not(sample, ms, now, locate, regions)
        if reason is not None:
            ignored[reason] += 1
            continue
        of_site, minute = minutes[sample.client, sample.region], int(sample.ts // 60)
        of_site[minute] = min(ms, of_site.get(minute, ms))
    return dict(minutes), ignored


def _why_not(
    sample: Sample, ms: float, now: float, locate: Callable[[Network], Place], regions: Mapping[str, Region]
) -> str | None:
    """Why a sample is not used, or None if it is."""
    if sample.region not in regions:
        return "unknown region"
    if not -EARLY_S <= now - sample.ts <= FORGOTTEN_S:
        return "older than 30 days" if sample.ts < now else "from the future"
    if ms > LONGEST_MS:
        return "longer than 2 s"
    point = locate(sample.client).point
    least = distance_km(point, regions[sample.region].point) / _KM_PER_MS if point else 0.0
    return "faster than light in fibre" if ms <= 0 or ms < least else None


class _Groups(NamedTuple):
    """Weighed samples by level, key and region."""

    sites: dict[Network, dict[str, list[_Weighed]]]
    networks: dict[Network, dict[str, list[_Weighed]]]
    subdivisions: dict[tuple[str, str], dict[str, list[_Weighed]]]
    countries: dict[tuple[str, str], dict[str, list[_Weighed]]]
    # How many samples each network has in each place.
    places: dict[Network, Counter[Place]]

    def place_of(self, network: Network) -> Place:
        """Where most samples of a network come from."""
        return self.places[network].most_common(1)[0][0]


def _group(
    minutes: Mapping[tuple[Network, str], Mapping[int, float]],
    now: float,
    locate: Callable[[Network], Place],
    regions: Mapping[str, Region],
    prior: Prior,
) -> _Groups:
    groups = _Groups({}, {}, {}, {}, {})
    for (site, region), by_minute in sorted(minutes.items(), key=lambda item: (_order(item[0][0]), item[0][1])):
        place = locate(site)
        guess = prior.latency_ms(place.country, place.point, regions[region]) if place.point else None
        weighed = []
        for minute, ms in sorted(by_minute.items()):
            age = max(now - minute * 60, 0.0)
            weighed.append(_Weighed(ms, math.pow(0.5, age / HALF_LIFE_S), age, guess))
        _add(groups.sites, site, region, weighed)
        _add(groups.networks, _network_of(site), region, weighed)
        groups.places.setdefault(_network_of(site), Counter())[place] += len(weighed)
        if place.country:
            _add(groups.countries, (place.country, ""), region, weighed)
        if place.subdivision:
            _add(groups.subdivisions, (place.country, place.subdivision), region, weighed)
    return groups


def _add(groups: dict[K, dict[str, list[_Weighed]]], key: K, region: str, weighed: Sequence[_Weighed]) -> None:
    groups.setdefault(key, {}).setdefault(region, []).extend(weighed)


def _estimates(by_region: Mapping[str, Sequence[_Weighed]], level: Level, wider: Estimates) -> dict[str, Estimate]:
    """A level's estimates, leaning on the wider level's, else on the prior; none where its samples are stale."""
    found = {}
    for region, weighed in by_region.items():
        samples, age = sum(each.weight for each in weighed), min(each.age_s for each in weighed)
        if samples < 1 or age > STALE_S:
            continue
        around = wider[region].ms if region in wider else _mean_prior(weighed)
        found[region] = Estimate(lean(_median(weighed), samples, around), samples, age / 3600, level)
    return found


def lean(own_ms: float, samples: float, wider_ms: float | None) -> float:
    """An estimate between a level's own median and the wider level's, on the scale of logarithms."""
    if wider_ms is None:
        return own_ms
    logarithm = (samples * math.log(own_ms) + PARENT_WEIGHT * math.log(wider_ms)) / (samples + PARENT_WEIGHT)
    return math.exp(logarithm)


def _median(weighed: Sequence[_Weighed]) -> float:
    """The weighted median: half the weight is at or below it. A median, since slow handsets are not ours to route."""
    ascending = sorted(weighed)
    half, sum_so_far = sum(each.weight for each in ascending) / 2, 0.0
    for each in ascending:
        sum_so_far += each.weight
        if sum_so_far >= half:
            return each.ms
    return ascending[-1].ms


def _mean_prior(weighed: Sequence[_Weighed]) -> float | None:
    known = [(each.weight, each.prior_ms) for each in weighed if each.prior_ms]
    weight = sum(weight for weight, _ in known)
    return math.exp(sum(weight * math.log(ms) for weight, ms in known) / weight) if weight else None


def _around(place: Place, wider: Mapping[tuple[str, str], Estimates]) -> dict[str, Estimate]:
    """What the country and the subdivision of a place have, the subdivision first."""
    country = wider.get((place.country, ""), {})
    subdivision = wider.get((place.country, place.subdivision), {}) if place.subdivision else {}
    return {**country, **subdivision}


def _network_of(site: Network) -> Network:
    return site.supernet(new_prefix=NETWORK[site.version])


def _filled(estimates: Mapping[K, Estimates]) -> dict[K, Estimates]:
    return {key: by_region for key, by_region in estimates.items() if by_region}


def _order(network: Network) -> tuple[int, int]:
    return network.version, int(network.network_address)


# --- what the engine reads: engine/core/src/place/latency.rs ------------------------------------


class _Ranges(msgspec.Struct, frozen=True):
    heads: bytes
    first: bytes
    lows: bytes
    values: bytes


class _Measured(msgspec.Struct, frozen=True):
    built: int
    v4: _Ranges
    v6: _Ranges
    countries: list[tuple[str, str, int]]
    rows: bytes
    cells: bytes


class _Region(msgspec.Struct, frozen=True):
    id: str
    point: tuple[int, int] | None
    zone: int | None


class _Table(msgspec.Struct, frozen=True):
    format: int
    base_ms: float
    ms_per_km: float
    zone_of_country: list[tuple[str, int]]
    factors: list[list[float]]
    regions: list[_Region]
    measured: _Measured | None


def encode(regions: Mapping[str, Region], prior: Prior, measured: Measured | None = None) -> bytes:
    """
    The table for the engine: the prior, the regions, and what was measured.

    Raises:
        SettingsError: More than 64 regions.
    """
    if len(regions) > REGIONS_MAX:
        raise SettingsError(f"regions: {len(regions)} regions; the latency table has room for {REGIONS_MAX}")
    zones = prior.zones
    number = {zone: at for at, zone in enumerate(zones)}
    of_country = {country: number[zone] for country, zone in prior.zone_of_country.items()}
    ids = sorted(regions)
    table = _Table(
        format=FORMAT,
        base_ms=prior.base_ms,
        ms_per_km=prior.ms_per_km,
        zone_of_country=sorted(of_country.items()),
        factors=[[prior.factor(one, other) for other in zones] for one in zones],
        regions=[_Region(id, regions[id].point, of_country.get(regions[id].country)) for id in ids],
        measured=None if measured is None else _encode_measured(measured, {id: at for at, id in enumerate(ids)}),
    )
    return msgspec.msgpack.encode(table)


class _Rows:
    """Rows of cells, each kept once. Row 0 is empty."""

    def __init__(self, regions: Mapping[str, int]) -> None:
        self.regions = regions
        self.numbers: dict[bytes, int] = {b"": 0}

    def number(self, estimates: Estimates) -> int:
        """The row with these estimates."""
        cells = (
            _cell(self.regions[region], estimate)
            for region, estimate in sorted(estimates.items())
            if region in self.regions
        )
        return self.numbers.setdefault(b"".join(cells), len(self.numbers))

    def octets(self) -> tuple[bytes, bytes]:
        """Where each row begins, counted in cells, and the cells."""
        starts, at = [0], 0
        for row in self.numbers:
            at += len(row) // _CELL.size
            starts.append(at)
        return struct.pack(f"<{len(starts)}I", *starts), b"".join(self.numbers)


def _cell(region: int, estimate: Estimate) -> bytes:
    numbers = (estimate.ms * 10, estimate.samples, estimate.age_hours)
    tenths, samples, hours = (min(round(each), 0xFFFF) for each in numbers)
    return _CELL.pack(region, estimate.level, tenths, samples, hours)


def _encode_measured(measured: Measured, regions: Mapping[str, int]) -> _Measured:
    rows = _Rows(regions)
    by_version = {version: Ranges(version) for version in (4, 6)}
    for first, after, version, estimates in _spans(measured):
        by_version[version].append(first, after, rows.number(estimates))
    countries = [(*key, rows.number(estimates)) for key, estimates in sorted(measured.countries.items())]
    starts, cells = rows.octets()
    v4, v6 = (_Ranges(*by_version[version].close().sections()) for version in (4, 6))
    return _Measured(measured.built, v4, v6, countries, starts, cells)


def _spans(measured: Measured) -> Iterator[tuple[int, int, int, Estimates]]:
    """First key, key after the last, version and estimates, ascending; a site has its network's where it has none."""
    sites: defaultdict[Network, list[Network]] = defaultdict(list)
    for site in measured.sites:
        sites[_network_of(site)].append(site)
    for network in sorted(sites.keys() | measured.networks.keys(), key=_order):
        around = measured.networks.get(network, {})
        at, end = span(network)
        for site in sorted(sites.get(network, ()), key=_order):
            first, after = span(site)
            yield at, first, network.version, around
            yield first, after, network.version, {**around, **measured.sites[site]}
            at = after
        yield at, end, network.version, around

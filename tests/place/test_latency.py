from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.errors import SettingsError
from meridian.place import latency, prior
from meridian.place.coordinates import Region
from meridian.place.latency import Level, Measured, lean
from meridian.place.ranges import Network
from meridian.place.samples import Kind, Sample, site
from meridian.place.table import NOWHERE, Place

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
NEAR, FAR = Region("near", (5000, 900), "DE"), Region("far", (3900, -7700), "US")
REGIONS = {"near": NEAR, "far": FAR}
PRIOR = prior.Prior(6.0, 0.01, {}, {})
MUNICH = Place("EU", "DE", "", (4810, 1160))


def sample(
    ms: float, client: str = "10.0.0.0", region: str = "near", *, age_s: float = 0, kind: Kind = "probe"
) -> Sample:
    return Sample(NOW.timestamp() - age_s, site(client), region, ms, kind=kind)


def minutes(ms: float, count: int, client: str = "10.0.0.0", region: str = "near", *, age_s: float = 0) -> list[Sample]:
    return [sample(ms, client, region, age_s=age_s + 60 * minute) for minute in range(count)]


def measure(samples: Sequence[Sample], place: Place = MUNICH, **options: Any) -> Measured:
    return latency.measure(samples, now=NOW, locate=lambda _: place, regions=REGIONS, prior=PRIOR, **options)


def of_site(measured: Measured, client: str = "10.0.0.0", region: str = "near") -> float:
    return measured.sites[site(client)][region].ms


def test_many_samples_outweigh_what_is_around() -> None:
    """With ten samples a level's own median and the wider level's count the same, with many its own (shrinkage)."""
    few = of_site(measure(minutes(40.0, 1) + minutes(10.0, 400, "10.0.1.0")))
    many = of_site(measure(minutes(40.0, 400) + minutes(10.0, 400, "10.0.1.0")))

    assert few < 12
    assert many > 38
    assert lean(40.0, 10, 10.0) == pytest.approx(20.0)  # the geometric mean
    assert lean(40.0, 5, None) == 40.0


def test_the_median_is_not_moved_by_a_slow_few() -> None:
    """A third of slow handsets leaves the estimate where it was."""
    plain = of_site(measure(minutes(20.0, 300)))
    mixed = of_site(measure(minutes(20.0, 300) + minutes(900.0, 140, age_s=300 * 60)))

    assert mixed == pytest.approx(plain, rel=0.1)


def test_old_samples_weigh_half_each_day() -> None:
    """A day halves a sample's weight; yesterday's many give way to today's few more."""
    yesterday = minutes(100.0, 30, age_s=24 * 3600 + 3600)
    assert of_site(measure([*yesterday, *minutes(20.0, 20)])) < 40
    assert of_site(measure([*yesterday, *minutes(20.0, 10)])) > 40


def test_the_wider_level_stands_where_a_level_has_nothing_to_say() -> None:
    """Less than one sample after decay, or none for 14 days, is nothing; 30 days are forgotten."""
    weak = measure(minutes(20.0, 30, "10.0.0.0", age_s=6 * 86400) + minutes(30.0, 50, "10.0.1.0"))
    old = measure(minutes(20.0, 1400, age_s=15 * 86400))
    forgotten = measure([sample(20.0, age_s=31 * 86400)])

    assert {str(network) for network in weak.sites} == {"10.0.1.0/24"}
    assert (old.sites, old.used) == ({}, 1400)
    assert (forgotten.used, forgotten.ignored) == (0, {"older than 30 days": 1})


def test_each_level_has_its_own_estimate() -> None:
    """A /24, its /20, the subdivision and the country, each saying whose samples it has."""
    texas = Place("NA", "US", "TX", (3000, -9700))
    measured = measure(minutes(30.0, 20, region="far"), texas)

    levels = {
        "sites": measured.sites[site("10.0.0.0")]["far"].level,
        "networks": next(iter(measured.networks.values()))["far"].level,
        "state": measured.countries["US", "TX"]["far"].level,
        "country": measured.countries["US", ""]["far"].level,
    }
    assert list(Level) == list(levels.values())
    assert str(next(iter(measured.networks))) == "10.0.0.0/20"


def test_samples_that_cannot_be_are_counted_and_left_out() -> None:
    """Faster than light in fibre, slower than 2 s, of no region, of the future: counted by reason."""
    measured = measure(
        [
            sample(20.0, region="far"),  # over 6,900 km
            sample(2000.5),
            sample(20.0, region="moon"),
            sample(20.0, age_s=-2 * 3600),
            sample(20.0),
        ]
    )

    assert measured.ignored == {
        "faster than light in fibre": 1,
        "longer than 2 s": 1,
        "unknown region": 1,
        "from the future": 1,
    }
    assert measured.used == 1


def test_one_minute_of_one_site_counts_once() -> None:
    """However many clients stand behind an address, the shortest of a minute is its sample."""
    measured = measure([sample(ms) for ms in (50.0, 20.0, 80.0)] * 100)

    assert measured.used == 1
    assert of_site(measured) < 20.1


def test_a_kind_of_measuring_has_its_offset() -> None:
    """What a kind of measuring adds is taken off before anything else."""
    web = [msgspec.structs.replace(each, kind="rum") for each in minutes(25.0, 50)]

    offsets = of_site(measure(web, offsets_ms={"rum": 5.0}))
    assert offsets == pytest.approx(of_site(measure(minutes(20.0, 50))))


def test_clients_without_a_place_are_measured_too() -> None:
    """Nothing is known to lean on, so their own median stands."""
    measured = measure(minutes(20.0, 20), NOWHERE)

    assert of_site(measured) == pytest.approx(20.0)
    assert measured.countries == {}


@given(
    st.lists(
        st.builds(
            sample,
            st.floats(1, 500),
            st.sampled_from(["10.0.0.0", "10.0.1.0", "10.99.0.0", "2001:db8::", "2001:db8:1::"]),
            st.sampled_from(["near", "far"]),
            age_s=st.floats(0, 20 * 86400),
        ),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_samples_does_not_matter(given_samples: list[Sample], chance: random.Random) -> None:
    """Replicas that hear the same samples in another order make the same table, octet by octet."""
    shuffled = chance.sample(given_samples, len(given_samples))
    one, other = measure(given_samples), measure(shuffled)

    assert latency.encode(REGIONS, PRIOR, one) == latency.encode(REGIONS, PRIOR, other)


@given(st.floats(0.1, 2000), st.floats(0, 1e6), st.floats(0.1, 2000))
def test_an_estimate_lies_between_its_two_sources(own: float, samples: float, wider: float) -> None:
    """Shrinkage never leaves the interval, and more samples bring it nearer to the own median."""
    estimate, surer = lean(own, samples, wider), lean(own, samples * 2 + 1, wider)

    assert min(own, wider) * (1 - 1e-9) <= estimate <= max(own, wider) * (1 + 1e-9)
    assert abs(math.log(surer / own)) <= abs(math.log(estimate / own)) + 1e-9


def test_known_latencies_are_found_again() -> None:
    """With noise of a long tail, estimates of 200 sites come to within 15 % of the truth, in the median to 5 %."""
    chance = random.Random(3)
    truth = {f"10.{at // 250}.{at % 250}.0": chance.uniform(15, 120) for at in range(200)}
    samples = [
        sample(ms + chance.expovariate(1 / 2.0), client, age_s=60 * minute)
        for client, ms in truth.items()
        for minute in range(300)
    ]
    measured = measure(samples)
    errors = sorted(abs(of_site(measured, client) / ms - 1) for client, ms in truth.items())

    assert errors[-1] < 0.15
    assert errors[100] < 0.05


def table(measured: Measured | None) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.msgpack.decode(latency.encode(REGIONS, PRIOR, measured))
    return decoded


def test_without_measurements_the_table_is_the_prior() -> None:
    """Regions stand in order of their ids, which is how they are found."""
    assert table(None)["measured"] is None
    assert [region["id"] for region in table(None)["regions"]] == ["far", "near"]


def test_equal_rows_are_kept_once() -> None:
    """A hundred sites with the same latencies need a row for the sites and one for what is around."""
    clients = [f"10.0.{at}.0" for at in range(16)]
    measured = measure([each for client in clients for each in minutes(20.0, 3, client)], NOWHERE)
    rows = table(measured)["measured"]["rows"]

    assert len(rows) // 4 - 1 == 3  # nothing, the network, the sites


def test_more_regions_than_the_engine_takes_are_an_error() -> None:
    """64 is the limit, and the text says so."""
    many = {f"r{at}": Region(f"r{at}", (0, 0)) for at in range(65)}

    with pytest.raises(SettingsError, match="65 regions; the latency table has room for 64"):
        latency.encode(many, PRIOR)


def test_a_network_is_placed_where_most_of_its_samples_are() -> None:
    """The first address of a /20 may be of nobody; its sites say where it is."""

    def locate(network: Network) -> Place:
        return MUNICH if str(network) == "10.0.5.0/24" else NOWHERE

    samples = minutes(30.0, 10, "10.0.5.0") + minutes(30.0, 200, "10.9.0.0")
    measured = latency.measure(samples, now=NOW, locate=locate, regions=REGIONS, prior=PRIOR)
    country = measured.countries["DE", ""]["near"].ms
    network = next(each for each in measured.networks if str(each) == "10.0.0.0/20")

    assert measured.networks[network]["near"].ms == pytest.approx(lean(30.0, 9.95, country), rel=1e-3)

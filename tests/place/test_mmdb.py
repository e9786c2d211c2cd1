from __future__ import annotations

import contextlib
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from meridian.place import mmdb, table
from meridian.place.table import NOWHERE, Place
from tests.place import mmdb_file


def flat(country: str, state: str = "", lat: float = 48.137, lon: float = 11.575) -> dict[str, Any]:
    return {"country_code": country, "state1": state, "city": "", "latitude": lat, "longitude": lon, "timezone": ""}


def nested(country: str, subdivision: Any = None, **location: float) -> dict[str, Any]:
    record: dict[str, Any] = {"country": {"iso_code": country}, "continent": {"code": "XX"}, "location": location}
    return record | ({"subdivisions": [subdivision]} if subdivision else {})


NEAR = (4810, 1160)  # flat()'s coordinates to 0.1 degree
PLACES = [
    ("flat", flat("DE"), Place("EU", "DE", "", NEAR)),
    ("flat, a state by name", flat("US", "Massachusetts"), Place("NA", "US", "MA", NEAR)),
    ("the capital's district", flat("US", "District of Columbia"), Place("NA", "US", "DC", NEAR)),
    ("a state that is none", flat("US", "Guam"), Place("NA", "US", "", NEAR)),
    ("a state of a country without codes", flat("DE", "Bavaria"), Place("EU", "DE", "", NEAR)),
    ("Crimea", flat("UA", "Crimea"), Place("EU", "UA", "11", NEAR)),
    ("Sevastopol", flat("UA", "Sebastopol City"), Place("EU", "UA", "20", NEAR)),
    ("an oblast as the API spells it", flat("UA", "Lvivska oblast"), Place("EU", "UA", "46", NEAR)),
    ("an oblast with marks", flat("UA", "Kharkivs’ka Oblast’"), Place("EU", "UA", "63", NEAR)),
    ("the oblast of Kyiv", flat("UA", "Kyiv"), Place("EU", "UA", "32", NEAR)),
    ("the city of Kyiv", flat("UA", "Kyiv City"), Place("EU", "UA", "30", NEAR)),
    ("Turkey is in Europe for Route 53", flat("TR"), Place("EU", "TR", "", NEAR)),
    ("Kosovo", flat("XK"), Place("EU", "XK", "", NEAR)),
    ("country alone: its people's middle", {"country_code": "FR"}, Place("EU", "FR", "", (4710, 280))),
    ("no country", flat(""), Place("", "", "", NEAR)),
    ("a country that means none", {"country_code": "ZZ"}, NOWHERE),
    ("south and west", flat("BR", "", -23.55, -46.63), Place("SA", "BR", "", (-2360, -4660))),
    ("the end of the date line", flat("FJ", "", -90.0, 180.0), Place("OC", "FJ", "", (-9000, 18000))),
    ("coordinates off the earth", flat("FR", "", 91.0, 0.0), Place("EU", "FR", "", (4710, 280))),
    ("coordinates that are text", {**flat("FR"), "latitude": "48"}, Place("EU", "FR", "", (4710, 280))),
    (
        "nested, a state by code",
        nested("US", {"iso_code": "MA"}, latitude=42.36, longitude=-71.09),
        Place("NA", "US", "MA", (4240, -7110)),
    ),
    (
        "nested, a state by name",
        nested("US", {"names": {"en": "Texas"}}, latitude=30.0, longitude=-97.0),
        Place("NA", "US", "TX", (3000, -9700)),
    ),
    (
        "nested, Crimea by its ISO code",
        nested("UA", {"iso_code": "43"}, latitude=45.0, longitude=34.0),
        Place("EU", "UA", "11", (4500, 3400)),
    ),
    (
        "nested, Sevastopol by its ISO code",
        nested("UA", {"iso_code": "40"}, latitude=44.6, longitude=33.5),
        Place("EU", "UA", "20", (4460, 3350)),
    ),
    (
        "nested, any country's codes (R-GEO-3)",
        nested("GB", {"iso_code": "ENG"}, latitude=51.5, longitude=0.0),
        Place("EU", "GB", "ENG", (5150, 0)),
    ),
    (
        "nested, where the network is registered",
        {"registered_country": {"iso_code": "CY"}, "location": {"latitude": 35.2, "longitude": 33.4}},
        Place("EU", "CY", "", (3520, 3340)),
    ),
    ("nested, a continent alone", {"continent": {"code": "EU"}}, Place("EU", "", "", None)),
    ("nested, nothing of use", {"traits": {"is_anonymous_proxy": 1}}, NOWHERE),
    ("parts of the wrong kind", {"country": "DE", "location": [], "subdivisions": {}}, NOWHERE),
    ("a list", ["DE"], NOWHERE),
]


@pytest.mark.parametrize(("record", "place"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_records_of_both_layouts_become_places(tmp_path: Path, record: Any, place: Place) -> None:
    """A record's continent is Route 53's, its codes are the API's, its coordinates are to 0.1 degree."""
    file = mmdb_file.write(tmp_path / "a.mmdb", {"192.0.2.0/24": record})

    assert [(ip_network("192.0.2.0/24"), place)] == list(mmdb.networks(file))


V4 = {"0.0.0.0/8": flat("AU"), "10.0.0.0/9": flat("DE"), "255.255.255.255/32": flat("US", "Texas")}
V6 = {"2001:db8::/32": flat("JP"), "2a00::/64": flat("FR"), "2a00:0:0:1::1/128": flat("GB"), "ffff::/16": flat("NZ")}
TREES = [
    ("IPv4 alone", V4, {"ip_version": 4}),
    ("IPv6 alone", V6, {"ip_version": 6}),
    ("both", V4 | V6, {"ip_version": 6}),
    ("both, IPv4 repeated", V4 | V6, {"ip_version": 6, "repeats": True}),
]


@pytest.mark.parametrize("record_size", [24, 28, 32])
@pytest.mark.parametrize(("networks", "tree"), [row[1:] for row in TREES], ids=[row[0] for row in TREES])
def test_trees_give_each_network_once_in_order(
    tmp_path: Path, networks: dict[str, Any], tree: dict[str, Any], record_size: int
) -> None:
    """Networks ascend, IPv4 first; what a tree repeats of IPv4 inside IPv6 is passed over."""
    file = mmdb_file.write(tmp_path / "a.mmdb", networks, record_size=record_size, **tree)

    assert [ip_network(text) for text in networks] == [network for network, _ in mmdb.networks(file)]


def test_a_database_becomes_a_table(tmp_path: Path) -> None:
    """Addresses are found in the table of a database at both ends of its networks."""
    file = mmdb_file.write(tmp_path / "a.mmdb", V4 | V6, repeats=True)
    made = table.make(table.About(), mmdb.networks(file))
    cases = {
        "0.255.255.255": ("AU", 8),
        "10.127.255.255": ("DE", 9),
        "10.128.0.0": ("", 9),
        "255.255.255.255": ("US", 32),
        "::ffff:10.0.0.1": ("DE", 9),
        "2002::1": ("", 15),
        "2001:db8:ffff::": ("JP", 32),
        "2a00::7": ("FR", 64),
        "2a00:0:0:1::2": ("GB", 64),  # the /64 stands for what lies within it
    }
    found = {address: made.find(address) for address in cases}

    assert cases == {address: (place.country, length) for address, (place, length) in found.items()}
    assert made.about.networks == (3, 4)


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    """A progress function is told of the beginning and of the end."""
    told: list[float] = []
    list(mmdb.networks(mmdb_file.write(tmp_path / "a.mmdb", V4), told.append))

    assert (told[0], told[-1]) == (0.0, 1.0)


def test_metadata_tells_type_and_day(tmp_path: Path) -> None:
    """The day of the data is that on which the database was built."""
    found = mmdb.metadata(mmdb_file.write(tmp_path / "a.mmdb", V4, kind="city ipv4"))

    assert (found.kind, found.date) == ("city ipv4", "2026-06-05")


def damaged(file: Path) -> list[bytes]:
    whole = file.read_bytes()
    metadata = whole.index(mmdb_file.MARKER)
    return [
        b"",
        b"PK\x03\x04",
        whole[: metadata - 20] + whole[metadata:],
        whole[:metadata] + mmdb_file.MARKER,
        whole[:40] + b"\xff" * 12 + whole[52:],
    ]


@pytest.mark.parametrize("which", range(5))
def test_a_file_that_is_no_database_is_an_error(tmp_path: Path, which: int) -> None:
    """What cannot be read is an error that names the file."""
    file = mmdb_file.write(tmp_path / "a.mmdb", V4, ip_version=4, record_size=24)
    file.write_bytes(damaged(file)[which])

    with pytest.raises(mmdb.DatabaseError, match=r"a\.mmdb: not a readable \.mmdb database"):
        list(mmdb.networks(file))


# maxminddb's C code asks Python for a text in a way that is deprecated.
@pytest.mark.filterwarnings("ignore:PyUnicode_FromStringAndSize:DeprecationWarning")
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(changes=[(0.054108513345619176, 74)], record_size=24)
@given(
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    record_size=st.sampled_from([24, 28, 32]),
)
def test_damaged_records_are_read_or_refused(
    tmp_path: Path, changes: list[tuple[float, int]], record_size: int
) -> None:
    """Whatever stands for places in a file: a table that can be read again, or an error that names the file."""
    file = mmdb_file.write(tmp_path / "a.mmdb", V4 | V6, record_size=record_size, repeats=True)
    octets = bytearray(file.read_bytes())
    # The tree before the records is left alone: maxminddb 3.2 trusts it not to lead in circles.
    start, end = mmdb.metadata(file).nodes * record_size // 4, octets.index(mmdb_file.MARKER)
    for share, octet in changes:
        octets[start + int(share * (end - start))] = octet
    file.write_bytes(octets)
    with contextlib.suppress(mmdb.DatabaseError):
        made = table.make(table.About(), mmdb.networks(file))
        assert table.decode(made.encode()).find("10.0.0.1") == made.find("10.0.0.1")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """So is a file that is not there."""
    with pytest.raises(mmdb.DatabaseError, match="No such file"):
        mmdb.metadata(tmp_path / "none.mmdb")

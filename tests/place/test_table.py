from __future__ import annotations

import zlib
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest

from meridian.place import table
from meridian.place.table import About, Place
from tests.vectors.place import write

CASES = write.read("places.toml")["case"]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['address']}/{case.get('length', 'all')}" for case in CASES])
def test_vector_cases(case: dict[str, object]) -> None:
    """The stored table puts each address where places.toml says, as the engine does."""
    address = str(case["address"])
    if "length" in case:
        address = str(ip_network(f"{address}/{case['length']}", strict=False).network_address)
    found = table.decode((write.FOLDER / "geo.table").read_bytes()).find(address)

    assert (write.place(case["place"]), case["prefix_length"]) == found  # type: ignore[arg-type]


@pytest.mark.parametrize("name", write.vectors())
def test_vector_octets(name: str) -> None:
    """Today's writers write the stored octets: the formats have not moved unseen."""
    assert write.vectors()[name] == (write.FOLDER / name).read_bytes()


def test_what_is_written_is_read() -> None:
    """A table keeps its description, places and ranges."""
    made = write.geo()
    read = table.decode(made.encode())

    assert (made.about, made.places) == (read.about, read.places)
    assert (list(made.v4), list(made.v6)) == (list(read.v4), list(read.v6))
    assert read.about.networks == (6, 4)


def test_a_file_tells_what_it_is_by_its_beginning(tmp_path: Path) -> None:
    """What a table says of itself can be read without reading all of it; a file that is none is an error."""
    file = tmp_path / "geo.table"
    assert table.about(file) is None
    file.write_bytes(write.geo().encode())
    assert table.about(file) == write.geo().about
    file.write_bytes(b"something else")
    with pytest.raises(table.TableError, match="not a geolocation table"):
        table.about(file)


def test_without_data_everything_is_unknown() -> None:
    """The empty table has one place, of which nothing is known (R-GEO-10)."""
    empty = table.decode(table.empty().encode())

    assert empty.find("192.0.2.1") == (table.NOWHERE, 0)
    assert empty.find("ffff::") == (table.NOWHERE, 0)


def test_the_first_database_that_knows_an_address_wins() -> None:
    """Several databases lie over each other; what the upper does not know shows the lower."""
    classes = table.Classes()
    upper = [(ip_network("10.1.0.0/16"), Place(country="DE")), (ip_network("10.2.0.0/16"), table.NOWHERE)]
    lower = [(ip_network("10.0.0.0/8"), Place(country="FR")), (ip_network("2001:db8::/32"), Place(country="JP"))]
    layers = [table.Layer(classes).fill(networks) for networks in (upper, lower)]
    built = table.build(About(), layers, classes)
    cases = {"10.1.255.255": "DE", "10.2.0.0": "FR", "10.0.255.255": "FR", "11.0.0.0": "", "2001:db8::": "JP"}

    assert cases == {address: built.find(address)[0].country for address in cases}
    assert built.about.networks == (3, 1)


def sealed(body: bytes) -> bytes:
    return body + zlib.crc32(body).to_bytes(4, "little")


DAMAGE: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda octets: b"", "not a geolocation table"),
    ("another file", lambda octets: b"PK\x03\x04" + octets, "not a geolocation table"),
    ("an octet changed", lambda octets: octets[:50] + b"?" + octets[51:], "checksum is wrong"),
    ("cut short", lambda octets: octets[:-9], "checksum is wrong"),
    ("cut short, with a checksum", lambda octets: sealed(octets[:-9]), "does not fit together"),
    ("cut in the head", lambda octets: sealed(octets[:11]), "does not fit together"),
    ("another format", lambda octets: sealed(octets[:8] + b"\x09" + octets[9:-4]), "format 9"),
    ("more behind", lambda octets: sealed(octets[:-4] + b"more"), "does not fit together"),
]


@pytest.mark.parametrize(("damage", "message"), [row[1:] for row in DAMAGE], ids=[row[0] for row in DAMAGE])
def test_a_damaged_table_is_an_error(damage: Callable[[bytes], bytes], message: str) -> None:
    """A file that is not whole is refused with what is wrong with it."""
    with pytest.raises(table.TableError, match=message):
        table.decode(damage(write.geo().encode()))

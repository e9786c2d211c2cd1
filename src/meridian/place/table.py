"""
The compact geolocation table: where each address is, in one file that the engine loads.

`engine/core/src/place/geo.rs` describes the file octet by octet and refuses what does not fit.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

import msgspec

from meridian.errors import MeridianError
from meridian.place.ranges import Address, Network, Ranges, overlay

MAGIC = b"MERIDGEO"
FORMAT = 1
_NUMBERS = struct.Struct("<II")  # format, length of the header
_CLASS = struct.Struct("<2s2s3shh")
_NO_LATITUDE = -32768
_CLASSES_MAX = 1 << 20


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What is known of a place; clients in the same place share it.

    Attributes:
        continent: As Route 53 has it (R-GEO-14); empty if unknown.
        country: ISO 3166-1 or XK; empty if unknown.
        subdivision: ISO 3166-2 without the country, as ListGeoLocations has it (R-GEO-3).
        point: Latitude and longitude in hundredths of a degree.
    """

    continent: str = ""
    country: str = ""
    subdivision: str = ""
    point: tuple[int, int] | None = None


_MOST_HEADER = 65_536  # octets; it is a few hundred
NOWHERE = Place()


class About(msgspec.Struct, frozen=True):
    """
    What a table says of itself.

    Attributes:
        source: The database or databases it was made from.
        date: Day the data is of, such as 2026-06-05.
        attribution: The credit that the licence asks for; may be empty.
        networks: Networks of IPv4 and IPv6 in the source.
    """

    source: str = ""
    date: str = ""
    attribution: str = ""
    networks: tuple[int, int] = (0, 0)


class _Header(About, frozen=True):
    """About, and the counts of the sections: classes, blocks and ranges."""

    classes: int = 1
    v4: tuple[int, int] = (0, 0)
    v6: tuple[int, int] = (0, 0)


class TableError(MeridianError):
    """A geolocation table that cannot be used; install or update it anew."""


class Classes:
    """Numbers for places, in the order met. 0 is the place of which nothing is known."""

    def __init__(self) -> None:
        self.numbers: dict[Place, int] = {NOWHERE: 0}

    def number(self, place: Place) -> int:
        """The number of a place, a new one if need be."""
        number = self.numbers.setdefault(place, len(self.numbers))
        if number >= _CLASSES_MAX:
            raise TableError(f"more than {_CLASSES_MAX} places; round coordinates more coarsely")
        return number


class Layer:
    """One database's networks as ranges of both families."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.v4, self.v6 = Ranges(4), Ranges(6)
        self.networks = {4: 0, 6: 0}

    def fill(self, networks: Iterable[tuple[Network, Place]]) -> Layer:
        """Take in networks, ascending within each family.

        Raises:
            OutOfOrder: They do not ascend, or overlap.
        """
        number, families, counts = self.classes.number, {4: self.v4, 6: self.v6}, self.networks
        for network, place in networks:
            families[network.version].append_network(network, number(place))
            counts[network.version] += 1
        self.v4.close()
        self.v6.close()
        return self


class Table:
    """A table in memory, to look at and to write. The engine has its own."""

    def __init__(self, about: About, places: list[Place], v4: Ranges, v6: Ranges) -> None:
        self.about, self.places, self.v4, self.v6 = about, places, v4, v6

    def find(self, address: Address | str) -> tuple[Place, int]:
        """Where an address is, and the length of the largest block around it in the same place."""
        address = ip_address(address)
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        ranges = self.v4 if address.version == 4 else self.v6
        number, length = ranges.find(int(address) >> (0 if address.version == 4 else 64))
        return self.places[number], length

    def encode(self) -> bytes:
        """The file."""
        header = msgspec.msgpack.encode(
            _Header(
                **msgspec.structs.asdict(self.about),
                classes=len(self.places),
                v4=(len(self.v4.heads), len(self.v4)),
                v6=(len(self.v6.heads), len(self.v6)),
            )
        )
        classes = b"".join(map(_pack_place, self.places))
        parts = (MAGIC, _NUMBERS.pack(FORMAT, len(header)), header, classes, *self.v4.sections(), *self.v6.sections())
        body = b"".join(parts)
        return body + zlib.crc32(body).to_bytes(4, "little")


def build(about: About, layers: Iterable[Layer], classes: Classes) -> Table:
    """One table of several databases; where more than one knows a place, the first wins."""
    v4, v6 = Ranges(4).close(), Ranges(6).close()
    counts = [0, 0]
    for layer in layers:
        v4, v6 = overlay(v4, layer.v4), overlay(v6, layer.v6)
        counts = [counts[0] + layer.networks[4], counts[1] + layer.networks[6]]
    about = msgspec.structs.replace(about, networks=(counts[0], counts[1]))
    return Table(about, list(classes.numbers), v4, v6)


def make(about: About, networks: Iterable[tuple[Network, Place]]) -> Table:
    """A table of one list of networks, ascending within each family."""
    classes = Classes()
    return build(about, [Layer(classes).fill(networks)], classes)


def empty() -> Table:
    """The table of which nothing is known: every client is unmapped (R-GEO-10)."""
    return make(About(), ())


def decode(octets: bytes) -> Table:
    """
    Read a file.

    Raises:
        TableError: It is not such a file, damaged, or of another format.
    """
    body, checksum = octets[:-4], octets[-4:]
    if not body.startswith(MAGIC):
        raise TableError("not a geolocation table of Meridian")
    if zlib.crc32(body).to_bytes(4, "little") != checksum:
        raise TableError("the geolocation table is damaged: its checksum is wrong")
    try:
        return _decode(memoryview(body)[len(MAGIC) :])
    except (struct.error, ValueError, IndexError) as error:
        raise TableError(f"the geolocation table does not fit together: {error}") from None


def about(file: Path) -> About | None:
    """
    What a file says of itself, by its first octets; None where there is none.

    Raises:
        TableError: It is not such a file, or of another format.
    """
    try:
        with file.open("rb") as opened:
            begin = opened.read(len(MAGIC) + _NUMBERS.size + _MOST_HEADER)
    except FileNotFoundError:
        return None
    if not begin.startswith(MAGIC):
        raise TableError("not a geolocation table of Meridian")
    number, length = _NUMBERS.unpack_from(begin, len(MAGIC))
    if number != FORMAT:
        raise TableError(f"the geolocation table has format {number}; this version reads {FORMAT}")
    at = len(MAGIC) + _NUMBERS.size
    header = msgspec.msgpack.decode(begin[at : at + length], type=_Header)
    return About(header.source, header.date, header.attribution, header.networks)


def _decode(rest: memoryview) -> Table:
    number, length = _NUMBERS.unpack_from(rest)
    if number != FORMAT:
        raise TableError(f"the geolocation table has format {number}; this version reads {FORMAT}")
    at = _NUMBERS.size + length
    header = msgspec.msgpack.decode(rest[_NUMBERS.size : at], type=_Header)
    octets = header.classes * _CLASS.size
    places = [_unpack_place(*fields) for fields in _CLASS.iter_unpack(rest[at : at + octets])]
    at += octets
    families = []
    for version, (blocks, ranges), half in ((4, header.v4, 2), (6, header.v6, 4)):
        sizes = (blocks * half, blocks * 4, ranges * half, ranges * 4)
        sections = []
        for size in sizes:
            sections.append(bytes(rest[at : at + size]))
            at += size
        families.append(Ranges.read(version, (sections[0], sections[1], sections[2], sections[3])))
    if at != len(rest):
        raise ValueError(f"{len(rest)} octets, {at} expected")
    about = About(header.source, header.date, header.attribution, header.networks)
    return Table(about, places, *families)


def _pack_place(place: Place) -> bytes:
    latitude, longitude = place.point or (_NO_LATITUDE, 0)
    codes = (place.continent, place.country, place.subdivision)
    return _CLASS.pack(*(code.encode("ascii") for code in codes), latitude, longitude)


def _unpack_place(continent: bytes, country: bytes, subdivision: bytes, latitude: int, longitude: int) -> Place:
    codes = [code.rstrip(b"\0").decode("ascii") for code in (continent, country, subdivision)]
    return Place(codes[0], codes[1], codes[2], None if latitude == _NO_LATITUDE else (latitude, longitude))

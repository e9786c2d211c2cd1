"""Writes the place vectors (README.md): `python tests/vectors/place/write.py`."""

from __future__ import annotations

import tomllib
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from meridian.place import latency, table
from meridian.place.coordinates import Region
from meridian.place.prior import Prior
from meridian.place.samples import Sample, site

FOLDER = Path(__file__).parent


def read(name: str) -> dict[str, Any]:
    """One of the TOML files beside this one."""
    return tomllib.loads((FOLDER / name).read_text())


def place(written: dict[str, Any]) -> table.Place:
    """A place as it stands in a TOML file."""
    degrees = written.get("point")
    point = None if degrees is None else (round(degrees[0] * 100), round(degrees[1] * 100))
    continent, country, subdivision = (written.get(name, "") for name in ("continent", "country", "subdivision"))
    return table.Place(continent, country, subdivision, point)


def geo() -> table.Table:
    """The table of places.toml."""
    networks = [(ip_network(row["network"]), place(row)) for row in read("places.toml")["network"]]
    return table.make(table.About("place vectors", "2026-06-05", "none"), networks)


def regions() -> dict[str, Region]:
    """The regions of latency.toml."""
    return {
        row["id"]: Region(row["id"], (round(row["point"][0] * 100), round(row["point"][1] * 100)), row["country"])
        for row in read("latency.toml")["region"]
    }


def measured() -> latency.Measured:
    """The samples of latency.toml, measured."""
    toml, where = read("latency.toml"), geo()
    now: datetime = toml["now"]
    samples = [
        Sample(now.timestamp() - row["age"] - 60 * minute, site(row["client"]), row["region"], row["rtt_ms"])
        for row in toml["sample"]
        for minute in range(row.get("minutes", 1))
    ]
    return latency.measure(
        samples,
        now=now,
        locate=lambda network: where.find(network.network_address)[0],
        regions=regions(),
        prior=prior(),
    )


def prior() -> Prior:
    """The prior of latency.toml."""
    return Prior(**read("latency.toml")["prior"])


def vectors() -> dict[str, bytes]:
    """Each file that is written, by name."""
    return {"geo.table": geo().encode(), "latency.msgpack": latency.encode(regions(), prior(), measured())}


def main() -> None:
    """Write every vector beside this file."""
    for name, octets in vectors().items():
        (FOLDER / name).write_bytes(octets)


if __name__ == "__main__":
    main()

"""The data tables that ship with the package (meridian/data/README.md says where they come from)."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files


def octets(name: str) -> bytes:
    """One file of meridian/data."""
    return files("meridian").joinpath("data", name).read_bytes()


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file of meridian/data, by the names in its first line."""
    return tuple(csv.DictReader(io.StringIO(octets(name).decode())))

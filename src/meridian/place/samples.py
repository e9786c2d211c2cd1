"""Measured latencies from files: JSON lines, or CSV with the same names in its first line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

import msgspec

from meridian.errors import MeridianError
from meridian.place.ranges import Network

Kind = Literal["tcp", "rum", "probe"]

# What is kept of a client's address: as little as the ranking needs.
SITE = {4: 24, 6: 48}


class Sample(msgspec.Struct, frozen=True):
    """
    One measurement.

    Attributes:
        ts: Seconds since the epoch.
        client: The client's /24 or /48.
        region: The region's id.
        rtt_ms: Round-trip time in milliseconds.
        n: How many round trips it sums up.
        kind: How it was measured.
    """

    ts: float
    client: Network
    region: str
    rtt_ms: float
    n: int = 1
    kind: Kind = "probe"


class _Written(msgspec.Struct, frozen=True):
    """A sample as it stands in a file."""

    ts: float | str
    client: str
    region: str
    rtt_ms: float
    n: int = 1
    kind: Kind = "probe"


class SampleError(MeridianError):
    """A line that is not a sample."""

    def __init__(self, where: str, problem: object) -> None:
        super().__init__(f"{where}: {problem}")


def read(file: Path) -> Iterator[Sample]:
    """
    The samples of a file; `.csv` is CSV, anything else JSON lines.

    Addresses are cut to /24 and /48 here, so that nothing behind ever sees more (privacy).

    Raises:
        SampleError: Names the file, the line and what is wrong with it.
    """
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            if file.suffix == ".csv":
                table = csv.DictReader(lines)
                yield from (_sample(row, f"{file}:{table.line_num}") for row in table)
            else:
                numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
                yield from (_sample(line, f"{file}:{number}") for number, line in numbered)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SampleError(str(file), error) from None


def _sample(row: str | dict[str, Any], where: str) -> Sample:
    try:
        if isinstance(row, dict):
            given = {name: text for name, text in row.items() if name is not None and text}
            written = msgspec.convert(given, _Written, strict=False)
        else:
            written = msgspec.json.decode(row, type=_Written)
        if not 0 < written.rtt_ms < float("inf") or written.n < 1:
            raise ValueError("rtt_ms and n must be above 0")
        seconds = _seconds(written.ts)
        return Sample(seconds, site(written.client), written.region, written.rtt_ms, written.n, written.kind)
    except (msgspec.MsgspecError, ValueError, OverflowError) as error:
        raise SampleError(where, error) from None


def _seconds(ts: float | str) -> float:
    """Seconds since the epoch, from that or from RFC 3339 text with an offset."""
    try:
        seconds = float(ts)
    except ValueError:
        moment = datetime.fromisoformat(str(ts))
        if moment.tzinfo is None:
            raise ValueError(f"ts: '{ts}' has no offset, such as Z") from None
        seconds = moment.timestamp()
    if not 0 <= seconds < 1 << 40:
        raise ValueError(f"ts: {ts} is not in seconds since 1970")
    return seconds


def site(client: str) -> Network:
    """The /24 or /48 of an address or a network; IPv4-mapped addresses are IPv4."""
    network = ip_network(client, strict=False)
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is not None and network.prefixlen >= 96:
        network = IPv4Network((mapped, network.prefixlen - 96), strict=False)
    length = SITE[network.version]
    if network.prefixlen < length:
        raise ValueError(f"client: {client} is wider than a /{length}")
    return network.supernet(new_prefix=length)

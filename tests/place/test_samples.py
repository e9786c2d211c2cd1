from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from meridian.place import samples
from meridian.place.samples import Sample, SampleError, site

LINES = """\
{"ts": 1790000000, "client": "203.0.113.77", "region": "eu-west-1", "rtt_ms": 23.4, "n": 3, "kind": "tcp"}

{"ts": "2026-09-21T14:13:20Z", "client": "2001:db8:1:2::/64", "region": "eu-west-1", "rtt_ms": 8, "colour": 1}
"""
TABLE = """\
ts,client,region,rtt_ms,n,kind
1790000000,203.0.113.77,eu-west-1,23.4,3,tcp
2026-09-21T14:13:20+00:00,2001:db8:1:2::/64,eu-west-1,8,,
"""
READ = [
    Sample(1790000000.0, ip_network("203.0.113.0/24"), "eu-west-1", 23.4, 3, "tcp"),
    Sample(1790000000.0, ip_network("2001:db8:1::/48"), "eu-west-1", 8.0),
]


@pytest.mark.parametrize(("name", "text"), [("a.jsonl", LINES), ("a.csv", TABLE)])
def test_samples_of_both_formats(tmp_path: Path, name: str, text: str) -> None:
    """A line is a sample; unknown fields and empty lines are passed over; clients are cut to /24 and /48."""
    file = tmp_path / name
    file.write_text(text)

    assert list(samples.read(file)) == READ


GOOD = {"ts": "1790000000", "client": "203.0.113.0/24", "region": "eu-west-1", "rtt_ms": "5", "n": "1", "kind": "rum"}
WRONG = [
    ("client", "203.0.113.0/20", "wider than a /24"),
    ("client", "2001:db8::/32", "wider than a /48"),
    ("client", "here", "does not appear to be"),
    ("rtt_ms", "0", "above 0"),
    ("rtt_ms", "nan", "above 0"),
    ("rtt_ms", "inf", "above 0"),
    ("rtt_ms", "fast", "rtt_ms"),
    ("n", "0", "above 0"),
    ("kind", "guess", "guess"),
    ("ts", "yesterday", "yesterday"),
    ("ts", "2026-09-21T14:13:20", "no offset"),
    ("ts", "1e300", "since 1970"),
    ("ts", "nan", "since 1970"),
    ("region", "", "region"),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG, ids=[f"{row[0]}={row[1]}" for row in WRONG])
def test_a_line_that_is_no_sample_is_named(tmp_path: Path, field: str, value: str, message: str) -> None:
    """The error has the file, the line and the reason."""
    file = tmp_path / "a.csv"
    rows = [GOOD, GOOD | {field: value}]
    file.write_text("\n".join([",".join(GOOD), *(",".join(row.values()) for row in rows)]))

    with pytest.raises(SampleError, match=f"a.csv:3: .*{message}"):
        list(samples.read(file))


@pytest.mark.parametrize("octets", [b'{"ts": 1', b"[]", b"\xff\xfe", b"null"])
def test_a_file_of_something_else_is_an_error(tmp_path: Path, octets: bytes) -> None:
    """So is a line that is not JSON, or not of a sample."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(octets)

    with pytest.raises(SampleError, match=r"a\.jsonl"):
        list(samples.read(file))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(SampleError, match=r"none\.jsonl"):
        list(samples.read(tmp_path / "none.jsonl"))


def test_sites() -> None:
    """A site is what is kept of a client's address."""
    cases = {
        "203.0.113.255": "203.0.113.0/24",
        "203.0.113.128/25": "203.0.113.0/24",
        "::ffff:203.0.113.9": "203.0.113.0/24",
        "2001:db8:ffff:ffff::1": "2001:db8:ffff::/48",
        "2001:db8::/48": "2001:db8::/48",
    }

    assert cases == {client: str(site(client)) for client in cases}

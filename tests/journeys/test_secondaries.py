"""Servers of other makes as secondaries: they take a zone, hear of each change, and take what it changed."""

from __future__ import annotations

import base64
import re
import urllib.request
from collections.abc import Iterator
from typing import NamedTuple

import dns.exception
import dns.message
import dns.query
import pytest

from tests.journeys.site import Site, create, upsert
from tests.peers import install_line, missing
from tests.peers.secondaries import SECRET, KnotSecondary, NsdSecondary, Primary, Secondary
from tests.ports import free_port

_LACKING = missing(["nsd", "knot"])

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(bool(_LACKING), reason=f"not installed; as root: {install_line(_LACKING)}"),
]

ZONE = "secondary.example"


class Taker(NamedTuple):
    """A secondary, where it listens, and what it signs with."""

    kind: type[Secondary]
    port: int
    key: str
    algorithm: str


TAKERS = {
    "nsd": Taker(NsdSecondary, free_port(), "nsd.example.net", "hmac-sha256"),
    "knot": Taker(KnotSecondary, free_port(), "knot.example.net", "hmac-sha512"),
    "unsigned": Taker(KnotSecondary, free_port(), "", ""),
}
DIG_KEY = f"hmac-sha384:dig.example.net:{base64.b64encode(SECRET).decode()}"


def _settings() -> dict[str, str]:
    secret = base64.b64encode(SECRET).decode()
    algorithms = {taker.key: taker.algorithm for taker in TAKERS.values() if taker.key}
    algorithms["dig.example.net"] = "hmac-sha384"
    keys = [f'"{key}" = {{secret = "{secret}", algorithm = "{made}"}}' for key, made in algorithms.items()]
    takers = [
        f'{name} = {{addresses = ["127.0.0.1:{taker.port}"]' + (f', key = "{taker.key}"}}' if taker.key else "}")
        for name, taker in TAKERS.items()
        if taker.key
    ]
    takers.append(f'unsigned = {{addresses = ["127.0.0.1:{TAKERS["unsigned"].port}"], zones = ["{ZONE}"]}}')
    takers.append('dig = {key = "dig.example.net"}')
    return {"MERIDIAN_TSIG_KEYS": "\n".join(keys), "MERIDIAN_SECONDARIES": "\n".join(takers)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that has secondaries."""
    with Site(tmp_path_factory.mktemp("site") / "data", environ=_settings()) as running:
        yield running


@pytest.fixture(scope="module")
def zone(site: Site) -> str:
    """A zone with a few records."""
    zone = site.create_zone(ZONE)
    site.in_sync(site.change(zone, upsert(f"www.{ZONE}", "A", "192.0.2.1"), upsert(f"*.{ZONE}", "TXT", '"any"')))
    return zone


def answers(server: Secondary, name: str, rtype: str) -> set[str]:
    """What a secondary answers; nothing while it has no zone."""
    query = dns.message.make_query(name, rtype)
    try:
        reply = dns.query.udp(query, "127.0.0.1", port=server.port, timeout=1)
    except (OSError, dns.exception.Timeout):
        return set()
    return {item.to_text() for rrset in reply.answer for item in rrset}


def transfers(site: Site, kind: str) -> int:
    """How many transfers were begun."""
    text = urllib.request.urlopen(f"{site.url}/metrics").read().decode()
    found = re.search(rf"^meridian_dns_{kind}_total ([0-9.]+)$", text, re.MULTILINE)
    assert found
    return int(float(found[1]))


@pytest.mark.parametrize("name", TAKERS)
def test_follows(site: Site, zone: str, name: str) -> None:
    """A secondary has the zone, and a moment after each change what it changed: told by NOTIFY, sent by IXFR."""
    taker = TAKERS[name]
    with taker.kind(f"{ZONE}.", Primary(site.dns[1], taker.key, taker.algorithm), taker.port) as secondary:
        site.eventually(lambda: bool(answers(secondary, f"www.{ZONE}", "A")))
        before = transfers(site, "ixfr")
        for number in (1, 2):
            address = f"192.0.2.{10 * number + len(name)}"
            site.change(zone, upsert(f"www.{ZONE}", "A", address), upsert(f"{name}{number}.{ZONE}", "A", address))
            site.eventually(lambda now={address}: answers(secondary, f"www.{ZONE}", "A") == now)  # type: ignore[misc]
        assert transfers(site, "ixfr") >= before + 2
        for owner, rtype in ((f"{name}1", "A"), ("nobody", "TXT"), ("www", "A")):
            assert answers(secondary, f"{owner}.{ZONE}", rtype) == site.answers(f"{owner}.{ZONE}", rtype)
        assert answers(secondary, ZONE, "SOA") == site.answers(ZONE, "SOA")


def test_dig(site: Site, zone: str) -> None:
    """`dig` takes a zone with its key, whole and by what has changed, and is told why it may not take another."""
    whole = site.dig("AXFR", ZONE, "-y", DIG_KEY, "+noall", "+answer").splitlines()
    assert whole[0] == whole[-1]
    serial = int(whole[0].split()[6])
    site.in_sync(site.change(zone, create(f"dig.{ZONE}", "A", "192.0.2.200")))
    changed = site.dig(f"IXFR={serial}", ZONE, "-y", DIG_KEY, "+noall", "+answer").splitlines()
    serials = [int(line.split()[6]) - serial for line in changed if "\tSOA\t" in line]
    assert serials == [1, 0, 1, 1]
    assert f"dig.{ZONE}." in {line.split()[0] for line in changed}

    weighted = site.create_zone("weighted.example")
    site.in_sync(site.change(weighted, create("www.weighted.example", "A", "192.0.2.1", SetIdentifier="a", Weight=1)))
    refused = site.dig("AXFR", "weighted.example", "-y", DIG_KEY, "+edns")
    assert "Transfer failed" in refused
    refused = site.dig("IXFR=1", "weighted.example", "+notcp", "-y", DIG_KEY, "+edns", "+comments")
    assert "REFUSED" in refused
    assert "routing policies" in refused

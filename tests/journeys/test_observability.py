"""What an operator sees of an edge: query logs, dnstap, counters (R-LOG-1 to R-LOG-4, R-ECS-8)."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dns.edns
import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.site import PATIENCE, Site, upsert

pytestmark = pytest.mark.journey

GROUP = "/aws/route53/example.com"
KEY, SECRET = "dig.example.net", "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0"


class Tap(NamedTuple):
    """Debian's reader of Frame Streams: the socket it listens on, and the file that it writes."""

    socket: Path
    file: Path
    process: subprocess.Popen[bytes]

    def end(self) -> None:
        """Have it write its file to the end."""
        self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def tap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tap]:
    """A reader, before there is anything to read."""
    folder = tmp_path_factory.mktemp("tap")
    socket, file = folder / "dnstap.sock", folder / "frames.tap"
    command = ["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", str(socket), "-w", str(file)]
    with (folder / "log").open("wb") as log:
        reader = Tap(socket, file, subprocess.Popen(command, stdout=log, stderr=log))
        yield reader
        reader.end()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, tap: Tap) -> Iterator[Site]:
    """An edge that tells everything."""
    environ = {
        "MERIDIAN_DNSTAP": f"unix:{tap.socket}",
        "MERIDIAN_EDGE_NAME": "FRA6 a",
        "MERIDIAN_METRICS_ZONES": "1",
        "MERIDIAN_TSIG_KEYS": f'"{KEY}" = {{secret = "{SECRET}", algorithm = "hmac-sha256"}}',
        "MERIDIAN_SECONDARIES": f'dig = {{key = "{KEY}"}}',
    }
    with Site(tmp_path_factory.mktemp("site") / "data", environ=environ) as running:
        yield running


@pytest.fixture(scope="module")
def zone(site: Site) -> str:
    """example.com, with one name; example.net beside it, which nobody logs."""
    zone = site.create_zone("example.com")
    site.create_zone("example.net")
    site.in_sync(site.change(zone, upsert("www.example.com", "A", "192.0.2.1")))
    return zone


def log_of(site: Site) -> list[str]:
    file = site.folder / f"query-logs{GROUP}.log"
    return file.read_text().splitlines() if file.exists() else []


def test_queries_of_a_logged_zone_have_a_line_each(site: Site, zone: str) -> None:
    """From the API's call on until the next: with subnet, over TCP, for names that are not there; no other zone's."""
    site.ask("www.example.com", "A")
    arn = f"arn:aws:logs:us-east-1:{site.key.account_id}:log-group:{GROUP}"
    made = site.route53.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=arn)
    site.eventually(lambda: bool(site.ask("www.example.com", "A") and log_of(site)))
    first = len(log_of(site))

    query = dns.message.make_query("WWW.example.com", "A", use_edns=0)
    query.use_edns(0, options=[dns.edns.ECSOption("198.51.100.0", 24)])
    dns.query.udp(query, site.dns[0], port=site.dns[1], timeout=PATIENCE)
    site.ask("nx.example.com", "HTTPS", tcp=True)
    site.ask("example.net", "SOA")
    assert [take(site, "example.com"), take(site, "example.net")] == [1, 1]
    ask_signed(site, "signed.example.com")
    site.ask("example.com", "SOA")
    site.eventually(lambda: log_of(site)[-1].split()[3:5] == ["example.com", "SOA"])

    lines = [line.split(" ") for line in log_of(site)[first:]]
    assert all(re.fullmatch(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}Z", line[1]) for line in lines)
    # Those of several threads stand in no order within a moment.
    found = [[line[0], *line[2:]] for line in lines if line[3:5] != ["www.example.com", "A"]]
    assert sorted(found) == [
        ["1.0", zone, "WWW.example.com", "A", "NOERROR", "UDP", "FRA6_a", "127.0.0.1", "198.51.100.0/24"],
        ["1.0", zone, "example.com", "AXFR", "NOERROR", "TCP", "FRA6_a", "127.0.0.1", "-"],
        ["1.0", zone, "example.com", "SOA", "NOERROR", "UDP", "FRA6_a", "127.0.0.1", "-"],
        ["1.0", zone, "nx.example.com", "HTTPS", "NXDOMAIN", "TCP", "FRA6_a", "127.0.0.1", "-"],
        ["1.0", zone, "signed.example.com", "MX", "NXDOMAIN", "TCP", "FRA6_a", "127.0.0.1", "-"],
    ]

    file = site.folder / f"query-logs{GROUP}.log"
    file.rename(file.with_suffix(".old"))
    site.signal(signal.SIGHUP)
    site.eventually(lambda: bool(site.ask("www.example.com", "A") and log_of(site)))

    site.route53.delete_query_logging_config(Id=made["QueryLoggingConfig"]["Id"])
    site.eventually(lambda: is_silent(site))


def signed(name: str, rdatatype: str) -> dns.message.Message:
    """A question signed with our key."""
    query = dns.message.make_query(name, rdatatype)
    query.use_tsig(dns.tsigkeyring.from_text({KEY: SECRET}), KEY, algorithm="hmac-sha256")
    return query


def take(site: Site, zone: str) -> int:
    """Take a zone by AXFR; how many messages it came in."""
    with socket.create_connection(site.dns, timeout=PATIENCE) as stream:
        query = signed(zone, "AXFR")
        dns.query.send_tcp(stream, query)
        messages = 0
        records = list[str]()
        while len(records) < 2 or " SOA " not in records[-1]:
            reply, _ = dns.query.receive_tcp(
                stream, keyring=query.keyring, request_mac=query.mac, one_rr_per_rrset=True
            )
            assert reply.rcode() == dns.rcode.NOERROR
            records += [rrset.to_text() for rrset in reply.answer]
            messages += 1
        return messages


def ask_signed(site: Site, name: str) -> None:
    dns.query.tcp(signed(name, "MX"), site.dns[0], port=site.dns[1], timeout=PATIENCE)


def is_silent(site: Site) -> bool:
    """Whether a question leaves no line: lines are counted before the reply is sent."""
    before = counted(site)["meridian_dns_query_log_lines_total", ""]
    site.ask("www.example.com", "A")
    return counted(site)["meridian_dns_query_log_lines_total", ""] == before


def counted(site: Site) -> dict[tuple[str, str], float]:
    """Each sample by its name and the values of its labels."""
    with urllib.request.urlopen(f"{site.url}/metrics", timeout=PATIENCE) as reply:
        families = text_string_to_metric_families(reply.read().decode())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, " ".join(filter(None, sample.labels.values()))): sample.value for sample in samples}


def test_counters_by_transport_rcode_type_and_zone(site: Site, zone: str) -> None:
    """What is asked is counted at once; of zones only the busiest is shown."""
    before = counted(site)
    for _ in range(20):
        site.ask("www.example.com", "TYPE65280")
        site.ask("nx.example.com", "NAPTR", tcp=True)
    site.ask("example.net", "SOA")
    after = counted(site)

    def more(name: str, label: str) -> float:
        return after[f"meridian_dns_{name}_total", label] - before.get((f"meridian_dns_{name}_total", label), 0)

    assert more("queries", "tcp") == 20
    assert more("queries", "udp") == 21
    assert more("replies", "NXDOMAIN") == 20
    assert more("questions", "NAPTR") == 20
    assert more("questions", "other") == 20
    assert more("zone_questions", f"example.com. {zone}") == 40
    assert len([name for name, _ in after if name == "meridian_dns_zone_questions_total"]) == 1


def test_dnstap_is_read_by_debians_tools(site: Site, zone: str, tap: Tap) -> None:
    """Each question and answer of the whole run: none is lost, and the last ones are written at the end."""
    site.ask("last.example.com", "A", tcp=True)
    told = counted(site)
    site.stop()
    tap.end()
    frames = dnstap_read(tap.file)

    kinds = Counter(re.search(r" (A[QR]) ", line)[1] for line in frames)  # type: ignore[index]
    assert told["meridian_dns_dnstap_dropped_total", ""] == 0
    assert kinds["AQ"] == kinds["AR"] == told["meridian_dns_dnstap_frames_total", ""] / 2
    address = r"127\.0\.0\.1:\d+"
    server = re.escape("{}:{}".format(*site.dns))
    last = [line for line in frames if "last.example.com" in line]
    assert re.fullmatch(rf".* AQ {address} -> {server} TCP 45b last\.example\.com/IN/A", last[0])
    assert re.fullmatch(rf".* AR {address} <- {server} TCP \d+b last\.example\.com/IN/A", last[1])
    taken = [line for line in frames if line.endswith("example.com/IN/AXFR")]
    assert re.fullmatch(rf".* AQ {address} -> {server} TCP \d+b example\.com/IN/AXFR", taken[0])
    assert re.fullmatch(rf".* AR {address} <- {server} TCP \d+b example\.com/IN/AXFR", taken[1])
    assert len(taken) == 2
    assert any(re.search(r" AR .* UDP .* WWW\.example\.com/IN/A$", line) for line in frames)


def dnstap_read(file: Path) -> list[str]:
    """A line for each frame."""
    return subprocess.run(
        ["dnstap-read", file], capture_output=True, text=True, timeout=PATIENCE, check=True
    ).stdout.splitlines()

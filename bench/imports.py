"""
How long a zone file takes to be served: `meridian import`, from the start of the command to INSYNC.

Starts the whole of Meridian in a temporary folder, writes a master file of N records of the common
types, puts it in with the stock command, and asks for names of it over UDP. What the command and the
server cost is told apart, as CPU time and as the most memory that either has held.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import msgspec

from bench.machine import Machine, prefer
from tests.peers.service import Service

SIZES = (10_000, 100_000, 1_000_000)
_APEX = "import.bench.test."
_ASKED = 1000  # names that are asked for afterwards


class Result(msgspec.Struct, frozen=True):
    """
    One file.

    Attributes:
        seconds: From the start of the command to its end, when every record is served.
        client_cpu, server_cpu: Seconds of CPU time meanwhile.
        client_memory, server_memory: The most octets that either has held.
        server_before: What the server held before.
    """

    records: int
    octets: int
    seconds: float
    client_cpu: float
    server_cpu: float
    client_memory: int
    server_memory: int
    server_before: int


def lines(records: int) -> Iterator[str]:
    """A master file: half of it A, then AAAA, CNAME, MX and TXT, one record a name."""
    yield f"$ORIGIN {_APEX}\n$TTL 300\n@ SOA ns1 hostmaster 1 7200 900 1209600 86400\n@ NS ns1\n"
    for number in range(records):
        match number % 10:
            case 0 | 1 | 2 | 3 | 4:
                yield f"host{number} IN A 192.0.{number >> 8 & 255}.{number & 255}\n"
            case 5 | 6:
                yield f"host{number} IN AAAA 2001:db8::{number >> 16:x}:{number & 65535:x}\n"
            case 7:
                yield f"host{number} IN CNAME host{number - 1}\n"
            case 8:
                yield f"host{number} IN MX 10 mail{number}.example.net.\n"
            case _:
                yield f'host{number} IN TXT "v=spf1 include:{number}.example.net -all"\n'


def measure(records: int) -> Result:
    """Import a file of so many records into a server of its own."""
    with (
        Service({"quotas_record_sets_per_zone": str(records + 10)}) as service,
        tempfile.TemporaryDirectory() as folder,
    ):
        file = Path(folder) / "zone"
        with file.open("w") as stream:
            stream.writelines(lines(records))
        prefer(service.pid)
        before, cpu = _memory(service.pid), service.cpu().total
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.monotonic()
        service.import_zone(_APEX, file)
        took = time.monotonic() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        _ask(service, records)
        return Result(
            records=records,
            octets=file.stat().st_size,
            seconds=took,
            client_cpu=after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime,
            server_cpu=service.cpu().total - cpu,
            client_memory=after.ru_maxrss * 1024,
            server_memory=_memory(service.pid),
            server_before=before,
        )


def _ask(service: Service, records: int) -> None:
    """Names all over the file have their answers."""
    for number in random.Random(records).sample(range(records), min(_ASKED, records)):
        wanted = ["A"] * 5 + ["AAAA"] * 2 + ["CNAME", "MX", "TXT"]
        query = dns.message.make_query(f"host{number}.{_APEX}", wanted[number % 10])
        reply = dns.query.udp(query, service.address[0], port=service.address[1], timeout=5)
        if reply.rcode() != dns.rcode.NOERROR or not reply.answer:
            raise RuntimeError(f"host{number} is not answered:\n{reply}")


def _memory(pid: int) -> int:
    """The most that a process has held, in octets."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def table(results: list[Result]) -> str:
    """Lay out the results for people."""
    head = (
        "records",
        "file MB",
        "seconds",
        "records/s",
        "client CPU s",
        "server CPU s",
        "client MB",
        "server MB",
        "before",
    )
    rows = [
        (
            f"{each.records:,}",
            f"{each.octets / 1e6:.1f}",
            f"{each.seconds:.1f}",
            f"{each.records / each.seconds:,.0f}",
            f"{each.client_cpu:.1f}",
            f"{each.server_cpu:.1f}",
            f"{each.client_memory / 1e6:.0f}",
            f"{each.server_memory / 1e6:.0f}",
            f"{each.server_before / 1e6:.0f}",
        )
        for each in results
    ]
    return "\n".join("".join(f"{cell:>14}" for cell in row) for row in (head, *rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.imports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, nargs="+", default=list(SIZES), help="file sizes (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    return parser.parse_args()


def main() -> None:
    """Measure, and print a table."""
    given = _arguments()
    machine = Machine.here()
    print(machine, flush=True)
    results = [measure(records) for records in given.records]
    print(f"\n{table(results)}\n\n{Service.version()}")
    if given.json is not None:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode((machine, results)), indent=2))


if __name__ == "__main__":
    main()

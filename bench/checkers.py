"""What looks at endpoints in the bench of health checks: our checker, the blackbox exporter, gdnsd's monitors."""

from __future__ import annotations

import asyncio
import socket
import sys
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from bench.checker_process import Line
from bench.endpoints import NAME, address
from bench.machine import prefer
from meridian.feed.feed import Entry
from meridian.feed.health import BLOCK, Block, Definition, checks_key, encode
from meridian.feed.local import LocalFeed
from meridian.model.health import CheckType, HealthCheckConfig
from tests.peers import Gdnsd, Meridian, Server
from tests.peers.meridian import ROOT
from tests.peers.server import HOST, first_line

_TYPES: Mapping[str, CheckType] = {"tcp": "TCP", "http": "HTTP", "https": "HTTPS"}


class Looker(Server):
    """
    Something that looks at endpoints.

    Args:
        kind: Of the endpoints: `tcp`, `http` or `https`.
        port: Where they answer, each at an address of its own.
        count: How many there are.
        interval: Seconds between two looks at each.
        core: The core that all its threads are kept on.
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"tcp", "http", "https"})

    def __init__(self, kind: str, port: int, count: int, interval: int, core: int) -> None:
        super().__init__({}, core=core, patience=120.0)
        self.kind = kind
        self.target_port = port
        self.count = count
        self.interval = interval

    def start(self) -> None:
        """Start it, and let it go before what else the machine does."""
        super().start()
        prefer(self.pid)

    @abstractmethod
    def is_ready(self, ask: socket.socket) -> bool:
        """Whether it has begun."""

    async def drive(self) -> None:
        """Make it look, if it does not by itself; until cancelled."""
        await asyncio.get_running_loop().create_future()


class OurChecker(Looker):
    """Our checker with its feed, its reports and all else that it does."""

    name = "meridian"

    def command(self) -> list[str]:
        """Fill a feed with checks, and run the checker on it."""
        feed = self.folder / "feed.db"
        asyncio.run(self._define(feed))
        return [
            "env", f"PYTHONPATH={ROOT}:{ROOT / 'src'}",
            sys.executable, "-m", "bench.checker_process", str(feed), "1",
        ]  # fmt: skip

    @classmethod
    def version(cls) -> str:
        """Such as `meridian 0.1.0`."""
        return Meridian.version()

    def is_ready(self, ask: socket.socket) -> bool:
        """Whether it has taken in its checks."""
        lines = self.lines()
        return bool(lines) and lines[-1].statistics.checks == self.count

    def lines(self) -> list[Line]:
        """What it has told so far, once a second."""
        whole = self.log().split("\n")[:-1]
        return [msgspec.json.decode(line, type=Line) for line in whole if line.startswith("{")]

    def waited(self) -> float:
        """Seconds for which its event loop was ready to run and did not, as others had the core."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    async def _define(self, file: Path) -> None:
        feed = LocalFeed(file)
        for start in range(0, self.count, BLOCK):
            checks = tuple(map(self._check, range(start, min(start + BLOCK, self.count))))
            await feed.put(Entry(checks_key(start // BLOCK), encode(Block(checks)), 1))
        if not self.count:
            await feed.put(Entry(checks_key(0), encode(Block(())), 1))
        feed.close()

    def _check(self, slot: int) -> Definition:
        config = HealthCheckConfig(
            type=_TYPES[self.kind],
            ip_address=address(slot),
            port=self.target_port,
            fully_qualified_domain_name=NAME if self.kind == "https" else None,
            enable_sni=self.kind == "https",
            request_interval=self.interval,
            failure_threshold=3,
        )
        return Definition(str(UUID(int=slot)), slot, 1, config)


_MODULES = """\
modules:
  tcp: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip4}}
  http: {prober: http, timeout: 5s, http: &http {follow_redirects: false, preferred_ip_protocol: ip4}}
  https: {prober: http, timeout: 5s, http: {<<: *http, tls_config: {insecure_skip_verify: true}}}
"""
_CONNECTIONS = 16


class Blackbox(Looker):
    """
    The blackbox exporter of Prometheus.

    It looks when it is asked to, as Prometheus does; the bench asks at the same pace. What Prometheus
    itself would do with each reply is not counted.
    """

    name = "blackbox"

    def command(self) -> list[str]:
        """Write the modules."""
        (self.folder / "modules.yml").write_text(_MODULES)
        return [
            "env", "GOMAXPROCS=1",
            "prometheus-blackbox-exporter", f"--config.file={self.folder / 'modules.yml'}",
            f"--web.listen-address={HOST}:{self.port}", "--log.level=error",
        ]  # fmt: skip

    @classmethod
    def version(cls) -> str:
        """Such as `blackbox_exporter, version 0.23.0`."""
        return first_line("prometheus-blackbox-exporter", "--version").partition(" (")[0]

    def is_ready(self, ask: socket.socket) -> bool:
        """Whether it takes requests."""
        with socket.create_connection(self.address, 0.1):
            return True

    async def drive(self) -> None:
        """Ask for a look at each endpoint once an interval, evenly."""
        turns: asyncio.Queue[str] = asyncio.Queue(_CONNECTIONS)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_CONNECTIONS):
                tasks.create_task(self._ask(turns))
            loop, pause = asyncio.get_running_loop(), self.interval / self.count
            due = loop.time()
            while True:
                for target in self._targets():
                    due += pause
                    await asyncio.sleep(due - loop.time())
                    await turns.put(target)

    def _targets(self) -> Iterator[str]:
        for number in range(self.count):
            at = f"{address(number)}:{self.target_port}"
            target = at if self.kind == "tcp" else f"{self.kind}://{at}/"
            yield "/probe?" + urlencode({"target": target, "module": self.kind})

    async def _ask(self, turns: asyncio.Queue[str]) -> None:
        reader, writer = await asyncio.open_connection(*self.address)
        while True:
            writer.write(f"GET {await turns.get()} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if b"Transfer-Encoding: chunked" in head:
                await reader.readuntil(b"\r\n0\r\n\r\n")
            else:
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length))


_SERVICE = {
    "tcp": "plugin => tcp_connect, port => {port}, interval => {interval}, timeout => 3",
    "http": "plugin => http_status, port => {port}, url_path => /, interval => {interval}, timeout => 3",
}
_ADDRESSES = 50  # of one resource


class GdnsdMonitors(Looker):
    """The monitors of gdnsd, which decide what its own DNS answers; it knows no HTTPS."""

    name = "gdnsd"
    kinds = frozenset({"tcp", "http"})

    def command(self) -> list[str]:
        """Monitor each address as one of a resource."""
        for folder in ("zones", "run", "state"):
            (self.folder / folder).mkdir()
        service = _SERVICE[self.kind].format(port=self.target_port, interval=self.interval)
        resources = "\n".join(self._resource(start) for start in range(0, self.count, _ADDRESSES))
        monitored = f"plugins => {{ multifo => {{ service_types => endpoint\n{resources} }} }}\n" if self.count else ""
        (self.folder / "config").write_text(
            f"options => {{ listen => {HOST}:{self.port}, udp_threads => 1, tcp_threads => 1, lock_mem => false,\n"
            f"  run_dir => {self.folder}/run, state_dir => {self.folder}/state }}\n"
            f"service_types => {{ endpoint => {{ {service} }} }}\n{monitored}"
        )
        return ["gdnsd", "-c", str(self.folder), "start"]

    @classmethod
    def version(cls) -> str:
        """Such as `gdnsd version 3.8.1`."""
        return Gdnsd.version()

    def is_ready(self, ask: socket.socket) -> bool:
        """Whether it takes DNS over TCP, which comes after a first look at each endpoint."""
        with socket.create_connection(self.address, 0.1):
            return True

    def _resource(self, start: int) -> str:
        numbers = range(start, min(start + _ADDRESSES, self.count))
        return f"r{start} => {{ {', '.join(f'a{number} => {address(number)}' for number in numbers)} }}"

"""Started by root on ports for root alone, the server serves as a plain user without any capability."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.engine import veth

NOBODY = 65_534  # the number of user and group on every Linux
PATIENCE = 30.0  # seconds; reached only when a test fails
MERIDIAN = Path(sys.executable).with_name("meridian")
XDP_UNIT = Path(__file__).parents[2] / "packaging/systemd/xdp.conf"

Start = Callable[..., "Server"]


def _why_not() -> str | None:
    if os.geteuid() != 0:
        return "only root can become somebody else"
    closed = [str(folder) for folder in (MERIDIAN, *Path(__file__).parents) if not os.stat(folder).st_mode & 0o001]
    return f"a plain user may not enter {closed[0]}, where the program is" if closed else None


_reason = _why_not()
pytestmark = [pytest.mark.journey, pytest.mark.skipif(_reason is not None, reason=_reason or "")]


class Server:
    """A server's process, with what it prints and what it tells its service manager."""

    def __init__(self, command: list[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(str(folder / "notify"))
        self._manager.settimeout(0.1)
        (folder / "notify").chmod(0o777)
        self.process = subprocess.Popen(
            command,
            env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify"), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def told(self) -> str:
        """What the service manager is told next."""
        ended = time.monotonic() + PATIENCE
        while time.monotonic() < ended and self.process.poll() is None:
            with suppress(TimeoutError):
                return self._manager.recv(1024).decode()
        raise AssertionError(f"told nothing:\n{self.end()}")

    def status(self) -> list[dict[str, str]]:
        """What the kernel says of each of its threads (`proc_pid_status(5)`)."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return [dict(re.findall(r"(\w+):\t(.*)", (task / "status").read_text())) for task in tasks]

    def output(self) -> str:
        """All that it has printed, once it has ended by itself."""
        return str(self.process.communicate(timeout=PATIENCE)[0])

    def end(self) -> str:
        """End it as a service manager would; gives all that it has printed."""
        self.process.terminate()
        return self.output()

    def close(self) -> None:
        """End it if it runs; show what it has printed."""
        if self.process.poll() is None:
            print(self.end())
        self._manager.close()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers in a folder that everybody may enter; with `has_data`, the user's data folder is there already."""
    servers = []
    folders = []

    def start(*prefix: str, has_data: bool = False, **settings: str) -> Server:
        folders.append(Path(tempfile.mkdtemp(prefix="meridian-privileges-")))
        folders[-1].chmod(0o755)
        if has_data:
            (folders[-1] / "data").mkdir()
            os.chown(folders[-1] / "data", NOBODY, NOBODY)
        settings = {"data_dir": str(folders[-1] / "data"), **settings}
        environ = {f"MERIDIAN_{name.upper()}": value for name, value in settings.items()}
        servers.append(Server([*prefix, str(MERIDIAN), "serve"], folders[-1], environ))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
    for folder in folders:
        shutil.rmtree(folder)


def _ports_of_root(count: int) -> list[int]:
    """Free ports that only root may take."""
    free = []
    for port in range(1023, 600, -1):
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            try:
                stream.bind(("127.0.0.1", port))
                datagrams.bind(("127.0.0.1", port))
            except OSError:
                continue
            free.append(port)
        if len(free) == count:
            return free
    raise AssertionError("no free ports below 1024")


def _metrics(port: int) -> bytes:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/metrics")
        return connection.getresponse().read()


def _is_nobody(status: Mapping[str, str]) -> bool:
    numbers = "\t".join([str(NOBODY)] * 4)
    rights = {status[kind] for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
    return (
        status["Uid"] == status["Gid"] == numbers and status["Groups"].split() == [str(NOBODY)] and rights == {"0" * 16}
    )


def test_serves_as_the_user_without_capabilities(start: Start) -> None:
    """
    Every thread is the user's when the server is ready, files too, and DNS and API answer on ports below 1024.

    The service manager is told when it is ready, and when it stops.
    """
    dns_port, api_port = _ports_of_root(2)
    server = start(
        user="nobody", dns_listen=f"127.0.0.1:{dns_port}", api_listen=f"127.0.0.1:{api_port}", dns_threads="2"
    )
    assert server.told() == "READY=1"

    threads = server.status()
    assert len(threads) >= 4
    assert all(map(_is_nobody, threads))
    assert {path.stat().st_uid for path in (server.folder / "data").rglob("*")} == {NOBODY}
    assert (server.folder / "data").stat().st_uid == NOBODY
    query = dns.message.make_query("www.example.com.", "A")
    assert dns.query.udp(query, "127.0.0.1", PATIENCE, dns_port).rcode() == dns.rcode.REFUSED
    assert dns.query.tcp(query, "127.0.0.1", PATIENCE, dns_port).rcode() == dns.rcode.REFUSED
    assert b'meridian_dns_queries_total{transport="tcp"} 1.0' in _metrics(api_port)

    server.process.terminate()
    assert server.told() == "STOPPING=1"
    assert "privileges.dropped" in server.end()
    assert server.process.returncode == 0


def test_a_second_start_finds_what_the_first_has_left(start: Start) -> None:
    """The database and the last values are the user's, so that they can be changed after the next start as well."""
    [port] = _ports_of_root(1)
    settings = {"user": str(NOBODY), "dns_listen": f"127.0.0.1:{port}", "api_listen": "127.0.0.1:0"}
    first = start(**settings)
    assert first.told() == "READY=1"
    first.end()
    again = start(**settings, data_dir=str(first.folder / "data"))
    assert again.told() == "READY=1"
    assert "The first access key" not in again.end()


def test_without_a_user_root_stays_root(start: Start) -> None:
    """Nobody is become that was not asked for."""
    server = start(dns_listen="127.0.0.1:0", api_listen="127.0.0.1:0", roles="edge")
    assert server.told() == "READY=1"
    assert {status["Uid"] for status in server.status()} == {"0\t0\t0\t0"}
    assert "privileges.dropped" not in server.end()


@pytest.mark.parametrize(
    ("prefix", "settings", "message"),
    [
        ([], {"user": "no-such-user"}, "user: there is no user 'no-such-user'; `useradd --system meridian` makes one"),
        ([], {"user": "nobody", "group": "no-such-group"}, "group: there is no group 'no-such-group'"),
        (
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"],
            {"user": "root"},
            "user: only root can become root; start as root",
        ),
    ],
    ids=["user", "group", "not root"],
)
def test_what_is_wrong_is_told(start: Start, prefix: list[str], settings: dict[str, str], message: str) -> None:
    """A user that cannot be become is one line on standard error."""
    server = start(*prefix, **settings)
    output = server.output()
    assert (server.process.returncode, output.startswith(f"meridian: {message}")) == (2, True), output


def test_the_user_itself_needs_no_change(start: Start) -> None:
    """Who is the user already goes on without a word."""
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    server = start(*prefix, user="nobody", roles="edge", dns_listen="127.0.0.1:0", data_dir="/proc/none")
    output = server.output()
    assert output.startswith("meridian: data_dir: /proc/none: ")  # and not a word on the user


@pytest.mark.skipif(veth.why_not() is not None, reason=veth.why_not() or "")
def test_af_xdp_needs_no_capability_to_go_on(start: Start) -> None:
    """What the unit for systemd gives it to start with is enough for AF_XDP, and all gone when it is ready."""
    [line] = [line for line in XDP_UNIT.read_text().splitlines() if line.startswith("CapabilityBoundingSet=")]
    given = ",".join(name.removeprefix("CAP_").lower() for name in line.partition("=")[2].split())
    bounded = ["setpriv", f"--bounding-set=-all,+{given.replace(',', ',+')}"]
    with veth.pair("192.0.2.53/24") as pair:
        server = start(
            "ip", "netns", "exec", pair.server, *bounded, has_data=True,
            user="nobody", xdp=veth.INTERFACE, dns_listen="192.0.2.53:53", api_listen="127.0.0.1:5380",
        )  # fmt: skip
        assert server.told() == "READY=1"
        assert all(map(_is_nobody, server.status()))
        with veth.inside(pair.client), socket.socket(type=socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE)
            client.connect(("192.0.2.53", 53))
            client.send(dns.message.make_query("www.example.com.", "A").to_wire())
            assert dns.message.from_wire(client.recv(4096)).rcode() == dns.rcode.REFUSED
        with veth.inside(pair.server):
            assert b"meridian_dns_frames_xdp_total 1.0" in _metrics(5380)
        server.end()
        assert pair.program() is None

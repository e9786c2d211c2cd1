"""What every name server under test has in common: a folder, a port, a process, its costs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import ClassVar, NamedTuple, Self

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from tests.peers.routing import NOTHING, Routing
from tests.ports import free_port

HOST = "127.0.0.1"
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ServerFailed(RuntimeError):
    """A server that ended, or did not answer in time; the text carries the end of its log."""


class CpuTime(NamedTuple):
    """Seconds of one core, in user mode and in the kernel."""

    user: float
    system: float

    @property
    def total(self) -> float:
        """User and system together."""
        return self.user + self.system

    def since(self, earlier: CpuTime) -> CpuTime:
        """What was used between two readings."""
        return CpuTime(self.user - earlier.user, self.system - earlier.system)


class Server(ABC):
    """
    A name server for some zones, used as a context manager.

    Args:
        zones: Apex (with its final dot) to master file.
        routing: Names below the first apex that routing policies answer for; the server takes those of
            the kinds in `policies`. They are in no master file.
        port: UDP and TCP port on 127.0.0.1; 0 for a free one.
        core: The core that all its threads are kept on; None for any.
        patience: Seconds it may take until it answers, loading included.
    """

    name: ClassVar[str]
    speaks_tcp: ClassVar[bool] = True
    answers_plain: ClassVar[bool] = True
    policies: ClassVar[frozenset[type]] = frozenset()

    def __init__(
        self,
        zones: Mapping[str, Path],
        *,
        routing: Routing = NOTHING,
        port: int = 0,
        core: int | None = None,
        patience: float = 60.0,
    ) -> None:
        self.zones = dict(zones)
        self.routing = routing
        self.port = port or free_port()
        self._core = core
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Write the configuration into `folder` and return the command that runs in the foreground."""

    @classmethod
    @abstractmethod
    def version(cls) -> str:
        """The server's version, in its own words."""

    @property
    def folder(self) -> Path:
        """The server's own temporary folder, there while it runs."""
        if self._folder is None:
            raise ServerFailed(f"{self.name} is not running")
        return self._folder

    @property
    def pid(self) -> int:
        """The first process of the server; all others are in its session."""
        if self._process is None:
            raise ServerFailed(f"{self.name} is not running")
        return self._process.pid

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, for UDP and TCP alike."""
        return HOST, self.port

    def start(self) -> None:
        """
        Start it and wait until it answers.

        Raises:
            ServerFailed: It ended, or did not answer within `patience`.
        """
        self._folder = Path(tempfile.mkdtemp(prefix=f"peer-{self.name}-"))
        try:
            bound = ["setpriv", "--pdeathsig", "TERM", "--"]  # no server outlives a test run that was killed
            pin = [] if self._core is None else ["taskset", "-c", str(self._core)]
            with (self.folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    bound + pin + self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    start_new_session=True,
                )
            self._await_answers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all its processes and remove its folder."""
        if self._process is not None:
            self._end(self._process)
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def cpu(self) -> CpuTime:
        """CPU time of all its processes and threads since each began."""
        times = [_times(pid) for pid in self.pids()]
        return CpuTime(sum(t.user for t in times), sum(t.system for t in times))

    def memory(self) -> int:
        """Octets of resident memory, summed over its processes; pages they share count in each."""
        return sum(int(_stat(pid)[21]) for pid in self.pids()) * _PAGE

    def pids(self) -> list[int]:
        """All processes of the server: those whose session it leads."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if int(_stat(int(entry.name))[3]) == self.pid:
                        found.append(int(entry.name))
                except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
                    continue
        return found

    def log(self) -> str:
        """What the server has written so far."""
        return (self.folder / "log").read_text(errors="replace")

    def is_ready(self, ask: socket.socket) -> bool:
        """Tell whether the server answers for the last of its zones; waits 0.1 s at most."""
        query = dns.message.make_query(next(reversed(self.zones)), "SOA")
        reply = dns.message.from_wire(exchange(ask, query.to_wire()))
        return reply.rcode() == dns.rcode.NOERROR and bool(reply.flags & dns.flags.AA) and bool(reply.answer)

    def _await_answers(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ServerFailed(f"{self.name} ended with {self._process.returncode}:\n{self.log()[-2000:]}")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ask:  # a new one: no late replies
                ask.connect(self.address)
                ask.settimeout(0.1)
                try:
                    if self.is_ready(ask):
                        return
                except TimeoutError:
                    continue
                except (OSError, dns.exception.DNSException):
                    pass
            time.sleep(0.02)  # nothing listens yet, or the zone is still being read
        raise ServerFailed(f"{self.name} did not answer within {self._patience:.0f} s:\n{self.log()[-2000:]}")

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Ask the first process, which ends its children in order; kill whatever is left, and wait for all."""
        pids = self.pids()
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10.0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10.0)
        deadline = time.monotonic() + 10.0
        while any(map(runs, pids)) and time.monotonic() < deadline:
            time.sleep(0.005)


def exchange(ask: socket.socket, packet: bytes) -> bytes:
    """Send one packet on a connected UDP socket and return the next that comes; TimeoutError if none does."""
    ask.send(packet)
    return ask.recv(65535)


def first_line(*command: str) -> str:
    """The first line that a command prints; servers tell their versions so."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def runs(pid: int) -> bool:
    """Whether a process runs still; one that only waits to be reaped does not."""
    try:
        return _stat(pid)[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on; the command, which may hold spaces, is left out."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _times(pid: int) -> CpuTime:
    try:
        fields = _stat(pid)
    except (FileNotFoundError, ProcessLookupError):
        return CpuTime(0.0, 0.0)
    return CpuTime(int(fields[11]) * _TICK, int(fields[12]) * _TICK)

"""
Endpoints for the bench of health checks: a process that answers TCP, HTTP and HTTPS on every address of 127.0.0.0/8.

    python -m bench.endpoints FOLDER      writes FOLDER/ports, then serves until it is ended

It is as plain as it can be, since it shares the machine with what is measured. It listens on the
loopback interface alone, and counts what it has answered.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from bench.machine import prefer
from tests.fakes.certificates import Authority
from tests.peers.server import HOST

KINDS = ("tcp", "http", "https")
NAME = "endpoint.test"

_BODY = b"well\n"
_REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
_BACKLOG = 4096


def address(number: int) -> str:
    """The address of one of 62,500 endpoints."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


class Endpoints:
    """
    The process, kept on one core.

    Attributes:
        ports: Where each kind is answered.
    """

    def __init__(self, folder: Path, core: int) -> None:
        self._folder = folder
        self._core = core
        self.ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Start it."""
        command = ["taskset", "-c", str(self._core), sys.executable, "-m", "bench.endpoints", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        prefer(self._process.pid)
        assert self._process.stdout is not None
        self.ports = msgspec.json.decode(self._process.stdout.readline(), type=dict[str, int])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End it."""
        assert self._process.stdout is not None
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()

    def answered(self) -> dict[str, int]:
        """How often each kind was answered so far."""
        with socket.create_connection((HOST, self.ports["count"])) as asked:
            return msgspec.json.decode(asked.makefile("rb").read(), type=dict[str, int])


class _Http(asyncio.Protocol):
    """Answers one request."""

    def __init__(self, answered: Counter[str], kind: str) -> None:
        self._answered = answered
        self._kind = kind

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._octets = b""

    def data_received(self, data: bytes) -> None:
        self._octets += data
        if self._octets.endswith(b"\r\n\r\n"):
            self._answered[self._kind] += 1
            self._transport.write(_REPLY % (len(_BODY), _BODY))
            self._transport.close()


class _Tcp(asyncio.Protocol):
    """Takes connections, and says nothing."""

    def __init__(self, answered: Counter[str]) -> None:
        self._answered = answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._answered["tcp"] += 1


class _Count(asyncio.Protocol):
    """Tells the counts to whoever connects."""

    def __init__(self, answered: Counter[str]) -> None:
        self._answered = answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(msgspec.json.encode(dict.fromkeys(KINDS, 0) | self._answered))
        transport.close()


def _listener() -> socket.socket:
    """A socket for all addresses of the loopback interface, and no other."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    listener.bind(("", 0))
    listener.listen(_BACKLOG)
    return listener


async def _serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    answered = Counter[str]()
    tls = Authority(folder).serving(NAME)
    tls.options |= 1 << 14  # no session tickets: each handshake is a whole one, as with a new client
    factories = {
        "tcp": (lambda: _Tcp(answered), None),
        "http": (lambda: _Http(answered, "http"), None),
        "https": (lambda: _Http(answered, "https"), tls),
        "count": (lambda: _Count(answered), None),
    }
    ports = {}
    for kind, (factory, context) in factories.items():
        listener = _listener()
        ports[kind] = int(listener.getsockname()[1])
        await loop.create_server(factory, sock=listener, ssl=context, backlog=_BACKLOG)
    print(msgspec.json.encode(ports).decode(), flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))

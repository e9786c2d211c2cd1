"""
An endpoint for health checks: does on a real socket what a test tells it to, well or badly.

    with Endpoint(reads, sends(b"HTTP/1.1 200 OK\\r\\n\\r\\n")) as endpoint:
        ...  # probe endpoint.port

Each connection goes through the same steps, in a thread of its own, and is closed after the last.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

Step = Callable[["Visit"], None]


class Visit:
    """
    One connection from outside.

    Attributes:
        socket: Where it comes in; TLS once `secures` is through.
        endpoint: Whom it visits.
    """

    def __init__(self, endpoint: Endpoint, sock: socket.socket) -> None:
        self.endpoint = endpoint
        self.socket = sock


class Endpoint:
    """
    Listens on a port of its own.

    Attributes:
        host: `127.0.0.1`, or `::1`.
        port: Where it listens.
        requests: What was read, a text for each connection that got so far.
        names: What was sent as SNI, one for each handshake; None where nothing was.
        visits: How many connections there were.
    """

    def __init__(self, *steps: Step, family: socket.AddressFamily = socket.AF_INET, port: int = 0) -> None:
        self.steps = steps
        self.requests: list[str] = []
        self.names: list[str | None] = []
        self.visits = 0
        self.host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        self._listener = socket.create_server((self.host, port), family=family, backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._served: list[tuple[Visit, threading.Thread]] = []
        self._last: tuple[str, int] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End it, and all connections."""
        with socket.socket(self._listener.family) as knock:
            knock.bind((self.host, 0))
            self._last = knock.getsockname()
            knock.connect((self.host, self.port))
            self._thread.join()
        self._listener.close()
        for visit, thread in self._served:
            with suppress(OSError):
                socket.socket.shutdown(visit.socket, socket.SHUT_RDWR)
            thread.join()

    def _listen(self) -> None:
        while True:
            sock, visitor = self._listener.accept()
            if visitor == self._last:
                sock.close()
                return
            self.visits += 1
            visit = Visit(self, sock)
            thread = threading.Thread(target=self._serve, args=(visit,), daemon=True)
            self._served.append((visit, thread))
            thread.start()

    def _serve(self, visit: Visit) -> None:
        with suppress(OSError):  # the visitor has had enough, as some tests want
            for step in self.steps:
                step(visit)
        visit.socket.close()


def reads(visit: Visit) -> None:
    """Read a request to the end of its head."""
    octets = b""
    while b"\r\n\r\n" not in octets:
        more = visit.socket.recv(4096)
        if not more:
            raise ConnectionError
        octets += more
    visit.endpoint.requests.append(octets.decode())


def hears(visit: Visit) -> None:
    """Take all that comes until the visitor goes, and say nothing."""
    octets = b""
    while more := visit.socket.recv(4096):
        octets += more
    visit.endpoint.requests.append(octets.decode())


def stalls(visit: Visit) -> None:
    """Do nothing until the visitor goes."""
    while visit.socket.recv(4096):
        pass


def ends(visit: Visit) -> None:
    """Send no more; a plain close would be a reset where something of the visitor's is still unread."""
    visit.socket.shutdown(socket.SHUT_WR)
    stalls(visit)


def resets(visit: Visit) -> None:
    """Break the connection off."""
    visit.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    visit.socket.close()


def sends(octets: bytes) -> Step:
    """Send these at once."""
    return lambda visit: visit.socket.sendall(octets)


def drips(octets: Iterable[int], pause: float = 0.01) -> Step:
    """Send one after the other, with a pause of so many seconds before each."""

    def step(visit: Visit) -> None:
        visit.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in octets:
            time.sleep(pause)
            visit.socket.sendall(bytes((octet,)))

    return step


def floods(parts: Callable[[], Iterator[bytes]]) -> Step:
    """Send part after part, as fast as they are taken."""

    def step(visit: Visit) -> None:
        for part in parts():
            visit.socket.sendall(part)

    return step


def tells(event: threading.Event) -> Step:
    """Tell the test that it has come this far."""
    return lambda visit: event.set()


def waits(event: threading.Event) -> Step:
    """Go on when the test says so."""

    def step(visit: Visit) -> None:
        event.wait()

    return step


def secures(context: ssl.SSLContext) -> Step:
    """Begin TLS. What the visitor sends as SNI is noted, and a `sni_callback` that is set before asked too."""
    chosen = context.sni_callback

    def step(visit: Visit) -> None:
        def note(sock: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
            visit.endpoint.names.append(name)
            return chosen(sock, name, context) if chosen is not None else None  # type: ignore[arg-type]

        context.sni_callback = note
        visit.socket = context.wrap_socket(visit.socket, server_side=True)

    return step


def reply(
    status: int = 200, body: bytes = b"", *fields: str, length: int | None = None, chunked: bool = False
) -> bytes:
    """A response. `length` is what it says of the body's length, which need not be true."""
    said = ["Transfer-Encoding: chunked"] if chunked else [f"Content-Length: {len(body) if length is None else length}"]
    head = "\r\n".join([f"HTTP/1.1 {status} Whatever", *fields, *said, "", ""])
    return head.encode() + (b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body)


class Unused:
    """A port where nothing listens, kept from others while it is entered."""

    def __enter__(self) -> int:
        """The port."""
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        port: int = self._socket.getsockname()[1]
        return port

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Give it back."""
        self._socket.close()


class Unanswering:
    """A port that takes no further connection and refuses none: its queue is full."""

    def __enter__(self) -> int:
        """The port."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        port: int = self._listener.getsockname()[1]
        self._waiting = []
        while True:
            waiting = socket.socket()
            waiting.settimeout(0.1)
            self._waiting.append(waiting)
            try:
                waiting.connect(("127.0.0.1", port))
            except TimeoutError:
                return port

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close all."""
        for sock in (*self._waiting, self._listener):
            sock.close()

"""A receiver of webhooks: takes what is posted on a real socket, refuses, goes away and comes back."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self


class Posted(NamedTuple):
    """One request. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """
    Listens on a port of its own.

    Attributes:
        statuses: What the next requests are answered with, one after the other; then 200.
        taken: The requests that were answered with 2xx.
        refused: The others.
    """

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.taken: list[Posted] = []
        self.refused: list[Posted] = []
        self._news = threading.Condition()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Listen, on the port of the first time."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()

    def close(self) -> None:
        """Let connections be refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def wait(self, taken: int = 0, refused: int = 0) -> None:
        """Wait until so many have come."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.taken) >= taken and len(self.refused) >= refused, 30)

    def __enter__(self) -> Self:
        """Listen."""
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """Go away."""
        self.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posted = Posted(self.path, {key.lower(): value for key, value in self.headers.items()}, body)
                status = receiver._take(posted)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler

    def _take(self, posted: Posted) -> int:
        with self._news:
            status = self.statuses.pop(0) if self.statuses else 200
            (self.taken if status // 100 == 2 else self.refused).append(posted)
            self._news.notify_all()
            return status

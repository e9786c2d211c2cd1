"""HTTP on a socket that is open already, ended by the program and not by signals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ssl import SSLContext

import uvicorn
from starlette.types import ASGIApp


class HttpServer(uvicorn.Server):
    """
    uvicorn, ended by us and not by signals of its own.

    Args:
        context: Gives the TLS context of each new connection; None: plain HTTP.
    """

    def __init__(self, application: ASGIApp, context: Callable[[], SSLContext] | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=5,
                ssl_context_factory=None if context is None else lambda *_: context(),
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    def end(self) -> None:
        """Take no more requests, answer those under way, and end."""
        self.should_exit = True

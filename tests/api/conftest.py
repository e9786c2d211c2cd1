"""A real server with operations of the test's own, and the stock client speaking to it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import msgspec
import pytest
import uvicorn
from starlette.routing import BaseRoute

from meridian.api.context import Operation
from meridian.api.native import NativeCall
from meridian.api.server import build_app
from meridian.clock import SystemClock
from meridian.model.account import Credential
from meridian.settings import Settings
from meridian.store.database import Database

CREDENTIAL = Credential("AKIAEXAMPLE", "secret/with+signs", "111122223333", "alice", owner=True)


class Server(msgspec.Struct, frozen=True):
    """Where a running server listens."""

    port: int

    def client(self, access_key_id: str = CREDENTIAL.access_key_id, secret: str = CREDENTIAL.secret) -> Any:
        """A boto3 client that tries once and checks nothing itself."""
        return boto3.client(
            "route53",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="eu-west-1",
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret,
            config=botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )


Serve = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers; they stop when the test ends."""
    with ExitStack() as stack:
        database = Database(f"sqlite:///{tmp_path / 'meridian.db'}")
        stack.callback(database.close)

        def start(
            operations: dict[str, Operation],
            *,
            extra_routes: Sequence[BaseRoute] = (),
            service: Any = None,
            native: Mapping[str, NativeCall] | None = None,
            **settings: Any,
        ) -> Server:
            app = build_app(
                operations=operations,
                database=database,
                settings=Settings(**settings),
                clock=SystemClock(),
                find_secret={CREDENTIAL.access_key_id: CREDENTIAL}.get,
                service=service,
                native=native or {},
                extra_routes=extra_routes,
            )
            return Server(stack.enter_context(_running(app)))

        yield start


@contextmanager
def _running(app: Any) -> Iterator[int]:
    """Serve on a free port, which is open before this returns."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()

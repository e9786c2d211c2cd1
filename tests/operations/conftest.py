from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
import uvicorn

from meridian.api.context import Caller, Context
from meridian.api.operations import OPERATIONS
from meridian.api.server import build_app
from meridian.clock import SystemClock
from meridian.model.account import Credential
from meridian.settings import Quotas, Settings
from meridian.store import account
from meridian.store.database import Database
from tests import databases

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_912, tzinfo=UTC)


class StoppedClock:
    """A clock that stands at one moment."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = databases.open_in(tmp_path)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def context(database: Database) -> Context:
    """A request of a user of a fresh account."""
    return caller(database, Settings(public_url="https://dns.example.net", quotas=Quotas(hosted_zones=20)))


@pytest.fixture
def stranger(context: Context) -> Context:
    """A request of a user of another account of the same server."""
    return caller(context.database, context.settings)


@pytest.fixture
def client(database: Database) -> Iterator[Any]:
    """A boto3 client of a server with a real store."""
    key = account.first_key(database)
    assert key is not None

    def find(access_key_id: str) -> Credential | None:
        with database.read() as conn:
            return account.find_credential(conn, access_key_id)

    app = build_app(
        operations=OPERATIONS, database=database, settings=Settings(), clock=SystemClock(), find_secret=find
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield boto3.client(
            "route53",
            endpoint_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            region_name="us-east-1",
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret,
        )
        server.should_exit = True
        thread.join()


def caller(database: Database, settings: Settings) -> Context:
    with database.write() as conn:
        account_id = account.create_account(conn)
    return Context(database, settings, StoppedClock(), Caller(account_id, "admin", "AKIA", owner=True), "request")


def with_quotas(context: Context, **quotas: int) -> Context:
    """The same caller under other quotas."""
    settings = msgspec.structs.replace(context.settings, quotas=Quotas(**quotas))
    return msgspec.structs.replace(context, settings=settings)

"""A real server with a real store, and users of all kinds speaking to it with the stock client."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.httpsession
import pytest
import uvicorn

from meridian.api.operations import OPERATIONS
from meridian.api.operations.overview import Watched
from meridian.api.operations.own import calls
from meridian.api.server import build_app
from meridian.clock import SystemClock
from meridian.model.account import Credential
from meridian.notify.tail import Tail
from meridian.place.atlas import Atlas
from meridian.place.locations import continent_of
from meridian.settings import Settings
from meridian.store import account, policy
from meridian.store.database import Database
from tests.databases import sqlite_in


class Site:
    """A server, its database, and the key of its first owner."""

    def __init__(self, database: Database, port: int, owner: Credential) -> None:
        self.database, self.port, self.owner = database, port, owner

    def user(self, name: str, *policies: Any, owner: bool = False) -> Credential:
        """Make a user of the first account, with these policies."""
        with self.database.write() as conn:
            account.create_user(conn, self.owner.account_id, name, owner=owner)
            for number, document in enumerate(policies):
                policy.put(conn, self.owner.account_id, name, f"policy{number}", json.dumps(document))
            return account.create_key(conn, self.owner.account_id, name)

    def client(self, key: Credential | None = None) -> Any:
        """A boto3 client with a key; without one, with the first owner's."""
        key = key or self.owner
        return boto3.client(
            "route53",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret,
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    def native(self, method: str, path: str, body: Any = None, key: Credential | None = None) -> tuple[int, Any]:
        """Make a call of our own: status and the reply's JSON."""
        key = key or self.owner
        data = None if body is None else json.dumps(body)
        request = botocore.awsrequest.AWSRequest(method, f"http://127.0.0.1:{self.port}{path}", data=data)
        credentials = botocore.credentials.Credentials(key.access_key_id, key.secret)
        botocore.auth.SigV4Auth(credentials, "route53", "us-east-1").add_auth(request)
        reply = botocore.httpsession.URLLib3Session().send(request.prepare())
        return reply.status_code, json.loads(reply.content)


@contextmanager
def running(database: Database, owner: Credential, **settings: Any) -> Iterator[Site]:
    def find(access_key_id: str) -> Credential | None:
        with database.read() as conn:
            return account.find_credential(conn, access_key_id)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app = build_app(
            operations=OPERATIONS,
            database=database,
            settings=Settings(public_url=f"http://127.0.0.1:{port}", **settings),
            clock=SystemClock(),
            find_secret=find,
            native=calls(Tail(database), continent_of, Atlas(Settings()), Watched(list, lambda: None)),
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Site(database, port, owner)
        server.should_exit = True
        thread.join()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    database = Database(sqlite_in(tmp_path))
    database.migrate()
    owner = account.first_key(database)
    assert owner is not None
    with running(database, owner) as site:
        yield site
    database.close()

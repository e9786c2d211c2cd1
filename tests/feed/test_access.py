"""How the NATS servers of a feed know us, and we them."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import nkeys
import pytest
from structlog.testing import capture_logs

from meridian.clock import SystemClock
from meridian.feed import bucket as buckets
from meridian.feed.bucket import Unreachable, connect
from meridian.feed.feed import Entry
from meridian.feed.jetstream import JetstreamFeed
from meridian.feed.keys import FILLED
from meridian.feed.local import LocalFeed
from meridian.feed.mirror import Mirror
from meridian.settings import Settings
from tests.fakes.certificates import Authority
from tests.feed.feeds import bucket_settings, jetstream, running
from tests.feed.nats_server import NatsServer


def outcome(settings: Settings) -> str:
    """What comes of connecting: `connected`, or the reason against it and the remedy."""

    async def attempt() -> str:
        try:
            async with connect(settings, "test", makes_bucket=True):
                return "connected"
        except Unreachable as error:
            return f"{error}; {error.remedy}"

    return asyncio.run(asyncio.wait_for(attempt(), 60))


def with_user(server: NatsServer, user: str) -> Settings:
    return msgspec.structs.replace(bucket_settings(server), feed=(server.url.replace("//", f"//{user}"),))


def test_user_and_password(tmp_path: Path) -> None:
    """A user and password, or a token, stand in the URL."""
    users = 'authorization { users: [ { user: "meridian", password: "secret" } ] }'
    refused = "'Authorization Violation'; look at feed_credentials, or at USER:PASSWORD@ in feed"
    with NatsServer(tmp_path / "users", users) as server:
        assert outcome(with_user(server, "meridian:secret@")) == "connected"
        assert outcome(with_user(server, "meridian:wrong@")) == refused
        assert outcome(with_user(server, "")) == refused
    with NatsServer(tmp_path / "token", 'authorization { token: "secret" }') as server:
        assert outcome(with_user(server, "secret@")) == "connected"
        assert outcome(with_user(server, "wrong@")) == refused


def test_without_jetstream(tmp_path: Path) -> None:
    """Servers that keep nothing are told from those that cannot be reached."""
    server = NatsServer(tmp_path / "nats").start(jetstream=False)
    try:
        assert "start the servers with JetStream" in outcome(bucket_settings(server))
    finally:
        server.kill()


# --- TLS


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NatsServer, Path]]:
    """A server that shows a certificate and asks for one, and the folder with all files."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder)
    (folder / "ca.pem").write_bytes(authority.root)
    (folder / "other-ca.pem").write_bytes(Authority(folder).root)
    for name in ("server", "client"):
        certificate, key = authority.certificate(["127.0.0.1"])
        (folder / f"{name}.pem").write_bytes(certificate)
        (folder / f"{name}.key").write_bytes(key)
    config = (
        f'tls {{ cert_file: "{folder}/server.pem", key_file: "{folder}/server.key", '
        f'ca_file: "{folder}/ca.pem", verify: true }}'
    )
    with NatsServer(folder / "nats", config) as server:
        yield server, folder


def over_tls(server: NatsServer, folder: Path, ca: str, certificate: str, key: str) -> Settings:
    return msgspec.structs.replace(
        bucket_settings(server),
        feed=(server.url.replace("nats://", "tls://"),),
        feed_ca=str(folder / ca),
        feed_certificate=str(folder / certificate) if certificate else "",
        feed_key=str(folder / key) if key else "",
    )


@pytest.mark.parametrize(
    ("ca", "certificate", "key", "expected"),
    [
        ("ca.pem", "client.pem", "client.key", "connected"),
        ("other-ca.pem", "client.pem", "client.key", "look at feed_ca, feed_certificate and feed_key"),
        ("ca.pem", "", "", "feed_certificate"),
    ],
)
def test_tls(tls: tuple[NatsServer, Path], ca: str, certificate: str, key: str, expected: str) -> None:
    """Each side checks the other's certificate against an authority."""
    assert expected in outcome(over_tls(*tls, ca, certificate, key))


def test_a_server_that_hangs_up_may_want_a_certificate() -> None:
    """How the client notices that, by a reset here, is chance; the remedy is the same."""
    greeting = b'INFO {"server_id": "one", "version": "2.9.0", "max_payload": 1048576, "headers": true, "proto": 1}\r\n'
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(greeting)
                connection.recv(1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"nats://127.0.0.1:{server.getsockname()[1]}"
        assert "feed_certificate" in outcome(Settings(feed=(url,)))
        thread.join()


def test_tls_that_the_server_does_not_offer(nats: NatsServer, tmp_path: Path) -> None:
    """With tls:// nothing goes over a connection without TLS."""
    settings = msgspec.structs.replace(bucket_settings(nats), feed=(nats.url.replace("nats://", "tls://"),))
    assert outcome(settings) == "the server offers no TLS; give it a certificate, or use nats:// in feed"


# --- credentials


class Signer:
    """A NATS identity: an operator, account or user."""

    def __init__(self, prefix: int) -> None:
        self.seed = nkeys.encode_seed(os.urandom(32), prefix)
        self._pair = nkeys.from_seed(bytearray(self.seed))
        self.public = self._pair.public_key.decode()

    def token(self, subject: str, claims: dict[str, object]) -> str:
        """A JWT in which this identity says something of another."""
        body = {
            "jti": "1",
            "iat": 1,
            "iss": self.public,
            "sub": subject,
            "name": "test",
            "nats": claims | {"version": 2},
        }
        signed = ".".join(_url64(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ed25519-nkey"}, body))
        return f"{signed}.{_url64(self._pair.sign(signed.encode()))}"


def _url64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


_NO_LIMITS = dict.fromkeys(["subs", "data", "payload", "imports", "exports", "conn", "leaf"], -1)
_STORES = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}


def test_credentials_file(tmp_path: Path) -> None:
    """A credentials file, as `nsc` writes it, is shown to servers that trust its operator."""
    operator, system, account, user = (
        Signer(prefix)
        for prefix in (
            nkeys.PREFIX_BYTE_OPERATOR,
            nkeys.PREFIX_BYTE_ACCOUNT,
            nkeys.PREFIX_BYTE_ACCOUNT,
            nkeys.PREFIX_BYTE_USER,
        )
    )
    limits = _NO_LIMITS | {"wildcards": True}
    accounts = {
        system.public: operator.token(system.public, {"type": "account", "limits": limits}),
        account.public: operator.token(account.public, {"type": "account", "limits": limits | _STORES}),
    }
    preloaded = "\n".join(f"{public}: {token}" for public, token in accounts.items())
    config = (
        f"operator: {operator.token(operator.public, {'type': 'operator', 'system_account': system.public})}\n"
        f"resolver: MEMORY\nresolver_preload {{\n{preloaded}\n}}"
    )
    token = account.token(user.public, {"type": "user", "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1})
    credentials = tmp_path / "meridian.creds"
    credentials.write_text(
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
    )
    with NatsServer(tmp_path / "nats", config) as server:
        settings = bucket_settings(server)
        assert outcome(msgspec.structs.replace(settings, feed_credentials=str(credentials))) == "connected"
        assert outcome(settings).startswith("'Authorization Violation'; look at feed_credentials")


# --- permissions

# What docs/guides/clusters.md gives an edge or checker: it reads all, and says only what is its own to say.
EDGE = """
{ user: "edge", password: "secret", permissions: {
  publish: [ "$KV.meridian.acks.>", "$KV.meridian.counts.>", "$KV.meridian.reports.>",
             "$JS.API.STREAM.INFO.KV_meridian", "$JS.API.STREAM.MSG.GET.KV_meridian",
             "$JS.API.CONSUMER.CREATE.KV_meridian", "$JS.API.CONSUMER.DELETE.KV_meridian.*", "$JS.FC.KV_meridian.>" ]
  subscribe: "_INBOX.>" } }
"""
CONTROL = """
{ user: "control", password: "secret", permissions: {
  publish: [ "$KV.meridian.>", "$JS.API.*.*.KV_meridian", "$JS.API.STREAM.MSG.GET.KV_meridian",
             "$JS.API.CONSUMER.DELETE.KV_meridian.*", "$JS.FC.KV_meridian.>" ]
  subscribe: "_INBOX.>" } }
"""


def test_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The permissions of the guide are enough for each role, and keep an edge from writing a zone."""
    monkeypatch.setattr(buckets, "_REPLY_WITHIN", 0.5)

    def as_user(name: str) -> Settings:
        url = server.url.replace("//", f"//{name}:secret@")
        return msgspec.structs.replace(Settings(), feed=(url,), feed_bucket="meridian")

    async def test() -> None:
        async with jetstream(as_user("control")) as control:
            await control.put(Entry("zone/Z/head", b"right", 1), Entry("outside/x./A", b"", 1))
            await control.delete("outside/x./A")
            await control.sweep(timedelta(0))
            local = LocalFeed(tmp_path / "feed.db")
            remote = JetstreamFeed(as_user("edge"), "test", SystemClock(), makes_bucket=False)
            edge = Mirror(remote, local, SystemClock())
            async with running(remote.run()), running(edge.run()):
                await edge.put(Entry("acks/one", b"", 1))
                await edge.put(Entry("counts/one", b"", 1))
                await edge.put(Entry("reports/one/00000", b"", 1))
                await edge.delete("reports/one/00000")
                assert await edge.keys("") == ["acks/one", "counts/one", FILLED, "zone/Z/head"]
                with capture_logs() as logs, pytest.raises(TimeoutError):
                    await edge.put(Entry("zone/Z/head", b"wrong", 2))
                assert {log["event"] for log in logs} == {"feed.forbidden"}
            local.close()
            assert await control.get("zone/Z/head") == (b"right", 1)

    with NatsServer(tmp_path / "nats", f"authorization {{ users: [ {EDGE} {CONTROL} ] }}") as server:
        asyncio.run(asyncio.wait_for(test(), 60))


def test_the_guide_has_the_permissions() -> None:
    """The guide says what was tested."""
    guide = (Path(__file__).parents[2] / "docs/guides/clusters.md").read_text()

    for permissions in (EDGE, CONTROL):
        for subject in re.findall(r'"[$_][^"]+"', permissions):
            assert subject in guide

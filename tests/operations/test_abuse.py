"""Whatever comes in, signed or not: every operation answers with a reply of the API, and never fails (R-EEN-1)."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meridian import explain
from meridian.api.context import Caller, Context
from meridian.api.http import HttpRequest
from meridian.api.model import load
from meridian.api.operations import OPERATIONS
from meridian.api.server import build_app
from meridian.clock import SystemClock
from meridian.feed.local import LastValues, LocalFeed
from meridian.model.account import Credential
from meridian.settings import Quotas, Settings
from meridian.store import account
from tests import databases
from tests.api.client import send
from tests.api.shapes import values
from tests.operations.stock import GOOD, Stock

SETTINGS = Settings(
    views={
        "vpc-a": {"region": "eu-west-1", "clients": ["10.0.0.0/9"]},
        "vpc-b": {"region": "eu-west-1", "clients": ["10.128.0.0/9"]},
    },
    quotas=Quotas(
        hosted_zones=10_000,
        health_checks=10_000,
        cidr_collections=10_000,
        traffic_policies=10_000,
        traffic_policy_instances=10_000,
        reusable_delegation_sets=10_000,
    ),
)


class Server:
    """The whole application with a real store that holds something of everything, in this process."""

    def __init__(self, folder: Path) -> None:
        self._database = databases.open_in(folder)
        self._database.migrate()
        LocalFeed(folder / "feed.db").close()
        self._values = LastValues(folder / "feed.db")
        key = account.first_key(self._database)
        assert key is not None
        self._key = key
        context = Context(
            self._database,
            SETTINGS,
            SystemClock(),
            Caller(key.account_id, key.user, key.access_key_id, owner=True),
            "r",
        )
        self.stock = Stock(context)
        app = build_app(
            operations=OPERATIONS,
            database=self._database,
            settings=SETTINGS,
            clock=SystemClock(),
            find_secret=self._find,
            service=explain.apart(Settings(data_dir=str(folder)), self._values),
        )
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:5380")

    def send(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """The reply to a request that the stock signer has signed as it is."""
        signed = AWSRequest(method=method, url=f"http://localhost:5380{target}", data=body, headers=dict(headers))
        credentials = Credentials(self._key.access_key_id, self._key.secret)
        SigV4Auth(credentials, "route53", "us-east-1").add_auth(signed)
        request = httpx.Request(method, f"http://localhost:5380{target}", content=body, headers=dict(signed.headers))
        return self._runner.run(self._client.send(request))

    def close(self) -> None:
        """End it."""
        self._runner.run(self._client.aclose())
        self._runner.close()
        self._values.close()
        self._database.close()

    def _find(self, access_key_id: str) -> Credential | None:
        with self._database.read() as conn:
            return account.find_credential(conn, access_key_id)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("abuse"))
    yield running
    running.close()


_JUNK = st.sampled_from(
    [
        b"", b"\0", b"<", b"&", b"&#0;", b"]]>", b"<!--", b"<![CDATA[x]]>", b'<!DOCTYPE a [<!ENTITY b "c">]>',
        b"\xff\xfe",
        b"</", b"/>", b"<Name/>", b"<Id>Z1</Id>", b"-1", b"1e999", b"9" * 40, b"true", b"\xed\xa0\x80", "ÄÖ✓".encode(),
        b"A" * 3000, b"%00", b"..", b"\\000", b"*",
    ]
)  # fmt: skip


@st.composite
def _mutated(draw: st.DrawFn, octets: bytes) -> bytes:
    """Octets with some places cut out, doubled or filled with something else."""
    for _ in range(draw(st.integers(0, 3))):
        at, cut = draw(st.integers(0, len(octets))), draw(st.integers(0, 24))
        put = draw(_JUNK | st.binary(max_size=8) | st.just(octets[at : at + 24]))
        octets = octets[:at] + put + octets[at + cut :]
    return octets


_HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Accept", "Expect-Not", "X-Forwarded-For", "Content-Language", "X-Amz-Meta-A"]),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.strip),
    max_size=2,
)
_IN_A_TARGET = "/?#[]@!$&'()*+,;=-._~%:"


def _with_known_ids(data: st.DataObject, arguments: Any, ids: list[str]) -> Any:
    """The arguments, some of their texts an id of something that is there."""
    if isinstance(arguments, dict):
        return {key: _with_known_ids(data, value, ids) for key, value in arguments.items()}
    if isinstance(arguments, list):
        return [_with_known_ids(data, value, ids) for value in arguments]
    if isinstance(arguments, str) and data.draw(st.integers(0, 2)) == 0:
        return data.draw(st.sampled_from([each.rpartition("/")[2] for each in ids if each]))
    return arguments


def _sent(server: Server, data: st.DataObject, request: HttpRequest) -> httpx.Response:
    """The reply to a request that is damaged in some places, or as it is."""
    target = request.path + (b"?" + request.query if request.query else b"")
    body, headers = request.body, data.draw(_HEADERS)
    if data.draw(st.booleans()):
        start = len(b"/2013-04-01/")
        target = target[:start] + data.draw(_mutated(target[start:])).replace(b"#", b"%23")
        body = data.draw(_mutated(body))
    text = "".join(
        chr(each) if 32 < each < 127 and chr(each) not in '"<>\\^`{|}' else f"%{each:02X}" for each in target
    )
    return server.send(request.method, text, body, headers)


def _require_a_reply(name: str, reply: httpx.Response) -> None:
    """A reply of the API, with its root and its request id, and no failure."""
    assert reply.status_code != 500, reply.text
    assert (
        reply.status_code < 500
        or (reply.status_code == 501 and name not in OPERATIONS)
        or "NotImplemented" in reply.text
    )
    root = ElementTree.fromstring(reply.content)
    assert root.tag.startswith("{https://route53.amazonaws.com/doc/2013-04-01/}")
    assert reply.headers["x-amzn-RequestId"]


@pytest.mark.parametrize("name", sorted(load().operations))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_request_makes_it_fail(server: Server, name: str, data: st.DataObject) -> None:
    """R-EEN-1, R-API-6, R-API-7: requests of the model's shapes, whole, and damaged in path, query, body, headers."""
    arguments = data.draw(values(load().operations[name].input))
    request = send(name, _with_known_ids(data, arguments, server.stock.ids))

    _require_a_reply(name, _sent(server, data, request))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_damage_to_a_good_request_makes_it_fail(server: Server, name: str, data: st.DataObject) -> None:
    """The same, from a request that would be carried out: what is wrong is wrong deep inside."""
    request = send(name, GOOD[name](server.stock))

    _require_a_reply(name, _sent(server, data, request))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_the_good_requests_are_carried_out(server: Server, name: str) -> None:
    """Guards the test above: each operation succeeds, signed as the stock client signs."""
    request = send(name, GOOD[name](server.stock))
    target = (request.path + (b"?" + request.query if request.query else b"")).decode()
    reply = server.send(request.method, target, request.body, {})

    assert reply.status_code == load().operations[name].status, reply.text

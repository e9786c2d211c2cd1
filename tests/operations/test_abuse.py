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
from meridian.api.model import load
from meridian.api.operations import OPERATIONS
from meridian.api.server import build_app
from meridian.clock import SystemClock
from meridian.feed.local import LastValues, LocalFeed
from meridian.model.account import Credential
from meridian.settings import Settings
from meridian.store import account
from tests import databases
from tests.api.client import send
from tests.api.shapes import values
from tests.operations.calls import call, change, create_zone, upsert

SETTINGS = Settings(views={"vpc-a": {"region": "eu-west-1", "clients": ["10.0.0.0/8"]}})
VPC = {"VPCId": "vpc-a", "VPCRegion": "eu-west-1"}


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
        self.ids = _something_of_everything(context)
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


def _something_of_everything(context: Context) -> list[str]:
    zone = create_zone(context)
    change(context, zone, upsert("www.example.com", "A", "192.0.2.1"))
    private = call(context, "CreateHostedZone", Name="p.example", CallerReference="p", VPC=VPC)["HostedZone"]["Id"]
    reusable = call(context, "CreateReusableDelegationSet", CallerReference="r")["DelegationSet"]["Id"]
    arn = f"arn:aws:logs:us-east-1:{context.caller.account_id}:log-group:stdout"
    logging = call(context, "CreateQueryLoggingConfig", HostedZoneId=zone, CloudWatchLogsLogGroupArn=arn)
    check = {"Type": "TCP", "IPAddress": "93.184.215.14", "Port": 80}
    health = call(context, "CreateHealthCheck", CallerReference="h", HealthCheckConfig=check)["HealthCheck"]["Id"]
    collection = call(context, "CreateCidrCollection", Name="c", CallerReference="c")["Collection"]["Id"]
    return [zone, private, reusable, logging["QueryLoggingConfig"]["Id"], health, collection, "vpc-a", "C1", ""]


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


@pytest.mark.parametrize("name", sorted(load().operations))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_request_makes_it_fail(server: Server, name: str, data: st.DataObject) -> None:
    """R-EEN-1, R-API-6, R-API-7: requests of the model's shapes, whole, and damaged in path, query, body, headers."""
    arguments = data.draw(values(load().operations[name].input))
    request = send(name, _with_known_ids(data, arguments, server.ids))
    target = request.path + (b"?" + request.query if request.query else b"")
    body, headers = request.body, data.draw(_HEADERS)
    if data.draw(st.booleans()):
        start = len(b"/2013-04-01/")
        target = target[:start] + data.draw(_mutated(target[start:])).replace(b"#", b"%23")
        body = data.draw(_mutated(body))
    text = "".join(
        chr(each) if 32 < each < 127 and chr(each) not in '"<>\\^`{|}' else f"%{each:02X}" for each in target
    )
    reply = server.send(request.method, text, body, headers)

    assert reply.status_code != 500, reply.text
    assert (
        reply.status_code < 500
        or (reply.status_code == 501 and name not in OPERATIONS)
        or "NotImplemented" in reply.text
    )
    root = ElementTree.fromstring(reply.content)
    assert root.tag.startswith("{https://route53.amazonaws.com/doc/2013-04-01/}")
    assert reply.headers["x-amzn-RequestId"]


def test_the_abuse_gets_in(server: Server) -> None:
    """Guards the test above: what it sends is signed well, and something of everything is there."""
    zone = server.ids[0]
    reply = server.send("GET", f"/2013-04-01/hostedzone/{zone}", b"", {})

    assert (reply.status_code, zone in reply.text) == (200, True)
    assert server.send("GET", "/2013-04-01/hostedzone/Z0UNKNOWN", b"", {}).status_code == 404

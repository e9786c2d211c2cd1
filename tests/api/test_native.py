from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from structlog.testing import capture_logs

from meridian.api.context import Caller, Context
from meridian.api.http import HttpRequest
from meridian.api.native import Stream, by_method
from meridian.errors import ApiError, ChangeRejected, NoSuchHostedZone
from tests.api.conftest import CREDENTIAL, Serve, Server


def signed(server: Server, path: str, body: bytes | None = None) -> urllib.request.Request:
    """A request signed as the stock client signs."""
    url = f"http://127.0.0.1:{server.port}{path}"
    request = botocore.awsrequest.AWSRequest("GET" if body is None else "POST", url, data=body)
    key = botocore.credentials.Credentials(CREDENTIAL.access_key_id, CREDENTIAL.secret)
    botocore.auth.SigV4Auth(key, "route53", "us-east-1").add_auth(request)
    return urllib.request.Request(url, data=body, headers=dict(request.headers), method=request.method)


def send(server: Server, path: str, body: bytes | None = None) -> tuple[int, Any, Any]:
    """Send a signed request; status, headers and the JSON of the reply."""
    return answer_to(signed(server, path, body))


def answer_to(request: urllib.request.Request) -> tuple[int, Any, Any]:
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.headers, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(error)


def test_call_of_our_own(serve: Serve) -> None:
    """A call of ours gets the caller, the query and the body, and answers JSON."""
    seen: list[tuple[Context, HttpRequest]] = []

    def call(context: Context, request: HttpRequest) -> Any:
        seen.append((context, request))
        return {"é": [1, None]}

    server = serve({}, native={"/meridian/x": call}, service="engine")
    status, headers, reply = send(server, "/meridian/x?a=1&b=%20", b"body")

    ((context, request),) = seen
    assert (status, reply, headers["Content-Type"]) == (200, {"é": [1, None]}, "application/json")
    assert (context.caller, context.service) == (Caller("111122223333", "alice", "AKIAEXAMPLE", owner=True), "engine")
    assert (request.method, request.query, request.body) == ("POST", b"a=1&b=%20", b"body")
    assert headers["x-amzn-RequestId"] == context.request_id


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (NoSuchHostedZone("Z1"), 404, {"code": "NoSuchHostedZone", "message": "No hosted zone found with ID: Z1"}),
        (ApiError("Odd", "Why.", status=418), 418, {"code": "Odd", "message": "Why."}),
        (
            ChangeRejected(["m1", "m2"]),
            400,
            {"code": "InvalidChangeBatch", "message": "[m1, m2]", "messages": ["m1", "m2"]},
        ),
    ],
)
def test_errors_are_json(serve: Serve, error: ApiError, status: int, expected: dict[str, Any]) -> None:
    """An error has its code and message as JSON, with the status that Route 53's calls give it."""

    def call(context: Context, request: HttpRequest) -> Any:
        raise error

    answered, headers, reply = send(serve({}, native={"/meridian/x": call}), "/meridian/x")
    assert (answered, headers["Content-Type"]) == (status, "application/json")
    assert reply == expected | {"request_id": headers["x-amzn-RequestId"]}


def test_error_of_ours(serve: Serve) -> None:
    """An error in the program is logged under the request's id, and not shown."""

    def call(context: Context, request: HttpRequest) -> Any:
        raise RuntimeError("secret")

    with capture_logs() as logs:
        status, _, reply = send(serve({}, native={"/meridian/x": call}), "/meridian/x")
    assert (status, reply["code"]) == (500, "InternalFailure")
    assert "secret" not in reply["message"]
    assert [log["request_id"] for log in logs if log["event"] == "api.failed"] == [reply["request_id"]]


def test_who_may_call(serve: Serve) -> None:
    """Calls of ours need a signature, and count for the same rate as all others."""
    server = serve({}, native={"/meridian/x": lambda context, request: {}}, requests_per_second=1e-9, max_body=1024)
    unsigned = urllib.request.Request(f"http://127.0.0.1:{server.port}/meridian/x")
    assert answer_to(unsigned)[2]["code"] == "MissingAuthenticationToken"
    assert send(server, "/meridian/x", b"x" * 2000)[0] == 413
    assert send(server, "/meridian/x")[0] == 200
    assert send(server, "/meridian/x")[2]["code"] == "Throttling"
    with pytest.raises(server.client().exceptions.ClientError, match="Throttling"):
        server.client().list_hosted_zones()


def test_parts_of_a_path(serve: Serve) -> None:
    """A path may have parts that differ from request to request; they come decoded."""
    server = serve({}, native={"/meridian/things/{name}/colour": lambda context, request: dict(request.parts)})
    assert send(server, "/meridian/things/a%20b/colour")[2] == {"name": "a b"}


def test_methods_of_a_path(serve: Serve) -> None:
    """One path may do several things, by the method; others are refused, and told what there is."""
    calls = by_method(GET=lambda context, request: "got", POST=lambda context, request: "posted")
    server = serve({}, native={"/meridian/x": calls, "/meridian/y": by_method(POST=lambda context, request: 0)})
    assert send(server, "/meridian/x")[2] == "got"
    assert send(server, "/meridian/x", b"")[2] == "posted"
    status, _, reply = send(server, "/meridian/y")
    assert (status, reply["code"], reply["message"]) == (405, "MethodNotAllowed", "This path takes POST.")


def test_stream(serve: Serve) -> None:
    """A reply may go on: each piece goes out as it comes, and the end of the client is the end of the pieces."""
    more, closed = threading.Event(), threading.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"one\n"
            while not more.is_set():
                await asyncio.sleep(0.01)
            yield b"two\n"
            while True:
                await asyncio.sleep(0.01)
                yield b"\n"
        finally:
            closed.set()

    server = serve({}, native={"/meridian/x": lambda context, request: Stream("text/plain", pieces())})
    with urllib.request.urlopen(signed(server, "/meridian/x"), timeout=30) as reply:
        assert reply.headers["Content-Type"] == "text/plain"
        assert reply.readline() == b"one\n"
        more.set()
        assert reply.readline() == b"two\n"
    assert closed.wait(30)

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from structlog.testing import capture_logs

from meridian.api.context import Caller, Context
from meridian.api.http import HttpRequest
from meridian.errors import ApiError, ChangeRejected, NoSuchHostedZone
from tests.api.conftest import CREDENTIAL, Serve, Server


def send(server: Server, path: str, body: bytes | None = None, *, signed: bool = True) -> tuple[int, Any, Any]:
    """Send a request, signed as the stock client signs; status, headers and the JSON of the reply."""
    url = f"http://127.0.0.1:{server.port}{path}"
    request = botocore.awsrequest.AWSRequest("GET" if body is None else "POST", url, data=body)
    if signed:
        key = botocore.credentials.Credentials(CREDENTIAL.access_key_id, CREDENTIAL.secret)
        botocore.auth.SigV4Auth(key, "route53", "us-east-1").add_auth(request)
    prepared = urllib.request.Request(url, data=body, headers=dict(request.headers), method=request.method)
    try:
        with urllib.request.urlopen(prepared, timeout=30) as reply:
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
    assert (context.caller, context.service) == (Caller("111122223333", "alice", "AKIAEXAMPLE"), "engine")
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
    assert send(server, "/meridian/x", signed=False)[2]["code"] == "MissingAuthenticationToken"
    assert send(server, "/meridian/x", b"x" * 2000)[0] == 413
    assert send(server, "/meridian/x")[0] == 200
    assert send(server, "/meridian/x")[2]["code"] == "Throttling"
    with pytest.raises(server.client().exceptions.ClientError, match="Throttling"):
        server.client().list_hosted_zones()

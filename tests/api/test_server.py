from __future__ import annotations

import http.client
import re
import socket
from typing import Any

import pytest
from botocore.exceptions import ClientError
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from meridian.api import server as server_module
from meridian.api.context import ANYONE, Caller, Context
from meridian.api.model import load
from meridian.errors import ApiError, ChangeRejected, NoSuchHostedZone
from tests.api.client import send
from tests.api.conftest import CREDENTIAL, Serve, Server

ZONE = {"Id": "/hostedzone/Z1", "Name": "z.", "CallerReference": "c"}
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def raw(server: Server, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, dict[str, str], str]:
    """One request without a signature: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body=body, **options)
        reply = connection.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read().decode()
    finally:
        connection.close()


def code_of(body: str) -> str:
    found = re.search("<Code>(.*)</Code>", body)
    assert found is not None
    return found[1]


def refusal(call: Any, **arguments: Any) -> ClientError:
    """The error that the stock client raises."""
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value


def test_request_reaches_the_operation_and_its_reply_the_client(serve: Serve) -> None:
    """The stock client's call arrives with its arguments and caller; what is answered is what the client gets."""
    seen: list[tuple[Context, dict[str, Any]]] = []

    def get_hosted_zone(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        seen.append((context, request))
        return {"HostedZone": ZONE, "DelegationSet": {"NameServers": ["a", "b"]}}

    client = serve({"GetHostedZone": get_hosted_zone}, service="engine").client()

    found = client.get_hosted_zone(Id="/hostedzone/Z1")

    metadata = found.pop("ResponseMetadata")
    ((context, request),) = seen
    assert found == {"HostedZone": ZONE, "DelegationSet": {"NameServers": ["a", "b"]}}
    assert request == {"Id": "Z1"}
    assert context.caller == Caller("111122223333", "alice", "AKIAEXAMPLE", owner=True)
    assert context.service == "engine"
    assert metadata["RequestId"] == context.request_id
    assert re.fullmatch(UUID, context.request_id)
    assert metadata["HTTPHeaders"]["content-type"] == "text/xml"


def test_body_reaches_the_operation(serve: Serve) -> None:
    """A change batch arrives as boto3's user gave it; created things answer 201 with their Location."""
    seen: list[dict[str, Any]] = []
    delegation_set = {"Id": "/delegationset/N1", "NameServers": ["a"]}

    def create(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        seen.append(request)
        return {"DelegationSet": delegation_set, "Location": "http://x/2013-04-01/delegationset/N1"}

    found = (
        serve({"CreateReusableDelegationSet": create})
        .client()
        .create_reusable_delegation_set(CallerReference="é <&>", HostedZoneId="/hostedzone/Z1")
    )

    assert seen == [{"CallerReference": "é <&>", "HostedZoneId": "Z1"}]
    assert found["Location"] == "http://x/2013-04-01/delegationset/N1"
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 201


@pytest.mark.parametrize(
    ("error", "code", "status", "text"),
    [
        (NoSuchHostedZone("Z1"), "NoSuchHostedZone", 404, "No hosted zone found with ID: Z1"),
        (ChangeRejected(["m1", "m2"]), "InvalidChangeBatch", 400, "[m1, m2]"),
        (ApiError("PriorRequestNotComplete", "Later."), "PriorRequestNotComplete", 400, "Later."),
    ],
)
def test_errors_arrive_typed(serve: Serve, error: ApiError, code: str, status: int, text: str) -> None:
    """An error that an operation raises is raised by the client as the exception of its name (R-EEN-1, R-EEN-4)."""

    def get_hosted_zone(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        raise error

    client = serve({"GetHostedZone": get_hosted_zone}).client()

    raised = refusal(client.get_hosted_zone, Id="Z1")

    assert type(raised) is getattr(client.exceptions, code)
    assert raised.response["Error"] == {"Type": "Sender", "Code": code, "Message": text}
    assert raised.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_operation_that_is_not_built(serve: Serve) -> None:
    """A call of the model without a function answers 501 in the API's own form, naming the call."""
    raised = refusal(serve({}).client().get_hosted_zone_count)

    assert raised.response["Error"]["Code"] == "NotImplemented"
    assert raised.response["Error"]["Type"] == "Receiver"
    assert raised.response["Error"]["Message"].startswith("GetHostedZoneCount is not implemented in this version")
    assert raised.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize("answer", [None, {"HostedZoneCount": "seven"}])
def test_our_mistakes_say_nothing_but_their_id(serve: Serve, answer: Any) -> None:
    """A failure of ours is 500 with the request id under which the log has the rest (R-EEN-5)."""

    def get_hosted_zone_count(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        if answer is None:
            raise RuntimeError("a secret of the house")
        return dict(answer)

    client = serve({"GetHostedZoneCount": get_hosted_zone_count}).client()

    with capture_logs() as logs:
        raised = refusal(client.get_hosted_zone_count)

    request_id = raised.response["ResponseMetadata"]["RequestId"]
    assert raised.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert raised.response["Error"] == {
        "Type": "Receiver",
        "Code": "InternalFailure",
        "Message": f"The server failed on this request. Its log says why under request id {request_id}.",
    }
    assert [(line["event"], line["log_level"], line["request_id"]) for line in logs] == [
        ("api.failed", "error", request_id),
        ("api.answered", "debug", request_id),
    ]


@pytest.mark.parametrize(
    ("access_key_id", "secret", "code"),
    [
        ("AKIAOTHER", CREDENTIAL.secret, "InvalidClientTokenId"),
        (CREDENTIAL.access_key_id, "wrong", "SignatureDoesNotMatch"),
    ],
)
def test_wrong_keys(serve: Serve, access_key_id: str, secret: str, code: str) -> None:
    """An unknown key and a wrong secret are told apart, both with 403 (R-SIG-4)."""
    raised = refusal(serve({}).client(access_key_id, secret).list_hosted_zones)

    assert raised.response["Error"]["Code"] == code
    assert raised.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/2013-04-01/hostedzone", 403, "MissingAuthenticationToken"),
        ("GET", "/2013-04-01/nothing", 404, "UnknownOperationException"),
        ("GET", "/2013-04-01", 404, "UnknownOperationException"),
        ("GET", "/2013-04-01x", 404, "UnknownOperationException"),
        ("GET", "/2013-04-01/%0A", 404, "UnknownOperationException"),
        ("POST", "/2013-04-01/", 404, "UnknownOperationException"),
        ("POST", "/2013-04-01", 404, "UnknownOperationException"),
        ("PUT", "/2013-04-01/hostedzone", 404, "UnknownOperationException"),
        ("GET", "/", 404, "UnknownOperationException"),
        ("GET", "//", 404, "UnknownOperationException"),
        ("GET", "/2012-12-12/hostedzone", 404, "UnknownOperationException"),
    ],
)
def test_requests_nobody_signed(serve: Serve, method: str, path: str, status: int, code: str) -> None:
    """Without a signature, and where nothing lives, the answer is an error in the envelope (R-API-11, R-SIG-4)."""
    found, headers, body = raw(serve({}), method, path)

    assert (found, code_of(body)) == (status, code)
    assert headers["content-type"] == "text/xml"
    assert re.fullmatch(UUID, headers["x-amzn-requestid"])
    assert f"<RequestId>{headers['x-amzn-requestid']}</RequestId>" in body


def test_public_data_need_no_signature(serve: Serve) -> None:
    """Public calls are answered to anyone; a signature that comes along is checked all the same (R-SIG-5)."""
    callers: list[Caller] = []

    def get_checker_ip_ranges(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        callers.append(context.caller)
        return {"CheckerIpRanges": ["192.0.2.0/24"]}

    server = serve({"GetCheckerIpRanges": get_checker_ip_ranges})

    assert raw(server, "GET", "/2013-04-01/checkeripranges")[0] == 200
    assert server.client().get_checker_ip_ranges()["CheckerIpRanges"] == ["192.0.2.0/24"]
    assert callers == [ANYONE, Caller("111122223333", "alice", "AKIAEXAMPLE", owner=True)]
    assert refusal(server.client(secret="x").get_checker_ip_ranges).response["Error"]["Code"] == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("call", "arguments", "code", "text"),
    [
        ("get_hosted_zone", {"Id": "Z" * 33}, "InvalidInput", "Member must have length less than or equal to 32"),
        ("list_resource_record_sets", {"HostedZoneId": "Z", "StartRecordType": "B"}, "InvalidInput", "enum value set"),
        ("create_hosted_zone", {"Name": "z"}, "InvalidInput", "Invalid XML ; cvc-complex-type.2.4.b: The content of"),
        ("change_tags_for_resource", {"ResourceType": "x", "ResourceId": "y"}, "InvalidInput", "at 'resourceType'"),
    ],
)
def test_bad_input_never_reaches_an_operation(serve: Serve, call: str, arguments: Any, code: str, text: str) -> None:
    """What breaks a constraint of the model is refused at the door."""
    raised = refusal(getattr(serve({}).client(), call), **arguments)

    assert raised.response["Error"]["Code"] == code
    assert text in raised.response["Error"]["Message"]


@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_over_the_limit(serve: Serve, chunked: bool) -> None:
    """A body over max_body is refused with the limit and the setting named, however it is sent."""
    body = b"x" * 300_000
    octets = iter([body[:150_000], body[150_000:]]) if chunked else body

    status, _, text = raw(serve({}, max_body=200_000), "POST", "/2013-04-01/hostedzone", octets, encode_chunked=chunked)

    assert (status, code_of(text)) == (413, "RequestEntityTooLarge")
    assert "larger than 200000 octets, the setting max_body" in text


def test_body_at_the_limit_is_read(serve: Serve) -> None:
    """A body of exactly max_body octets is not too large."""
    status, _, text = raw(serve({}, max_body=1024), "POST", "/2013-04-01/hostedzone", b"x" * 1024)

    assert (status, code_of(text)) == (403, "MissingAuthenticationToken")


def test_body_that_never_ends(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not finish its body is answered after a while and does not hold a worker."""
    monkeypatch.setattr(server_module, "BODY_SECONDS", 0.05)
    server = serve({})

    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"POST /2013-04-01/hostedzone HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx")
        response = http.client.HTTPResponse(connection)
        response.begin()
        reply = response.read()  # head and body may come in two pieces

    assert response.status == 408
    assert b"<Code>RequestTimeout</Code>" in reply


def test_client_that_leaves_does_no_harm(serve: Serve) -> None:
    """A connection that breaks in the middle of a body ends that request and nothing else."""
    server = serve({})

    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"POST /2013-04-01/hostedzone HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx")

    assert raw(server, "GET", "/")[0] == 404


def test_calls_over_the_rate(serve: Serve) -> None:
    """With a rate set, calls over it are refused with Throttling, or the call's own word for it (R-THR-1, R-TAG-5)."""
    client = serve(
        {"GetHostedZoneCount": lambda context, request: {"HostedZoneCount": 1}}, requests_per_second=0.001
    ).client()
    client.get_hosted_zone_count()

    for call, arguments, code in (
        (client.get_hosted_zone_count, {}, "Throttling"),
        (client.list_tags_for_resource, {"ResourceType": "hostedzone", "ResourceId": "Z1"}, "ThrottlingException"),
    ):
        raised = refusal(call, **arguments)
        assert raised.response["Error"] == {"Type": "Sender", "Code": code, "Message": "Rate exceeded"}


def test_every_operation_answers(serve: Serve) -> None:
    """Each call of the model reaches the server signed by the stock client, and finds its place."""
    client = serve({}).client()
    samples = {"Id": "Z1", "Type": "x", "Version": 1, "ResourceType": "hostedzone"}

    for name, operation in load().operations.items():
        in_path = (segment.strip("{}") for segment in operation.path if "{" in segment)
        found = {
            member: samples.get(location, "x")
            for location in in_path
            for member, shape in operation.input.members.items()
            if shape.serialization.get("location") == "uri" and shape.serialization.get("name", member) == location
        }
        method = next(method for method, api_name in client.meta.method_to_api_mapping.items() if api_name == name)
        error = refusal(getattr(client, method), **found).response["Error"]
        assert error["Code"] in ("NotImplemented", "InvalidInput"), (name, error)


def test_websockets_are_closed(serve: Serve) -> None:
    """There is nothing to open a WebSocket to."""
    server = serve({})
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x" * 24,
    }

    assert raw(server, "GET", "/2013-04-01/hostedzone", headers=upgrade)[0] == 403
    assert raw(server, "GET", "/")[0] == 404


def test_extra_routes_come_first(serve: Serve) -> None:
    """Pages beside the API are served without a signature."""

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("page")

    server = serve({}, extra_routes=[Route("/console", page)])

    assert raw(server, "GET", "/console")[2] == "page"
    assert code_of(raw(server, "GET", "/consoles")[2]) == "UnknownOperationException"


def test_unknown_names_in_the_table_are_a_mistake(serve: Serve) -> None:
    """A function under a name that the model does not have would never be called."""
    with pytest.raises(ValueError, match="not in the service model: GetHostedZones"):
        serve({"GetHostedZones": lambda context, request: {}})


def test_the_serialiser_of_the_tests_is_the_stock_one() -> None:
    """Guards the tests: ids that boto3 would strip arrive unstripped where its handlers are passed over."""
    assert send("GetHostedZone", {"Id": "/hostedzone/Z1"}).path == b"/2013-04-01/hostedzone/%2Fhostedzone%2FZ1"

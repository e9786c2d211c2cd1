from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meridian.api.http import HttpRequest
from meridian.api.model import load
from meridian.api.rest_xml import compile_codec, error_reply
from meridian.api.route import Router
from meridian.api.xml_write import ReplyError
from meridian.errors import ApiError, ChangeRejected, InvalidInput
from tests.api.client import OPERATIONS, SERVICE, send, understand
from tests.api.shapes import values

MODEL = load()
CODECS = {name: compile_codec(operation, MODEL) for name, operation in MODEL.operations.items()}
ROUTER = Router(MODEL.operations.values())

law = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def read(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    route = ROUTER.find(request.method, request.path)
    codec = CODECS[route.operation.name]
    arguments = codec.read(route, request.query, request.body)
    codec.validate(arguments)
    return route.operation.name, arguments


@pytest.mark.parametrize("name", OPERATIONS)
@law
@given(data=st.data())
def test_request_arrives_as_it_was_given(name: str, data: st.DataObject) -> None:
    """Whatever the stock client serialises, we read back, for every operation."""
    arguments = data.draw(values(MODEL.operations[name].input))

    assert read(send(name, arguments)) == (name, arguments)


@pytest.mark.parametrize("name", OPERATIONS)
@law
@given(data=st.data())
def test_reply_arrives_as_it_was_given(name: str, data: st.DataObject) -> None:
    """Whatever an operation answers, the stock client's parser reads back, for every operation."""
    operation = MODEL.operations[name]
    answer = data.draw(values(operation.output))

    reply = CODECS[name].write(answer, "request-1")

    assert understand(name, reply) == answer
    assert reply.status == operation.status


@pytest.mark.parametrize("code", sorted(shape.error_code for shape in SERVICE.error_shapes))
def test_error_arrives_with_code_and_text(code: str) -> None:
    """Every error of the model reaches the client with its code, its text and the model's status (R-EEN-1..3)."""
    reply = error_reply(ApiError(code, "a < b & \u00e9"), "request-1", MODEL)

    found = understand("GetHostedZone", reply)["Error"]
    assert (found["Code"], found["Message"], found["Type"]) == (code, "a < b & \u00e9", "Sender")
    assert reply.status == SERVICE.shape_for_error_code(code).metadata.get("error", {}).get("httpStatusCode", 400)


def test_rejected_change_has_bracketed_messages() -> None:
    """InvalidChangeBatch goes out in the modern envelope only, all messages in brackets (R-EEN-4)."""
    reply = error_reply(ChangeRejected(["m1", "m2"]), "r", MODEL)

    assert reply.status == 400
    assert reply.body == (
        b'<?xml version="1.0"?>\n<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error>'
        b"<Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>[m1, m2]</Message></Error>"
        b"<RequestId>r</RequestId></ErrorResponse>"
    )


@pytest.mark.parametrize(
    ("error", "status", "fault"),
    [
        (ApiError("Throttling", "t"), 400, "Sender"),
        (ApiError("AccessDenied", "t"), 403, "Sender"),
        (ApiError("NoSuchDelegationSet", "t"), 400, "Sender"),
        (ApiError("VPCAssociationNotFound", "t"), 404, "Sender"),
        (ApiError("NotAuthorizedException", "t"), 401, "Sender"),
        (ApiError("NotImplemented", "t"), 501, "Receiver"),
        (ApiError("InternalFailure", "t"), 500, "Receiver"),
        (ApiError("OurOwn", "t", status=503), 503, "Receiver"),
        (ApiError("OurOwn", "t"), 400, "Sender"),
    ],
)
def test_status_and_fault_of_errors(error: ApiError, status: int, fault: str) -> None:
    """Statuses are the model's, or listed; from 500 up the receiver is at fault (R-EEN-1, R-EEN-3, R-EEN-5)."""
    reply = error_reply(error, "r", MODEL)

    assert reply.status == status
    assert f"<Type>{fault}</Type>".encode() in reply.body


def test_reply_is_written_without_blanks_in_the_order_of_the_model() -> None:
    """No white space between tags; members in the model's order, whatever the dictionary's (R-CLI-16, R-CHG-19)."""
    zone = {"Config": {"PrivateZone": False}, "CallerReference": "c", "Name": "z.", "Id": "/hostedzone/Z1"}
    answer = {"MaxItems": "100", "IsTruncated": False, "HostedZones": [zone]}

    reply = CODECS["ListHostedZones"].write(answer, "r")

    assert reply.headers == (("x-amzn-RequestId", "r"), ("Content-Type", "text/xml"))
    assert reply.body == (
        b'<?xml version="1.0"?>\n<ListHostedZonesResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
        b"<HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>z.</Name><CallerReference>c</CallerReference>"
        b"<Config><PrivateZone>false</PrivateZone></Config></HostedZone></HostedZones>"
        b"<Marker></Marker><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>"
    )


def test_needed_elements_are_there_when_empty() -> None:
    """Needed text and lists are empty elements; a reply without members keeps its root (R-API-3, R-API-21)."""
    zones = CODECS["ListHostedZones"].write({"IsTruncated": False, "MaxItems": "1"}, "r").body
    deleted = CODECS["DeleteHealthCheck"].write({}, "r").body

    assert b"<HostedZones></HostedZones><Marker></Marker>" in zones
    assert b"NextMarker" not in zones
    assert deleted.endswith(
        b'<DeleteHealthCheckResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"></DeleteHealthCheckResponse>'
    )


def test_location_is_a_header() -> None:
    """Location goes out as a header, as it was given, and not in the body (R-API-8)."""
    delegation_set = {"Id": "/delegationset/N1", "NameServers": ["a."]}
    url = "http://localhost/2013-04-01/delegationset/N1"

    reply = CODECS["CreateReusableDelegationSet"].write({"DelegationSet": delegation_set, "Location": url}, "r")

    assert reply.status == 201
    assert ("Location", url) in reply.headers
    assert url.encode() not in reply.body


CHANGE = {"Id": "/change/C1", "Status": "PENDING"}


@pytest.mark.parametrize(
    ("name", "answer", "text"),
    [
        ("GetChange", {"ChangeInfo": CHANGE}, "GetChange: ChangeInfo needs SubmittedAt"),
        ("GetChange", {"ChangeInfo": CHANGE | {"SubmittedAt": "now"}}, "GetChange: SubmittedAt: expected a datetime"),
        ("GetChange", {"ChangeInfos": []}, "GetChange: GetChangeResponse has no member ChangeInfos"),
        ("GetHostedZoneCount", {"HostedZoneCount": "1"}, "HostedZoneCount: expected an integer, not '1'"),
        ("GetHostedZoneCount", {"HostedZoneCount": True}, "HostedZoneCount: expected an integer, not True"),
        ("ListHostedZones", {"IsTruncated": 0, "MaxItems": "1"}, "IsTruncated: expected a boolean, not 0"),
        ("ListHostedZones", {"IsTruncated": False, "MaxItems": 1}, "MaxItems: expected a string, not 1"),
        ("CreateReusableDelegationSet", {"DelegationSet": {"NameServers": []}}, "the reply needs Location"),
    ],
)
def test_reply_that_does_not_fit_is_our_mistake(name: str, answer: dict[str, Any], text: str) -> None:
    """A reply that does not fit the model never leaves half written."""
    with pytest.raises(ReplyError, match=text.replace("(", r"\(")):
        CODECS[name].write(answer, "r")


def test_what_xml_cannot_hold_is_replaced() -> None:
    """Control characters in a text of ours do not make the reply unreadable; carriage returns survive."""
    reply = error_reply(ApiError("InvalidInput", "a\x00b\ufffe \r\n\t]]>"), "r", MODEL)

    assert understand("GetHostedZone", reply)["Error"]["Message"] == "a\ufffdb\ufffd \r\n\t]]>"


Query = tuple[str, bytes, dict[str, Any]]


@pytest.mark.parametrize(
    ("path", "query", "arguments"),
    [
        ("hostedzone/Z1/rrset", b"name=%5C052.x.&type=A", {"StartRecordName": r"\052.x.", "StartRecordType": "A"}),
        ("hostedzone/Z1/rrset", b"name=a+b&unknown=1", {"StartRecordName": "a b"}),
        ("hostedzone/Z1/rrset", b"name=%C3%A9", {"StartRecordName": "é"}),
        ("hostedzone/Z1/rrset", b"name=%FF", {"StartRecordName": "\ufffd"}),
        ("hostedzone/Z1/rrset", b"name=", {"StartRecordName": ""}),
        ("hostedzone/Z1/rrset", b"name=a&name=b", {"StartRecordName": "a"}),
        ("hostedzone/Z1/rrset", b"&&=&", {}),
        ("hostedzone/Z1/rrset", b"maxitems=5&X-Amz-Date=1", {"MaxItems": "5"}),
    ],
)
def test_query_is_read(path: str, query: bytes, arguments: dict[str, Any]) -> None:
    """Query members are decoded; unknown ones mean nothing, of several the first counts."""
    request = HttpRequest("GET", b"/2013-04-01/" + path.encode(), query, (), b"")

    assert read(request)[1] == {"HostedZoneId": "Z1", **arguments}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (
            b"id=1&version=x",
            "Value 'x' at 'trafficPolicyVersion' failed to satisfy constraint: Member must be an integer",
        ),
        (
            b"id=1&version=0",
            "Value '0' at 'trafficPolicyVersion' failed to satisfy constraint: Member must have value ",
        ),
        (
            b"id=a%00&version=1",
            "Value 'a\0' at 'trafficPolicyId' failed to satisfy constraint: Member must not contain a ",
        ),
        (b"version=1", "Value null at 'trafficPolicyId' failed to satisfy constraint: Member must not be null"),
    ],
)
def test_bad_query_is_refused(query: bytes, text: str) -> None:
    """A query member of another kind, out of range or missing is InvalidInput (R-ERR-35)."""
    request = HttpRequest("GET", b"/2013-04-01/trafficpolicyinstances/trafficpolicy", query, (), b"")

    with pytest.raises(InvalidInput) as raised:
        read(request)

    assert raised.value.message.startswith(f"1 validation error detected: {text}")


@pytest.mark.parametrize("prefix", ["", "/hostedzone/", "hostedzone/"])
@pytest.mark.parametrize(
    "call",
    [
        lambda zone: ("GetHostedZone", {"Id": zone}),
        lambda zone: ("ListQueryLoggingConfigs", {"HostedZoneId": zone}),
        lambda zone: (
            "CreateQueryLoggingConfig",
            {"HostedZoneId": zone, "CloudWatchLogsLogGroupArn": "arn:" + "x" * 20},
        ),
        lambda zone: ("ListTagsForResource", {"ResourceType": "hostedzone", "ResourceId": zone}),
        lambda zone: ("ListTagsForResources", {"ResourceType": "hostedzone", "ResourceIds": [zone]}),
    ],
)
def test_ids_lose_their_prefix(call: Callable[[str], tuple[str, dict[str, Any]]], prefix: str) -> None:
    """Ids are bare for the operation, in path, query and body (R-API-9, R-IDS-1)."""
    name, arguments = call(prefix + "Z1")

    assert read(send(name, arguments)) == call("Z1")


BODY = (
    b'<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes><Change>'
    b"<Action>UPSERT</Action><ResourceRecordSet><Name>a</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>"
    b"<Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>"
    b"</ChangeResourceRecordSetsRequest>"
)


@settings(max_examples=300, deadline=None)
@given(
    query=st.binary(max_size=60),
    at=st.integers(0, len(BODY)),
    cut=st.integers(0, 40),
    put=st.binary(max_size=20) | st.sampled_from([b"<", b"</Changes>", b"<Change/>", b"&#0;", b"<![CDATA["]),
    method=st.sampled_from(["GET", "POST"]),
)
def test_damaged_requests_are_read_or_refused(query: bytes, at: int, cut: int, put: bytes, method: str) -> None:
    """Any octets in the query and any damage to a body give a request or one of two errors, never a failure."""
    body = BODY[:at] + put + BODY[at + cut :]
    request = HttpRequest(method, b"/2013-04-01/hostedzone/Z1/rrset", query, (), body)

    refused: ApiError | None = None
    try:
        assert read(request)[1]["HostedZoneId"] == "Z1"
    except ApiError as error:
        refused = error
    if refused:
        assert refused.code in ("MalformedInput", "InvalidInput")
        assert understand("GetHostedZone", error_reply(refused, "r", MODEL))["Error"]["Code"] == refused.code

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meridian.api.model import load
from meridian.api.route import Router
from meridian.errors import ApiError

MODEL = load()
ROUTER = Router(MODEL.operations.values())


@pytest.mark.parametrize("name", MODEL.operations)
def test_every_operation_routes(name: str) -> None:
    """Every operation of the model is reached at its own address, with and without a final slash (R-API-10)."""
    operation = MODEL.operations[name]
    path = "/".join(f"x{segment.strip('{}')}" if "{" in segment else segment for segment in operation.path)
    parameters = {segment.strip("{}"): f"x{segment.strip('{}')}" for segment in operation.path if "{" in segment}

    for ending in ("", "/"):
        route = ROUTER.find(operation.method, f"/{path}{ending}".encode())
        assert (route.operation.name, route.parameters) == (name, parameters)


@pytest.mark.parametrize(
    ("method", "path", "name", "parameters"),
    [
        ("POST", "hostedzone/Z1/rrset/", "ChangeResourceRecordSets", {"Id": "Z1"}),
        ("POST", "hostedzone/Z1/rrset", "ChangeResourceRecordSets", {"Id": "Z1"}),
        ("GET", "hostedzone/Z1/rrset/", "ListResourceRecordSets", {"Id": "Z1"}),
        ("GET", "hostedzone//hostedzone/Z1/rrset", "ListResourceRecordSets", {"Id": "Z1"}),
        ("GET", "hostedzone/%2Fhostedzone%2FZ1", "GetHostedZone", {"Id": "/hostedzone/Z1"}),
        ("GET", "hostedzone/hostedzone%2FZ1", "GetHostedZone", {"Id": "hostedzone/Z1"}),
        ("GET", "hostedzone//hostedzone/Z1", "GetHostedZone", {"Id": "Z1"}),
        ("GET", "hostedzone/hostedzone/Z1", "GetHostedZone", {"Id": "Z1"}),
        ("GET", "hostedzone/hostedzone", "GetHostedZone", {"Id": "hostedzone"}),
        ("GET", "hostedzone/", "ListHostedZones", {}),
        ("GET", "change//change/C1", "GetChange", {"Id": "C1"}),
        ("GET", "delegationset//delegationset/N1", "GetReusableDelegationSet", {"Id": "N1"}),
        ("GET", "hostedzonelimit//hostedzone/Z1/T", "GetHostedZoneLimit", {"Id": "Z1", "Type": "T"}),
        ("GET", "tags/hostedzone/Z1", "ListTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "Z1"}),
        (
            "GET",
            "tags/hostedzone//hostedzone/Z1",
            "ListTagsForResource",
            {"ResourceType": "hostedzone", "ResourceId": "Z1"},
        ),
        ("POST", "tags/hostedzone", "ListTagsForResources", {"ResourceType": "hostedzone"}),
        (
            "POST",
            "keysigningkey//hostedzone/Z1/key_1/activate",
            "ActivateKeySigningKey",
            {"HostedZoneId": "Z1", "Name": "key_1"},
        ),
        ("GET", "trafficpolicyinstances/hostedzone", "ListTrafficPolicyInstancesByHostedZone", {}),
        ("GET", "hostedzone/a%20b%C3%A9", "GetHostedZone", {"Id": "a bé"}),
        ("GET", "hostedzone/a+b", "GetHostedZone", {"Id": "a+b"}),
        ("GET", "hostedzone/%", "GetHostedZone", {"Id": "%"}),
        ("GET", "hostedzone/%FF", "GetHostedZone", {"Id": "\ufffd"}),
        ("GET", "hostedzone/%2e%2e", "GetHostedZone", {"Id": ".."}),
    ],
)
def test_spellings_of_paths(method: str, path: str, name: str, parameters: dict[str, str]) -> None:
    """Ids are found behind encoded slashes, doubled slashes and prefixes (R-API-9, R-API-10, R-IDS-1)."""
    route = ROUTER.find(method, b"/2013-04-01/" + path.encode())

    assert (route.operation.name, route.parameters) == (name, parameters)


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "/", "There is no operation at GET /; the paths of this API begin with /2013-04-01/"),
        ("GET", "/2013-04-01", "There is no operation at GET /2013-04-01"),
        ("GET", "/2013-04-01/nothing", "There is no operation at GET /2013-04-01/nothing"),
        ("GET", f"/2013-04-01/{'x' * 5000}", f"There is no operation at GET /2013-04-01/{'x' * 1013}"),
        ("PUT", "/2013-04-01/hostedzone", "There is no operation at PUT /2013-04-01/hostedzone"),
        ("POST", "/2013-04-01/hostedzone/Z1/x", "There is no operation at POST /2013-04-01/hostedzone/Z1/x"),
        ("GET", "/2013-04-01/change", "There is no operation at GET /2013-04-01/change"),
        (
            "GET",
            "/2012-12-12/hostedzone",
            "There is no operation at GET /2012-12-12/hostedzone; the paths of this API begin with /2013-04-01/",
        ),
    ],
)
def test_unknown_paths(method: str, path: str, text: str) -> None:
    """Where nothing lives, and at older versions, the answer is UnknownOperationException (R-API-11, R-API-12)."""
    with pytest.raises(ApiError) as raised:
        ROUTER.find(method, path.encode())

    assert (raised.value.code, raised.value.message) == ("UnknownOperationException", text)


@given(method=st.sampled_from(("GET", "POST", "DELETE", "", "\n")), path=st.binary())
@example("GET", b"/2013-04-01/hostedzone/\xc3\xa9")
@example("GET", b"/2013-04-01/hostedzone/\xff")
def test_any_octets_route_or_are_refused(method: str, path: bytes) -> None:
    """No path does anything but route or be unknown."""
    try:
        assert ROUTER.find(method, path).operation.method == method
    except ApiError as error:
        assert error.code == "UnknownOperationException"  # noqa: PT017  both ends are right

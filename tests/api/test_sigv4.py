from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from meridian.api.http import HttpRequest
from meridian.api.sigv4 import canonical_path, is_signed, verify
from meridian.errors import ApiError
from meridian.model.account import Credential
from tests.api.client import received

KEY, SECRET = "AKIAEXAMPLE", "secret/with+signs"
CREDENTIAL = Credential(KEY, SECRET, "111122223333", "alice", owner=True)
BASE = "http://localhost:5380"
NOW = datetime.now(UTC)  # when the requests of the tables below are signed
ZONE = f"{BASE}/2013-04-01/hostedzone/Z1"


def sign(
    url: str = ZONE,
    *,
    method: str = "GET",
    body: bytes = b"",
    key: str = KEY,
    secret: str = SECRET,
    token: str | None = None,
    region: str = "us-east-1",
    service: str = "route53",
    headers: dict[str, str] | None = None,
) -> HttpRequest:
    """A request as botocore signs it, now."""
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    SigV4Auth(Credentials(key, secret, token), service, region).add_auth(request)
    return received(request.prepare())


def presign(url: str = ZONE, *, expires: int = 300, token: str | None = None) -> HttpRequest:
    """A request as botocore presigns it, now."""
    request = AWSRequest(method="GET", url=url)
    SigV4QueryAuth(Credentials(KEY, SECRET, token), "route53", "us-east-1", expires).add_auth(request)
    return received(request.prepare())


def check(request: HttpRequest, *, later: float = 0, now: datetime = NOW, **options: Any) -> Credential:
    """Verify a request so many seconds later."""
    return verify(request, {KEY: CREDENTIAL}.get, now + timedelta(seconds=later), **options)


def with_header(request: HttpRequest, name: str, change: Callable[[str], str]) -> HttpRequest:
    """The request with one header changed; a header that is changed to nothing is gone."""
    headers = tuple(
        (key, change(value.decode()).encode() if key == name.encode() else value) for key, value in request.headers
    )
    return msgspec.structs.replace(request, headers=tuple(pair for pair in headers if pair[1]))


@pytest.mark.parametrize(
    "request_",
    [
        sign(),
        sign(region="eu-west-1"),
        sign(token="session/token=="),
        sign(method="POST", body=b"<x/>"),
        sign(f"{ZONE}/rrset/", method="POST", body="é".encode()),
        sign(f"{BASE}/2013-04-01/hostedzone//hostedzone/Z1/rrset"),
        sign(f"{BASE}/2013-04-01/hostedzone/%2Fhostedzone%2FZ1"),
        sign(f"{BASE}/2013-04-01/./hostedzone/x/../Z1"),
        sign(f"{BASE}/2013-04-01/hostedzone/a%20b%C3%A9~-_.%25"),
        sign(f"{BASE}/2013-04-01/tags/a*b(c)'!$&,;=:@"),
        sign(BASE),
        sign(f"{BASE}/"),
        sign(f"{ZONE}/rrset?name=%5C052.x.&type=A&maxitems=1"),
        sign(f"{ZONE}/rrset?type=A&name=a%20b&name=B&name="),
        sign(f"{ZONE}/rrset?name=%C3%A9%E2%82%AC&x=%2F~%25%2B&empty"),
        sign(f"{ZONE}/rrset?name=%FF"),
        sign(headers={"X-Amz-Meta": "  two   blanks ", "X-Other": "é"}),
        presign(),
        presign(f"{ZONE}/rrset?name=a%20b&type=A"),
        presign(token="session/token=="),
        presign(expires=604_800),
    ],
)
def test_signatures_of_the_stock_client_are_good(request_: HttpRequest) -> None:
    """What botocore signs we accept, whatever the path and query look like (R-SIG-1..3)."""
    assert check(request_) == CREDENTIAL


@settings(deadline=None, max_examples=200)
@given(
    path=st.lists(st.sampled_from(["", ".", "..", "a", "%2F", "%20", "~", "*", "%C3%A9", "Z1"]), max_size=6),
    query=st.dictionaries(st.text(min_size=1), st.text(), max_size=4),
    body=st.binary(),
)
def test_any_request_of_the_stock_client_is_good(path: list[str], query: dict[str, str], body: bytes) -> None:
    """The law behind the table above."""
    request = AWSRequest(method="POST", url=f"{BASE}/{'/'.join(path)}", data=body, params=query)
    SigV4Auth(Credentials(KEY, SECRET), "route53", "us-east-1").add_auth(request)

    assert check(received(request.prepare()), now=datetime.now(UTC)) == CREDENTIAL


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        (b"", "/"),
        (b"/", "/"),
        (b"//", "/"),
        (b"/a/rrset/", "/a/rrset/"),
        (b"/a//b", "/a/b"),
        (b"/a/./b/../c", "/a/c"),
        (b"/../..", "/"),
        (b"/%2Fa", "/%252Fa"),
        (b"/a b\xc3\xa9~", "/a%20b%C3%A9~"),
    ],
)
def test_canonical_path(path: bytes, canonical: str) -> None:
    """Dots and doubled slashes go, what is left is encoded once more, a final slash stays (R-SIG-3)."""
    assert canonical_path(path) == canonical


GOOD = sign(f"{ZONE}/rrset?name=a", method="POST", body=b"<x/>")
PRESIGNED = presign(f"{ZONE}/rrset?name=a")


@pytest.mark.parametrize(
    "request_",
    [
        msgspec.structs.replace(GOOD, method="PUT"),
        msgspec.structs.replace(GOOD, path=b"/2013-04-01/hostedzone/Z2/rrset"),
        msgspec.structs.replace(GOOD, path=GOOD.path + b"/"),
        msgspec.structs.replace(GOOD, path=GOOD.path.replace(b"/Z1", b"%2FZ1")),
        msgspec.structs.replace(GOOD, query=b"name=b"),
        msgspec.structs.replace(GOOD, query=b"name=a&type=A"),
        msgspec.structs.replace(GOOD, query=b""),
        msgspec.structs.replace(GOOD, body=b"<y/>"),
        msgspec.structs.replace(GOOD, body=b""),
        with_header(GOOD, "host", lambda value: "elsewhere"),
        with_header(GOOD, "host", lambda value: ""),
        with_header(GOOD, "authorization", lambda value: value[:-1] + ("0" if value[-1] != "0" else "1")),
        with_header(GOOD, "authorization", lambda value: value + "0"),
        with_header(GOOD, "authorization", lambda value: value.replace("us-east-1", "us-east-2")),
        with_header(sign(token="t"), "x-amz-security-token", lambda value: "other"),
        sign(secret="another"),
        sign(secret=""),
        msgspec.structs.replace(PRESIGNED, query=PRESIGNED.query.replace(b"name=a", b"name=b")),
        msgspec.structs.replace(PRESIGNED, query=PRESIGNED.query.replace(b"Expires=300", b"Expires=900")),
        msgspec.structs.replace(PRESIGNED, path=b"/2013-04-01/hostedzone/Z2/rrset"),
    ],
)
def test_tampering_is_seen(request_: HttpRequest) -> None:
    """Whatever is changed after signing, the signature does not match (R-SIG-4)."""
    with pytest.raises(ApiError) as raised:
        check(request_)

    assert raised.value.code == "SignatureDoesNotMatch"
    assert raised.value.message.startswith(
        "The request signature we calculated does not match the signature you provided."
    )


def authorization(change: Callable[[str], str]) -> HttpRequest:
    return with_header(sign(), "authorization", change)


def presigned(old: bytes, new: bytes) -> HttpRequest:
    request = presign()
    assert old in request.query
    return msgspec.structs.replace(request, query=request.query.replace(old, new))


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (HttpRequest("GET", b"/", b"", (), b""), "MissingAuthenticationToken", "Missing Authentication Token"),
        (authorization(lambda value: ""), "MissingAuthenticationToken", "Missing Authentication Token"),
        (sign(key="AKIAOTHER"), "InvalidClientTokenId", "The security token included in the request is invalid."),
        (
            presigned(KEY.encode(), b"AKIA%00"),
            "InvalidClientTokenId",
            "The security token included in the request is in",
        ),
        (
            presigned(KEY.encode(), b"AKIA%FF"),
            "InvalidClientTokenId",
            "The security token included in the request is in",
        ),
        (authorization(lambda value: "Basic eDp5"), "IncompleteSignature", "'Basic' is not supported."),
        (
            authorization(lambda value: "AWS4-HMAC-SHA256"),
            "IncompleteSignature",
            "requires 'Credential' parameter. Auth",
        ),
        (authorization(lambda value: value.split(" Sig")[0]), "IncompleteSignature", "requires 'Signature' parameter."),
        (
            authorization(lambda value: value.replace("SignedHeaders", "Signed")),
            "IncompleteSignature",
            "requires 'SignedHeaders' parameter.",
        ),
        (
            authorization(lambda value: value.replace("/route53/", "/")),
            "IncompleteSignature",
            "Credential must have exactly 5 slash-delimited elements",
        ),
        (with_header(sign(), "x-amz-date", lambda value: ""), "IncompleteSignature", "'X-Amz-Date' header"),
        (with_header(sign(), "x-amz-date", lambda value: value[:8] + "noon"), "IncompleteSignature", "Date must be in"),
        (
            with_header(sign(), "x-amz-date", lambda value: "20200101T000000Z"),
            "SignatureDoesNotMatch",
            "Date in Credential scope does not match",
        ),
        (sign(service="iam"), "SignatureDoesNotMatch", "scoped to correct service: 'route53'"),
        (
            authorization(lambda value: value.replace("aws4_request", "aws5_request")),
            "SignatureDoesNotMatch",
            "valid terminator: 'aws4_request'",
        ),
        (
            authorization(lambda value: value.replace("host;", "")),
            "SignatureDoesNotMatch",
            "'Host' must be a 'SignedHeader'",
        ),
        (
            authorization(lambda value: value.replace(";x-amz-date", "")),
            "SignatureDoesNotMatch",
            "'X-Amz-Date' must be a 'SignedHeader'",
        ),
        (
            sign(headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}),
            "SignatureDoesNotMatch",
            "UNSIGNED-PAYLOAD is not accepted",
        ),
        (sign(headers={"X-Amz-Content-SHA256": "0" * 64}), "SignatureDoesNotMatch", "is not the SHA-256 of the body"),
        (presigned(b"AWS4-HMAC-SHA256", b"AWS4"), "IncompleteSignature", "'X-Amz-Algorithm' must be"),
        (presigned(b"X-Amz-Expires=300", b""), "IncompleteSignature", "must include 'X-Amz-Expires'"),
        (presigned(b"Expires=300", b"Expires=604801"), "IncompleteSignature", "from 1 to 604800"),
        (presigned(b"Expires=300", b"Expires=0"), "IncompleteSignature", "from 1 to 604800"),
        (presigned(b"Expires=300", b"Expires=-1"), "IncompleteSignature", "from 1 to 604800"),
        (presigned(b"X-Amz-Signature=", b"X-Amz-Other="), "IncompleteSignature", "must include 'X-Amz-Signature'"),
    ],
)
def test_each_fault_has_its_error(request_: HttpRequest, code: str, text: str) -> None:
    """What is wrong with a signature is said by code and in words (R-SIG-4)."""
    with pytest.raises(ApiError) as raised:
        check(request_)

    assert raised.value.code == code
    assert text in raised.value.message


@pytest.mark.parametrize(
    ("request_", "later", "code"),
    [
        (sign(), 14 * 60, None),
        (sign(), -14 * 60, None),
        (sign(), 16 * 60, "RequestExpired"),
        (sign(), -16 * 60, "SignatureDoesNotMatch"),
        (presign(expires=5), 20, "RequestExpired"),
        (presign(expires=3600), 3000, None),
        (presign(expires=3600), 3700, "RequestExpired"),
    ],
)
def test_signatures_are_good_for_a_while(request_: HttpRequest, later: float, code: str | None) -> None:
    """Clocks may differ by 15 minutes; a presigned request is good for as long as it says (R-SIG-4)."""
    try:
        check(request_, later=later)
    except ApiError as error:
        assert error.code == code  # noqa: PT017  the row says which it is
    else:
        assert code is None


def test_services_are_the_servers_choice() -> None:
    """A signature for one service is no signature for another."""
    request = sign(service="route53domains")

    assert check(request, now=datetime.now(UTC), services=frozenset({"route53", "route53domains"})) == CREDENTIAL


@pytest.mark.parametrize(
    ("request_", "signed"), [(sign(), True), (presign(), True), (HttpRequest("GET", b"/", b"", (), b""), False)]
)
def test_whether_a_request_is_signed(request_: HttpRequest, signed: bool) -> None:
    """A signature may be in a header or in the query."""
    assert is_signed(request_) == signed

"""Bad input of every kind gets the documented error over a real socket, and costs nothing else (R-EEN-*, R-SIG-4)."""

import http.client
from typing import NamedTuple

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.journeys.site import Site

pytestmark = pytest.mark.journey

NS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'
ZONE = (
    f"<CreateHostedZoneRequest {NS}><Name>x.example</Name>"
    "<CallerReference>r</CallerReference></CreateHostedZoneRequest>"
)


class Case(NamedTuple):
    """One request, and the status and code it must get."""

    what: str
    status: int
    code: str
    method: str = "POST"
    path: str = "/2013-04-01/hostedzone"
    body: str = ZONE
    signed: bool = True
    secret: str = ""
    key: str = ""


CASES = [
    Case("not XML", 400, "MalformedInput", body="<CreateHostedZoneRequest"),
    Case("an empty body", 400, "InvalidInput", body=""),
    Case("binary", 400, "MalformedInput", body="\x00\x01\xff"),
    Case("wrong root", 400, "MalformedInput", body=f"<DeleteEverything {NS}/>"),
    Case("an entity bomb", 400, "MalformedInput", body='<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'),
    Case("unknown element", 400, "InvalidInput", body=ZONE.replace("</Name>", "</Name><Colour>red</Colour>")),
    Case("missing element", 400, "InvalidInput", body=ZONE.replace("<Name>x.example</Name>", "")),
    Case("too long", 400, "InvalidInput", body=ZONE.replace(">r<", f">{'r' * 129}<")),
    Case("bad zone name", 400, "InvalidDomainName", body=ZONE.replace("x.example", "x..example")),
    Case("oversized body", 413, "RequestEntityTooLarge", body=ZONE + " " * 9_000_000),
    Case("wrong secret", 403, "SignatureDoesNotMatch", secret="wrong"),
    Case("unknown key", 403, "InvalidClientTokenId", key="AKIAIOSFODNN7EXAMPLE"),
    Case("no signature", 403, "MissingAuthenticationToken", signed=False),
    Case("unknown path", 404, "UnknownOperationException", path="/2013-04-01/hostedzones/of/others"),
    Case("unknown verb", 404, "UnknownOperationException", method="PATCH"),
    Case("unknown zone", 404, "NoSuchHostedZone", method="GET", path="/2013-04-01/hostedzone/ZNOSUCHZONE", body=""),
    Case("id too long", 400, "InvalidInput", method="GET", path="/2013-04-01/hostedzone/" + "Z" * 33, body=""),
    Case("bad number", 400, "InvalidInput", method="GET", path="/2013-04-01/hostedzone?maxitems=many", body=""),
    Case("not built", 501, "NotImplemented", path="/2013-04-01/hostedzone/Z1/enable-dnssec", body=""),
]


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_bad_input_gets_its_error(site: Site, case: Case) -> None:
    """Each kind of bad input gets the documented code in the API's envelope, and no stack trace."""
    status, body = send(site, case)

    assert (case.status, True) == (status, f"<Code>{case.code}</Code>" in body), body
    assert "<RequestId>" in body
    assert "Traceback" not in body


def test_after_all_that_the_server_still_works(site: Site) -> None:
    """Nothing of the above was stored or left the server worse."""
    assert site.route53.list_hosted_zones()["HostedZones"] == []


def send(site: Site, case: Case) -> tuple[int, str]:
    """Send a request; give the status and body of the reply."""
    octets = case.body.encode("latin-1")
    request = AWSRequest(case.method, site.url + case.path, data=octets)
    if case.signed:
        credentials = Credentials(case.key or site.key.access_key_id, case.secret or site.key.secret)
        SigV4Auth(credentials, "route53", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection(*site.api, timeout=30)
    try:
        connection.request(case.method, case.path, octets, dict(request.headers))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()

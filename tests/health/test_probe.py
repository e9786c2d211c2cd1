"""Probing real endpoints on loopback, well and badly behaved: each gets its verdict and its text (R-HCS-3)."""

from __future__ import annotations

import asyncio
import gzip
import resource
import socket
import ssl
import threading
import time
import warnings
import zlib
from collections.abc import Iterator
from ipaddress import ip_network
from itertools import repeat
from typing import Any

import pytest

from meridian.feed.health import Definition
from meridian.health.probe import TIMINGS, Outcome, Prober
from meridian.health.response import BODY_LIMIT, HEAD_LIMIT
from meridian.model.health import Options
from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock
from tests.fakes.endpoint import (
    Endpoint,
    Step,
    Unanswering,
    Unused,
    drips,
    ends,
    floods,
    hears,
    reads,
    reply,
    resets,
    secures,
    sends,
    stalls,
    tells,
    waits,
)
from tests.fakes.name_server import NameServer
from tests.health.probing import CHECK_ID, QUICK, check, probe, prober, seen

OK = "Success: HTTP Status Code 200, OK"
TIMED_OUT = (
    "Failure: Connection timed out. The endpoint or the internet connection is down, "
    "or requests are being blocked by your firewall."
)
NOT_ESTABLISHED = "Failure: The health checker could not establish a connection within the timeout limit."
SLOW = "Failure: Response timeout"
ABSENT = "Failure: String not found in the first 5120 bytes of the response body"
CUT = "Failure: The endpoint closed the connection before the response was complete"
NOTHING = "Failure: The endpoint closed the connection without a response"
RESET = "Failure: Connection reset by peer"
TOO_LARGE = "Failure: The response headers exceed 16384 bytes"
ALERT = "Failure: SSL alert handshake_failure"


def in_time_for(text: str) -> Prober:
    """A prober that loses patience quickly where that is what a test waits for, and else takes Route 53's times."""
    return prober(timings=QUICK if text in (TIMED_OUT, NOT_ESTABLISHED, SLOW) else TIMINGS)


WORD = "I am well"
BODY = WORD.encode()
HEAD = b"HTTP/1.1 200 OK\r\n"
NAME = "www.example.com"


def head_of(size: int) -> bytes:
    """A response's head of so many octets, the status line and the empty line with it."""
    head = HEAD + b"Content-Length: 0\r\nX: %b\r\n\r\n"
    return head % (b"x" * (size - len(head) + 2))


def raw_deflate(octets: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(octets) + stream.flush()


def padded(before: int) -> bytes:
    """A body whose string begins after so many octets."""
    return b"." * before + BODY + b"." * 100


def endless() -> Iterator[bytes]:
    return repeat(b"." * 4096)


def bomb() -> bytes:
    """64 MiB of nothing, compressed."""
    return gzip.compress(bytes(64 * 2**20))


def empty_blocks() -> Iterator[bytes]:
    """A gzip body that goes on without end and decodes to nothing."""
    yield reply(200, b"", "Content-Encoding: gzip", length=10**9)
    yield gzip.compress(b"")[:10]
    yield from repeat(b"\0\0\0\xff\xff" * 1000)  # stored blocks of no octets


HTTP_CASES: dict[str, tuple[bool, str, tuple[Step, ...]]] = {
    "200": (True, OK, (reads, sends(reply(200)))),
    "204": (True, "Success: HTTP Status Code 204, No Content", (reads, sends(b"HTTP/1.1 204 N\r\n\r\n"))),
    "301": (True, "Success: HTTP Status Code 301, Moved Permanently", (reads, sends(reply(301)))),
    "304": (True, "Success: HTTP Status Code 304, Not Modified", (reads, sends(b"HTTP/1.1 304 N\r\n\r\n"))),
    "399": (True, "Success: HTTP Status Code 399, Unknown", (reads, sends(reply(399)))),
    "400": (False, "Failure: HTTP Status Code 400, Bad Request", (reads, sends(reply(400)))),
    "404": (False, "Failure: HTTP Status Code 404, Not Found", (reads, sends(reply(404)))),
    "503": (False, "Failure: HTTP Status Code 503, Service Unavailable", (reads, sends(reply(503)))),
    "101": (False, "Failure: HTTP Status Code 101, Switching Protocols", (reads, sends(b"HTTP/1.1 101 S\r\n\r\n"))),
    "HTTP/1.0": (True, OK, (reads, sends(b"HTTP/1.0 200 OK\r\n\r\nhi"))),
    "no reason phrase": (True, OK, (reads, sends(b"HTTP/1.1 200\r\n\r\n"))),
    "the reason is not the endpoint's": (True, OK, (reads, sends(b"HTTP/1.1 200 Failure\r\n\r\n"))),
    "interim responses": (
        True,
        OK,
        (reads, sends(b"HTTP/1.1 100 C\r\n\r\n"), sends(b"HTTP/1.1 103 E\r\nLink: x\r\n\r\n"), sends(reply(200))),
    ),
    "nothing but an interim response": (False, NOTHING, (reads, sends(b"HTTP/1.1 100 C\r\n\r\n"))),
    "interim responses without end": (False, TOO_LARGE, (reads, floods(lambda: repeat(b"HTTP/1.1 100 C\r\n\r\n")))),
    "body cut off": (True, OK, (reads, sends(reply(200, b"x", length=100)))),
    "body without end": (True, OK, (reads, sends(HEAD + b"\r\n"), floods(endless))),
    "answers before it is asked": (True, OK, (sends(reply(200)), stalls)),
    "stalls at once": (False, SLOW, (stalls,)),
    "stalls after the request": (False, SLOW, (reads, stalls)),
    "stalls in the status line": (False, SLOW, (reads, sends(b"HTTP/1.1 2"), stalls)),
    "stalls in the fields": (False, SLOW, (reads, sends(HEAD + b"X: y\r\n"), stalls)),
    "drips fields": (False, SLOW, (reads, sends(HEAD + b"X: "), drips(repeat(0x79)))),
    "drips all in time": (True, OK, (reads, drips(b"HTTP/1.1 200\r\n\r\n", 0.001))),
    "closes at once": (False, NOTHING, (ends,)),
    "closes after the request": (False, NOTHING, (reads,)),
    "closes in the fields": (False, NOTHING, (reads, sends(HEAD + b"X: y\r\n"))),
    "resets after the request": (False, RESET, (reads, resets)),
    "resets in the fields": (False, RESET, (reads, sends(HEAD), resets)),
    "largest head": (True, OK, (reads, sends(head_of(HEAD_LIMIT)))),
    "head too large": (False, TOO_LARGE, (reads, sends(head_of(HEAD_LIMIT + 1)))),
    "head without end": (False, TOO_LARGE, (reads, sends(HEAD), floods(lambda: repeat(b"X: yyyyyyyyyyyyy\r\n")))),
    "field without end": (False, TOO_LARGE, (reads, sends(HEAD + b"X: "), floods(endless))),
    "field without a colon": (
        False,
        "Failure: The response is not valid HTTP: Invalid header token",
        (reads, sends(HEAD + b"A b\r\n\r\n")),
    ),
    "space before the colon": (
        False,
        "Failure: The response is not valid HTTP: Invalid header token",
        (reads, sends(HEAD + b"A : b\r\n\r\n")),
    ),
    "two lengths": (
        False,
        "Failure: The response is not valid HTTP: Duplicate Content-Length",
        (reads, sends(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx")),
    ),
    "another protocol": (
        False,
        "Failure: The response is not valid HTTP: Expected HTTP/, RTSP/ or ICE/",
        (sends(b"SSH-2.0-OpenSSH_9.9\r\n"), stalls),
    ),
}


@pytest.mark.parametrize("case", HTTP_CASES)
def test_http(case: str) -> None:
    """A status of 2xx or 3xx in a well-formed head in time is success, all else is failure (R-HCP-3, R-HCP-11)."""
    healthy, text, steps = HTTP_CASES[case]
    with Endpoint(*steps) as endpoint:
        assert (healthy, text) == seen(probe(check(port=endpoint.port), in_time_for(text)))


STRING_CASES: dict[str, tuple[bool, str, tuple[Step, ...]]] = {
    "there": (True, OK, (reads, sends(reply(200, b"Yes, I am well.")))),
    "other case": (False, ABSENT, (reads, sends(reply(200, b"Yes, I AM WELL.")))),
    "absent": (False, ABSENT, (reads, sends(reply(200, b"Yes.")))),
    "no body": (False, ABSENT, (reads, sends(reply(200)))),
    "in a field alone": (False, ABSENT, (reads, sends(reply(200, b"", f"X: {WORD}")))),
    "there, with 404": (False, "Failure: HTTP Status Code 404, Not Found", (reads, sends(reply(404, BODY)))),
    "there, with 302": (True, "Success: HTTP Status Code 302, Found", (reads, sends(reply(302, BODY)))),
    "ends at the last octet": (True, OK, (reads, sends(reply(200, padded(BODY_LIMIT - len(BODY)))))),
    "crosses the last octet": (False, ABSENT, (reads, sends(reply(200, padded(BODY_LIMIT - len(BODY) + 1))))),
    "begins behind the last octet": (False, ABSENT, (reads, sends(reply(200, padded(BODY_LIMIT))))),
    "in two parts": (True, OK, (reads, sends(reply(200, b"I a", length=9)), drips(b"m well"))),
    "until the end of the connection": (True, OK, (reads, sends(HEAD + b"\r\nYes, I am well."))),
    "chunked": (True, OK, (reads, sends(reply(200, BODY, chunked=True)))),
    "in two chunks": (
        True,
        OK,
        (reads, sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nI a\r\n6\r\nm well\r\n0\r\n\r\n")),
    ),
    "chunks that are none": (
        False,
        "Failure: The response is not valid HTTP: Invalid character in chunk size",
        (reads, sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")),
    ),
    "gzip": (True, OK, (reads, sends(reply(200, gzip.compress(BODY), "Content-Encoding: gzip")))),
    "gzip, chunked": (
        True,
        OK,
        (reads, sends(reply(200, gzip.compress(BODY), "content-encoding: GZIP", chunked=True))),
    ),
    "deflate": (True, OK, (reads, sends(reply(200, zlib.compress(BODY), "Content-Encoding: deflate")))),
    "bare deflate": (True, OK, (reads, sends(reply(200, raw_deflate(BODY), "Content-Encoding: deflate")))),
    "gzip, octet by octet": (
        True,
        OK,
        (
            reads,
            sends(reply(200, b"", "Content-Encoding: gzip", length=len(gzip.compress(BODY)))),
            drips(gzip.compress(BODY), 0.001),
        ),
    ),
    "gzip, at the last decoded octet": (
        True,
        OK,
        (reads, sends(reply(200, gzip.compress(padded(BODY_LIMIT - len(BODY))), "Content-Encoding: gzip"))),
    ),
    "gzip, behind it": (
        False,
        ABSENT,
        (reads, sends(reply(200, gzip.compress(padded(BODY_LIMIT - len(BODY) + 1)), "Content-Encoding: gzip"))),
    ),
    "an unknown coding is searched as it comes": (True, OK, (reads, sends(reply(200, BODY, "Content-Encoding: br")))),
    "gzip that is none": (
        False,
        "Failure: The response body is not valid gzip",
        (reads, sends(reply(200, BODY, "Content-Encoding: gzip"))),
    ),
    "compressed bomb": (False, ABSENT, (reads, sends(reply(200, bomb(), "Content-Encoding: gzip")))),
    "gzip without end or content": (False, ABSENT, (reads, floods(empty_blocks))),
    "body without end": (False, ABSENT, (reads, sends(HEAD + b"\r\n"), floods(endless))),
    "body without end, with the string": (True, OK, (reads, sends(HEAD + b"\r\nI am well"), floods(endless))),
    "stalls after the head": (False, SLOW, (reads, sends(reply(200, length=9)), stalls)),
    "stalls in the body": (False, SLOW, (reads, sends(reply(200, b"I am", length=9)), stalls)),
    "stalls after the string": (True, OK, (reads, sends(reply(200, BODY, length=100)), stalls)),
    "drips the body": (False, SLOW, (reads, sends(reply(200, length=5000)), drips(repeat(0x2E)))),
    "cut off": (False, CUT, (reads, sends(reply(200, b"I am", length=9)))),
    "cut off after the string": (True, OK, (reads, sends(reply(200, BODY, length=100)))),
    "chunks cut off": (False, CUT, (reads, sends(reply(200, BODY, chunked=True)[:-17]))),
    "reset": (False, RESET, (reads, sends(reply(200, b"I am", length=9)), resets)),
}


@pytest.mark.parametrize("case", STRING_CASES)
def test_string_match(case: str) -> None:
    """The string has to lie in the first 5,120 decoded octets of the body, in time and case-sensitive (R-HCP-5)."""
    healthy, text, steps = STRING_CASES[case]
    with Endpoint(*steps) as endpoint:
        outcome = probe(check("HTTP_STR_MATCH", port=endpoint.port, search_string=WORD), in_time_for(text))
    assert (healthy, text) == seen(outcome)


def test_tcp_connects_and_sends_nothing() -> None:
    """A TCP check is content with a connection, and sends nothing on it (R-HCP-4)."""
    with Endpoint(hears) as endpoint:
        assert seen(probe(check("TCP", port=endpoint.port))) == (True, "Success: TCP connection established")
    assert (endpoint.visits, endpoint.requests) == (1, [""])


@pytest.mark.parametrize("type", ["TCP", "HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH"])
def test_no_connection(type: str) -> None:
    """A refused connection and one that does not come about each have their text, with all types."""
    with Unused() as port:
        assert seen(probe(check(type, port=port, search_string=WORD))) == (False, "Failure: Connection refused")
    with Unanswering() as port:
        outcome = probe(check(type, port=port, search_string=WORD), in_time_for(TIMED_OUT))
    assert seen(outcome) == (False, TIMED_OUT)


def test_redirects_are_not_followed() -> None:
    """A redirect to itself is success after one request (R-HCP-3)."""
    with Endpoint(reads, sends(reply(302, b"", "Location: /"))) as endpoint:
        assert seen(probe(check(port=endpoint.port))) == (True, "Success: HTTP Status Code 302, Found")
    assert endpoint.visits == 1


def test_ipv6() -> None:
    """An endpoint with IPv6 alone is probed there, its address in brackets in the Host field (R-HCP-9)."""
    with Endpoint(reads, sends(reply(200)), family=socket.AF_INET6) as endpoint:
        assert seen(probe(check(ip_address="::1", port=endpoint.port))) == (True, OK)
        assert f"Host: [::1]:{endpoint.port}\r\n" in endpoint.requests[0]
        assert seen(probe(check(ip_address="127.0.0.1", port=endpoint.port))) == (False, "Failure: Connection refused")
        assert probe(check("TCP", ip_address="::1", port=endpoint.port)).healthy


def test_latencies_are_measured_as_far_as_it_comes(authority: Authority) -> None:
    """Connection, handshake and first octet are measured, each where there is one."""
    with Endpoint(secures(authority.serving(NAME)), reads, sends(reply(200))) as endpoint:
        https = probe(check("HTTPS", port=endpoint.port))
    with Endpoint(stalls) as endpoint:
        silent = probe(check(port=endpoint.port), in_time_for(SLOW))
        tcp = probe(check("TCP", port=endpoint.port))
    with Unused() as port:
        refused = probe(check(port=port))

    def measured(outcome: Any) -> list[bool]:
        return [bool(ms and ms > 0) for ms in (outcome.connect_ms, outcome.tls_ms, outcome.first_byte_ms)]

    assert measured(https) == [True, True, True]
    assert measured(silent) == measured(tcp) == [True, False, False]
    assert measured(refused) == [False, False, False]


# --- TLS ----------------------------------------------------------------------------------------

BY_NAME: dict[str, Any] = {"ip_address": "127.0.0.1", "fully_qualified_domain_name": NAME, "enable_sni": True}


def https(endpoint: Endpoint, options: Options = Options(), **config: Any) -> Definition:  # noqa: B008
    return check("HTTPS", port=endpoint.port, options=options, **{**BY_NAME, **config})


@pytest.mark.parametrize(("names", "days"), [((NAME,), 30.0), ((NAME,), -1.0), (("other.test",), 30.0), ((), -400.0)])
def test_certificates_are_not_looked_at(authority: Authority, names: tuple[str, ...], days: float) -> None:
    """Whoever signed a certificate, whom it is for and when it expires makes no difference (R-HCP-6)."""
    with Endpoint(secures(authority.serving(*names, days=days)), reads, sends(reply(200))) as endpoint:
        assert seen(probe(https(endpoint))) == (True, OK)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_all_versions(authority: Authority, version: ssl.TLSVersion) -> None:
    """TLS 1.0 is spoken as well as 1.3 (R-HCP-6)."""
    context = authority.serving(NAME)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with Endpoint(secures(context), reads, sends(reply(200))) as endpoint:
        assert seen(probe(https(endpoint))) == (True, OK)


TLS_CASES: dict[str, tuple[str, tuple[Step, ...]]] = {
    "stalls": (NOT_ESTABLISHED, (stalls,)),
    "drips": (NOT_ESTABLISHED, (drips(b"\x16\x03\x03\x40\x00" + bytes(1000)),)),
    "closes": ("Failure: The endpoint closed the connection during TLS", (ends,)),
    "resets": (RESET, (resets,)),
    "plain HTTP": ("Failure: SSL error: wrong version number", (sends(reply(400)), stalls)),
    "an alert": ("Failure: SSL alert protocol_version", (sends(b"\x15\x03\x01\x00\x02\x02\x46"), stalls)),
}


@pytest.mark.parametrize("case", TLS_CASES)
def test_no_tls(case: str) -> None:
    """A handshake that does not come about is failure, with what the endpoint did instead."""
    text, steps = TLS_CASES[case]
    with Endpoint(*steps) as endpoint:
        assert seen(probe(https(endpoint), in_time_for(text))) == (False, text)


def test_string_match_over_tls(authority: Authority) -> None:
    """HTTPS_STR_MATCH searches what comes through TLS (R-HCP-5)."""
    body = reply(200, gzip.compress(BODY), "Content-Encoding: gzip", chunked=True)
    with Endpoint(secures(authority.serving(NAME)), reads, sends(body)) as endpoint:
        found = check("HTTPS_STR_MATCH", port=endpoint.port, search_string=WORD, **BY_NAME)
        absent = check("HTTPS_STR_MATCH", port=endpoint.port, search_string=WORD.upper(), **BY_NAME)
        assert [seen(probe(found)), seen(probe(absent))] == [(True, OK), (False, ABSENT)]


def sni_only(authority: Authority) -> ssl.SSLContext:
    """Ends every handshake in which it is not told whom the visitor wants."""
    context = authority.serving(NAME)
    context.sni_callback = lambda sock, name, _: None if name else ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
    return context


def test_sni_is_sent_where_it_is_enabled(authority: Authority) -> None:
    """With EnableSNI the name is in the ClientHello; without, endpoints that need it fail (R-HCP-7, R-HCP-8)."""
    with Endpoint(secures(sni_only(authority)), reads, sends(reply(200))) as endpoint:
        assert seen(probe(https(endpoint))) == (True, OK)
        assert seen(probe(https(endpoint, enable_sni=False))) == (False, ALERT)
        assert seen(probe(https(endpoint, fully_qualified_domain_name=None))) == (False, ALERT)
    assert endpoint.names == [NAME, None, None]


@pytest.mark.parametrize(
    ("served", "asked", "names"),
    [
        ([NAME], NAME, [NAME]),
        ([NAME.upper()], NAME, [NAME]),
        ([NAME], NAME + ".", [NAME]),
        (["*.example.com"], NAME, [NAME]),
        (["*.com"], NAME, [NAME, None]),
        (["*.www.example.com"], NAME, [NAME, None]),
        (["other.test"], NAME, [NAME, None]),
        ([], NAME, [NAME, None]),
    ],
)
def test_a_certificate_for_others_is_asked_for_once_more(
    authority: Authority, served: list[str], asked: str, names: list[str | None]
) -> None:
    """Where the certificate lacks the name, the handshake is repeated once without SNI (R-HCP-7)."""
    with Endpoint(secures(authority.serving(*served)), reads, sends(reply(200))) as endpoint:
        assert seen(probe(https(endpoint, fully_qualified_domain_name=asked))) == (True, OK)
    assert endpoint.names == names


def test_the_handshake_without_sni_may_fail(authority: Authority) -> None:
    """After a certificate for others, an endpoint that insists on SNI fails the check."""
    context = authority.serving("other.test")
    context.sni_callback = lambda sock, name, _: None if name else ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
    with Endpoint(secures(context), reads, sends(reply(200))) as endpoint:
        assert seen(probe(https(endpoint))) == (False, ALERT)


def test_the_common_name_counts(authority: Authority) -> None:
    """A certificate without alternative names is for its common name."""
    with Endpoint(secures(authority.serving(common=NAME)), reads, sends(reply(200))) as endpoint:
        assert seen(probe(https(endpoint))) == (True, OK)
    assert endpoint.names == [NAME]


@pytest.mark.parametrize(
    ("served", "days", "config", "text"),
    [
        ([NAME], 30, {}, OK),
        ([NAME], 30, {"enable_sni": False}, OK),
        (["127.0.0.1"], 30, {"fully_qualified_domain_name": None}, OK),
        ([NAME], -1, {}, "Failure: The certificate is not accepted: certificate has expired"),
        (["other.test"], 30, {}, f"Failure: The certificate is not valid for {NAME}"),
        ([NAME], 30, {"fully_qualified_domain_name": None}, "Failure: The certificate is not valid for 127.0.0.1"),
    ],
)
def test_certificates_are_verified_where_that_is_asked_for(
    authority: Authority, served: list[str], days: float, config: dict[str, Any], text: str
) -> None:
    """The option verify_certificate wants a chain that is trusted, a name that fits and dates that hold."""
    trusting = prober(trusted=authority.trusting())
    with Endpoint(secures(authority.serving(*served, days=days)), reads, sends(reply(200))) as endpoint:
        outcome = probe(https(endpoint, Options(verify_certificate=True), **config), trusting)
    assert seen(outcome) == (text == OK, text)


def test_a_certificate_that_nobody_signed_is_not_trusted(authority: Authority) -> None:
    """Without roots of its own, a checker trusts those of the system."""
    with Endpoint(secures(authority.serving(NAME)), reads, sends(reply(200))) as endpoint:
        outcome = probe(https(endpoint, Options(verify_certificate=True)))
    assert (outcome.healthy, outcome.text[:44]) == (False, "Failure: The certificate is not accepted: un")


@pytest.mark.parametrize(
    ("days", "asked", "said"),
    [(29.5, 29, None), (29.5, 30, "expires in 29 days"), (0.5, 0, None), (-0.5, 0, "has expired")],
)
def test_days_that_a_certificate_must_have_left(
    authority: Authority, days: float, asked: int, said: str | None
) -> None:
    """The option certificate_days tells of a certificate before it expires, with the days left."""
    with Endpoint(secures(authority.serving(NAME, days=days)), reads, sends(reply(200))) as endpoint:
        outcome = probe(https(endpoint, Options(certificate_days=asked)))
    if said is None:
        assert seen(outcome) == (True, OK)
    else:
        assert not outcome.healthy
        assert outcome.text.startswith(f"Failure: The certificate {said}, on 20")
        assert outcome.text.endswith(f"; {asked} days are asked for")


@pytest.mark.parametrize("name", [".example.com", "a" * 64 + ".com"])
def test_a_name_that_tls_cannot_carry(authority: Authority, name: str) -> None:
    """A name that is no host name fails the check, and nothing else."""
    with Endpoint(secures(authority.serving(NAME)), reads, sends(reply(200))) as endpoint:
        outcome = probe(https(endpoint, fully_qualified_domain_name=name))
    assert seen(outcome) == (False, f"Failure: {name} cannot be sent as SNI")


# --- the request --------------------------------------------------------------------------------


def asked(**config: Any) -> str:
    """What an endpoint is sent."""
    with Endpoint(reads, sends(reply(200))) as endpoint:
        assert probe(check(port=endpoint.port, **config)).healthy
    return endpoint.requests[0].replace(str(endpoint.port), "PORT")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (None, "GET / HTTP/1.1"),
        ("/health?full=1&x=%20", "GET /health?full=1&x=%20 HTTP/1.1"),
        ("/a b", "GET /a%20b HTTP/1.1"),
        ("/ü", "GET /%C3%BC HTTP/1.1"),
        ("/\r\nX: y", "GET /%0D%0AX:%20y HTTP/1.1"),
    ],
)
def test_the_request(path: str | None, line: str) -> None:
    """The request has these lines and no others, whatever the path is (R-HCP-12)."""
    agent = f"User-Agent: Meridian-Health-Check-Service (ref {CHECK_ID})"
    assert asked(resource_path=path) == f"{line}\r\nHost: 127.0.0.1:PORT\r\n{agent}\r\nConnection: close\r\n\r\n"


def test_the_host_is_the_name() -> None:
    """With an address to connect to, the name is in the Host field alone (R-HCP-9)."""
    assert "\r\nHost: www.example.com:PORT\r\n" in asked(ip_address="127.0.0.1", fully_qualified_domain_name=NAME)


# --- names --------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer() as running:
        yield running


def test_a_name_is_resolved_and_the_address_told(server: NameServer) -> None:
    """Texts of checks by name say which address was probed."""
    server.set(NAME, "A", "127.0.0.1")
    resolving = prober(resolvers=[server.address])
    resolved = "Resolved IP: 127.0.0.1. "
    with Endpoint(reads, sends(reply(503))) as endpoint:
        outcome = probe(check(port=endpoint.port, fully_qualified_domain_name=NAME), resolving)
        tcp = probe(check("TCP", port=endpoint.port, fully_qualified_domain_name=NAME), resolving)
    assert seen(outcome) == (False, f"Failure: HTTP Status Code: 503. {resolved}Service Unavailable")
    assert seen(tcp) == (True, f"Success: {resolved}TCP connection established")
    with Endpoint(reads, sends(reply(200))) as endpoint:
        outcome = probe(check(port=endpoint.port, fully_qualified_domain_name=NAME), resolving)
    assert seen(outcome) == (True, f"Success: HTTP Status Code: 200. {resolved}OK")
    with Unused() as port:
        outcome = probe(check(port=port, fully_qualified_domain_name=NAME), resolving)
    assert seen(outcome) == (False, f"Failure: {resolved}Connection refused")


def test_a_checker_without_resolvers_sees_nothing(server: NameServer) -> None:
    """Where no resolver can be reached, that is neither success nor failure (R-HCP-15)."""
    server.silent = True
    deaf = prober(resolvers=[server.address], patience=0.2)
    lost = probe(check(port=80, fully_qualified_domain_name=NAME), deaf)
    assert seen(lost) == (
        None,
        "Unknown: the health checker cannot look: no resolver replies: 127.0.0.1: Timeout",
    )


# --- faults of our own --------------------------------------------------------------------------


def test_a_checker_without_descriptors_or_route_sees_nothing() -> None:
    """Where this machine cannot connect to anything, that is neither success nor failure (R-HCP-15)."""

    async def without_descriptors() -> Outcome:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with open("/dev/null") as last:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (last.fileno() + 1, hard))
                return await prober().probe(check(port=80))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    unknown = "Unknown: the health checker cannot look: "
    assert seen(asyncio.run(without_descriptors())) == (None, unknown + "Too many open files")
    everywhere = prober(private_targets=[ip_network("0.0.0.0/0")])
    # No route leads there: the system does not connect to a broadcast address.
    broadcast = probe(check(ip_address="255.255.255.255", port=80), everywhere)
    assert seen(broadcast) == (None, unknown + "Network is unreachable")


def test_what_came_while_this_machine_was_held_up_counts() -> None:
    """A response that was there in time is success, although the checker itself comes too late to it."""
    asked, held_up, replied = threading.Event(), threading.Event(), threading.Event()
    steps = (reads, tells(asked), waits(held_up), sends(reply(200)), tells(replied))

    async def hold_up() -> None:
        await asyncio.to_thread(asked.wait)
        held_up.set()
        replied.wait()
        time.sleep(QUICK.status * 1.5)  # past the deadline, with nobody looking

    async def run(port: int) -> Outcome:
        outcome, _ = await asyncio.gather(prober(timings=QUICK).probe(check(port=port)), hold_up())
        return outcome

    with Endpoint(*steps) as endpoint:
        assert seen(asyncio.run(run(endpoint.port))) == (True, OK)


def test_a_clock_that_is_wrong_changes_certificates_alone(authority: Authority) -> None:
    """Days are counted from the clock that is passed in."""
    clock = FakeClock()
    with Endpoint(secures(authority.serving(NAME, days=36500)), reads, sends(reply(200))) as endpoint:
        outcome = probe(https(endpoint, Options(certificate_days=825)), prober(clock=clock))
        assert outcome.healthy
        clock.step(37000 * 86400)
        assert "has expired" in probe(https(endpoint, Options(certificate_days=0)), prober(clock=clock)).text

"""Reading what endpoints respond with, in whatever parts it comes."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.health.response import BODY_LIMIT, HEAD_LIMIT, BadResponse, Response
from tests.fakes.endpoint import reply

BODY = b"".join(b"%d " % number for number in range(3000))  # longer than what is searched
WHOLE = [
    reply(200, BODY),
    reply(200, BODY, chunked=True),
    reply(503, gzip.compress(BODY), "Content-Encoding: gzip"),
    reply(200, gzip.compress(BODY), "Content-Encoding: x-gzip", chunked=True),
    b"HTTP/1.1 100 Continue\r\n\r\n" + reply(404, BODY[:100]),
    b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    reply(204),
]


def parts(octets: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    """The octets, cut at these places."""
    places = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    return (octets[start:end] for start, end in pairwise(places))


def read(octets: bytes, cuts: Sequence[int] = ()) -> Response:
    response = Response()
    for part in parts(octets, cuts):
        response.feed(part)
    return response


@given(whole=st.sampled_from(WHOLE), cuts=st.lists(st.integers(0, 40_000), max_size=30))
def test_it_does_not_matter_how_a_response_is_cut(whole: bytes, cuts: list[int]) -> None:
    """Any cutting of the octets into parts reads as the whole does."""
    once, cut = read(whole), read(whole, cuts)
    assert (once.status, once.body) == (cut.status, cut.body)
    assert len(once.body) <= BODY_LIMIT
    assert BODY.startswith(once.body)


@given(
    start=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", *WHOLE]),
    more=st.binary(max_size=400),
    cuts=st.lists(st.integers(0, 40_000), max_size=10),
)
def test_octets_of_any_kind_are_a_response_or_none(start: bytes, more: bytes, cuts: list[int]) -> None:
    """Nothing that an endpoint sends raises anything but BadResponse."""
    response = Response()
    with suppress(BadResponse):
        for part in (*parts(start + more, cuts), b""):
            response.feed(part)
        assert response.is_complete
    assert len(response.body) <= BODY_LIMIT


def endless(head: bytes, part: bytes) -> Iterator[bytes]:
    yield head
    while True:
        yield part


FLOODS = {
    "body": endless(b"HTTP/1.1 200 OK\r\n\r\n", bytes(16_384)),
    "bomb": endless(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(256 * 2**20))[:16_000],
        b"\0" * 16_384,
    ),
    "field": endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 16_384),
    "fields": endless(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n" * 1000),
    "interim": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "chunks": endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n", b"1;x=y\r\n\0\r\n" * 1000
    ),
    "chunk extension": endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", b"y" * 16_384),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_is_cut_off(kind: str) -> None:
    """Whatever an endpoint sends without end, reading ends after some hundred kilobytes, and memory stays small."""
    response = Response()
    taken = 0
    tracemalloc.start()
    with suppress(BadResponse):
        for part in FLOODS[kind]:
            taken += len(part)
            response.feed(part)
            if response.is_complete:
                break
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert taken <= HEAD_LIMIT + 128 * 1024
    assert peak < 256 * 1024

"""A request and a reply as they are on the line, before anything is decoded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import msgspec


class HttpRequest(msgspec.Struct, frozen=True):
    """
    One request.

    Attributes:
        path: Before percent-decoding and without the query: what the client signed (R-SIG-3).
        query: Behind the question mark, before percent-decoding.
        headers: Names in lower case, in the order they came.
        parts: What stands in the path for the names in braces of a call of our own, decoded.
    """

    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    parts: Mapping[str, str] = {}

    def header(self, name: bytes) -> str:
        """The values under a lower-case name joined by commas; empty if there is none."""
        return ",".join(value.decode("latin-1") for key, value in self.headers if key == name)


class HttpReply(msgspec.Struct, frozen=True):
    """One reply. `headers` are names and values as text, without Content-Length."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class HttpStream(msgspec.Struct, frozen=True):
    """A reply that goes on: `chunks` are sent as they come, and closed when the client has gone."""

    headers: tuple[tuple[str, str], ...]
    chunks: AsyncIterator[bytes]

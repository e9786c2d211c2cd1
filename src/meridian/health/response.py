"""
What an endpoint responds with: as much of it as a health check looks at, and never more (R-HCP-5, R-HCP-11).

    feed ──▶ parser ──▶ status, fields ──▶ [gzip | deflate] ──▶ the first octets of the body

Endpoints are not ours: whatever one sends, what is kept has a bound.
"""

from __future__ import annotations

import zlib
from typing import Protocol

import httptools

HEAD_LIMIT = 16_384  # octets up to the empty line after the fields (R-HCP-11)
BODY_LIMIT = 5_120  # decoded octets that are searched (R-HCP-5)
# Octets on the wire in which the searched part of a body must come; a body that needs more is nothing but framing.
_WIRE_LIMIT = 65_536
_SWITCHING = 101  # the one interim status that no other follows


class BadResponse(Exception):
    """A response that is none, or that is too large; the message says why."""


class Response:
    """
    One response, fed with what comes.

    Attributes:
        status: The final one; None until its head is complete. Interim ones are passed over (RFC 9110 §15.2).
        body: The first decoded octets of the body, at most `BODY_LIMIT`.
        is_complete: Whether nothing more is to come that a check looks at.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.body = b""
        self.is_complete = False
        self._parser = httptools.HttpResponseParser(self)
        self._head_size = 0
        self._wire_size = 0
        self._is_framed = False
        self._coding = b""
        self._decoder: _Decoder | None = None

    def feed(self, octets: bytes) -> None:
        """
        Take what has come; no octets: the endpoint has closed the connection.

        Raises:
            BadResponse: It is no response, it is cut off, or its head is too large.
        """
        if not octets:
            self._end()
        if self.status is None:
            room = HEAD_LIMIT - self._head_size
            self._parse(octets[:room])
            self._head_size += len(octets[:room])
            if self.status is None and self._head_size == HEAD_LIMIT:
                raise BadResponse(f"The response headers exceed {HEAD_LIMIT} bytes")
            octets = octets[room:]
        if octets and not self.is_complete:
            self._parse(octets)
        self._wire_size += len(octets)
        self.is_complete = self.is_complete or self._wire_size > _WIRE_LIMIT

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser for each field."""
        field = name.lower()
        if field == b"content-encoding":
            self._coding = value.strip().lower()
        elif field in (b"content-length", b"transfer-encoding"):
            self._is_framed = True

    def on_headers_complete(self) -> None:
        """Called by the parser after the fields."""
        status = self._parser.get_status_code()
        if status >= 200 or status == _SWITCHING:
            self.status = status
            self._decoder = _decoder(self._coding)
        else:
            self._coding, self._is_framed = b"", False

    def on_body(self, octets: bytes) -> None:
        """Called by the parser for each part of the body, without its framing."""
        room = BODY_LIMIT - len(self.body)
        if room and self._decoder is not None:
            self.body += self._decoder.decode(octets, room)
        self.is_complete = self.is_complete or len(self.body) == BODY_LIMIT

    def on_message_complete(self) -> None:
        """Called by the parser after the body."""
        self.is_complete = self.status is not None

    def _parse(self, octets: bytes) -> None:
        try:
            self._parser.feed_data(octets)
        except httptools.HttpParserUpgrade:
            self.is_complete = True
        except httptools.HttpParserCallbackError as error:
            raise BadResponse(f"The response body is not valid {self._coding.decode('latin-1')}") from error
        except httptools.HttpParserError as error:
            if not self.is_complete:  # what comes after the response is none of ours
                raise BadResponse(f"The response is not valid HTTP: {error}") from None

    def _end(self) -> None:
        if self.status is None:
            raise BadResponse("The endpoint closed the connection without a response")
        if self._is_framed and not self.is_complete:
            raise BadResponse("The endpoint closed the connection before the response was complete")
        self.is_complete = True


class _Decoder(Protocol):
    def decode(self, octets: bytes, room: int) -> bytes:
        """Decode the next octets, to at most `room` of them."""
        ...


class _Plain:
    def decode(self, octets: bytes, room: int) -> bytes:
        return octets[:room]


class _Zlib:
    """
    Bounded decompression.

    Args:
        window: As `zlib.decompressobj` takes it; None: with a zlib header or without, as the first octet tells.
    """

    def __init__(self, window: int | None) -> None:
        self._window = window
        self._stream: zlib._Decompress | None = None

    def decode(self, octets: bytes, room: int) -> bytes:
        if self._stream is None:
            self._stream = zlib.decompressobj(self._window or _deflate_window(octets[0]))
        return b"" if self._stream.eof else self._stream.decompress(octets, room)


def _decoder(coding: bytes) -> _Decoder:
    """What undoes a content coding; others than gzip and deflate are searched as they come."""
    if coding in (b"gzip", b"x-gzip"):
        return _Zlib(16 + zlib.MAX_WBITS)
    return _Zlib(None) if coding == b"deflate" else _Plain()


def _deflate_window(first: int) -> int:
    """Servers send deflate with the zlib header that RFC 9110 §8.4.1.2 asks for, or bare; method 8 tells the header."""
    return zlib.MAX_WBITS if first & 0x0F == 8 else -zlib.MAX_WBITS

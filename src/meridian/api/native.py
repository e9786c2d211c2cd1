"""Calls of our own beside Route 53's: one path each, signed the same way, JSON in both directions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec

from meridian.api.context import Context
from meridian.api.gate import Gate
from meridian.api.http import HttpReply, HttpRequest, HttpStream
from meridian.api.model import load
from meridian.api.refusing import answer_or_refuse
from meridian.errors import ApiError, ChangeRejected

NativeCall = Callable[[Context, HttpRequest], Any]
"""From an admitted request to what JSON can say, or to a `Stream`. May block. Raises ApiError."""


class Stream(msgspec.Struct, frozen=True):
    """A reply that goes on; `chunks` are taken on the event loop."""

    content_type: str
    chunks: AsyncIterator[bytes]


class ByMethod:
    """One call for each method of a path."""

    def __init__(self, calls: Mapping[str, NativeCall]) -> None:
        self.calls = calls

    def __call__(self, context: Context, request: HttpRequest) -> Any:
        """Make the call for the request's method."""
        found = self.calls.get(request.method)
        if found is None:
            raise ApiError("MethodNotAllowed", f"This path takes {' and '.join(self.calls)}.", status=405)
        return found(context, request)


def by_method(**calls: NativeCall) -> ByMethod:
    """One call for each method of a path, such as `by_method(GET=show, DELETE=remove)`."""
    return ByMethod(calls)


class Native:
    """
    From a request of one path to its reply. Errors are JSON too: `code`, `message`, `request_id`.

    Args:
        path: With the names of its parts in braces; policies go by it.
    """

    def __init__(self, gate: Gate, path: str, call: NativeCall) -> None:
        self._gate, self._path, self._call = gate, path, call

    def answer(self, request: HttpRequest, request_id: str) -> HttpReply | HttpStream:
        """Answer one request; whatever goes wrong is a reply too."""
        return answer_or_refuse(request, request_id, lambda: self._answer(request, request_id), self.refuse)

    def _answer(self, request: HttpRequest, request_id: str) -> HttpReply | HttpStream:
        context = self._allow(self._gate.admit(request, request_id), request)
        return _written(self._call(context, request), request_id)

    def _allow(self, context: Context, request: HttpRequest) -> Context:
        return self._gate.allow_native(context, self._path, request)

    def refuse(self, error: ApiError, request_id: str) -> HttpReply:
        """Write an error."""
        return refusal(error, request_id)


def refusal(error: ApiError, request_id: str) -> HttpReply:
    """Write an error; its status is its own, or that of the service model."""
    body: dict[str, Any] = {"code": error.code, "message": error.message, "request_id": request_id}
    if isinstance(error, ChangeRejected):
        body |= {"messages": list(error.messages)}
    status = error.status if error.status is not None else load().status_of(error.code)
    return reply(status, body, request_id)


def _written(found: Any, request_id: str) -> HttpReply | HttpStream:
    if not isinstance(found, Stream):
        return reply(200, found, request_id)
    headers = (("x-amzn-RequestId", request_id), ("Content-Type", found.content_type), ("Cache-Control", "no-store"))
    return HttpStream(headers, found.chunks)


def reply(status: int, body: Any, request_id: str, *more: tuple[str, str]) -> HttpReply:
    """Write a reply in JSON, with `more` headers."""
    headers = (("x-amzn-RequestId", request_id), ("Content-Type", "application/json"), *more)
    return HttpReply(status, headers, msgspec.json.encode(body))

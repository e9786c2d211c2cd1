"""Data points from a Prometheus server, by its query API (R-HCL-5)."""

from __future__ import annotations

import asyncio
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import msgspec

from meridian.clock import Clock
from meridian.health.metric import Unreachable
from meridian.model.health import MetricRule

_PATIENCE = 10.0  # seconds for a query; past it the data count as missing
_LARGEST = 1 << 20  # octets of a reply


class _Series(msgspec.Struct, frozen=True):
    values: list[tuple[float, str]] = []


class _Data(msgspec.Struct, frozen=True, rename="camel"):
    result_type: str = ""
    result: list[_Series] = []


class _Reply(msgspec.Struct, frozen=True):
    status: str
    data: _Data = _Data()
    error: str = ""


class Prometheus:
    """
    Asks one server.

    Args:
        url: Of the server, such as `http://127.0.0.1:9090`; the API is below it.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url.rstrip("/") + "/api/v1/query_range"
        self._clock = clock

    async def points(self, rule: MetricRule) -> list[float]:
        """
        The query's value at the end of each of the last periods, newest first.

        A query that gives several series breaches where any of them does, so at each moment the
        value nearest to alarm stands for all.

        Raises:
            Unreachable: The server cannot be asked, or refuses the query.
        """
        end = self._clock.now().timestamp()
        asked = {
            "query": rule.query,
            "start": f"{end - rule.period * (rule.evaluation_periods - 1):.3f}",
            "end": f"{end:.3f}",
            "step": str(rule.period),
        }
        reply = await asyncio.to_thread(self._ask, urlencode(asked))
        at: dict[float, list[float]] = {}
        for series in reply.data.result:
            for moment, value in series.values:
                at.setdefault(moment, []).append(float(value))
        worst = max if rule.comparison_operator.startswith("Greater") else min
        return [worst(at[moment]) for moment in sorted(at, reverse=True)]

    def _ask(self, query: str) -> _Reply:
        request = Request(self._url, query.encode(), {"Content-Type": "application/x-www-form-urlencoded"})
        try:
            return _read(_body(request))
        except (URLError, OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise Unreachable(f"Prometheus cannot be reached: {reason}") from None


def _body(request: Request) -> bytes:
    """The body of a reply that says success; another one's is the reason."""
    until = time.monotonic() + _PATIENCE
    try:
        with urlopen(request, timeout=_PATIENCE) as reply:
            return _bounded(reply, until)
    except HTTPError as error:
        with error:
            raise Unreachable(f"Prometheus says {error.code}: {_refusal(_bounded(error, until))}") from None


def _bounded(reply: Any, until: float) -> bytes:
    """A reply's body, as far as it comes in size and time."""
    found = b""
    while len(found) <= _LARGEST and (part := reply.read1(65_536)):
        found += part
        if time.monotonic() > until:
            raise Unreachable("Prometheus answers too slowly")
    if len(found) > _LARGEST:
        raise Unreachable("the query gives too much data; let it give one number")
    return found


def _read(body: bytes) -> _Reply:
    try:
        reply = msgspec.json.decode(body, type=_Reply)
    except msgspec.DecodeError as error:
        raise Unreachable(f"this is no Prometheus server: {error}") from None
    if reply.status != "success":
        raise Unreachable(f"Prometheus refuses the query: {reply.error}")
    return reply


def _refusal(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Reply).error
    except msgspec.DecodeError:
        return body[:200].decode("utf-8", "replace")

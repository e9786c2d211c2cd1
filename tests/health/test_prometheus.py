"""Data points from a real Prometheus server, and from things that are none."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise

import pytest

from meridian.clock import SystemClock
from meridian.health.metric import Unreachable, verdict
from meridian.health.prometheus import Prometheus
from meridian.model.health import MetricRule
from tests.health import prometheus

needs_prometheus = pytest.mark.skipif(
    not prometheus.is_installed(), reason="not installed; as root: apt-get install -y prometheus"
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus.running(tmp_path_factory.mktemp("prometheus")) as url:
        yield url


def _rule(query: str, comparison: str = "GreaterThanThreshold", periods: int = 1) -> MetricRule:
    return MetricRule("prometheus", comparison, 5.0, periods, 60, query)


def _points(url: str, rule: MetricRule) -> list[float]:
    return asyncio.run(Prometheus(url, SystemClock()).points(rule))


@needs_prometheus
@pytest.mark.parametrize(
    ("rule", "points"),
    [
        (_rule("vector(7)"), [7.0]),
        (_rule("7"), [7.0]),
        (_rule("vector(7)", periods=3), [7.0, 7.0, 7.0]),
        (_rule("no_such_metric"), []),
        # Of several series the one nearest to alarm counts.
        (_rule('vector(3) or label_replace(vector(7), "a", "b", "", "")'), [7.0]),
        (_rule('vector(3) or label_replace(vector(7), "a", "b", "", "")', "LessThanThreshold"), [3.0]),
    ],
)
def test_a_query_gives_a_point_a_period(url: str, rule: MetricRule, points: list[float]) -> None:
    """One for each period, as the rule asks (R-HCL-5)."""
    assert points == _points(url, rule)


@needs_prometheus
def test_points_come_newest_first(url: str) -> None:
    """`time()` grows."""
    points = _points(url, _rule("time()", periods=3))

    assert all(round(later - earlier, 3) == 60.0 for later, earlier in pairwise(points))
    assert len(points) == 3


@needs_prometheus
def test_no_number_is_no_data_point(url: str) -> None:
    """A division of nothing by nothing tells nothing."""
    rule = _rule("vector(0) / 0")

    assert verdict(rule, _points(url, rule)).healthy is None


@needs_prometheus
def test_a_query_that_is_wrong_is_told(url: str) -> None:
    """In the server's own words."""
    with pytest.raises(Unreachable, match=r"Prometheus says 400: .*parse error"):
        _points(url, _rule("sum(("))


@contextmanager
def _answering(octets: bytes) -> Iterator[str]:
    """Something that answers each connection with these octets and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client, suppress(OSError):
                        client.sendall(octets)
                        client.shutdown(socket.SHUT_WR)
                        while client.recv(65_536):
                            pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


_OK = b"HTTP/1.0 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", "cannot be reached"),
        (b"SSH-2.0-x\r\n", "cannot be reached"),
        (_OK + b"<html>", "this is no Prometheus server"),
        (_OK + b'{"status":"error","error":"busy"}', "refuses the query: busy"),
        (_OK + b" " * 2_000_000, "too much data"),
        (b"HTTP/1.0 502 Bad Gateway\r\n\r\nnginx", "says 502: nginx"),
    ],
)
def test_what_is_no_prometheus_is_told(octets: bytes, problem: str) -> None:
    """Whatever answers, it ends as a reason."""
    with _answering(octets) as url, pytest.raises(Unreachable, match=problem):
        _points(url, _rule("up"))


def test_a_server_that_is_away_is_told() -> None:
    """Nobody listens there."""
    with pytest.raises(Unreachable, match="cannot be reached"):
        _points("http://127.0.0.1:9", _rule("up"))

"""Probing an endpoint in a test: a check of what matters, and times that are quick but real."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from meridian.clock import Clock, SystemClock
from meridian.feed.health import Definition
from meridian.health.probe import TIMINGS, Outcome, Prober, Timings
from meridian.health.target import Targets
from meridian.model.cidr import Block
from meridian.model.health import HealthCheckConfig, Options
from meridian.resolve.resolver import Resolver, Server

CHECK_ID = "0b5a4f51-0000-4000-8000-000000000001"
LOOPBACK: Sequence[Block] = (ip_network("127.0.0.0/8"), ip_network("::1"))
QUICK = Timings(connect=0.4, status=0.4, body=0.4, tcp=0.4)
PATIENCE = 60.0  # seconds after which a probe is stuck


def check(type: str = "HTTP", *, options: Options = Options(), **config: Any) -> Definition:  # noqa: B008
    """A check of an endpoint, of 127.0.0.1 if nothing else is said."""
    if "fully_qualified_domain_name" not in config:
        config.setdefault("ip_address", "127.0.0.1")
    config = {"request_interval": 10, "failure_threshold": 3, **config}
    return Definition(CHECK_ID, 1, 1, HealthCheckConfig(type=type, **config), options)  # type: ignore[arg-type]


def prober(
    *,
    timings: Timings = TIMINGS,
    resolvers: Sequence[tuple[str, int]] = (),
    clock: Clock = SystemClock(),  # noqa: B008
    private_targets: Sequence[Block] = LOOPBACK,
    trusted: ssl.SSLContext | None = None,
    patience: float = 5.0,
) -> Prober:
    """A prober that may probe loopback. `patience`: seconds that it waits for each resolver."""
    resolver = Resolver([Server(*address) for address in resolvers], timeout=patience)
    return Prober(Targets(resolver, clock, private_targets, choose=lambda some: some[0]), clock, timings, trusted)


def probe(definition: Definition, by: Prober | None = None) -> Outcome:
    """Probe once; being stuck is an error."""

    async def once() -> Outcome:
        async with asyncio.timeout(PATIENCE):
            return await (by or prober()).probe(definition)

    return asyncio.run(once())


def seen(outcome: Outcome) -> tuple[bool | None, str]:
    """Verdict and text alone."""
    return outcome.healthy, outcome.text

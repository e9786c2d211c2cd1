"""
What the feed carries of health checks: their definitions, and each checker's whole view of them.

    control ── checks/⟨block⟩ ──▶ checkers, edges        checkers ── reports/⟨checker⟩/⟨block⟩ ──▶ edges, control

A block is `BLOCK` neighbouring slots of the health table. Blocks keep values small: a flip puts one
block of one checker anew. The listing of the feed is complete, so these keys have no parent.
"""

from __future__ import annotations

import msgspec

from meridian.model.health import BLOCK as BLOCK
from meridian.model.health import HealthCheckConfig, MetricRule, Options, Override
from meridian.model.health import block_of as block_of

CHECKS = "checks/"
REPORTS = "reports/"


class Definition(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What checkers and edges know of a check; its fields are those of `model.health.HealthCheck`.

    Attributes:
        children: Slots of a calculated check's children that exist (R-HCC-5).
    """

    id: str
    slot: int
    revision: int
    config: HealthCheckConfig
    options: Options = Options()
    metric: MetricRule | None = None
    override: Override | None = None
    switch: bool | None = None
    children: tuple[int, ...] = ()


class Block(msgspec.Struct, frozen=True):
    """The checks of one block, by slot. A slot that is not listed has no check, and counts as healthy (R-HLT-2)."""

    checks: tuple[Definition, ...]


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One check as one checker sees it. Times are in seconds since 1970, latencies in milliseconds.

    Attributes:
        revision: Of the definition that was probed.
        healthy: After thresholds (R-HCP-13). None: not known yet, or the metric has no data.
        since: When `healthy` became what it is.
        checked_at: When the last probe ended.
        text: What the last probe saw, as the API words it (R-HCS-3).
        failed_at: When a probe last failed; None: never since the checker started.
        failure: What it saw then.
    """

    slot: int
    revision: int
    healthy: bool | None
    since: float
    checked_at: float
    text: str
    failed_at: float | None = None
    failure: str = ""
    connect_ms: float | None = None
    tls_ms: float | None = None
    first_byte_ms: float | None = None


class Report(msgspec.Struct, frozen=True):
    """
    All that one checker knows of one block, put on a clock and at each flip.

    Attributes:
        checker: Its name.
        regions: The regions it stands for (R-HCG-4).
        address: The address it probes from, as far as it knows one; empty otherwise.
        started_at: When it started, in seconds since 1970.
        at: When it said so, by its clock.
    """

    checker: str
    regions: tuple[str, ...]
    address: str
    started_at: float
    at: float
    observations: tuple[Observation, ...]


encode = msgspec.msgpack.Encoder().encode
decode_block = msgspec.msgpack.Decoder(Block).decode
decode_report = msgspec.msgpack.Decoder(Report).decode


def checks_key(block: int) -> str:
    """`checks/00012`."""
    return f"{CHECKS}{block:05d}"


def checks_block(key: str) -> int:
    """The block that a key of `checks_key` names."""
    return int(key.removeprefix(CHECKS))


def report_key(checker: str, block: int) -> str:
    """`reports/fra1/00012`; a checker's name has no slash."""
    return f"{REPORTS}{checker}/{block:05d}"


def report_source(key: str) -> tuple[str, int]:
    """The checker and the block that a key of `report_key` names."""
    checker, _, block = key.removeprefix(REPORTS).rpartition("/")
    return checker, int(block)

"""Health checks in the feed: keys, and values that old and new programs read alike."""

from __future__ import annotations

import msgspec
import pytest

from meridian.feed.health import (
    Block,
    Definition,
    Observation,
    Report,
    block_of,
    checks_block,
    checks_key,
    decode_block,
    decode_report,
    encode,
    report_key,
    report_source,
)
from meridian.model.health import HealthCheckConfig, Options, Override

DEFINITION = Definition(
    id="11111111-2222-4333-8444-555555555555",
    slot=300,
    revision=2,
    config=HealthCheckConfig("HTTP", ip_address="192.0.2.1", port=80, request_interval=30, failure_threshold=3),
    options=Options(interval=1.0),
    override=Override(healthy=False, until=1_790_000_000.0, by="ada"),
)
OBSERVATION = Observation(300, 2, None, 1_790_000_000.0, 1_790_000_001.0, "Success: HTTP Status Code 200, OK")


def test_values_come_back_as_they_were_put() -> None:
    """A definition and a report survive the feed."""
    block, report = Block((DEFINITION,)), Report("fra1", ("eu-west-1",), "192.0.2.9", 1.0, 2.0, (OBSERVATION,))

    assert block == decode_block(encode(block))
    assert report == decode_report(encode(report))


def test_fields_of_a_newer_program_are_passed_over() -> None:
    """Old and new can run together (architecture §3)."""
    newer = msgspec.to_builtins(Block((DEFINITION,))) | {"colour": "green"}
    newer["checks"][0]["config"]["tempo"] = 3

    assert decode_block(encode(newer)) == Block((DEFINITION,))


@pytest.mark.parametrize(("slot", "key"), [(1, "checks/00000"), (255, "checks/00000"), (256, "checks/00001")])
def test_a_block_is_256_slots(slot: int, key: str) -> None:
    """A slot's block names the key, and the key names the block."""
    assert key == checks_key(block_of(slot))
    assert checks_block(key) == block_of(slot)


def test_a_checker_may_have_any_name_without_a_slash() -> None:
    """What a key of reports names is found again."""
    assert report_source(report_key("fra 1.example", 7)) == ("fra 1.example", 7)

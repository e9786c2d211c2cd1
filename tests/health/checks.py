"""Checks and what checkers say of them, for tests."""

from __future__ import annotations

from meridian.feed.health import Definition, Observation, Report, block_of, report_key
from meridian.model.health import CheckType, HealthCheckConfig, InsufficientData, MetricRule, Options, Override

METRIC = MetricRule("prometheus", "GreaterThanThreshold", 5.0, query="errors", period=60)


def endpoint(
    slot: int = 1,
    *,
    interval: float | None = None,
    request_interval: int = 10,
    revision: int = 1,
    inverted: bool = False,
    disabled: bool = False,
    override: Override | None = None,
    regions: tuple[str, ...] | None = None,
) -> Definition:
    """A check that probes an endpoint."""
    config = HealthCheckConfig(
        "HTTP",
        ip_address="192.0.2.1",
        port=80,
        request_interval=request_interval,
        failure_threshold=1,
        inverted=inverted,
        disabled=disabled,
        regions=regions,
    )
    return Definition(f"check-{slot}", slot, revision, config, Options(interval=interval), override=override)


def metric(
    slot: int = 1, insufficient: InsufficientData | None = None, *, inverted: bool = False, disabled: bool = False
) -> Definition:
    """A check of a metric."""
    config = HealthCheckConfig(
        "CLOUDWATCH_METRIC", insufficient_data_health_status=insufficient, inverted=inverted, disabled=disabled
    )
    return Definition(f"check-{slot}", slot, 1, config, metric=METRIC)


def calculated(slot: int, threshold: int, *children: int, inverted: bool = False, disabled: bool = False) -> Definition:
    """A check that counts its children."""
    config = HealthCheckConfig(
        "CALCULATED",
        health_threshold=threshold,
        child_health_checks=tuple(f"check-{child}" for child in children),
        inverted=inverted,
        disabled=disabled,
    )
    return Definition(f"check-{slot}", slot, 1, config, children=children)


def switch(slot: int, is_on: bool | None, *, inverted: bool = False, disabled: bool = False) -> Definition:
    """A check that follows a routing control."""
    kind: CheckType = "RECOVERY_CONTROL"
    config = HealthCheckConfig(kind, routing_control_arn="arn:switch", inverted=inverted, disabled=disabled)
    return Definition(f"check-{slot}", slot, 1, config, switch=is_on)


def sees(slot: int, healthy: bool | None, *, revision: int = 1, checked_at: float = 1.0) -> Observation:
    """One check as a checker sees it."""
    return Observation(slot, revision, healthy, 0.0, checked_at, "Success: " if healthy else "Failure: ")


def report(
    checker: str, *observations: Observation, at: float = 0.0, regions: tuple[str, ...] = ("eu-west-1",), block: int = 0
) -> tuple[str, Report]:
    """A checker's report on a block, with its key."""
    assert {block_of(seen.slot) for seen in observations} <= {block}
    return report_key(checker, block), Report(checker, regions, "192.0.2.53", 0.0, at, observations)

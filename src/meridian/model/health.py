"""Health checks: what an operator asks for, and the states that follow (health-checks.md)."""

from __future__ import annotations

from typing import Literal

import msgspec

CheckType = Literal[
    "HTTP",
    "HTTPS",
    "HTTP_STR_MATCH",
    "HTTPS_STR_MATCH",
    "TCP",
    "CALCULATED",
    "CLOUDWATCH_METRIC",
    "RECOVERY_CONTROL",
]
InsufficientData = Literal["Healthy", "Unhealthy", "LastKnownStatus"]

ENDPOINT_TYPES = frozenset({"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"})
"""The types that probe an endpoint."""

REGIONS = (
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
)
"""The regions that checkers stand for (R-HCG-1, R-HCG-4)."""

BLOCK = 256
"""How many neighbouring slots of the health table are told of together."""


class AlarmIdentifier(msgspec.Struct, frozen=True):
    """The rule that a metric check follows (R-HCF-16, R-HCL-5)."""

    region: str
    name: str


class HealthCheckConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What the API knows of a check: the fields of `HealthCheckConfig`, None or empty where they are not given.

    Defaults that the API fills in (R-HCF-2, R-HCF-7, R-HCF-8, R-HCF-14) are filled in already.

    Attributes:
        ip_address: In the shortest text form; None: `fully_qualified_domain_name` is resolved (R-HCP-10).
        resource_path: Begins with `/` (R-HCF-4).
        request_interval: Seconds, 10 or 30 (R-HCF-7).
        failure_threshold: 1 to 10 results in a row (R-HCP-13).
        regions: None for all of `REGIONS` (R-HCF-15).
        child_health_checks: Ids, of a calculated check.
    """

    type: CheckType
    ip_address: str | None = None
    port: int | None = None
    resource_path: str | None = None
    fully_qualified_domain_name: str | None = None
    search_string: str | None = None
    request_interval: int | None = None
    failure_threshold: int | None = None
    measure_latency: bool = False
    inverted: bool = False
    disabled: bool = False
    health_threshold: int | None = None
    child_health_checks: tuple[str, ...] = ()
    enable_sni: bool | None = None
    regions: tuple[str, ...] | None = None
    alarm_identifier: AlarmIdentifier | None = None
    insufficient_data_health_status: InsufficientData | None = None
    routing_control_arn: str | None = None

    @property
    def probes(self) -> bool:
        """Whether the check probes an endpoint."""
        return self.type in ENDPOINT_TYPES


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What an operator may ask of a check beyond Route 53. Left at their defaults, a check is Route 53's.

    Attributes:
        interval: Seconds between probes, 1 to 3600; None: `request_interval`.
        rise: Results in a row that make it healthy, 1 to 10; None: `failure_threshold`.
        fall: Results in a row that make it unhealthy, 1 to 10; None: `failure_threshold`.
        verify_certificate: Whether a certificate must be trusted and for this name.
        certificate_days: Days that a certificate must still be valid, 0 to 825; None: not looked at.
    """

    interval: float | None = None
    rise: int | None = None
    fall: int | None = None
    verify_certificate: bool = False
    certificate_days: int | None = None


class Dimension(msgspec.Struct, frozen=True):
    """One dimension of a CloudWatch metric."""

    name: str
    value: str


class MetricRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    A metric and when it is in alarm, copied to the check when it is made or updated (R-HCL-4).

    Attributes:
        provider: Who answers: `prometheus` or `cloudwatch`.
        query: The Prometheus query; empty for CloudWatch, as all from `region` on are for Prometheus.
        period: Seconds that one data point covers.
        evaluation_periods: Data points in a row that must breach the threshold.
        comparison_operator: One of CloudWatch's four, such as `GreaterThanThreshold`.
        statistic: One of Average, Sum, SampleCount, Maximum, Minimum (R-HCL-3).
    """

    provider: Literal["prometheus", "cloudwatch"]
    comparison_operator: str
    threshold: float
    evaluation_periods: int = 1
    period: int = 60
    query: str = ""
    region: str = ""
    metric_name: str = ""
    namespace: str = ""
    statistic: str = "Average"
    dimensions: tuple[Dimension, ...] = ()


class Override(msgspec.Struct, frozen=True):
    """
    An operator's word in place of what is seen, until it expires.

    Attributes:
        healthy: The state in force, after inversion.
        until: Seconds since 1970.
        by: Who said so.
    """

    healthy: bool
    until: float
    by: str
    reason: str = ""


class HealthCheck(msgspec.Struct, frozen=True):
    """
    One health check.

    Attributes:
        id: A lower-case UUID.
        slot: Its place in the engine's health table, from 1; never given twice.
        version: The API's HealthCheckVersion: 1 at first, one more with each update (R-HCU-3).
        revision: Grows with whatever changes what is probed or how, our options too; checkers start
            to count anew then (R-HCA-7).
        switch: State of the routing control of a RECOVERY_CONTROL check; None for other types.
    """

    id: str
    account_id: str
    slot: int
    caller_reference: str
    version: int
    revision: int
    config: HealthCheckConfig
    options: Options = Options()
    metric: MetricRule | None = None
    override: Override | None = None
    switch: bool | None = None


def block_of(slot: int) -> int:
    """The block that a slot is in."""
    return slot // BLOCK

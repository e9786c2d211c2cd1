"""Answers follow a metric: a real Prometheus server, boto3, dig (R-HCL-1, R-HCL-5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from tests.health import prometheus
from tests.journeys.site import Site, create

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(not prometheus.is_installed(), reason="not installed; as root: apt-get install -y prometheus"),
]

ZONE = "metric.example"
WWW = f"www.{ZONE}"
PRIMARY, SECONDARY = {"192.0.2.1"}, {"192.0.2.2"}
RULES = """
[queue-too-long]
query = "queue_length"
comparison_operator = "GreaterThanThreshold"
threshold = 10
period = 1
"""


class Exporter:
    """What a program of the operator's tells Prometheus."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.queue_length = Gauge("queue_length", "of the test", registry=registry)
        self._server, self._thread = start_http_server(0, addr="127.0.0.1", registry=registry)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    exporter = Exporter()
    with ExitStack() as stack:
        stack.callback(exporter.stop)
        yield exporter


@pytest.fixture
def site(tmp_path: Path, exporter: Exporter) -> Iterator[Site]:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    with prometheus.running(tmp_path, exporter.address) as url:
        environ = {"MERIDIAN_PROMETHEUS_URL": url, "MERIDIAN_METRIC_RULES": str(rules)}
        with Site(tmp_path / "data", roles="control,edge,checker", environ=environ) as running:
            yield running


def _check(site: Site, name: str) -> str:
    """A check that follows a rule, and so looks each second."""
    config = {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "eu-west-1", "Name": name}}
    made = site.route53.create_health_check(CallerReference=str(uuid4()), HealthCheckConfig=config)
    return str(made["HealthCheck"]["Id"])


def _seen(site: Site, check: str) -> list[str]:
    reply = site.route53.get_health_check_status(HealthCheckId=check)
    return [str(one["StatusReport"]["Status"]) for one in reply["HealthCheckObservations"]]


def test_answers_follow_a_metric(site: Site, exporter: Exporter) -> None:
    """In alarm, out of it, and without data, where the operator's word on that counts."""
    exporter.queue_length.set(3)
    check = _check(site, "queue-too-long")
    site.in_sync(
        site.change(
            site.create_zone(ZONE),
            create(WWW, "A", *PRIMARY, SetIdentifier="one", Failover="PRIMARY", HealthCheckId=check),
            create(WWW, "A", *SECONDARY, SetIdentifier="two", Failover="SECONDARY"),
        )
    )
    site.eventually(lambda: _seen(site, check) == ["Success: 3 is not > 10"])
    assert site.answers(WWW, "A") == PRIMARY

    exporter.queue_length.set(50)
    site.eventually(lambda: site.answers(WWW, "A") == SECONDARY)
    assert _seen(site, check) == ["Failure: 50 is > 10"]

    exporter.stop()
    site.eventually(lambda: _seen(site, check) == ["Insufficient data: 0 of 1 data points"])
    assert site.answers(WWW, "A") == SECONDARY  # the last known status (R-HCF-17)
    site.route53.update_health_check(HealthCheckId=check, InsufficientDataHealthStatus="Healthy")
    site.eventually(lambda: site.answers(WWW, "A") == PRIMARY)


def test_the_rule_is_shown_with_the_check(site: Site) -> None:
    """As the settings of an alarm, copied when the check was made (R-HCL-4)."""
    check = _check(site, "queue-too-long")

    shown = site.route53.get_health_check(HealthCheckId=check)["HealthCheck"]["CloudWatchAlarmConfiguration"]

    assert (shown["Threshold"], shown["ComparisonOperator"], shown["MetricName"]) == (
        10.0,
        "GreaterThanThreshold",
        "queue_length",
    )


def test_an_unknown_rule_is_refused(site: Site) -> None:
    """With its name."""
    with pytest.raises(ClientError, match="There is no alarm named fast in the region eu-west-1"):
        _check(site, "fast")

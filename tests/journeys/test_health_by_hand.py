"""Health that an operator sets by hand moves answers, with boto3 and calls of our own (R-HC-DIS, R-HCR-1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from meridian.client import Api, connect, write_files
from tests.journeys.site import Site, create

pytestmark = pytest.mark.journey

ZONE = "hand.example"
WWW = f"www.{ZONE}"
PRIMARY, SECONDARY = {"192.0.2.1"}, {"192.0.2.2"}


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("hand") / "data") as running:
        yield running


def check(site: Site, **config: Any) -> str:
    made = site.route53.create_health_check(CallerReference=str(uuid4()), HealthCheckConfig=config)
    return str(made["HealthCheck"]["Id"])


def failover_pair(site: Site, check_id: str) -> None:
    """A name whose primary goes by this check."""
    zone = site.create_zone(ZONE)
    site.in_sync(
        site.change(
            zone,
            create(WWW, "A", *PRIMARY, SetIdentifier="one", Failover="PRIMARY", HealthCheckId=check_id),
            create(WWW, "A", *SECONDARY, SetIdentifier="two", Failover="SECONDARY"),
        )
    )
    assert site.answers(WWW, "A") == PRIMARY


def own_calls(site: Site) -> Api:
    write_files(site.folder / "aws", site.key, site.url)
    return connect(site.url, site.folder / "aws", {})


def test_a_switch_moves_the_answer(site: Site) -> None:
    """Also through a calculated check, and kept through starts, without the control plane too (R-HCD-2, R-HCC-4)."""
    switch = check(site, Type="RECOVERY_CONTROL", RoutingControlArn="arn:meridian:switch/east")
    failover_pair(site, check(site, Type="CALCULATED", HealthThreshold=1, ChildHealthChecks=[switch]))
    own_calls(site).native("/meridian/switches", {"arn": "arn:meridian:switch/east", "on": False}, method="PUT")
    site.eventually(lambda: site.answers(WWW, "A") == SECONDARY)
    assert set(site.dig("+short", WWW, "A").split()) == SECONDARY

    for roles in ("edge", "control,edge"):
        site.stop()
        with site.in_role(roles) as again:
            assert again.answers(WWW, "A") == SECONDARY
    site.start()
    own_calls(site).native("/meridian/switches", {"arn": "arn:meridian:switch/east", "on": True}, method="PUT")
    site.eventually(lambda: site.answers(WWW, "A") == PRIMARY)


def test_disabled_and_inverted_diverts_traffic(site: Site) -> None:
    """The documented way to take an endpoint out by hand, with a stock client; and back (R-HC-DIS, R-HLT-3)."""
    config = {"IPAddress": "192.0.2.1", "Port": 80, "Type": "HTTP", "RequestInterval": 10, "FailureThreshold": 1}
    site.stop()
    with Site(site.folder, environ={"MERIDIAN_PRIVATE_TARGETS": "192.0.2.0/24"}) as allowed:
        found = check(allowed, **config)
        failover_pair(allowed, found)
        for disabled, inverted, answer in ((True, True, SECONDARY), (True, False, PRIMARY), (False, True, SECONDARY)):
            allowed.route53.update_health_check(HealthCheckId=found, Disabled=disabled, Inverted=inverted)
            allowed.eventually(lambda answer=answer: allowed.answers(WWW, "A") == answer)  # type: ignore[misc]


def test_an_override_beats_what_is_seen(site: Site) -> None:
    """Until it is taken away, or until it ends; the state shows it with its reason."""
    found = check(site, Type="RECOVERY_CONTROL", RoutingControlArn="arn:meridian:switch/west")
    failover_pair(site, found)
    path = f"/meridian/checks/{found}/override"

    own_calls(site).native(path, {"healthy": False, "seconds": 3600, "reason": "a drill"}, method="PUT")
    site.eventually(lambda: site.answers(WWW, "A") == SECONDARY)
    shown = own_calls(site).native(f"/meridian/checks/{found}")
    assert (shown["healthy"], shown["override"]["reason"]) == (False, "a drill")
    own_calls(site).native(path, method="DELETE")
    site.eventually(lambda: site.answers(WWW, "A") == PRIMARY)

    own_calls(site).native(path, {"healthy": False, "seconds": 3}, method="PUT")
    site.eventually(lambda: site.answers(WWW, "A") == SECONDARY)
    site.eventually(lambda: site.answers(WWW, "A") == PRIMARY)


def test_a_deleted_check_is_healthy(site: Site) -> None:
    """The record set keeps its id, and answers (R-HLT-2, R-HCU-6)."""
    switch = check(site, Type="RECOVERY_CONTROL", RoutingControlArn="arn:meridian:switch/north")
    failover_pair(site, switch)
    own_calls(site).native("/meridian/switches", {"arn": "arn:meridian:switch/north", "on": False}, method="PUT")
    site.eventually(lambda: site.answers(WWW, "A") == SECONDARY)
    site.route53.delete_health_check(HealthCheckId=switch)
    site.eventually(lambda: site.answers(WWW, "A") == PRIMARY)

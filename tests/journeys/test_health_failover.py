"""An endpoint dies and comes back; answers go with it: boto3, a real checker, dig (R-HCP-14, R-HCD-1)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from meridian.client import connect, write_files
from tests.fakes.endpoint import Endpoint, reads, reply, sends
from tests.journeys.site import Site, create

pytestmark = pytest.mark.journey

ZONE = "failover.example"
WWW = f"www.{ZONE}"
PRIMARY, SECONDARY = {"192.0.2.1"}, {"192.0.2.2"}
ALL = "control,edge,checker"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    environ = {"MERIDIAN_PRIVATE_TARGETS": "127.0.0.1/32"}
    with Site(tmp_path_factory.mktemp("failover") / "data", roles=ALL, environ=environ) as running:
        yield running


def endpoint(port: int = 0) -> Endpoint:
    """What answers every request with 200."""
    return Endpoint(reads, sends(reply()), port=port)


def check(site: Site, port: int, *, checkers: int = 1) -> str:
    """A check that looks each second, and turns at each result; all checkers have a first one."""
    config = {"Type": "HTTP", "IPAddress": "127.0.0.1", "Port": port, "RequestInterval": 10, "FailureThreshold": 1}
    made = site.route53.create_health_check(CallerReference=str(uuid4()), HealthCheckConfig=config)
    found = str(made["HealthCheck"]["Id"])
    write_files(site.folder / "aws", site.key, site.url)
    own_calls = connect(site.url, site.folder / "aws", {})
    own_calls.native(f"/meridian/checks/{found}/options", {"interval": 1}, method="PATCH")
    site.eventually(lambda: observed(site, found) == ["Success: HTTP Status Code 200, OK"] * checkers)
    return found


def observed(site: Site, check_id: str) -> list[str]:
    """What GetHealthCheckStatus tells, for each checker."""
    reply = site.route53.get_health_check_status(HealthCheckId=check_id)
    return [str(one["StatusReport"]["Status"]) for one in reply["HealthCheckObservations"]]


def failover_pair(site: Site, check_id: str) -> None:
    zone = site.create_zone(ZONE)
    site.in_sync(
        site.change(
            zone,
            create(WWW, "A", *PRIMARY, SetIdentifier="one", Failover="PRIMARY", HealthCheckId=check_id),
            create(WWW, "A", *SECONDARY, SetIdentifier="two", Failover="SECONDARY"),
        )
    )


def dig(site: Site) -> set[str]:
    return set(site.dig("+short", WWW, "A").split())


def test_answers_move_away_from_a_dead_endpoint_and_back(site: Site) -> None:
    """The primary while it answers, the secondary while it does not; and the API says what the checker sees."""
    with endpoint() as alive:
        found = check(site, alive.port)
        failover_pair(site, found)
        assert dig(site) == PRIMARY
    site.eventually(lambda: dig(site) == SECONDARY)
    assert observed(site, found) == ["Failure: Connection refused"]
    with endpoint(alive.port):
        site.eventually(lambda: dig(site) == PRIMARY)
        assert observed(site, found) == ["Success: HTTP Status Code 200, OK"]


def test_all_endpoints_down_is_answered_as_if_none_were(site: Site) -> None:
    """A primary and a secondary, both with a check, both dead: the primary (R-SEL-4)."""
    with endpoint() as one, endpoint() as two:
        checks = [check(site, each.port) for each in (one, two)]
        zone = site.create_zone(ZONE)
        roles = (("PRIMARY", PRIMARY), ("SECONDARY", SECONDARY))
        arms = [
            create(WWW, "A", *values, SetIdentifier=role, Failover=role, HealthCheckId=found)
            for (role, values), found in zip(roles, checks, strict=True)
        ]
        site.in_sync(site.change(zone, *arms))
    site.eventually(lambda: [observed(site, found) for found in checks] == [["Failure: Connection refused"]] * 2)

    assert dig(site) == PRIMARY


def test_restarts_keep_what_was_seen(site: Site) -> None:
    """Killed while an endpoint is down, the edge starts alone, then with control, then with the checker (R-HCD-5)."""
    with endpoint() as alive:
        failover_pair(site, check(site, alive.port))
    site.eventually(lambda: dig(site) == SECONDARY)
    site.kill()
    for roles in ("edge", "control,edge", ALL):
        with site.in_role(roles) as again:
            assert dig(again) == SECONDARY
            again.kill()
    with endpoint(alive.port), site.in_role(ALL) as again:
        again.eventually(lambda: dig(again) == PRIMARY)

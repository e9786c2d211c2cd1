"""Health checks as an operator sees and steers them: on the command line, as a stream, by webhooks and as metrics."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from prometheus_client.parser import text_string_to_metric_families

from meridian.model.account import Credential
from meridian.server_events import ServerEvent, read_events
from meridian.store import account, health_event
from meridian.store.database import Database
from tests.fakes.receiver import Receiver
from tests.journeys.site import Site, create

pytestmark = pytest.mark.journey

ZONE = "watched.example"
ARN = "arn:aws:route53-recovery-control::111122223333:controlpanel/p/routingcontrol/"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def add_check(site: Site, name: str, **config: Any) -> str:
    """Make a check with a name; give its id."""
    config = config or {"Type": "HTTP", "IPAddress": "1.2.3.4"}
    made = site.route53.create_health_check(CallerReference=f"{name} {config['Type']}", HealthCheckConfig=config)
    check = str(made["HealthCheck"]["Id"])
    tags = [{"Key": "Name", "Value": name}]
    site.route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=check, AddTags=tags)
    return check


def add_switch(site: Site, name: str) -> str:
    return add_check(site, name, Type="RECOVERY_CONTROL", RoutingControlArn=ARN + name)


def command(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as an operator types it, somewhere in Berlin."""
    return subprocess.run(
        [Path(sys.executable).with_name("meridian"), *arguments],
        env=site.environ | {"TZ": "Europe/Berlin"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def told(site: Site, *arguments: str) -> str:
    """What a command says that works."""
    done = command(site, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def as_json(site: Site, *arguments: str) -> Any:
    return json.loads(told(site, *arguments, "--json"))


def is_healthy(site: Site, name: str) -> bool:
    return as_json(site, "check", "show", name)["healthy"] is True


def get(site: Site, path: str, headers: Mapping[str, str] | None = None, key: Credential | None = None) -> Any:
    """A signed GET that is still to be read."""
    key = key or site.key
    request = botocore.awsrequest.AWSRequest("GET", f"{site.url}{path}", headers=dict(headers or {}))
    botocore.auth.SigV4Auth(
        botocore.credentials.Credentials(key.access_key_id, key.secret), "route53", "us-east-1"
    ).add_auth(request)
    return urllib.request.urlopen(urllib.request.Request(request.url, headers=dict(request.headers)), timeout=30)


def some_events(stream: Any, count: int) -> list[ServerEvent]:
    """The next events of a stream; those that came, once it says for the third time that there are no more."""
    found: list[ServerEvent] = []
    silences = 0
    for event in read_events(stream):
        found += [event] if event.data else []
        silences += not event.data
        if len(found) == count or silences == 3:
            break
    return found


@contextmanager
def watching(site: Site, *arguments: str) -> Iterator[Queue[str]]:
    """`meridian check watch` at work, and the lines that it prints."""
    with subprocess.Popen(
        [Path(sys.executable).with_name("meridian"), "check", "watch", *arguments],
        env=site.environ | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        lines: Queue[str] = Queue()
        reading = Thread(target=_pass_on, args=[process.stdout, lines])
        reading.start()
        try:
            yield lines
        finally:
            process.terminate()
            reading.join()


def _pass_on(source: Iterable[str], lines: Queue[str]) -> None:
    for line in source:
        lines.put(line)


def line_with(lines: Queue[str], *words: str) -> str:
    """The next line that has these words."""
    while True:
        line = lines.get(timeout=30)
        if all(word in line for word in words):
            return line


def test_override_moves_the_answers(site: Site) -> None:
    """An operator's word reaches the wire, shows in list and show, and can be taken back."""
    check = add_check(site, "shop")
    zone = site.create_zone(ZONE)
    primary = create(f"www.{ZONE}", "A", "192.0.2.1", SetIdentifier="a", Failover="PRIMARY", HealthCheckId=check)
    secondary = create(f"www.{ZONE}", "A", "192.0.2.2", SetIdentifier="b", Failover="SECONDARY")
    site.in_sync(site.change(zone, primary, secondary))
    assert site.answers(f"www.{ZONE}", "A") == {"192.0.2.1"}

    said = told(site, "check", "override", "shop", "down", "--for", "2h", "--reason", "disk full")
    site.eventually(lambda: site.answers(f"www.{ZONE}", "A") == {"192.0.2.2"})
    assert "shop is unhealthy until " in said
    assert " UTC), in " in said or " UTC, in " in said
    site.eventually(lambda: not is_healthy(site, "shop"))
    listed, shown = told(site, "check", "list"), told(site, "check", "show", "shop")
    assert listed.splitlines()[1].startswith("unhealthy")
    assert ", by admin: disk full" in listed
    for words in ("Set unhealthy by admin until", "disk full", f"www.{ZONE}.", "override  unhealthy", check):
        assert words in shown
    assert "\x1b" not in listed + shown  # colours are for terminals

    with get(site, f"/meridian/explain?name=www.{ZONE}&type=A") as reply:
        arms = [arm for step in json.load(reply)["steps"] for arm in step.get("arms", ())]
    named = [(arm["health_check_name"], arm["health_check_reason"][:22]) for arm in arms if "health_check_id" in arm]
    assert named == [("shop", "Set unhealthy by admin")]

    assert "its override is taken back" in told(site, "check", "clear", check)
    site.eventually(lambda: site.answers(f"www.{ZONE}", "A") == {"192.0.2.1"})
    assert "no override was set" in told(site, "check", "clear", check[:8])
    kinds = [(event["kind"], event["healthy"]) for event in as_json(site, "check", "show", "shop")["events"]]
    assert set(kinds[:2]) == {("flip", True), ("override", None)}
    assert set(kinds[2:]) == {("flip", False), ("override", False)}


def test_an_override_ends_by_itself(site: Site) -> None:
    """When its time is up nobody has to do anything."""
    add_check(site, "brief")
    told(site, "check", "override", "brief", "down", "--for", "3s")

    def flips() -> list[tuple[bool, str]]:
        events = as_json(site, "check", "show", "brief")["events"]
        return [(event["healthy"], event["by"]) for event in reversed(events) if event["kind"] == "flip"]

    site.eventually(lambda: flips() == [(False, "admin"), (True, "")])
    assert as_json(site, "check", "show", "brief")["override"] is None


def test_options(site: Site) -> None:
    """Options are set one by one, and go back to Route 53's."""
    add_check(site, "fast")
    said = told(site, "check", "set", "fast", "--interval", "2", "--fall", "1")
    assert "every 2 s; down after 1 in a row, up after 3" in said
    assert "options   interval 2 s, fall 1" in said
    assert "every 30 s" in told(site, "check", "set", "fast", "--default", "interval", "--default", "fall")
    events = as_json(site, "check", "show", "fast")["events"]
    assert [(event["kind"], event["reason"]) for event in events] == [
        ("options", "Route 53's"),
        ("options", "interval 2 s, fall 1"),
    ]


def test_switches(site: Site) -> None:
    """A switch is turned by its short name; the checks that follow it turn with it."""
    add_switch(site, "dublin")
    assert f"{ARN}dublin is off; 1 check follows it." in told(site, "switch", "off", "dublin", "--reason", "drill")
    site.eventually(lambda: not is_healthy(site, "dublin"))
    line = next(line for line in told(site, "switch", "list").splitlines() if "dublin" in line)
    assert line.startswith("off ")
    assert "by admin: off: drill" in line
    told(site, "switch", "on", ARN + "dublin")
    site.eventually(lambda: is_healthy(site, "dublin"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "show", "nothing"), "there is no health check nothing; meridian check list shows those there are"),
        (("check", "show", "twin"), "several health checks go by twin; give one of "),
        (("check", "set", "twin"), "nothing to set; meridian check set --help"),
        (("check", "override", "alone", "down"), "say when it ends: give one of --until and --for"),
        (("check", "override", "alone", "down", "--for", "long"), "'long' is no span of time, such as 30m"),
        (("check", "override", "alone", "down", "--until", "noon"), "'noon' is no moment, such as 14:00"),
        (("check", "override", "alone", "down", "--until", "2020-01-01 00:00"), "is over: that was 2020-01-01 00:00"),
        (
            ("check", "override", "alone", "sideways", "--for", "2h"),
            "is not one of 'healthy', 'up', 'unhealthy', 'down'",
        ),
        (
            ("check", "override", "alone", "down", "--for", "400d"),
            "InvalidInput: An override ends after now and within",
        ),
        (("check", "set", "alone", "--rise", "11"), "InvalidInput: rise: give 1 to 10 results."),
        (("check", "set", "alone", "--default", "moon"), "InvalidInput: There is no option 'moon'"),
        (("switch", "off", "nothing"), "there is no switch nothing; meridian switch list shows those there are"),
        (("check", "list", "--public-url", "http://127.0.0.1:1"), "no server answers at http://127.0.0.1:1"),
    ],
)
def test_mistakes(site: Site, arguments: tuple[str, ...], message: str) -> None:
    """A mistake is told in a line or two, with what would do, and status 2."""
    for name in ("twin", "alone"):
        add_check(site, name)
    add_check(site, "twin", Type="TCP", IPAddress="1.2.3.4", Port=1)
    environ = site.environ
    if "--public-url" in arguments:
        environ.pop("AWS_ENDPOINT_URL_ROUTE_53")
    done = subprocess.run(
        [Path(sys.executable).with_name("meridian"), *arguments],
        env=environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_stream_of_events(site: Site) -> None:
    """Events come as they happen; whoever says what it has gets the rest, and nobody those of others."""
    check, other = add_check(site, "streamed"), add_check(site, "other")
    with get(site, f"/meridian/events?check={check}") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        position = next(iter(read_events(stream))).id
        told(site, "check", "override", "other", "down", "--for", "1h")
        told(site, "check", "override", "streamed", "down", "--for", "1h")
        told(site, "check", "clear", "streamed")
        live = some_events(stream, 2)
    with get(site, "/meridian/events", {"Last-Event-ID": position}) as stream:
        again = some_events(stream, 4)
    assert [json.loads(event.data)["check_name"] for event in live] == ["streamed", "streamed"]
    assert {"override"} <= {event.event for event in live}
    data = [json.loads(event.data) for event in again]
    assert [int(event.id) for event in again] == [each["id"] for each in data]
    assert [int(event.id) for event in again] == sorted(int(event.id) for event in again)
    assert {each["check_id"] for each in data} == {check, other}
    with get(site, f"/meridian/events?last_event_id={position}&check={other}") as stream:
        assert json.loads(some_events(stream, 1)[0].data)["check_id"] == other

    database = Database(f"sqlite:///{site.folder / 'meridian.db'}")
    with database.write() as conn:
        stranger = account.create_account(conn)
        account.create_user(conn, stranger, "eve", owner=True)
        key = account.create_key(conn, stranger, "eve")
    database.close()
    with get(site, "/meridian/events", {"Last-Event-ID": position}, key) as stream:
        events = read_events(stream)
        begin, end = next(events), next(events)
    assert (begin.data, end.data) == ("", "")
    assert int(begin.id) == int(position) < int(end.id)
    for path, headers, status in (
        (f"/meridian/events?check={check}", {}, 404),
        ("/meridian/events?moon=1", {}, 400),
        ("/meridian/events", {"Last-Event-ID": "seven"}, 400),
    ):
        with pytest.raises(urllib.error.HTTPError) as error:
            get(site, path, headers, key)
        assert error.value.code == status
        error.value.close()


def test_a_long_history_comes_whole(site: Site) -> None:
    """However much a client has missed, it gets all of it, in order."""
    check = add_check(site, "eventful")
    database = Database(f"sqlite:///{site.folder / 'meridian.db'}")
    with database.write() as conn:
        before = health_event.newest(conn)
        for number in range(450):
            at = datetime(2026, 1, 2, tzinfo=UTC)
            health_event.add(conn, site.key.account_id, check, at, "options", None, f"{number}", "alice")
    database.close()
    with get(site, f"/meridian/events?last_event_id={before}&check={check}") as stream:
        reasons = [json.loads(event.data)["reason"] for event in some_events(stream, 450)]
    assert reasons == [str(number) for number in range(450)]


def test_metrics(site: Site) -> None:
    """Prometheus reads the checks by id and name, and the edge beside them, without a signature."""
    check = add_check(site, "measured")
    site.ask("any.example", "A")

    def samples() -> dict[tuple[str, str], float]:
        with urllib.request.urlopen(f"{site.url}/metrics", timeout=30) as reply:
            text = reply.read().decode()
        return {
            (sample.name, sample.labels.get("id", sample.labels.get("transport", ""))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    site.eventually(lambda: samples().get(("r53_health_check_status", check)) == 1)
    told(site, "check", "override", "measured", "down", "--for", "1h")
    site.eventually(lambda: samples()["r53_health_check_status", check] == 0)
    found = samples()
    assert found["meridian_health_check_overridden", check] == 1
    assert found["meridian_dns_queries_total", "udp"] >= 1


def test_watch_goes_on_through_a_restart(tmp_path: Path) -> None:
    """The server ends at once though somebody watches; whoever watches misses nothing of what follows."""
    with Receiver() as receiver:
        environ = {"MERIDIAN_WEBHOOKS": f"{receiver.url}/hook", "MERIDIAN_WEBHOOK_SECRETS": SECRET}
        with Site(tmp_path / "data", environ=environ) as site:
            add_check(site, "shop")
            with watching(site) as lines, watching(site, "shop", "--json") as json_lines:
                line_with(lines, "waiting for what happens")
                told(site, "check", "override", "shop", "down", "--for", "1h", "--reason", "first")
                line_with(lines, "shop", "override unhealthy", "first (by admin)")
                line_with(lines, "shop", "unhealthy", "Set unhealthy by admin")
                assert json.loads(line_with(json_lines, "override"))["by"] == "admin"
                site.stop()
                line_with(lines, "trying again")
                site.start()
                told(site, "check", "clear", "shop")
                line_with(lines, "shop", "override", "cleared (by admin)")
                line_with(json_lines, "cleared")
            receiver.wait(4)
            kinds = [json.loads(posted.body)["type"] for posted in receiver.taken]
            assert sorted(kinds) == ["health_check.flip"] * 2 + ["health_check.override"] * 2
            assert "Traceback" not in site.log
            assert "Cancel" not in site.log


def test_settings_are_checked(tmp_path: Path) -> None:
    """A secret that is none ends the start, with words that help."""
    environ = {
        "MERIDIAN_DATA_DIR": str(tmp_path / "data"),
        "MERIDIAN_WEBHOOKS": "https://hooks.example.net",
        "MERIDIAN_WEBHOOK_SECRETS": "hunter2",
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("meridian"), "serve"],
        env=environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "webhook_secrets: not whsec_" in done.stderr
    assert "hunter2" not in done.stderr

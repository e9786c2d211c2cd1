"""A name gets another routing policy in one step: by the command line, while others ask and write (R-POL-8)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest
from botocore.exceptions import ClientError

from meridian.api.operations.replace import PATH
from meridian.client import Failed, connect, write_files
from tests.journeys.site import PATIENCE, Site, create, delete, upsert
from tests.journeys.test_policies import CLIENTS
from tests.journeys.test_policies import site as site

pytestmark = pytest.mark.journey

ZONE = "replaced.example"
MERIDIAN = str(Path(sys.executable).with_name("meridian"))


def record_set(value: str, identifier: str = "", ttl: int = 60, **policy: Any) -> dict[str, Any]:
    """A record set as it stands in a file: without name and type."""
    named = {"SetIdentifier": identifier} if identifier else {}
    return {**named, **policy, "TTL": ttl, "ResourceRecords": [{"Value": value}]}


@pytest.fixture(scope="module")
def zone(site: Site) -> str:
    return site.create_zone(ZONE)


def arguments(site: Site, *given: str) -> list[str]:
    return [MERIDIAN, "replace", *given, "--data-dir", str(site.folder)]


def replace(site: Site, name: str, record_sets: Any, *options: str) -> subprocess.CompletedProcess[str]:
    """`meridian replace` for a name of the zone and type A, with the record sets on standard input."""
    given = record_sets if isinstance(record_sets, str) else json.dumps({"ResourceRecordSets": record_sets})
    return subprocess.run(
        arguments(site, ZONE, f"{name}.{ZONE}", "A", "-", *options),
        env=site.environ, input=given, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def stored(site: Site, zone: str, name: str) -> list[dict[str, Any]]:
    """What the API lists at a name."""
    listed = site.route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [each for each in listed if each["Name"] == f"{name}.{ZONE}."]


def token_of(shown: subprocess.CompletedProcess[str]) -> str:
    found = re.search(r"--token (\w+)", shown.stdout)
    assert found is not None, shown.stderr
    return found[1]


# --- from policy to policy, under the eyes of clients

BERLIN, AUSTIN = "berlin", "austin"


def stages(zone_id: str) -> list[tuple[str, list[dict[str, Any]], dict[str, set[str]]]]:
    """Policies, their record sets, and what two clients are answered; values and TTLs are each stage's own."""

    def alias(identifier: str, target: str, role: str) -> dict[str, Any]:
        leads_to = {"HostedZoneId": zone_id, "DNSName": f"{target}.{ZONE}", "EvaluateTargetHealth": True}
        return {"SetIdentifier": identifier, "Failover": role, "AliasTarget": leads_to}

    def pair(stage: int, *policies: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            record_set(f"192.0.2.{10 * stage + n}", identifier, ttl=10 * stage, **policy)
            for n, (identifier, policy) in enumerate(zip(("a", "b"), policies, strict=True))
        ]

    weighted = pair(2, {"Weight": 200}, {"Weight": 50})
    latency = pair(3, {"Region": "eu-central-1"}, {"Region": "us-west-2"})
    failover = [alias("a", "primary", "PRIMARY"), alias("b", "secondary", "SECONDARY")]
    geolocation = pair(5, {"GeoLocation": {"ContinentCode": "EU"}}, {"GeoLocation": {"CountryCode": "*"}})
    either = {"192.0.2.20", "192.0.2.21"}
    return [
        ("simple", [record_set("192.0.2.10", ttl=10)], {BERLIN: {"192.0.2.10"}, AUSTIN: {"192.0.2.10"}}),
        ("weighted", weighted, {BERLIN: either, AUSTIN: either}),
        ("latency", latency, {BERLIN: {"192.0.2.30"}, AUSTIN: {"192.0.2.31"}}),
        ("failover", failover, {BERLIN: {"192.0.2.40"}, AUSTIN: {"192.0.2.40"}}),
        ("geolocation", geolocation, {BERLIN: {"192.0.2.50"}, AUSTIN: {"192.0.2.51"}}),
        ("simple", [record_set("192.0.2.60", ttl=60)], {BERLIN: {"192.0.2.60"}, AUSTIN: {"192.0.2.60"}}),
    ]


class Reader(threading.Thread):
    """
    Asks for the name without pause, from one place.

    Attributes:
        seen: The stages that answered, each once for every time that another answered before.
        wrong: Replies that no stage gives to this place: another value, another TTL, two records, none.
    """

    def __init__(self, site: Site, place: str, expected: Sequence[set[str]]) -> None:
        super().__init__()
        self._server = site.dns
        network = ip_network(CLIENTS[place][0])
        subnet = dns.edns.ECSOption(str(network.network_address), network.prefixlen)
        self._query = dns.message.make_query(f"moves.{ZONE}", "A", use_edns=0, options=[subnet])
        self._expected = expected
        self.done = threading.Event()
        self.seen: list[int] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        """Ask until told to stop."""
        while not self.done.is_set():
            reply = dns.query.udp(self._query, self._server[0], port=self._server[1], timeout=5)
            stage = self._stage(reply)
            if stage is None:
                self.wrong.append(reply.to_text())
            elif self.seen[-1:] != [stage]:
                self.seen.append(stage)

    def _stage(self, reply: dns.message.Message) -> int | None:
        """Which stage this is a whole answer of."""
        if reply.rcode() != dns.rcode.NOERROR or len(reply.answer) != 1 or len(reply.answer[0]) != 1:
            return None
        value, ttl = reply.answer[0][0].to_text(), reply.answer[0].ttl
        fits = [n for n, values in enumerate(self._expected) if value in values and ttl == 10 * (n + 1)]
        return fits[0] if fits else None


@pytest.fixture
def readers(site: Site, zone: str) -> Iterator[list[Reader]]:
    """Two clients who ask, far from each other, once the first stage is there."""
    site.in_sync(
        site.change(
            zone,
            create(f"primary.{ZONE}", "A", "192.0.2.40", ttl=40),
            create(f"secondary.{ZONE}", "A", "192.0.2.41", ttl=40),
            create(f"moves.{ZONE}", "A", "192.0.2.10", ttl=10),
        )
    )
    asking = [Reader(site, place, [answers[place] for _, _, answers in stages(zone)]) for place in (BERLIN, AUSTIN)]
    for reader in asking:
        reader.start()
    yield asking
    for reader in asking:
        reader.done.set()
        reader.join()


def test_a_name_moves_from_policy_to_policy(site: Site, zone: str, readers: list[Reader], tmp_path: Path) -> None:
    """
    Simple, weighted, latency, failover, geolocation, simple: each step whole, for everybody, at one moment.

    Whoever asks meanwhile is always answered, by one policy or the next, never by part of one, and
    never by an earlier one again.
    """
    policies = [policy for policy, _, _ in stages(zone)]
    for before, (policy, record_sets, answers) in zip(policies, stages(zone)[1:], strict=False):
        file = tmp_path / f"{policy}.json"
        file.write_text(json.dumps({"ResourceRecordSets": record_sets}))
        told = subprocess.run(
            arguments(site, ZONE, f"moves.{ZONE}", "a", str(file), "--yes", "--subnet", CLIENTS[BERLIN][0]),
            env=site.environ, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

        assert told.returncode == 0, told.stderr
        assert f"moves.{ZONE}. A in zone {ZONE}. ({zone}): {before} → {policy}\n" in told.stdout
        assert f"In sync: every live edge answers moves.{ZONE}. A by it.\n" in told.stdout
        assert site.answers(f"moves.{ZONE}", "A") <= answers[BERLIN] | answers[AUSTIN]
        if len(answers[BERLIN]) == 1:
            assert f"then  moves.{ZONE}. {ttl_of(answers[BERLIN])} IN A {min(answers[BERLIN])}\n" in told.stdout
    site.eventually(lambda: all(reader.seen[-1:] == [5] for reader in readers))

    assert [reader.wrong for reader in readers] == [[], []]
    assert [reader.seen for reader in readers] == [[0, 1, 2, 3, 4, 5]] * 2
    assert stored(site, zone, "moves") == [{"Name": f"moves.{ZONE}.", "Type": "A", **stages(zone)[-1][1][0]}]


def ttl_of(answer: set[str]) -> int:
    """A stage's TTL, which is also the tens of its values."""
    return int(min(answer).rpartition(".")[2]) // 10 * 10


def test_the_compatible_call_stays_strict(site: Site, zone: str) -> None:
    """What this does in one step is refused by ChangeResourceRecordSets one change at a time, as by Route 53."""
    name = f"strict.{ZONE}"
    site.in_sync(site.change(zone, create(name, "A", "192.0.2.1")))
    with pytest.raises(ClientError, match="a non-weighted set exists with the same name and type"):
        site.change(zone, upsert(name, "A", "192.0.2.1", SetIdentifier="a", Weight=1))
    replaced = replace(site, "strict", [record_set("192.0.2.1", "a", Weight=1)], "--yes")
    assert replaced.returncode == 0, replaced.stderr
    with pytest.raises(ClientError, match="other RRSets exist with the same name and type"):
        site.change(zone, upsert(name, "A", "192.0.2.1"))


# --- plans, and other writers

BLUE, GREEN = record_set("192.0.2.1", "blue", Weight=90), record_set("192.0.2.2", "green", Weight=10)


def test_a_plan_is_shown_and_changes_nothing(site: Site, zone: str) -> None:
    """A dry run says what goes, what comes and who is answered what; it leaves everything as it is."""
    site.in_sync(site.change(zone, create(f"dry.{ZONE}", "A", "192.0.2.1", ttl=300)))
    before = stored(site, zone, "dry")

    shown = replace(site, "dry", [BLUE, GREEN], "--dry-run", "--subnet", "203.0.113.7", "--subnet", "2001:db8::/56")

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[:-1] == [
        f"dry.{ZONE}. A in zone {ZONE}. ({zone}): simple → weighted",
        "",
        "  - 192.0.2.1  TTL 300 s",
        "  + blue  weight 90  192.0.2.1  TTL 60 s",
        "  + green  weight 10  192.0.2.2  TTL 60 s",
        "",
        "asked from 203.0.113.0/24:",
        f"  now   dry.{ZONE}. 300 IN A 192.0.2.1",
        "  then   90.00%  blue",
        "         10.00%  green",
        "",
        "asked from 2001:db8::/56:",
        f"  now   dry.{ZONE}. 300 IN A 192.0.2.1",
        "  then   90.00%  blue",
        "         10.00%  green",
        "",
        "Each edge changes over at one moment.",
        "Resolvers may use an answer that they have for up to 300 s more.",
    ]
    assert stored(site, zone, "dry") == before
    assert site.answers(f"dry.{ZONE}", "A") == {"192.0.2.1"}


def test_an_old_plan_is_refused(site: Site, zone: str) -> None:
    """What another has changed since the plan was shown is not lost: the plan is refused, a new one is applied."""
    site.change(zone, create(f"old.{ZONE}", "A", "192.0.2.1"))
    token = token_of(replace(site, "old", [BLUE], "--dry-run"))
    site.change(zone, upsert(f"old.{ZONE}", "A", "192.0.2.77"))
    before = stored(site, zone, "old")

    refused = replace(site, "old", [BLUE], "--yes", "--token", token)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "meridian: ConcurrentModification: The plan with this token is out of date" in refused.stderr
    assert stored(site, zone, "old") == before
    again = token_of(replace(site, "old", [BLUE], "--dry-run"))
    assert "meridian: ConcurrentModification" in replace(site, "old", [GREEN], "--yes", "--token", again).stderr
    assert replace(site, "old", [BLUE], "--yes", "--token", again).returncode == 0
    assert site.answers(f"old.{ZONE}", "A") == {"192.0.2.1"}


def conversation(site: Site, name: str, file: Path) -> subprocess.Popen[str]:
    """The command without --yes, up to its question."""
    process = subprocess.Popen(
        arguments(site, ZONE, f"{name}.{ZONE}", "A", str(file)),
        env=site.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    while not said.endswith("[y/N]: "):
        letter = process.stdout.read(1)
        assert letter, said + process.communicate(timeout=PATIENCE)[1]
        said += letter
    return process


def test_a_change_between_question_and_answer(site: Site, zone: str, tmp_path: Path) -> None:
    """Consent is to the plan that was shown: if the record sets change while it is thought over, nothing is done."""
    site.change(zone, create(f"asked.{ZONE}", "A", "192.0.2.1"))
    file = tmp_path / "blue.json"
    file.write_text(json.dumps([BLUE]))
    with conversation(site, "asked", file) as process:
        site.change(zone, delete(f"asked.{ZONE}", "A", "192.0.2.1"), create(f"asked.{ZONE}", "A", "192.0.2.88"))
        _, wrong = process.communicate("y\n", timeout=PATIENCE)

    assert process.returncode == 2
    assert "ConcurrentModification: The plan with this token is out of date" in wrong
    assert [each["ResourceRecords"] for each in stored(site, zone, "asked")] == [[{"Value": "192.0.2.88"}]]


@pytest.mark.parametrize(("said", "status"), [("n\n", 1), ("\n", 1), ("", 130)])
def test_whoever_does_not_agree(site: Site, zone: str, tmp_path: Path, said: str, status: int) -> None:
    """No, silence and the end of the input all leave everything as it is, and say so."""
    file = tmp_path / "blue.json"
    file.write_text(json.dumps([BLUE]))
    with conversation(site, "no", file) as process:
        _, wrong = process.communicate(said, timeout=PATIENCE)
    assert (process.returncode, wrong.strip()) == (status, "Nothing is changed.")
    assert stored(site, zone, "no") == []


def test_whoever_agrees(site: Site, zone: str, tmp_path: Path) -> None:
    """Yes applies the plan and waits until it is served."""
    file = tmp_path / "blue.json"
    file.write_text(json.dumps([BLUE]))
    with conversation(site, "yes", file) as process:
        told, wrong = process.communicate("y\n", timeout=PATIENCE)
    assert process.returncode == 0, wrong
    assert "waiting until every live edge serves it" in told
    assert site.answers(f"yes.{ZONE}", "A") == {"192.0.2.1"}


def test_of_two_who_saw_the_same_one_wins(site: Site, zone: str, tmp_path: Path) -> None:
    """Two operators agree to plans for one state: the second is told, and the first's record sets stand."""
    site.change(zone, create(f"race.{ZONE}", "A", "192.0.2.1"))
    files = [tmp_path / "blue.json", tmp_path / "green.json"]
    for file, each in zip(files, (BLUE, GREEN), strict=True):
        file.write_text(json.dumps([each]))
    with conversation(site, "race", files[0]) as first, conversation(site, "race", files[1]) as second:
        for process in (first, second):
            assert process.stdin is not None
            process.stdin.write("y\n")
            process.stdin.flush()
        replies = [process.communicate(timeout=PATIENCE) for process in (first, second)]

    statuses = [first.returncode, second.returncode]
    assert sorted(statuses) == [0, 2], replies
    assert "ConcurrentModification" in replies[statuses.index(2)][1]
    winner = ("blue", "green")[statuses.index(0)]
    assert [each["SetIdentifier"] for each in stored(site, zone, "race")] == [winner]


# --- what it takes, and what it refuses


def test_what_the_aws_command_line_prints(site: Site, zone: str) -> None:
    """A listing of the AWS command line goes in as it is, and what a reply says was there leads back."""
    site.in_sync(site.change(zone, *({"Action": "CREATE", "ResourceRecordSet": {
        "Name": f"round.{ZONE}", "Type": "A", **each}} for each in (BLUE, GREEN))))  # fmt: skip
    listing = site.aws(
        "list-resource-record-sets", "--hosted-zone-id", zone,
        "--query", f"{{ResourceRecordSets: ResourceRecordSets[?Name=='round.{ZONE}.']}}",
    )  # fmt: skip
    same = replace(site, "round", listing.stdout, "--yes")
    assert (same.returncode, same.stderr) == (0, "")
    assert "All of it is there already; nothing is to be changed." in same.stdout

    there = json.loads(replace(site, "round", [record_set("192.0.2.3")], "--yes", "--json").stdout)
    assert there["ChangeInfo"]["Status"] == "INSYNC"
    assert site.answers(f"round.{ZONE}", "A") == {"192.0.2.3"}
    back = replace(site, "round", json.dumps(there["before"]), "--yes", "--json")
    assert json.loads(back.stdout)["after"] == there["before"]
    assert stored(site, zone, "round") == json.loads(listing.stdout)["ResourceRecordSets"]


def test_nothing_wanted(site: Site, zone: str) -> None:
    """An empty list deletes all, and says so before."""
    site.in_sync(site.change(zone, create(f"gone.{ZONE}", "A", "192.0.2.1")))
    told = replace(site, "gone", [], "--yes")
    assert told.returncode == 0, told.stderr
    assert "simple → nothing\n" in told.stdout
    assert "then  NXDOMAIN\n" in told.stdout
    assert stored(site, zone, "gone") == []
    assert site.ask(f"gone.{ZONE}", "A").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ("{", ["--yes"], "standard input: not JSON: Expecting property name"),
        ("[" * 100_000, ["--yes"], "standard input: not JSON: maximum recursion depth exceeded"),
        ("\ud800", ["--yes"], "standard input: not JSON"),
        ("", ["--yes"], "standard input: not JSON: Expecting value"),
        ("7", ["--yes"], "standard input: holds no list of ResourceRecordSets, such as {"),
        ('{"Changes": []}', ["--yes"], "standard input: holds no list of ResourceRecordSets"),
        ('{"ResourceRecordSets": {}}', ["--yes"], "standard input: holds no list of ResourceRecordSets"),
        ("[7]", ["--yes"], "Expected `object`, got `int` - at `$.ResourceRecordSets[0]`"),
        ("[]", [], "standard input is read for record sets, so nothing can be asked; give --dry-run or --yes"),
        ("[]", ["--yes", "--token", "x"], "ConcurrentModification: The plan with this token is out of date"),
        ([record_set("192.0.2.1")], ["--dry-run", "--subnet", "nowhere"], "InvalidInput: 'nowhere' is no IP address"),
        ([record_set("nowhere")], ["--yes"], "InvalidChangeBatch: Invalid Resource Record: 'FATAL problem: "),
        ([BLUE, record_set("no", "b", Weight=1), record_set("not", "c", Weight=1)], ["--dry-run"],
         "encountered with 'no''\n  Invalid Resource Record"),
        ([record_set("192.0.2.1", Colour="red")], ["--yes"], "Unknown parameter"),
        ([BLUE, BLUE], ["--yes"], "two record sets with the same SetIdentifier: blue"),
        ([record_set("192.0.2.1", "a", Failover="PRIMARY")], ["--yes"], "must have an associated health check"),
    ],
)  # fmt: skip
def test_mistakes(site: Site, zone: str, given: Any, options: list[str], message: str) -> None:
    """A mistake is told in a line or two, with status 2, and nothing is changed by it."""
    text = given if isinstance(given, str) else json.dumps(given)
    told = subprocess.run(
        arguments(site, ZONE, f"wrong.{ZONE}", "A", "-", *options),
        env=site.environ, input=text.encode("utf-8", "surrogatepass"), capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    wrong = told.stderr.decode()
    assert (told.returncode, wrong.startswith("meridian: ")) == (2, True), wrong
    assert message in wrong
    assert "Traceback" not in wrong
    assert stored(site, zone, "wrong") == []


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (("nowhere.example", f"a.{ZONE}", "A"), "NoSuchHostedZone: "),
        ((ZONE, "a.example.org", "A"), f"Name a.example.org. is not in the hosted zone {ZONE}."),
        ((ZONE, f"a..{ZONE}", "A"), "is no domain name: Domain name is empty"),
        ((ZONE, f"a.{ZONE}", "LOC"), "'LOC' is no type that a zone can hold"),
    ],
)
def test_places_that_are_not_there(site: Site, zone: str, where: tuple[str, ...], message: str) -> None:
    """Zone, name and type have to be some."""
    told = subprocess.run(
        arguments(site, *where, "-", "--yes"),
        env=site.environ, input="[]", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (told.returncode, message in told.stderr) == (2, True), told.stderr


def test_servers_that_cannot(site: Site, zone: str, tmp_path: Path) -> None:
    """No server, one that is none of ours, or a wrong key: each is said as what it is."""
    file = tmp_path / "none.json"
    file.write_text("[]")
    for changed, message in (
        ({"AWS_ENDPOINT_URL_ROUTE_53": "http://127.0.0.1:1"}, "no server answers at http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL_ROUTE_53": f"{site.url}/elsewhere"}, "one that does not know the call"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch"),
    ):
        told = subprocess.run(
            arguments(site, ZONE, f"a.{ZONE}", "A", str(file), "--yes"),
            env=site.environ | changed, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert (told.returncode, message in told.stderr) == (2, True), told.stderr
        assert "Traceback" not in told.stderr


def test_the_call_is_a_post(site: Site, tmp_path: Path) -> None:
    """The call writes, so a GET is refused."""
    write_files(tmp_path, site.key, site.url)
    api = connect(site.url, tmp_path, environ={})
    with pytest.raises(Failed, match=r"MethodNotAllowed: This path takes POST\."):
        api.native(PATH)

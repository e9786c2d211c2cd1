"""Health checks with stock clients: R-API-132..140, R-HCU-1..10, R-HCF-1..24, and what a kill leaves of them."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from meridian.feed.health import CHECKS, decode_block
from meridian.feed.local import LastValues
from tests.journeys.site import PATIENCE, Site, create
from tests.journeys.test_bad_input import NS, Case, send

pytestmark = pytest.mark.journey

NOBODY = "11111111-1111-1111-1111-111111111111"
REGIONS = ["us-east-1", "eu-west-1", "sa-east-1"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of which checks may probe one private block."""
    environ = {"MERIDIAN_PRIVATE_TARGETS": "127.0.0.0/8", "MERIDIAN_QUOTAS_HEALTH_CHECKS": "40"}
    with Site(tmp_path_factory.mktemp("site") / "data", environ=environ) as running:
        yield running


_numbers = count()


def reference() -> str:
    """A caller reference that was not used before."""
    return f"reference {next(_numbers)}"


def make(site: Site, **config: Any) -> dict[str, Any]:
    """Create a check and give what the client understood of it."""
    config = config or {"Type": "HTTP", "IPAddress": "127.0.0.1"}
    found: dict[str, Any] = site.route53.create_health_check(CallerReference=reference(), HealthCheckConfig=config)
    return found


def aws(site: Site, *arguments: str) -> Any:
    """Run the AWS command line and read what it prints."""
    ran = site.aws(*arguments)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout) if ran.stdout else None


def code(call: Any, **request: Any) -> tuple[int, str, str]:
    """Status, code and message of the error that a call gets."""
    with pytest.raises(ClientError) as refused:
        call(**request)
    reply = refused.value.response
    return reply["ResponseMetadata"]["HTTPStatusCode"], reply["Error"]["Code"], reply["Error"]["Message"]


ENDPOINT = {"RequestInterval": 30, "FailureThreshold": 3, "MeasureLatency": False, "EnableSNI": False}
PLAIN = {"Inverted": False, "Disabled": False}
CONFIGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"Type": "HTTP", "IPAddress": "127.0.0.1"}, {"Port": 80, **ENDPOINT, **PLAIN}),
    ({"Type": "HTTP", "FullyQualifiedDomainName": "a.example", "ResourcePath": "/x?y=z&a=<b>", "Inverted": True},
     {"Port": 80, **ENDPOINT, "Disabled": False}),
    ({"Type": "HTTPS", "IPAddress": "2600::1", "FullyQualifiedDomainName": "a.example", "Port": 8443,
      "FailureThreshold": 1, "RequestInterval": 10, "MeasureLatency": True, "Regions": REGIONS},
     {"EnableSNI": True, **PLAIN}),
    ({"Type": "HTTP_STR_MATCH", "IPAddress": "1.2.3.4", "SearchString": " <ok> & 'fine' \u00e9 "},
     {"Port": 80, **ENDPOINT, **PLAIN}),
    ({"Type": "HTTPS_STR_MATCH", "FullyQualifiedDomainName": "a.example", "SearchString": "ok", "EnableSNI": False},
     {"Port": 443, **ENDPOINT, **PLAIN}),
    ({"Type": "TCP", "IPAddress": "1.2.3.4", "Port": 65535, "Disabled": True}, {**ENDPOINT, "Inverted": False}),
    ({"Type": "TCP", "FullyQualifiedDomainName": "a.example", "Port": 1}, {**ENDPOINT, **PLAIN}),
    ({"Type": "CALCULATED", "HealthThreshold": 0, "ChildHealthChecks": []}, PLAIN),
    ({"Type": "RECOVERY_CONTROL", "RoutingControlArn": "arn:meridian:control/blue"}, PLAIN),
]  # fmt: skip


@pytest.mark.parametrize(("config", "filled_in"), CONFIGS, ids=[given["Type"] for given, _ in CONFIGS])
def test_every_kind_of_check_comes_back(site: Site, config: dict[str, Any], filled_in: dict[str, Any]) -> None:
    """R-API-132, R-API-133, R-HCU-2: 201 and a Location; what was given comes back, with its defaults."""
    made = make(site, **config)
    check = made["HealthCheck"]

    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["Location"] == f"{site.url}/2013-04-01/healthcheck/{check['Id']}"
    assert check["HealthCheckConfig"] == config | filled_in
    assert check["HealthCheckVersion"] == 1
    assert site.route53.get_health_check(HealthCheckId=check["Id"])["HealthCheck"] == check
    site.route53.delete_health_check(HealthCheckId=check["Id"])
    assert code(site.route53.get_health_check, HealthCheckId=check["Id"]) == (
        404,
        "NoSuchHealthCheck",
        f"A health check with id {check['Id']} does not exist.",
    )


def test_a_calculated_check_counts_others(site: Site) -> None:
    """R-HCC-3, R-HCU-4: its children come back in their order, and can be reset."""
    route53 = site.route53
    children = [make(site)["HealthCheck"]["Id"] for _ in range(3)]
    parent = make(site, Type="CALCULATED", HealthThreshold=2, ChildHealthChecks=children)["HealthCheck"]
    assert parent["HealthCheckConfig"]["ChildHealthChecks"] == children
    reset = route53.update_health_check(HealthCheckId=parent["Id"], ResetElements=["ChildHealthChecks"])

    assert reset["HealthCheck"]["HealthCheckConfig"]["ChildHealthChecks"] == []
    config = {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [NOBODY]}
    status, error, text = code(route53.create_health_check, CallerReference=reference(), HealthCheckConfig=config)
    assert (status, error, NOBODY in text) == (400, "InvalidInput", True)
    for id_ in (parent["Id"], *children):
        route53.delete_health_check(HealthCheckId=id_)


def test_references(site: Site) -> None:
    """R-HCU-1: the same call again gives the same check, another one with its reference is refused."""
    route53, config = site.route53, {"Type": "HTTP", "IPAddress": "127.0.0.1"}
    first = route53.create_health_check(CallerReference="mine", HealthCheckConfig=config)
    again = route53.create_health_check(CallerReference="mine", HealthCheckConfig=config)
    taken = (
        409,
        "HealthCheckAlreadyExists",
        "A different health check has already been created with the specified caller reference.",
    )

    assert (again["HealthCheck"], again["ResponseMetadata"]["HTTPStatusCode"]) == (first["HealthCheck"], 201)
    other = {"CallerReference": "mine", "HealthCheckConfig": {**config, "Port": 81}}
    assert code(route53.create_health_check, **other) == taken
    route53.delete_health_check(HealthCheckId=first["HealthCheck"]["Id"])
    assert code(route53.create_health_check, CallerReference="mine", HealthCheckConfig=config) == taken


def test_updates(site: Site) -> None:
    """R-HCU-3, R-API-134: versions count, guard, and what is not given stays."""
    route53 = site.route53
    check = make(site, Type="HTTPS", IPAddress="127.0.0.1", ResourcePath="/a", Regions=REGIONS)["HealthCheck"]
    changed = route53.update_health_check(
        HealthCheckId=check["Id"], HealthCheckVersion=1, ResetElements=["ResourcePath", "Regions"], Port=444
    )["HealthCheck"]

    kept = {
        member: value
        for member, value in check["HealthCheckConfig"].items()
        if member not in ("ResourcePath", "Regions")
    }
    assert changed == {**check, "HealthCheckConfig": kept | {"Port": 444}, "HealthCheckVersion": 2}
    mismatch = code(route53.update_health_check, HealthCheckId=check["Id"], HealthCheckVersion=1, Port=445)
    assert mismatch[:2] == (409, "HealthCheckVersionMismatch")
    assert route53.get_health_check(HealthCheckId=check["Id"])["HealthCheck"] == changed
    route53.delete_health_check(HealthCheckId=check["Id"])


def test_lists_and_counts(site: Site) -> None:
    """R-HCU-9, R-PAG-4: boto3's paginator and the command line's find every check once."""
    route53 = site.route53
    made = sorted(make(site)["HealthCheck"]["Id"] for _ in range(7))
    pages = list(route53.get_paginator("list_health_checks").paginate(PaginationConfig={"PageSize": 2}))

    assert [len(page["HealthChecks"]) for page in pages] == [2, 2, 2, 1]
    assert [check["Id"] for page in pages for check in page["HealthChecks"]] == made
    assert (pages[0]["MaxItems"], pages[0]["Marker"], pages[1]["Marker"]) == ("2", "", made[2])
    listed = aws(site, "list-health-checks", "--page-size", "3", "--query", "HealthChecks[].Id")
    assert listed == made
    assert route53.get_health_check_count()["HealthCheckCount"] == 7
    limit = route53.get_account_limit(Type="MAX_HEALTH_CHECKS_BY_OWNER")
    assert (limit["Limit"]["Value"], limit["Count"]) == (40, 7)
    for id_ in made:
        route53.delete_health_check(HealthCheckId=id_)
    assert route53.list_health_checks()["HealthChecks"] == []


def test_the_quota(site: Site) -> None:
    """R-HCU-7: at the limit a check is refused until another is deleted."""
    made = [make(site)["HealthCheck"]["Id"] for _ in range(40)]
    config = {"Type": "HTTP", "IPAddress": "127.0.0.1"}
    refused = code(site.route53.create_health_check, CallerReference="one more", HealthCheckConfig=config)
    assert refused[:2] == (400, "TooManyHealthChecks")
    site.route53.delete_health_check(HealthCheckId=made.pop())

    made.append(
        site.route53.create_health_check(CallerReference="one more", HealthCheckConfig=config)["HealthCheck"]["Id"]
    )
    for id_ in made:
        site.route53.delete_health_check(HealthCheckId=id_)


def test_the_command_line(site: Site, tmp_path: Path) -> None:
    """R-HCU-10, R-TAG-1: a check is made, named, changed, asked for and deleted with the AWS command line alone."""
    file = tmp_path / "check.json"
    file.write_text(json.dumps({"Type": "HTTPS", "FullyQualifiedDomainName": "www.example.com", "Regions": REGIONS}))
    arguments = ("--caller-reference", reference(), "--health-check-config", f"file://{file}")
    id_ = aws(site, "create-health-check", *arguments)["HealthCheck"]["Id"]
    of = ("--resource-type", "healthcheck", "--resource-id", id_)
    aws(site, "change-tags-for-resource", *of, "--add-tags", "Key=Name,Value=shop front")
    tags = aws(site, "list-tags-for-resource", *of)["ResourceTagSet"]["Tags"]
    many = aws(site, "list-tags-for-resources", "--resource-type", "healthcheck", "--resource-ids", id_)
    changed = aws(site, "update-health-check", "--health-check-id", id_, "--inverted", "--failure-threshold", "5")

    assert tags == many["ResourceTagSets"][0]["Tags"] == [{"Key": "Name", "Value": "shop front"}]
    config = changed["HealthCheck"]["HealthCheckConfig"]
    assert (config["Inverted"], config["FailureThreshold"], config["Regions"]) == (True, 5, REGIONS)
    for call in ("get-health-check-status", "get-health-check-last-failure-reason"):
        assert aws(site, call, "--health-check-id", id_) == {"HealthCheckObservations": []}  # nobody has looked yet
    assert aws(site, "get-checker-ip-ranges") == {"CheckerIpRanges": []}
    assert aws(site, "delete-health-check", "--health-check-id", id_) is None
    gone = site.aws("get-health-check", "--health-check-id", id_)
    assert (gone.returncode > 0, "NoSuchHealthCheck" in gone.stderr) == (True, True)


def test_ranges_are_told_to_anyone(site: Site) -> None:
    """R-HCG-3, R-SIG-5: without a signature."""
    status, body = send(site, Case("ranges", 200, "", "GET", "/2013-04-01/checkeripranges", "", signed=False))

    assert (status, "<CheckerIpRanges></CheckerIpRanges>" in body) == (200, True), body


def bad(what: str, config: str, reference: str = "bad") -> Case:
    """A call of CreateHealthCheck with this inside its config, which is refused."""
    inside = f"<CallerReference>{reference}</CallerReference><HealthCheckConfig>{config}</HealthCheckConfig>"
    body = f"<CreateHealthCheckRequest {NS}>{inside}</CreateHealthCheckRequest>"
    return Case(what, 400, "InvalidInput", path=PATH, body=body)


HTTP = "<Type>HTTP</Type><IPAddress>127.0.0.1</IPAddress>"
METRIC = "<Type>CLOUDWATCH_METRIC</Type>"
PATH = "/2013-04-01/healthcheck"
BAD = [
    Case("no config", 400, "InvalidInput", path=PATH, body=f"<CreateHealthCheckRequest {NS}/>"),
    Case("wrong root", 400, "MalformedInput", path=PATH, body=f"<CreateHostedZoneRequest {NS}/>"),
    bad("no type", "<IPAddress>127.0.0.1</IPAddress>"),
    bad("unknown type", HTTP.replace("HTTP", "PING")),
    bad("unknown element", HTTP + "<Colour>red</Colour>"),
    bad("no reference", HTTP, reference=""),
    bad("long reference", HTTP, reference="r" * 65),
    bad("a name for an address", HTTP.replace("127.0.0.1", "a.example")),
    bad("half an address", HTTP.replace("127.0.0.1", "127.1")),
    bad("no address", "<Type>HTTP</Type>"),
    bad("a private address", HTTP.replace("127.0.0.1", "10.0.0.1")),
    bad("the cloud's secrets", HTTP.replace("127.0.0.1", "169.254.169.254")),
    bad("port 0", HTTP + "<Port>0</Port>"),
    bad("port 65536", HTTP + "<Port>65536</Port>"),
    bad("a port in words", HTTP + "<Port>http</Port>"),
    bad("a huge port", HTTP + f"<Port>{'9' * 5000}</Port>"),
    bad("interval 9", HTTP + "<RequestInterval>9</RequestInterval>"),
    bad("interval 20", HTTP + "<RequestInterval>20</RequestInterval>"),
    bad("threshold 11", HTTP + "<FailureThreshold>11</FailureThreshold>"),
    bad("maybe", HTTP + "<Inverted>maybe</Inverted>"),
    bad("a long path", HTTP + f"<ResourcePath>{'p' * 256}</ResourcePath>"),
    bad("a line in a path", HTTP + "<ResourcePath>/&#13;&#10;x</ResourcePath>"),
    bad("a URL for a name", "<Type>HTTP</Type><FullyQualifiedDomainName>http://a.example/</FullyQualifiedDomainName>"),
    bad("no regions", HTTP + "<Regions/>"),
    bad("an unknown region", HTTP + "<Regions>" + "<Region>mars-1</Region>" * 3 + "</Regions>"),
    bad("a region thrice", HTTP + "<Regions>" + "<Region>us-east-1</Region>" * 3 + "</Regions>"),
    bad("a child", f"{HTTP}<ChildHealthChecks><ChildHealthCheck>x</ChildHealthCheck></ChildHealthChecks>"),
    bad("no such alarm", f"{METRIC}<AlarmIdentifier><Region>us-east-1</Region><Name>x</Name></AlarmIdentifier>"),
    bad("half an alarm", f"{METRIC}<AlarmIdentifier><Name>x</Name></AlarmIdentifier>"),
    Case("an update of nothing", 404, "NoSuchHealthCheck", path=f"{PATH}/{NOBODY}",
         body=f"<UpdateHealthCheckRequest {NS}/>"),
    Case("an update to version 0", 400, "InvalidInput", path=f"{PATH}/{NOBODY}",
         body=f"<UpdateHealthCheckRequest {NS}><HealthCheckVersion>0</HealthCheckVersion></UpdateHealthCheckRequest>"),
    Case("a type in an update", 400, "InvalidInput", path=f"{PATH}/{NOBODY}",
         body=f"<UpdateHealthCheckRequest {NS}><Type>TCP</Type></UpdateHealthCheckRequest>"),
    Case("a reset of the port", 400, "InvalidInput", path=f"{PATH}/{NOBODY}",
         body=f"<UpdateHealthCheckRequest {NS}><ResetElements><ResettableElementName>Port</ResettableElementName>"
              "</ResetElements></UpdateHealthCheckRequest>"),
    Case("no such check", 404, "NoSuchHealthCheck", "GET", f"{PATH}/{NOBODY}", ""),
    Case("no such status", 404, "NoSuchHealthCheck", "GET", f"{PATH}/{NOBODY}/status", ""),
    Case("no such failure", 404, "NoSuchHealthCheck", "GET", f"{PATH}/{NOBODY}/lastfailurereason", ""),
    Case("nothing to delete", 404, "NoSuchHealthCheck", "DELETE", f"{PATH}/{NOBODY}", ""),
    Case("a quote for an id", 404, "NoSuchHealthCheck", "GET", f"{PATH}/%27%20OR%201%3D1", ""),
    Case("a long id", 400, "InvalidInput", "GET", f"{PATH}/{'x' * 65}", ""),
    Case("pages of none", 400, "InvalidInput", "GET", f"{PATH}?maxitems=0", ""),
    Case("a long marker", 400, "InvalidInput", "GET", f"{PATH}?marker={'m' * 65}", ""),
    Case("no signature", 403, "MissingAuthenticationToken", "GET", PATH, "", signed=False),
]  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=[case.what for case in BAD])
def test_bad_input_gets_its_error(site: Site, case: Case) -> None:
    """R-EEN-1..3: each kind of bad input gets the documented code and status, and stores nothing."""
    before = site.route53.get_health_check_count()["HealthCheckCount"]
    status, body = send(site, case)

    assert (case.status, True) == (status, f"<Code>{case.code}</Code>" in body), body
    assert site.route53.get_health_check_count()["HealthCheckCount"] == before


def test_record_sets_follow_their_checks_on_the_wire(site: Site) -> None:
    """R-HC-DIS, R-HC-INV, R-HLT-2, R-HCU-6: from the API to the answer, with no checker anywhere."""
    route53, zone = site.route53, site.create_zone("check.example")
    check = make(site)["HealthCheck"]["Id"]
    primary = partial(create, "www.check.example", "A", "192.0.2.1", SetIdentifier="1", Failover="PRIMARY")
    secondary = create("www.check.example", "A", "192.0.2.2", SetIdentifier="2", Failover="SECONDARY")
    batch = {"HostedZoneId": zone, "ChangeBatch": {"Changes": [primary(HealthCheckId=NOBODY)]}}
    assert code(route53.change_resource_record_sets, **batch)[:2] == (404, "NoSuchHealthCheck")
    site.in_sync(site.change(zone, primary(HealthCheckId=check), secondary))
    assert site.answers("www.check.example", "A") == {"192.0.2.1"}

    def answers(*addresses: str) -> bool:
        return site.answers("www.check.example", "A") == set(addresses)

    assert explained(site, "--unhealthy", check) == ["www.check.example. 60 IN A 192.0.2.2"]
    route53.update_health_check(HealthCheckId=check, Disabled=True, Inverted=True)  # the way to divert traffic by hand
    site.eventually(lambda: answers("192.0.2.2"))
    assert explained(site) == ["www.check.example. 60 IN A 192.0.2.2"]
    assert explained(site, "--healthy", check) == ["www.check.example. 60 IN A 192.0.2.1"]
    found = route53.test_dns_answer(HostedZoneId=zone, RecordName="www.check.example", RecordType="A")
    assert found["RecordData"] == ["192.0.2.2"]
    route53.delete_health_check(HealthCheckId=check)
    site.eventually(lambda: answers("192.0.2.1"))
    assert "health_check.deleted_in_use" in site.log
    kept = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [record.get("HealthCheckId") for record in kept if "SetIdentifier" in record] == [check, None]


def explained(site: Site, *arguments: str) -> list[str]:
    """What the command line explains of the pair."""
    program = str(Path(sys.executable).with_name("meridian"))
    command = [program, "explain", "www.check.example", "A", "--json", "--data-dir", str(site.folder), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    answer: list[str] = json.loads(ran.stdout)["response"]["answer"]
    return answer


class Maker(threading.Thread):
    """Creates checks one after the other and keeps what was acknowledged; ends when the server is gone."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._route53 = site.route53
        self.acknowledged: set[str] = set()
        self.some = threading.Event()

    def run(self) -> None:
        """Create until the connection breaks."""
        config = {"Type": "TCP", "IPAddress": "1.2.3.4", "Port": 1}
        with suppress(BotoCoreError, ClientError):
            while True:
                made = self._route53.create_health_check(CallerReference=reference(), HealthCheckConfig=config)
                self.acknowledged.add(made["HealthCheck"]["Id"])
                if len(self.acknowledged) >= 5:
                    self.some.set()


def test_a_kill_loses_no_check(tmp_path: Path) -> None:
    """What was replied to is listed and told to the feed, whenever the server is killed (R-CHG-16)."""
    acknowledged: set[str] = set()
    with Site(tmp_path / "data", environ={"MERIDIAN_QUOTAS_HEALTH_CHECKS": "100000"}) as site:
        for _ in range(5):
            maker = Maker(site)
            maker.start()
            assert maker.some.wait(PATIENCE)
            site.kill()
            maker.join(PATIENCE)
            acknowledged |= maker.acknowledged
            site.start()
            pages = site.route53.get_paginator("list_health_checks").paginate()
            assert acknowledged <= {check["Id"] for page in pages for check in page["HealthChecks"]}
            with closing(LastValues(site.folder / "feed.db")) as values:
                site.eventually(partial(is_told, values, acknowledged))


def is_told(values: LastValues, ids: set[str]) -> bool:
    """Whether the feed knows these checks."""
    blocks = filter(None, map(values.get, values.keys(CHECKS)))
    return ids <= {check.id for octets, _ in blocks for check in decode_block(octets).checks}

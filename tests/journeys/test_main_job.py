"""The main job: a stock client creates a zone and records, and the wire answers (R-SMP-1, R-DNS-*)."""

import subprocess
import sys
from pathlib import Path

import dns.flags
import dns.rcode
import pytest

from tests.journeys.site import Site, alias, create, delete, upsert

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def zone(site: Site) -> str:
    return site.create_zone("example.com")


def test_a_record_created_with_boto3_is_answered_on_the_wire(site: Site, zone: str) -> None:
    """What the API has accepted is what a resolver sees, once it is INSYNC (R-CHG-16)."""
    site.in_sync(site.change(zone, create("www.example.com", "A", "192.0.2.10", "192.0.2.11", ttl=300)))

    reply = site.ask("WWW.example.com", "A")

    assert reply.rcode() == dns.rcode.NOERROR
    assert reply.flags & dns.flags.AA
    assert reply.question[0].name.to_text() == "WWW.example.com."
    assert {"192.0.2.10", "192.0.2.11"} == site.answers("www.example.com", "A")
    assert reply.answer[0].ttl == 300


def test_the_waiter_returns_at_its_first_poll(site: Site, zone: str) -> None:
    """INSYNC comes so soon that boto3's waiter, which polls every 30 s, need not wait (R-CHG-18, R-CLI-3)."""
    change = site.change(zone, create("waiter.example.com", "TXT", '"soon"'))

    site.route53.get_waiter("resource_record_sets_changed").wait(Id=change, WaiterConfig={"Delay": 1, "MaxAttempts": 2})

    assert {'"soon"'} == site.answers("waiter.example.com", "TXT")


def test_every_type_is_answered_as_it_was_written(site: Site, zone: str) -> None:
    """The 17 types of a hosted zone travel from record text to the wire (records.md §2)."""
    given = {
        "A": "192.0.2.1",
        "AAAA": "2001:db8::1",
        "CAA": '0 issue "ca.example.net"',
        "DS": "12345 13 2 " + "ab" * 32,
        "HTTPS": '1 . alpn="h3,h2" port="443"',
        "MX": "10 mail.example.net.",
        "NAPTR": '100 10 "U" "E2U+sip" "!^.*$!sip:info@example.com!" .',
        "PTR": "host.example.net.",
        "SPF": '"v=spf1 -all"',
        "SRV": "1 2 5060 sip.example.net.",
        "SSHFP": "4 2 " + "cd" * 32,
        "SVCB": '1 svc.example.net. alpn="h2"',
        "TLSA": "3 1 1 " + "ef" * 32,
        "TXT": '"one" "two"',
    }
    changes = [create(f"{rtype.lower()}.types.example.com", rtype, value) for rtype, value in given.items()]
    changes.append(create("ds.types.example.com", "NS", "ns1.example.net."))
    changes.append(create("cname.types.example.com", "CNAME", "elsewhere.example.net."))
    site.in_sync(site.change(zone, *changes))

    for rtype, value in given.items():
        assert {value} == site.answers(f"{rtype.lower()}.types.example.com", rtype), rtype
    assert {"elsewhere.example.net."} == site.answers("cname.types.example.com", "CNAME")
    referral = site.ask("below.ds.types.example.com", "A")
    assert [item.to_text() for item in referral.authority[0]] == ["ns1.example.net."]
    assert not referral.flags & dns.flags.AA
    assert {"ns-", "SOA"} == {next(iter(site.answers("example.com", "NS")))[:3], "SOA"}
    assert site.ask("example.com", "SOA").answer[0].ttl == 900


def test_what_is_not_there_says_so_with_the_soa(site: Site, zone: str) -> None:
    """NXDOMAIN for a name that is not there, NOERROR for a type that is not (R-SEL-8, R-APX-3)."""
    site.in_sync(site.change(zone, upsert("a.deep.example.com", "A", "192.0.2.1")))

    for name, rcode in (("nowhere.example.com", 3), ("a.deep.example.com", 0), ("deep.example.com", 0)):
        reply = site.ask(name, "MX")
        assert (rcode, [], "SOA") == (int(reply.rcode()), reply.answer, reply.authority[0].to_text().split()[3])
        assert reply.authority[0].ttl == 900
    assert site.ask("example.net", "A").rcode() == dns.rcode.REFUSED


def test_the_apex_alias_follows_its_target(site: Site, zone: str) -> None:
    """An alias at the apex answers with the target's records under its own name (R-TV-32, R-ALI-2)."""
    site.in_sync(site.change(zone, create("target.example.com", "A", "192.0.2.77", ttl=33)))
    site.in_sync(site.change(zone, alias("example.com", "A", zone, "target.example.com")))

    reply = site.ask("example.com", "A")
    assert (reply.answer[0].name.to_text(), reply.answer[0].ttl) == ("example.com.", 33)
    assert {"192.0.2.77"} == site.answers("example.com", "A")

    site.in_sync(site.change(zone, upsert("target.example.com", "A", "192.0.2.78", ttl=33)))
    assert {"192.0.2.78"} == site.answers("example.com", "A")


def test_wildcards_and_policy_groups_decide_on_the_wire(site: Site, zone: str) -> None:
    """Wildcards cover what is not there; weighted and multivalue groups choose (R-WLD-2, R-WEI-3, R-MVA-2)."""
    site.in_sync(
        site.change(
            zone,
            create("*.wild.example.com", "A", "192.0.2.5"),
            create("w.example.com", "A", "192.0.2.80", SetIdentifier="all", Weight=9),
            create("w.example.com", "A", "192.0.2.20", SetIdentifier="none", Weight=0),
            create("m.example.com", "A", "192.0.2.31", SetIdentifier="1", MultiValueAnswer=True),
            create("m.example.com", "A", "192.0.2.32", SetIdentifier="2", MultiValueAnswer=True),
        )
    )

    assert {"192.0.2.5"} == site.answers("any.thing.wild.example.com", "A")
    assert {"192.0.2.80"} == site.answers("w.example.com", "A") | site.answers("w.example.com", "A")
    assert {"192.0.2.31", "192.0.2.32"} == site.answers("m.example.com", "A")


def test_a_long_answer_is_cut_on_udp_and_whole_on_tcp(site: Site, zone: str) -> None:
    """TC tells the asker to come back over TCP (R-DNS-1)."""
    values = [f"192.0.2.{i}" for i in range(200)]
    site.in_sync(site.change(zone, create("many.example.com", "A", *values)))

    assert site.ask("many.example.com", "A").flags & dns.flags.TC
    whole = site.ask("many.example.com", "A", tcp=True)
    assert not whole.flags & dns.flags.TC
    assert set(values) == {item.to_text() for item in whole.answer[0]}


def test_a_deleted_record_and_a_deleted_zone_are_gone(site: Site) -> None:
    """What is deleted is no longer answered (R-ZDL-1, R-ZDL-3)."""
    gone = site.create_zone("gone.example")
    site.in_sync(site.change(gone, create("www.gone.example", "A", "192.0.2.1")))
    site.in_sync(site.change(gone, delete("www.gone.example", "A", "192.0.2.1")))
    assert site.ask("www.gone.example", "A").rcode() == dns.rcode.NXDOMAIN

    site.in_sync(site.route53.delete_hosted_zone(Id=gone)["ChangeInfo"]["Id"])

    assert site.ask("www.gone.example", "A").rcode() == dns.rcode.REFUSED


def test_the_stock_command_line_and_dig_see_the_same(site: Site) -> None:
    """The unmodified AWS CLI creates; dig, with both spellings of the wildcard, reads."""
    made = site.aws("create-hosted-zone", "--name", "cli.example", "--caller-reference", "cli")
    assert made.returncode == 0, made.stderr
    zones = site.aws("list-hosted-zones-by-name", "--dns-name", "cli.example", "--max-items", "1")
    assert '"Name": "cli.example."' in zones.stdout
    zone = site.route53.list_hosted_zones_by_name(DNSName="cli.example")["HostedZones"][0]["Id"]
    batch = (
        '{"Changes":[{"Action":"UPSERT","ResourceRecordSet":'
        '{"Name":"*.cli.example","Type":"A","TTL":5,"ResourceRecords":[{"Value":"192.0.2.9"}]}}]}'
    )
    changed = site.aws(
        "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", batch,
        "--query", "ChangeInfo.Id", "--output", "text",
    )  # fmt: skip
    assert changed.returncode == 0, changed.stderr
    waited = site.aws("wait", "resource-record-sets-changed", "--id", changed.stdout.strip())

    assert waited.returncode == 0, waited.stderr
    assert site.dig("+short", "x.cli.example", "A").strip() == "192.0.2.9"
    assert "status: NOERROR" in site.dig("*.cli.example", "A")
    assert "\\052.cli.example." in site.aws("list-resource-record-sets", "--hosted-zone-id", zone).stdout


def test_explain_names_the_arms_and_their_chances(site: Site, zone: str) -> None:
    """`meridian explain` says what stood for choice, and with which probability."""
    site.in_sync(
        site.change(
            zone,
            create("split.example.com", "A", "192.0.2.1", SetIdentifier="stable", Weight=80),
            create("split.example.com", "A", "192.0.2.2", SetIdentifier="canary", Weight=20),
        )
    )

    told = subprocess.run(
        [Path(sys.executable).with_name("meridian"), "explain", "split.example.com", "A", "--client", "203.0.113.9"],
        env=site.environ | {"MERIDIAN_DATA_DIR": str(site.folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert told.returncode == 0, told.stderr
    for word in ("weighted", "stable", "80", "canary", "20"):
        assert word in told.stdout

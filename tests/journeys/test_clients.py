"""Tools that people run against Route 53, unmodified: they find Meridian by the environment alone (R-CLI-1)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.site import Site

pytestmark = pytest.mark.journey

ZONE = "clients.example"
POOLS = """\
---
'':
  type: A
  ttl: 60
  value: 192.0.2.1
geo:
  type: A
  ttl: 60
  dynamic:
    pools:
      eu: {values: [{value: 192.0.2.10, weight: 3}, {value: 192.0.2.11, weight: 1}]}
      na: {fallback: eu, values: [{value: 192.0.2.20}]}
    rules:
    - {geos: [NA-US, NA-CA], pool: na}
    - {pool: eu}
  value: 192.0.2.10
net:
  type: A
  ttl: 60
  dynamic:
    pools:
      office: {values: [{value: 192.0.2.30}]}
      others: {values: [{value: 192.0.2.40}]}
    rules:
    - {pool: office, subnets: [198.51.100.0/24]}
    - {pool: others}
  value: 192.0.2.40
mail:
  type: MX
  ttl: 300
  values: [{exchange: mx1.clients.example., preference: 10}, {exchange: mx2.clients.example., preference: 20}]
text:
  type: TXT
  ttl: 300
  values: ['two words', 'v=spf1 -all']
"""
CONFIG = """\
providers:
  config: {{class: octodns.provider.yaml.YamlProvider, directory: {folder}/zones, enforce_order: false}}
  route53:
    class: octodns_route53.Route53Provider
    access_key_id: env/AWS_ACCESS_KEY_ID
    secret_access_key: env/AWS_SECRET_ACCESS_KEY
zones:
  {zone}.: {{sources: [config], targets: [route53]}}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    # octoDNS makes health checks of its pools, whose addresses here are those of examples.
    environ = {"MERIDIAN_PRIVATE_TARGETS": "192.0.2.0/24"}
    with Site(tmp_path_factory.mktemp("clients") / "data", environ=environ) as site:
        yield site


def run(site: Site, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool as its users do."""
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    return subprocess.run(command, env=site.environ, capture_output=True, text=True, timeout=300, check=False)


def sync(site: Site, folder: Path) -> str:
    ran = run(site, "octodns-sync", "--config-file", str(folder / "config.yaml"), "--doit", "--force")
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stderr


def test_octodns_syncs_and_then_finds_nothing_to_do(site: Site, tmp_path: Path) -> None:
    """R-CLI-11: pools with weights, places, fallbacks and subnets go in, come back and are found to be the same."""
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / f"{ZONE}.yaml").write_text(POOLS)
    (tmp_path / "config.yaml").write_text(CONFIG.format(folder=tmp_path, zone=ZONE))

    first, second = sync(site, tmp_path), sync(site, tmp_path)
    assert "Creates=" in first
    assert "No changes were planned" in second, second[-3000:]

    changed = POOLS.replace("192.0.2.20", "192.0.2.21").replace("192.0.2.1\n", "192.0.2.2\n")
    (tmp_path / "zones" / f"{ZONE}.yaml").write_text(changed)
    assert "Updates=" in sync(site, tmp_path)
    assert "No changes were planned" in sync(site, tmp_path)


def test_octodns_pools_answer_by_place_and_subnet(site: Site) -> None:
    """What octoDNS made is what is answered: the office's block, and by default the pool for everybody else."""
    office = site.dig("+short", "+subnet=198.51.100.0/24", f"net.{ZONE}", "A").split()
    elsewhere = site.dig("+short", "+subnet=203.0.113.0/24", f"net.{ZONE}", "A").split()
    unknown = site.dig("+short", f"geo.{ZONE}", "A").split()

    assert (office, elsewhere) == (["192.0.2.30"], ["192.0.2.40"])
    assert unknown in (["192.0.2.10"], ["192.0.2.11"])


def test_octodns_dumps_what_it_synced(site: Site, tmp_path: Path) -> None:
    """A dump of the zone is a source that changes nothing."""
    (tmp_path / "config.yaml").write_text(CONFIG.format(folder=tmp_path, zone=ZONE))
    dumped = run(
        site, "octodns-dump", "--config-file", str(tmp_path / "config.yaml"), "--output-dir", str(tmp_path / "zones"),
        f"{ZONE}.", "route53",
    )  # fmt: skip
    assert dumped.returncode == 0, dumped.stderr[-3000:]

    assert "No changes were planned" in sync(site, tmp_path)


def test_certbot_puts_its_challenge_and_takes_it_away(site: Site, tmp_path: Path) -> None:
    """R-CLI-12: the plugin's own functions find the zone, put the TXT record, wait for INSYNC, and remove it."""
    script = tmp_path / "hook.py"
    script.write_text(
        "from unittest import mock\n"
        "from certbot_dns_route53._internal.dns_route53 import Authenticator\n"
        "plugin = Authenticator(mock.MagicMock(), 'dns-route53')\n"
        f"name = '_acme-challenge.www.{ZONE}'\n"
        "change = plugin._change_txt_record('UPSERT', name, 'first')\n"
        "plugin._wait_for_change(change)\n"
        "print('put')\n"
        "input()\n"
        "plugin._wait_for_change(plugin._change_txt_record('DELETE', name, 'first'))\n"
        "print('gone')\n"
    )
    command = [sys.executable, str(script)]
    with subprocess.Popen(
        command, env=site.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as hook:
        assert hook.stdin is not None
        assert hook.stdout is not None
        assert hook.stderr is not None
        assert hook.stdout.readline() == "put\n", hook.stderr.read()
        put = site.answers(f"_acme-challenge.www.{ZONE}", "TXT")
        hook.stdin.write("\n")
        hook.stdin.close()
        assert hook.stdout.readline() == "gone\n", hook.stderr.read()

    assert put == {'"first"'}
    assert site.answers(f"_acme-challenge.www.{ZONE}", "TXT") == set()

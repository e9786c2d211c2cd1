"""lego gets a certificate by the DNS challenge, from an authority that asks Meridian's own name server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509

from tests.fakes.certificates import Authority
from tests.fakes.tunnel import Tunnel
from tests.journeys.secure import SecureSite
from tests.journeys.site import accepts
from tests.ports import free_port

pytestmark = pytest.mark.journey

ZONE = "lego.example"
AMAZON = "route53.amazonaws.com"  # where lego goes whatever it is told: its SDK reads no AWS_ENDPOINT_URL


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureSite]:
    folder = tmp_path_factory.mktemp("lego")
    with SecureSite(folder / "data", Authority(folder), [AMAZON]) as site:
        site.create_zone(ZONE)
        yield site


@contextmanager
def pebble(site: SecureSite, folder: Path) -> Iterator[str]:
    """Pebble, a certification authority for tests, which looks names up at this site; gives its directory's URL."""
    certificate, key = site.authority.certificate(["127.0.0.1"])
    (folder / "cert.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    port = free_port()
    config = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{free_port()}",
        "certificate": str(folder / "cert.pem"),
        "privateKey": str(folder / "key.pem"),
        "httpPort": 1,
        "tlsPort": 1,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
    command = ["pebble", "-strict", "-config", str(folder / "pebble.json"), "-dnsserver", "{}:{}".format(*site.dns)]
    environ = os.environ | {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
    with (
        (folder / "pebble.log").open("wb") as log,
        subprocess.Popen(command, env=environ, stdout=log, stderr=log) as run,
    ):
        try:
            site.eventually(lambda: accepts(("127.0.0.1", port)))
            yield f"https://127.0.0.1:{port}/dir"
        finally:
            run.terminate()


def test_lego_gets_a_certificate_for_a_zone_and_all_its_names(site: SecureSite, tmp_path: Path) -> None:
    """R-CLI-13: two challenges at one name: read what is there, add to it, wait for INSYNC, be seen, be taken away."""
    lego = shutil.which("lego")
    assert lego, "scripts/need-peers installs it"
    with pebble(site, tmp_path) as directory, Tunnel(site.api) as tunnel:
        environ = site.environ | {
            "HTTPS_PROXY": tunnel.url,
            "LEGO_CA_CERTIFICATES": str(site.bundle),
            "AWS_POLLING_INTERVAL": "1",
        }
        command = [
            lego,
            "--server",
            directory,
            "--path",
            str(tmp_path / "lego"),
            "--accept-tos",
            "--email",
            "a@lego.example",
            "--domains",
            ZONE,
            "--domains",
            f"*.{ZONE}",
            "--dns",
            "route53",
            "--dns.resolvers",
            "{}:{}".format(*site.dns),
            "--dns.disable-cp",
            "run",
        ]  # fmt: skip; it would ask the name servers in the zone's NS records, at port 53
        ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
        assert ran.returncode == 0, ran.stderr[-3000:]

    certificate = x509.load_pem_x509_certificate((tmp_path / "lego/certificates/lego.example.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {ZONE, f"*.{ZONE}"}
    assert set(tunnel.asked) == {f"{AMAZON}:443"}
    assert site.answers(f"_acme-challenge.{ZONE}", "TXT") == set()

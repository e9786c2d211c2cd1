"""Ansible's modules for Route 53, in playbooks that stand beside: `amazon.aws`, unmodified."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.site import Site

pytestmark = pytest.mark.journey

HERE = Path(__file__).parent
COLLECTIONS = HERE.parent.parent / ".build" / "ansible"  # as `make` puts it there


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("ansible") / "data") as site:
        yield site


def play(site: Site, book: str, **variables: str) -> int:
    """Run a playbook; give how many tasks have changed something."""
    assert (COLLECTIONS / "ready").exists(), "`make test-python` fetches the collection"
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_HOME": str(site.folder / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "0",
    }
    given = [f"--extra-vars={name}={value}" for name, value in {"endpoint": site.url, **variables}.items()]
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(HERE / "ansible" / book), *given]
    ran = subprocess.run(command, env=site.environ | settings, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
    found = re.search(r"changed=(\d+)", ran.stdout)
    assert found is not None, ran.stdout
    return int(found[1])


def test_a_second_run_finds_nothing_to_change(site: Site) -> None:
    r"""R-CLI-17: a zone, a check, values of several types, `\052`, an alias, weighted and geographic record sets."""
    assert play(site, "records.yml", comment="first") == 6
    assert site.answers("x.ansible.example", "AAAA") == {"2001:db8::1"}
    assert site.answers("alias.ansible.example", "A") == {"192.0.2.1", "192.0.2.2"}

    assert play(site, "records.yml", comment="first") == 0


def test_what_is_absent_is_taken_away_once(site: Site) -> None:
    """State absent deletes what is there, and finds a second time that nothing is."""
    (check,) = site.route53.list_health_checks()["HealthChecks"]

    assert play(site, "gone.yml", first="true", check=check["Id"]) == 3
    assert site.answers("x.ansible.example", "AAAA") == set()
    assert site.route53.list_health_checks()["HealthChecks"] == []
    assert play(site, "gone.yml", first="", check=check["Id"]) == 0

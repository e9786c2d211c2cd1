"""The command line as an operator uses it, from the first start to a move of zones."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.site import PATIENCE, Site

pytestmark = pytest.mark.journey

MERIDIAN = str(Path(sys.executable).with_name("meridian"))


def meridian(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command against a site."""
    return _run(*arguments, "--data-dir", str(site.folder), environ=site.environ | {"AWS_ENDPOINT_URL": site.url})


def _run(*arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MERIDIAN, *arguments], env=environ or os.environ, capture_output=True, text=True, timeout=120, check=False
    )


ZONE = """\
$TTL 300
@ SOA ns1 host 7 7200 900 1209600 60
@ NS ns1
ns1 A 192.0.2.1
www A 192.0.2.2
www A 192.0.2.3
*.wild TXT "a\\255b" "c;d"
sub NS ns.sub
ns.sub A 192.0.2.4
"""


def test_import_and_export(site: Site, tmp_path: Path) -> None:
    """A master file goes in, is served, and comes out again as the same records."""
    file = tmp_path / "zone"
    file.write_text(ZONE + "".join(f"h{n} A 192.0.2.{n % 250}\n" for n in range(2000)))
    imported = meridian(site, "import", "moved.example", str(file), "--create", "--insync")
    assert (imported.returncode, "2005 record sets" in imported.stdout) == (0, True), imported.stderr
    assert "2,005 of 2,005 record sets · 100%" in imported.stderr
    assert site.answers("www.moved.example", "A") == {"192.0.2.2", "192.0.2.3"}
    assert site.answers("x.wild.moved.example", "TXT") == {'"a\\255b" "c;d"'}
    assert site.answers("h1999.moved.example", "A") == {"192.0.2.249"}

    exported = meridian(site, "export", "moved.example")
    assert exported.returncode == 0, exported.stderr
    again = tmp_path / "again"
    again.write_text(exported.stdout)
    lines = exported.stdout.splitlines()
    assert len(lines) == 1 + 1 + 4 + 2006  # $ORIGIN, SOA, apex NS, records
    assert lines[1].split()[:4] == ["moved.example.", "900", "IN", "SOA"]
    misplaced = meridian(site, "import", "other.example", str(again), "--create")
    assert (misplaced.returncode, "no record at or below other.example." in misplaced.stderr) == (2, True)

    repeated = meridian(site, "import", "moved.example", str(file))
    assert (repeated.returncode, "already exists" in repeated.stderr) == (2, True), repeated.stderr
    replaced = meridian(site, "import", "moved.example", str(file), "--overwrite", "--apex", "--insync")
    assert replaced.returncode == 0, replaced.stderr
    assert site.answers("moved.example", "NS") == {"ns1.moved.example."}


def test_import_beyond_the_quota(site: Site, tmp_path: Path) -> None:
    """A file that the zone has no room for is refused before the first record, with the setting to change."""
    file = tmp_path / "zone"
    file.write_text("$TTL 60\n" + "".join(f"h{n} A 192.0.2.1\n" for n in range(10_001)))
    refused = meridian(site, "import", "large.example", str(file), "--create")
    assert refused.returncode == 2
    assert "MERIDIAN_QUOTAS_RECORD_SETS_PER_ZONE" in refused.stderr


def test_import_without_server(tmp_path: Path) -> None:
    """No server at the address is said as such."""
    (tmp_path / "zone").write_text(ZONE)
    environ = os.environ | {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_MAX_ATTEMPTS": "1"}
    refused = _run("import", "a.example", str(tmp_path / "zone"), "--api-listen", "127.0.0.1:1", environ=environ)
    assert (refused.returncode, "no server answers at http://127.0.0.1:1" in refused.stderr) == (2, True)


def test_second_server_in_one_folder(site: Site) -> None:
    """Two servers cannot share a data folder; the second says so and ends."""
    second = meridian(site, "serve", "--api-listen", "127.0.0.1:0", "--dns-listen", "127.0.0.1:0")
    assert second.returncode == 2
    assert "another meridian already uses" in second.stderr


def test_address_in_use(tmp_path: Path) -> None:
    """An address that another program has is named with its setting and the remedy."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for key, free in (("api", "dns"), ("dns", "api")):
            options = [f"--{key}-listen", address, f"--{free}-listen", "127.0.0.1:0"]
            refused = _run("serve", "--data-dir", str(tmp_path), *options)
            assert refused.returncode == 2
            assert f"{key}_listen: cannot listen on {address}: Address already in use" in refused.stderr
            assert "Traceback" not in refused.stderr


def _free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def demo(folder: Path, api: str, dns: str, end: signal.Signals) -> Iterator[str]:
    """`meridian demo` until its last line; give what it said. The signal ends it."""
    command = [MERIDIAN, "demo", "--data-dir", str(folder), "--api-listen", api, "--dns-listen", dns]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                break
        watchdog.cancel()
        yield "".join(said)
        process.send_signal(end)
        assert process.wait(PATIENCE) == (0 if end == signal.SIGINT else -end)


def _paste(command: str, folder: Path, environ: Mapping[str, str]) -> None:
    """Run a line of the demo; it must work, and a `dig` must show what the demo zone holds."""
    # The one thing that pasting does not need: the test's folder is not ./meridian-data.
    more = f" --data-dir {folder}" if command.startswith("meridian") else ""
    done = subprocess.run(
        ["bash", "-c", command + more], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, (command, done.stderr)
    asked = _EXPECTED[command.split("#")[0].split()[-2]] if command.startswith("dig") else ""
    assert asked in done.stdout


def test_demo(tmp_path: Path) -> None:
    """The demo's own lines work as they are pasted; its answers are there again after Ctrl-C and after kill -9."""
    folder, api, dns = tmp_path / "data", _free_address(), _free_address()
    for end, tools in ((signal.SIGINT, ("aws", "dig", "meridian")), (signal.SIGKILL, "dig"), (signal.SIGINT, "dig")):
        with demo(folder, api, dns, end) as said:
            exports = dict(re.findall(r"export (\w+)=(\S+)", said))
            environ = {**os.environ, **exports, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
            commands = [
                line.strip() for line in said.splitlines() if line.startswith(("  aws ", "  dig ", "  meridian "))
            ]
            assert len(commands) >= 10
            for command in commands:
                if command.startswith(tools):
                    _paste(command, folder, environ)


_EXPECTED = {
    "example.com": "192.0.2.1",
    "www.example.com": "2001:db8::1",
    "docs.example.com": "CNAME\twww.example.com.",
    "any.thing.apps.example.com": "192.0.2.50",
    "split.example.com": "192.0.2.",
    "many.example.com": "192.0.2.33",
    "host.team.example.com": "192.0.2.91",
    "nothing.example.com": "NXDOMAIN",
}

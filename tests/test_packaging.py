"""The units for systemd: what they run is there, and what they say is understood."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meridian.serve_cli import serve

UNITS = Path(__file__).parents[1] / "packaging" / "systemd"
INSTALLED = "/opt/meridian/bin/meridian"
_MOST_EXPOSED = 20  # tenths; `systemd-analyze security` calls up to 2.0 "OK"

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The service, as if it were installed where this program is."""
    here = Path(sys.executable).with_name("meridian")
    copied = tmp_path / "meridian.service"
    copied.write_text((UNITS / "meridian.service").read_text().replace(INSTALLED, str(here)))
    (tmp_path / "meridian.service.d").mkdir()
    return copied


def _with_xdp(unit: Path) -> None:
    here = Path(sys.executable).with_name("meridian")
    (unit.parent / "meridian.service.d" / "xdp.conf").write_text(
        (UNITS / "xdp.conf").read_text().replace(INSTALLED, str(here))
    )


@pytest.mark.parametrize("file", ["meridian.service", "xdp.conf"])
def test_what_they_run_is_a_command_of_ours(file: str) -> None:
    """The command and each of its options exist."""
    lines = [
        line.partition("=")[2] for line in (UNITS / file).read_text().splitlines() if line.startswith("ExecStart=")
    ]
    program, command, *options = lines[-1].split()
    known = {option for parameter in serve.params for option in parameter.opts}
    assert (program.lstrip("!"), command) == (INSTALLED, "serve")
    assert {option for option in options if option.startswith("--")} <= known


@needs_systemd
@pytest.mark.parametrize("has_xdp", [False, True])
def test_systemd_understands_them(unit: Path, has_xdp: bool) -> None:
    """No line of the service is unknown to systemd, with the part for AF_XDP and without."""
    if has_xdp:
        _with_xdp(unit)
    run = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


@needs_systemd
def test_the_sandbox_is_tight(unit: Path) -> None:
    """What systemd counts as exposed is little."""
    run = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={_MOST_EXPOSED}", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout

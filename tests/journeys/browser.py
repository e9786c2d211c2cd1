"""The console in a real browser: journeys written in JavaScript, against a server of one's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.journeys.site import Site

ROOT = Path(__file__).parents[2]
_PASSWORD = "a long word for a journey"
_PATIENCE = 900 if os.environ.get("MERIDIAN_SCREENSHOTS") else 240  # seconds a journey may take


def drive(site: Site, journey: str) -> None:
    """
    Run a file of console/journeys/ with node.

    Args:
        site: The server; its user gets a password.

    Raises:
        AssertionError: The journey failed; with what it printed.
    """
    user = site.key.user
    told = subprocess.run(
        [str(Path(sys.executable).with_name("meridian")), "user", "password", "--stdin", user],
        env=site.environ | site.settings(),
        input=_PASSWORD,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    environ = os.environ | {
        "MERIDIAN_CONSOLE": site.url,
        "MERIDIAN_USER": user,
        "MERIDIAN_PASSWORD": _PASSWORD,
        "MERIDIAN_DNS": "{} {}".format(*site.dns),
    }
    command: list[str | Path] = [ROOT / "scripts" / "with-node", "node", ROOT / "console" / "journeys" / journey]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"

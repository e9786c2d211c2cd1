"""Which of the programs that peers and benches need are there, and how to get the others."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

# The program each needs, and the Debian package that brings it.
PROGRAMS: dict[str, tuple[str, str]] = {
    "nsd": ("nsd", "nsd"),
    "knot": ("knotd", "knot"),
    "gdnsd": ("gdnsd", "gdnsd"),
    "echo": ("cc", "gcc"),
    "load": ("cargo", "cargo"),
    "taskset": ("taskset", "util-linux"),
}
_INSTALLED_BY_SCRIPT = ("nsd", "knot", "gdnsd")
_SCRIPT = Path(__file__).parents[2] / "scripts" / "need-peers"


class CannotInstall(RuntimeError):
    """Something is missing and this user may not install it; the text is the line that does."""


def missing(names: Iterable[str]) -> list[str]:
    """Those of the names (keys of `PROGRAMS`; others need nothing) whose program is not there."""
    _see_sbin()
    return [name for name in names if name in PROGRAMS and shutil.which(PROGRAMS[name][0]) is None]


def install_line(names: Iterable[str]) -> str:
    """The line for a root shell that installs them."""
    packages = " ".join(dict.fromkeys(PROGRAMS[name][1] for name in names))
    return f"apt-get install -y --no-install-recommends {packages}"


def ensure(names: Iterable[str]) -> None:
    """
    See that all are there; as root, name servers are installed by `scripts/need-peers`.

    Raises:
        CannotInstall: Something is missing still; names the line to run.
    """
    names = list(names)
    if os.geteuid() == 0 and set(missing(names)) & set(_INSTALLED_BY_SCRIPT):
        subprocess.run([str(_SCRIPT)], check=False)
    if lacking := missing(names):
        raise CannotInstall(f"not installed: {', '.join(lacking)}. As root, run:\n  {install_line(lacking)}")


def _see_sbin() -> None:
    """Debian keeps daemons in /usr/sbin, which is not on the path of ordinary users."""
    path = os.environ.get("PATH", "")
    if "/usr/sbin" not in path.split(os.pathsep):
        os.environ["PATH"] = f"{path}{os.pathsep}/usr/sbin"

"""Which of the programs that peers and benches need are there, and how to get the others."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

# The program or library each needs, and the Debian package that brings it.
PROGRAMS: dict[str, tuple[str, str]] = {
    "nsd": ("nsd", "nsd"),
    "knot": ("knotd", "knot"),
    "gdnsd": ("gdnsd", "gdnsd"),
    "knot-geo": ("knot/modules-*/geoip.so", "knot-module-geoip"),
    "pdns": ("pdns_server", "pdns-server"),
    "pdns-bind": ("pdns/libbindbackend.so", "pdns-backend-bind"),
    "pdns-geoip": ("pdns/libgeoipbackend.so", "pdns-backend-geoip"),
    "echo": ("cc", "gcc"),
    "load": ("cargo", "cargo"),
    "taskset": ("taskset", "util-linux"),
}
# What servers need besides a program of their own name.
PARTS: dict[str, tuple[str, ...]] = {
    "pdns-geo": ("pdns", "pdns-bind", "pdns-geoip"),
    "pdns-lua": ("pdns", "pdns-bind", "pdns-geoip"),
}
_INSTALLED_BY_SCRIPT = ("nsd", "knot", "gdnsd")
_FOR_BENCHES = ("knot-geo", "pdns", "pdns-bind", "pdns-geoip")
_SCRIPT = Path(__file__).parents[2] / "scripts" / "need-peers"


class CannotInstall(RuntimeError):
    """Something is missing and this user may not install it; the text is the line that does."""


def missing(names: Iterable[str]) -> list[str]:
    """What of `PROGRAMS` these need (keys of it or of `PARTS`; others need nothing) and is not there."""
    _see_sbin()
    parts = dict.fromkeys(part for name in names for part in PARTS.get(name, (name,)))
    return [part for part in parts if part in PROGRAMS and not _is_there(PROGRAMS[part][0])]


def _is_there(program: str) -> bool:
    """Whether a program is on the path, or a library where Debian puts them."""
    return any(Path("/usr/lib").glob(f"*/{program}")) if "/" in program else shutil.which(program) is not None


def install_line(names: Iterable[str]) -> str:
    """The line for a root shell that installs them."""
    packages = " ".join(dict.fromkeys(PROGRAMS[name][1] for name in names))
    return f"apt-get install -y --no-install-recommends {packages}"


def ensure(names: Iterable[str]) -> None:
    """
    See that all are there (keys of `PROGRAMS` or `PARTS`); as root, name servers are installed by `scripts/need-peers`.

    Raises:
        CannotInstall: Something is missing still; names the line to run.
    """
    names = list(names)
    lacking = set(missing(names))
    if os.geteuid() == 0 and lacking & {*_INSTALLED_BY_SCRIPT, *_FOR_BENCHES}:
        subprocess.run([str(_SCRIPT), *(["--bench"] if lacking & set(_FOR_BENCHES) else [])], check=False)
    if still := missing(names):
        raise CannotInstall(f"not installed: {', '.join(still)}. As root, run:\n  {install_line(still)}")


def _see_sbin() -> None:
    """Debian keeps daemons in /usr/sbin, which is not on the path of ordinary users."""
    path = os.environ.get("PATH", "")
    if "/usr/sbin" not in path.split(os.pathsep):
        os.environ["PATH"] = f"{path}{os.pathsep}/usr/sbin"

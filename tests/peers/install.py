"""Which of the programs that peers and benches need are there, and how to get the others."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

_POWERDNS = {
    "pdns_server": "pdns-server",
    "pdns/libbindbackend.so": "pdns-backend-bind",
    "pdns/libgeoipbackend.so": "pdns-backend-geoip",
}
# The programs that each needs, and the Debian packages that bring them; a part without a program of
# its own goes by a file below /usr/lib/*/.
_PEERS = {
    "nsd": {"nsd": "nsd"},
    "knot": {"knotd": "knot", "knot/modules-*/geoip.so": "knot-module-geoip"},
    "gdnsd": {"gdnsd": "gdnsd"},
    "pdns-geo": _POWERDNS,
    "pdns-lua": _POWERDNS,
    "dnstap reader": {"fstrm_capture": "fstrm-bin"},
    "blackbox": {"prometheus-blackbox-exporter": "prometheus-blackbox-exporter"},
    "instructions": {"valgrind": "valgrind"},
}
_TOOLS = {
    "echo": {"cc": "gcc"},
    "load": {"cargo": "cargo"},
    "taskset": {"taskset": "util-linux"},
}
_SCRIPT = Path(__file__).parents[2] / "scripts" / "need-peers"


class CannotInstall(RuntimeError):
    """Something is missing and this user may not install it; the text is the line that does."""


def missing(names: Iterable[str]) -> list[str]:
    """The Debian packages that are not there of those that these need; a name that is not known needs nothing."""
    _see_sbin()
    known = _PEERS | _TOOLS
    needs = {program: package for name in names for program, package in known.get(name, {}).items()}
    return [package for program, package in needs.items() if not _is_there(program)]


def _is_there(program: str) -> bool:
    return any(Path("/usr/lib").glob(f"*/{program}")) if "/" in program else shutil.which(program) is not None


def install_line(packages: Iterable[str]) -> str:
    """The line for a root shell that installs packages."""
    return f"apt-get install -y --no-install-recommends {' '.join(packages)}"


def ensure(names: Iterable[str]) -> None:
    """
    See that all that these need is there; as root, peers are installed by `scripts/need-peers`.

    Raises:
        CannotInstall: Something is missing still; names the line to run.
    """
    names = list(names)
    if os.geteuid() == 0 and missing(_PEERS.keys() & set(names)):
        subprocess.run([str(_SCRIPT)], check=False)
    if lacking := missing(names):
        raise CannotInstall(f"not installed: {', '.join(lacking)}. As root, run:\n  {install_line(lacking)}")


def _see_sbin() -> None:
    """Debian keeps daemons in /usr/sbin, which is not on the path of ordinary users."""
    path = os.environ.get("PATH", "")
    if "/usr/sbin" not in path.split(os.pathsep):
        os.environ["PATH"] = f"{path}{os.pathsep}/usr/sbin"

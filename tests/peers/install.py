"""Which of the peers are there, and how to get the others from Debian's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable

# The program each needs, and the Debian package that brings it.
PROGRAMS: dict[str, tuple[str, str]] = {
    "nsd": ("nsd", "nsd"),
    "knot": ("knotd", "knot"),
    "gdnsd": ("gdnsd", "gdnsd"),
    "dig": ("dig", "bind9-dnsutils"),
    "echo": ("cc", "gcc libc6-dev"),
    "load": ("cargo", "cargo"),
    "taskset": ("taskset", "util-linux"),
}
_DAEMONS = ("nsd", "knot", "gdnsd")


class CannotInstall(RuntimeError):
    """Something is missing and this user may not install it; the text is the line that does."""


def missing(names: Iterable[str]) -> list[str]:
    """Those of the names (keys of `PROGRAMS`) whose program is not on the path; sbin counts as on it."""
    _see_sbin()
    return [name for name in names if name in PROGRAMS and shutil.which(PROGRAMS[name][0]) is None]


def install_line(names: Iterable[str]) -> str:
    """The line for a root shell that installs them."""
    packages = " ".join(dict.fromkeys(PROGRAMS[name][1] for name in names))
    return f"apt-get install -y --no-install-recommends {packages}"


def ensure(names: Iterable[str]) -> None:
    """
    Install what is missing, as root; the daemons that packages start are stopped again.

    Raises:
        CannotInstall: We are not root, or this is not Debian; names the line to run.
    """
    lacking = missing(names)
    if not lacking:
        return
    line = install_line(lacking)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise CannotInstall(f"not installed: {', '.join(lacking)}. As root, run:\n  {line}")
    print(f"installing {', '.join(lacking)}: {line}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    if subprocess.run(line.split(), env=quiet, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True)
        subprocess.run(line.split(), env=quiet, stdout=subprocess.DEVNULL, check=True)
    _stop_daemons(lacking)


def _stop_daemons(installed: Iterable[str]) -> None:
    """Debian starts a packaged daemon on port 53 at once; we have installed these for their programs alone."""
    if shutil.which("systemctl") is not None:
        for name in set(installed) & set(_DAEMONS):
            subprocess.run(["systemctl", "disable", "--now", name], capture_output=True, check=False)


def _see_sbin() -> None:
    """Debian keeps daemons in /usr/sbin, which is not on the path of ordinary users."""
    path = os.environ.get("PATH", "")
    if "/usr/sbin" not in path.split(os.pathsep):
        os.environ["PATH"] = f"{path}{os.pathsep}/usr/sbin"


def main() -> None:
    """Install everything that the peers' tests and benches need."""
    try:
        ensure(PROGRAMS)
    except CannotInstall as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()

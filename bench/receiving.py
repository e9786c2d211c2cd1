"""
Which core the work of receiving at an interface is done on, and what it costs there.

A veth pair has no interrupt that could be bound to a core: whoever sends does the work of the other end's driver as
well. As threads of their own (`threaded`, Linux 5.12) the two ends' drivers are kept on cores as those of network cards
are, and the time that the kernel accounts to such a thread is what receiving has cost.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

from bench.machine import prefer
from tests.engine import veth

_SIOCETHTOOL = 0x8946
_ETHTOOL_STSO = 0x1F
_ETHTOOL_SGRO = 0x2C
_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Receiver(NamedTuple):
    """The kernel's thread that receives at an interface with one queue."""

    pid: int

    def cpu(self) -> float:
        """Seconds of one core since it began."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK


def on_core(namespace: str, interface: str, core: int) -> Receiver:
    """
    Have all that a veth interface receives go through a thread on this core; both ends of the pair need it.

    Raises:
        OSError: The kernel is older than Linux 5.12, or does not let us.
    """
    before = _threads(interface)
    # A veth receives through its driver's queue if it merges segments and the other end does not send large ones,
    # besides with XDP; else straight into the kernel, on the sender's core.
    _switch(namespace, interface, _ETHTOOL_STSO, on=False)
    _switch(namespace, interface, _ETHTOOL_SGRO, on=True)
    there = ["ip", "netns", "exec", namespace]  # with the /sys of the namespace
    subprocess.run([*there, "sh", "-c", f"echo 1 > /sys/class/net/{interface}/threaded"], check=True)
    (pid,) = _threads(interface) - before
    os.sched_setaffinity(pid, {core})
    prefer(pid)
    return Receiver(pid)


def _switch(namespace: str, interface: str, feature: int, *, on: bool) -> None:
    """Switch a feature of an interface, as `ethtool -K` does."""
    value = ctypes.create_string_buffer(struct.pack("II", feature, on))
    request = struct.pack("16sQ16x", interface.encode(), ctypes.addressof(value))
    with veth.inside(namespace), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        fcntl.ioctl(asked, _SIOCETHTOOL, request)


def _threads(interface: str) -> set[int]:
    """Those of all interfaces of this name."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name = (entry / "comm").read_text()
            except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
                continue
            if name.startswith(f"napi/{interface}-"):
                found.add(int(entry.name))
    return found

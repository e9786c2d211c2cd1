"""Two network namespaces of a test's own, joined by a veth pair: a server's and a client's."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

SERVER_MAC = "02:00:00:00:00:02"
CLIENT_MAC = "02:00:00:00:00:01"
INTERFACE = "veth-server"
CLIENT_INTERFACE = "veth-client"
CLIENT = "192.0.2.1"
CLIENT_V6 = "2001:db8::1"
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count()


class Pair(NamedTuple):
    """The names of the namespaces."""

    server: str
    client: str

    def program(self) -> dict[str, Any] | None:
        """What `ip link` tells of the program at the server's interface; None without one."""
        (link,) = json.loads(_ip("-n", self.server, "-j", "link", "show", "dev", INTERFACE))
        found: dict[str, Any] | None = link.get("xdp")
        return found

    def introduce(self, address: str) -> None:
        """Tell each kernel the other's hardware address, for good; `address` is the server's."""
        for namespace, interface, other, hardware in (
            (self.server, INTERFACE, CLIENT, CLIENT_MAC),
            (self.client, CLIENT_INTERFACE, address, SERVER_MAC),
        ):
            _ip("-n", namespace, "neigh", "replace", other, "lladdr", hardware, "dev", interface, "nud", "permanent")

    def sent(self) -> int:
        """Frames that the server's interface has sent."""
        (link,) = json.loads(_ip("-n", self.server, "-j", "-s", "link", "show", "dev", INTERFACE))
        frames: int = link["stats64"]["tx"]["packets"]
        return frames

    def clear(self) -> None:
        """Take away what a server has left at its interface."""
        _ip("-n", self.server, "link", "set", "dev", INTERFACE, "xdp", "off")


def why_not() -> str | None:
    """Why namespaces cannot be made here; None where they can."""
    if os.geteuid() != 0:
        return "only root may make network namespaces and load programs for XDP"
    if shutil.which("ip") is None:
        return "there is no `ip` (package iproute2)"
    name = f"meridian-{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
        _ip("netns", "del", name)
    except subprocess.CalledProcessError as error:
        return f"no network namespace can be made: {error.stderr.strip()}"
    return None


@contextlib.contextmanager
def pair(*addresses: str, queues: int = 1) -> Iterator[Pair]:
    """
    Make the namespaces, with these addresses (and their prefix lengths) on the server's interface.

    Args:
        queues: Receive and transmit queues of the server's interface.
    """
    name = f"meridian-{os.getpid()}-{next(_numbers)}"
    names = Pair(f"{name}-server", f"{name}-client")
    made: list[str] = []
    try:
        for name in names:
            _ip("netns", "add", name)
            made.append(name)
        _join(names, queues)
        for address in addresses:
            _address(names.server, INTERFACE, address)
        for address in (f"{CLIENT}/24", f"{CLIENT_V6}/64"):
            _address(names.client, CLIENT_INTERFACE, address)
        yield names
    finally:
        for name in made:
            _ip("netns", "del", name)


def _join(names: Pair, queues: int) -> None:
    number = str(queues)
    _ip(
        "link", "add", INTERFACE, "address", SERVER_MAC, "netns", names.server, "numrxqueues", number,
        "numtxqueues", number, "type", "veth", "peer", "name", CLIENT_INTERFACE, "address", CLIENT_MAC,
        "netns", names.client, "numrxqueues", number, "numtxqueues", number,
    )  # fmt: skip
    for name, interface in ((names.server, INTERFACE), (names.client, CLIENT_INTERFACE)):
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "link", "set", interface, "up")


def _address(namespace: str, interface: str, address: str) -> None:
    checked = ["nodad"] if ":" in address else []  # else an IPv6 address is of no use for a second
    _ip("-n", namespace, "address", "add", address, "dev", interface, *checked)


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Have this thread's new sockets belong to a namespace."""
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{namespace}", "rb") as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def raw(namespace: str, interface: str = CLIENT_INTERFACE, ethertype: int = 0) -> socket.socket:
    """A socket that sends whole Ethernet frames from an interface, and hears those of this type that its kernel has."""
    with inside(namespace):
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
        opened.bind((interface, ethertype))
        return opened


def _ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout

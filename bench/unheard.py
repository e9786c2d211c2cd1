"""
Drops all that reaches an interface before its kernel makes anything of it.

So that a server on the other end of a veth pair, whose kernel carries what it sends as far as somebody takes it, pays
for its own work alone, as with a network in between.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import socket
import struct
from collections.abc import Iterator

_SYSCALL = {"x86_64": 321, "aarch64": 280}  # bpf(2)
_PROG_LOAD, _LINK_CREATE = 5, 28
_SCHED_CLS, _TCX_INGRESS = 3, 46  # Linux 6.6
# r0 = TC_ACT_SHOT; exit.
_PROGRAM = struct.pack("<BBhi", 0xB7, 0, 0, 2) + struct.pack("<BBhi", 0x95, 0, 0, 0)
_ATTRIBUTES = 64  # octets, those that are not used zero


@contextlib.contextmanager
def at(interface: str) -> Iterator[None]:
    """
    Drop what reaches this interface, of the namespace that this thread is in.

    Raises:
        OSError: The kernel does not let us, or is older than Linux 6.6.
    """
    program, licence = ctypes.create_string_buffer(_PROGRAM, len(_PROGRAM)), ctypes.create_string_buffer(b"Apache-2.0")
    where = ctypes.addressof(program), ctypes.addressof(licence)
    loaded = _bpf(_PROG_LOAD, struct.pack("<IIQQ", _SCHED_CLS, len(_PROGRAM) // 8, *where))
    try:
        link = _bpf(_LINK_CREATE, struct.pack("<IIII", loaded, socket.if_nametoindex(interface), _TCX_INGRESS, 0))
    finally:
        os.close(loaded)  # the link holds it
    try:
        yield
    finally:
        os.close(link)


def _bpf(command: int, attributes: bytes) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    given = ctypes.create_string_buffer(attributes.ljust(_ATTRIBUTES, b"\0"), _ATTRIBUTES)
    descriptor: int = libc.syscall(_SYSCALL[platform.machine()], command, given, _ATTRIBUTES)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), f"bpf({command}): {os.strerror(ctypes.get_errno())}")
    return descriptor

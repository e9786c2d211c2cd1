"""Ports for the servers that tests start."""

import random
import socket
from pathlib import Path

_HOST = "127.0.0.1"
_LOWEST = 10_000


def free_port() -> int:
    """
    A port of 127.0.0.1 that is free for UDP and TCP at the moment.

    It is none of those that the kernel gives to clients: one that waits for the server would sooner or later be given
    the server's own port, take it away, and hear itself.
    """
    lowest_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(_LOWEST, lowest_of_clients)
        if _is_free(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        try:
            tcp.bind((_HOST, port))
            udp.bind((_HOST, port))
        except OSError:
            return False
    return True

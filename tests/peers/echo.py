"""A bare UDP echo: what a packet in and a packet out cost, with nothing between them."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import dns.message

from tests.peers.server import Server, exchange, first_line

_SOURCE = Path(__file__).with_name("echo.c")


class Echo(Server):
    """The C program beside this file, compiled at each start. It sends each packet back with QR set."""

    name = "echo"
    speaks_tcp = False

    def command(self) -> list[str]:
        """Compile it."""
        program = self.folder / "echo"
        subprocess.run(["cc", "-O2", "-Wall", "-o", str(program), str(_SOURCE)], check=True)
        return [str(program), str(self.port)]

    @classmethod
    def version(cls) -> str:
        """The compiler's version: there is nothing else to tell."""
        return f"recvfrom and sendto, {first_line('cc', '--version')}"

    def is_ready(self, ask: socket.socket) -> bool:
        """Tell whether a packet comes back."""
        query = dns.message.make_query("ready.test.", "A").to_wire()
        return exchange(ask, query)[:2] == query[:2]

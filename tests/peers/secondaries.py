"""NSD and Knot DNS as secondaries, which take their zones from another server."""

from __future__ import annotations

import base64
import socket
from pathlib import Path
from typing import NamedTuple

from tests.peers.knot import Knot
from tests.peers.nsd import Nsd
from tests.peers.server import HOST, Server

SECRET = bytes(range(100, 132))


class Primary(NamedTuple):
    """
    Where a secondary takes zones from.

    Attributes:
        key: The name of the key that both sides have, and its algorithm; empty: nothing is signed.
    """

    port: int
    key: str = ""
    algorithm: str = ""


class Secondary(Server):
    """
    A server that has no zone but those that it takes from another one.

    Args:
        apex: The zone's name, with its final dot.
        port: UDP and TCP port on 127.0.0.1, which the primary has to know.
    """

    def __init__(self, apex: str, primary: Primary, port: int) -> None:
        super().__init__({apex: Path()}, port=port)
        self.primary = primary

    def is_ready(self, ask: socket.socket) -> bool:
        """Tell whether it answers, be it that it has no zone yet."""
        ask.send(bytes.fromhex("feed 0000 0001 0000 0000 0000 00 0006 0001"))
        return bool(ask.recv(65_535))


_NSD_KEY = """\
key:
  name: "{name}"
  algorithm: {algorithm}
  secret: "{secret}"
"""
_NSD_ZONE = """\
zone:
  name: "{apex}"
  zonefile: "{apex}zone"
  allow-notify: {host} {key}
  request-xfr: {host}@{port} {key}
"""


class NsdSecondary(Secondary, Nsd):
    """NSD that asks for IXFR first, over TCP."""

    def command(self) -> list[str]:
        """Write nsd.conf."""
        command = super().command()
        config = Path(command[-1])
        server = config.read_text().partition("zone:\n")[0]
        port, key, algorithm = self.primary
        named = _NSD_KEY.format(name=key, algorithm=algorithm, secret=_secret()) if key else ""
        zones = (_NSD_ZONE.format(apex=apex, host=HOST, port=port, key=key or "NOKEY") for apex in self.zones)
        config.write_text(server + named + "".join(zones))
        return command


_KNOT = """\
server:
  rundir: {folder}
  listen: {host}@{port}
log:
  - target: stdout
    any: info
database:
  storage: {folder}/db
{key}remote:
  - id: primary
    address: {host}@{primary}
{signed}acl:
  - id: notify
    address: {host}
    action: notify
{signed}template:
  - id: default
    storage: {folder}
    master: primary
    acl: notify
    zonefile-sync: -1
zone:
"""
_KNOT_KEY = """\
key:
  - id: {name}
    algorithm: {algorithm}
    secret: {secret}
"""


class KnotSecondary(Secondary, Knot):
    """Knot DNS that asks for the SOA, then for IXFR."""

    def command(self) -> list[str]:
        """Write knot.conf."""
        config = self.folder / "knot.conf"
        port, key, algorithm = self.primary
        text = _KNOT.format(
            folder=self.folder,
            host=HOST,
            port=self.port,
            primary=port,
            key=_KNOT_KEY.format(name=key, algorithm=algorithm, secret=_secret()) if key else "",
            signed=f"    key: {key}\n" if key else "",
        )
        config.write_text(text + "".join(f"  - domain: {apex}\n" for apex in self.zones))
        return ["knotd", "-c", str(config), "-s", str(self.folder / "knot.sock")]


def _secret() -> str:
    return base64.b64encode(SECRET).decode()

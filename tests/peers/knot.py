"""Knot DNS, of CZ.NIC."""

from __future__ import annotations

from tests.peers.server import HOST, Server, first_line

_SERVER = """\
server:
  rundir: {folder}
  listen: {host}@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  udp-max-payload: 1232
log:
  - target: stdout
    any: warning
database:
  storage: {folder}/db
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    journal-content: none
zone:
"""
_ZONE = """\
  - domain: {apex}
    file: {file}
"""


class Knot(Server):
    """Knot DNS with one UDP and one TCP worker and its default answers."""

    name = "knot"

    def command(self) -> list[str]:
        """Write knot.conf."""
        config = self.folder / "knot.conf"
        zones = (_ZONE.format(apex=apex, file=file.absolute()) for apex, file in self.zones.items())
        config.write_text(_SERVER.format(host=HOST, port=self.port, folder=self.folder) + "".join(zones))
        return ["knotd", "-c", str(config), "-s", str(self.folder / "knot.sock")]

    @classmethod
    def version(cls) -> str:
        """Such as `knotd (Knot DNS), version 3.2.6`."""
        return first_line("knotd", "--version")

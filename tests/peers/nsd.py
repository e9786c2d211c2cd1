"""NSD, of NLnet Labs."""

from __future__ import annotations

from tests.peers.server import HOST, Server, first_line

_SERVER = """\
server:
  ip-address: {host}@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  ipv4-edns-size: 1232
  rrl-ratelimit: 0
  zonefiles-write: 0
remote-control:
  control-enable: no
"""
_ZONE = """\
zone:
  name: "{apex}"
  zonefile: "{file}"
"""


class Nsd(Server):
    """NSD with one server process, its default answers and no rate limit."""

    name = "nsd"

    def command(self) -> list[str]:
        """Write nsd.conf."""
        config = self.folder / "nsd.conf"
        zones = (_ZONE.format(apex=apex, file=file.absolute()) for apex, file in self.zones.items())
        config.write_text(_SERVER.format(host=HOST, port=self.port, folder=self.folder) + "".join(zones))
        return ["nsd", "-d", "-c", str(config)]

    @classmethod
    def version(cls) -> str:
        """Such as `NSD version 4.6.1`."""
        return first_line("nsd", "-v")

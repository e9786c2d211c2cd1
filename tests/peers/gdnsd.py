"""gdnsd, of Brandon Black and the Wikimedia Foundation: the one peer with routing policies."""

from __future__ import annotations

from tests.peers.server import HOST, Server, first_line

_CONFIG = """\
options => {{
  listen => {host}:{port}
  udp_threads => 1
  tcp_threads => 1
  run_dir => {folder}/run
  state_dir => {folder}/state
  lock_mem => false
}}
"""


class Gdnsd(Server):
    """gdnsd with one UDP and one TCP thread. It reads fewer record types than the others: no SVCB, no HTTPS."""

    name = "gdnsd"

    def command(self) -> list[str]:
        """Write the config; zone files are found by their names, so each is a link."""
        for folder in ("zones", "run", "state"):
            (self.folder / folder).mkdir()
        for apex, file in self.zones.items():
            (self.folder / "zones" / apex.removesuffix(".")).symlink_to(file.absolute())
        (self.folder / "config").write_text(_CONFIG.format(host=HOST, port=self.port, folder=self.folder))
        return ["gdnsd", "-c", str(self.folder), "start"]

    @classmethod
    def version(cls) -> str:
        """Such as `gdnsd version 3.8.1`."""
        return first_line("gdnsd", "version")
